"""Zalo Official Accounts: articles, made hidden first and then shown. Every write is a job that one
asks after.
"""

import asyncio
import hashlib
import hmac
import re
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from typing import Any

from platforms.errors import ConnectorError, OutcomeUnknown, Rejected, TryLater
from platforms.messages import Account, Figures, LivePost, Message, Receipt, Visibility
from platforms.webhooks import Event, ForgedWebhook, accepted_secrets
from platforms.zalo.articles import article_json, html_body, parts_of, text_of
from platforms.zalo.connection import Connection
from platforms.zalo.drafts import Drafts
from platforms.zalo.errors import FAILED, INVALID, PASSING, PENDING, REFUSED, is_forgotten
from platforms.zalo.facts import FACTS, SETTINGS, VIDEO_ARTICLE, nfc
from platforms.zalo.undocumented import made_at
from platforms.zalo.words import WORDS

# How far back a list of articles, ten a call, is walked.
_SLICES = 30
_FIGURES = frozenset({"total_view", "total_share"})


class Zalo(Drafts, Connection):
    """https://developers.zalo.me/docs/official-account/bai-viet"""

    kind = "zalo"
    words = WORDS
    facts = FACTS
    settings = SETTINGS
    paths_without_page = frozenset({"articles", "d", "detail", "pc", "s"})

    async def commit(self, account: Account, message: Message, draft_ref: str = "") -> Receipt:
        """Replaces the hidden article by itself, shown; the same article however often it is
        repeated.
        """
        article, video_id = parts_of(draft_ref)
        if not article:
            raise TryLater("there is no article to show yet", code=str(PENDING))
        await self.limiter.take(3, account.app["calls_per_minute"])  # update, verify, the address
        end = time.monotonic() + self.deadline.total_seconds()
        shown = {"id": article, **article_json(message, "show", video_id)}
        token = await self._job(account, "update", shown, writes=True)
        await self._done(account, token, end)
        return Receipt(article, await self._link(account, article, shown["type"]))

    async def _done(self, account: Account, token: str, end: float) -> None:
        """Waits for a job that shows an article. Residents may see it by now, whatever goes wrong
        with the asking: only that the job refused the article is certain.
        """
        waits = chain(self.waits, repeat(self.waits[-1]))
        wait = next(waits)
        while True:
            await asyncio.sleep(wait)
            wait = next(waits)
            try:
                if await self._article_of(account, token):
                    return
            except ConnectorError as error:
                if error.code in REFUSED and not is_forgotten(error):
                    raise
                if not isinstance(error, TryLater):
                    raise OutcomeUnknown(error.detail, code=error.code) from None
                wait = max(wait, (error.wait or timedelta(0)).total_seconds())
            if time.monotonic() + wait > end:
                raise OutcomeUnknown(
                    "the platform is still working on the article", code=str(PENDING)
                )

    async def _link(self, account: Account, article: str, kind: str) -> str:
        """The public address, told by lists alone. It stands already: nothing here may put that in
        doubt.
        """
        try:
            async for each in self._slices(account, kind, most=2, timeout=5):
                if each["id"] == article:
                    return each.get("link_view", "")
        except ConnectorError:
            pass
        return ""

    async def find(
        self, account: Account, message: Message, draft_ref: str, since: datetime
    ) -> Receipt | None:
        kind = "video" if message.format == VIDEO_ARTICLE else "normal"
        draft, _video_id = parts_of(draft_ref)
        if draft and (status := await self._status(account, draft)):
            return (
                Receipt(draft, await self._link(account, draft, kind)) if status == "show" else None
            )
        # Without a draft, or with one that is gone: the account's own list.
        earliest = (since - timedelta(minutes=2)).timestamp()
        title, text = (
            nfc(message.title),
            [nfc(message.text) if kind == "video" else html_body(message)],
        )
        async for each in self._slices(account, kind, most=3):
            if (
                nfc(each["title"]) == title
                and each["status"] == "show"
                and made_at(each) >= earliest
            ):
                answer = await self._api(
                    "GET", account, "article/getdetail", params={"id": each["id"]}
                )
                if text_of(answer["data"], kind) == text:
                    return Receipt(each["id"], each.get("link_view", ""))
        return None

    async def withdraw(self, account: Account, external_id: str) -> bool:
        article = await self._behind(account, external_id)
        if (
            not article
        ):  # a video that is in no article yet: nobody sees it, and no call takes it away
            return False
        await self.limiter.take(1, account.app["calls_per_minute"])
        try:
            await self._api("POST", account, "article/remove", json={"id": article})
        except Rejected as error:
            if error.code != INVALID:
                raise
            return False
        return True

    async def read_visibility(self, account: Account, external_id: str) -> Visibility:
        article = await self._behind(account, external_id)
        if not article:
            return Visibility.HIDDEN if article is None else Visibility.GONE
        await self.limiter.take(1, account.app["calls_per_minute"])
        status = await self._status(account, article)
        if not status:
            return Visibility.GONE
        return Visibility.VISIBLE if status == "show" else Visibility.HIDDEN

    async def _behind(self, account: Account, reference: str) -> str | None:
        """The article that a reference or a receipt stands for; empty where there is none, None
        while it is made.
        """
        step, _, job = reference.partition(":")
        if step != "job":
            return parts_of(reference)[0]
        await self.limiter.take(1, account.app["calls_per_minute"])
        try:
            return await self._article_of(account, job.split("/", 2)[2]) or None
        except (Rejected, TryLater) as error:
            if error.code not in REFUSED | PASSING:
                raise
            return ""  # the job is over, and has made nothing

    async def broadcast(self, account: Account, external_id: str) -> str:
        """To all followers alike: the fields that would choose among them by age, sex or place are
        never sent.
        """
        await self.limiter.take(1, account.app["calls_per_minute"])
        payload = {
            "template_type": "media",
            "elements": [{"media_type": "article", "attachment_id": external_id}],
        }
        message = {"attachment": {"type": "template", "payload": payload}}
        body = {"recipient": {"target": {}}, "message": message}
        try:
            answer = await self._api("POST", account, "oa/message", json=body, writes=True)
        except TryLater as error:
            if error.code == FAILED:
                raise OutcomeUnknown(error.detail, code=error.code) from None
            raise
        if number := answer.get("data", {}).get("message_id"):
            return str(number)
        raise OutcomeUnknown("no sending was named")

    # --- counting ---------------------------------------------------------------------------------

    async def measure(self, account: Account, external_ids: Sequence[str]) -> dict[str, Figures]:
        remaining = set(external_ids)
        found: dict[str, Figures] = {}
        unseen = False
        for kind in ("normal", "video"):
            seen = 0
            async for each in self._slices(account, kind, most=_SLICES):
                if len(found) == len(remaining):
                    return found
                seen += 1
                if each["id"] in remaining:
                    self.metrics.record(_FIGURES, _FIGURES & each.keys())
                    found[each["id"]] = Figures(
                        views=each.get("total_view"), shares=each.get("total_share")
                    )
            unseen = unseen or seen >= _SLICES * 10
        if unseen:
            # Older than we walk: there, as far as we know, but not measured.
            found |= dict.fromkeys(remaining - found.keys(), Figures())
        return found

    async def list_posts(self, account: Account, since: datetime) -> list[LivePost]:
        """Zalo does not say who made an article: somebody in its app, or we."""
        found = []
        for kind in ("normal", "video"):
            async for each in self._slices(account, kind, most=_SLICES):
                if made_at(each) < since.timestamp():
                    break
                if each["status"] == "show":
                    made = datetime.fromtimestamp(made_at(each), UTC)
                    found.append(
                        LivePost(each["id"], each.get("link_view", ""), made, text=each["title"])
                    )
        return sorted(found, key=lambda each: each.published_at, reverse=True)

    async def _slices(
        self, account: Account, kind: str, *, most: int, timeout: float = 0
    ) -> AsyncIterator[dict[str, Any]]:
        for offset in range(0, most * 10, 10):
            params = {"offset": str(offset), "limit": "10", "type": kind}
            answer = await self._api(
                "GET", account, "article/getslice", params=params, timeout=timeout
            )
            articles = answer["data"]["medias"]
            for article in articles:
                yield article
            if len(articles) < 10:
                return

    @classmethod
    def ids_of(cls, reference: str) -> frozenset[str]:
        article, _video_id = parts_of(reference)
        return frozenset({article}) - {""}

    # --- addresses, as residents see them ---------------------------------------------------------

    @classmethod
    def page_from_address(cls, steps: Sequence[str], query: Mapping[str, str]) -> str:
        match steps:
            case ["articles" | "detail" | "d", *_rest]:
                return query.get("pageId", "")
            case ["s", name, *_rest]:
                return name
        return super().page_from_address(steps, query)

    # --- webhooks ---------------------------------------------------------------------------------

    @classmethod
    def parse_webhook(
        cls, app: Mapping[str, Any], headers: Mapping[str, str], raw: bytes
    ) -> list[Event]:
        """Zalo tells of messages and followers, of no article and no comment: all of it is proven
        and then let go. https://developers.zalo.me/docs/official-account/webhook
        """
        secrets = accepted_secrets(app.get("hook_secret", ""))
        # The time is part of what is signed, and stands in a header or in the body: read without
        # decoding that.
        times = [
            headers.get("X-ZEvent-Timestamp", ""),
            *re.findall(rb'"timestamp"\s*:\s*"?(\d{10,16})', raw)[:4],
        ]
        made = [
            hashlib.sha256(
                str(app["app_id"]).encode()
                + raw
                + (each.encode() if isinstance(each, str) else each)
                + secret.encode()
            )
            for each in times
            for secret in secrets
            if each
        ]
        given = headers.get("X-ZEvent-Signature", "")
        fitting = [
            each
            for each in made
            if hmac.compare_digest(given.encode(), f"mac={each.hexdigest()}".encode())
        ]
        if not fitting:
            raise ForgedWebhook("the signature does not fit")
        return []
