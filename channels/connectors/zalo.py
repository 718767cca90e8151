"""Zalo Official Accounts: articles, made hidden first and then shown. Every write is a job that one asks after."""

import asyncio
import base64
import hashlib
import html
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain, repeat
from textwrap import shorten
from typing import Any, ClassVar
from urllib.parse import urlencode

import aiohttp

from channels.connectors.base import (
    AccessLost,
    Account,
    Connector,
    ConnectorError,
    Draft,
    Facts,
    Figures,
    Format,
    ImageLimits,
    Message,
    Offer,
    OutcomeUnknown,
    Profile,
    Receipt,
    Rejected,
    Tokens,
    Trace,
    TryLater,
)

_LIMIT, _PENDING, _NOT_AUTHORISED = -32, -214, -223
_INVALID = "-201"  # no such article, when an article is asked for
_PICTURE_PLACES = ("photo_url", "body.url")
_LOST = {-204, -205, -216, -219, -220}
_BACK_OFF = {-200, -211}
# A refresh token works once within three months; each renewal starts them anew.
_GRANT = timedelta(days=90)
# How far back a list of articles, ten a call, is walked.
_SLICES = 30


class Room:
    """The calls a minute that Zalo grants to the whole application. A quarter may go out at once, the rest evenly."""

    LONGEST_WAIT = 20  # seconds in the queue; the lease of a publication is longer

    def __init__(self) -> None:
        self.free_at = self.promised = 0.0

    async def take(self, calls: int, per_minute: int) -> None:
        """Waits until there is room for ``calls``. Who would wait too long is sent away with a time of its own,
        so that a national campaign comes back in a row and not in a crowd."""
        if not per_minute:
            return
        now, rate = time.monotonic(), per_minute * 0.7 / 60
        start = max(self.free_at, now - per_minute * 0.25 / rate)
        if start - now > self.LONGEST_WAIT:
            self.promised = max(self.promised, start) + calls / rate
            wait = timedelta(seconds=self.promised - now)
            raise TryLater("the application's calls of this minute are used up", code=str(_LIMIT), wait=wait)
        self.free_at = start + calls / rate
        await asyncio.sleep(max(0.0, start - now))


class Zalo(Connector):
    """https://developers.zalo.me/docs/official-account/bai-viet"""

    kind = "zalo"
    facts = Facts(
        formats=[
            Format(
                "article",
                max_text=10_000,
                max_title=150,
                images=ImageLimits(most=10, fewest=1, max_bytes=1024 * 1024),
                article=True,
                media_by_url=True,
            )
        ],
        # 4,000 calls a minute less a reserve; to show an article takes three.
        per_app_second=15,
        stages=True,
        finds=True,
        measures=frozenset({"views", "shares"}),
        rights={"oa_verified": True},
        hosts=("zalo.me", "zapps.vn"),  # articles open at rd.zapps.vn
        source="developers.zalo.me/docs/official-account/bai-viet, 2026-09; the length of a body is our own bound",
    )
    # Seconds between looks at a job, which usually takes one or two.
    waits: ClassVar[Sequence[float]] = (1, 1, 2, 3, 5, 10)

    def __init__(self, session: aiohttp.ClientSession):
        super().__init__(session)
        self.room = Room()

    # --- publishing -----------------------------------------------------------------------------------------------

    async def stage(self, account: Account, message: Message, draft_ref: str = "") -> Draft:
        await self.room.take(2, account.app["calls_per_minute"])  # create, verify
        end = time.monotonic() + self.deadline.total_seconds()
        token = await self._job(account, "create", _article(message, "hide"))
        return Draft(await self._finished(account, token, end))

    async def commit(self, account: Account, message: Message, draft_ref: str = "") -> Receipt:
        """Replaces the hidden article by itself, shown; the same article however often it is repeated."""
        article = draft_ref or (await self.stage(account, message)).ref
        await self.room.take(3, account.app["calls_per_minute"])  # update, verify, the address
        end = time.monotonic() + self.deadline.total_seconds()
        shown = {"id": article, **_article(message, "show")}
        token = await self._job(account, "update", shown, changes=True)
        try:
            await self._finished(account, token, end)
        except Rejected as error:
            if "token" in error.detail:  # the job is forgotten, which tells nothing of the article
                raise OutcomeUnknown(error.detail, code=error.code) from None
            raise
        except ConnectorError as error:
            raise OutcomeUnknown(error.detail, code=error.code) from None
        return Receipt(article, await self._link(account, article))

    async def _job(self, account: Account, verb: str, article: dict[str, Any], *, changes: bool = False) -> str:
        answer = await self._api("POST", account, f"article/{verb}", json=article, changes=changes, timeout=20)
        if token := answer.get("data", {}).get("token"):
            return token
        raise (OutcomeUnknown if changes else TryLater)("no job was named")

    async def _finished(self, account: Account, token: str, end: float) -> str:
        """The id of the article that the job has made or changed. A slow platform is asked again, until ``end``."""
        for wait in chain(self.waits, repeat(self.waits[-1])):
            await asyncio.sleep(wait)
            try:
                answer = await self._api("POST", account, "article/verify", json={"token": token}, timeout=10)
            except TryLater:
                answer = {}
            if article := answer.get("data", {}).get("id"):
                return article
            if time.monotonic() >= end:
                break
        raise TryLater("the platform is still working on the article", code=str(_PENDING))

    async def _link(self, account: Account, article: str) -> str:
        """The public address, told by lists alone. It stands already: nothing here may put that in doubt."""
        try:
            async for each in self._slices(account, most=2, timeout=5):
                if each["id"] == article:
                    return each.get("link_view", "")
        except ConnectorError:
            pass
        return ""

    async def find(self, account: Account, message: Message, draft_ref: str, since: datetime) -> Receipt | None:
        if draft_ref:
            try:
                answer = await self._api("GET", account, "article/getdetail", params={"id": draft_ref})
            except Rejected as error:
                if error.code != _INVALID:
                    raise
            else:
                shown = answer["data"].get("status") == "show"
                return Receipt(draft_ref, await self._link(account, draft_ref)) if shown else None
        # Without a draft, or with one that is gone: the account's own list.
        earliest = (since - timedelta(minutes=2)).timestamp() * 1000
        wanted = _text_of(_article(message, "show"))
        async for each in self._slices(account, most=3):
            if each["title"] == message.title and each["status"] == "show" and int(each["create_date"]) >= earliest:
                answer = await self._api("GET", account, "article/getdetail", params={"id": each["id"]})
                if _text_of(answer["data"]) == wanted:
                    return Receipt(each["id"], each.get("link_view", ""))
        return None

    async def withdraw(self, account: Account, external_id: str) -> bool:
        await self.room.take(1, account.app["calls_per_minute"])
        try:
            await self._api("POST", account, "article/remove", json={"id": external_id})
        except Rejected as error:
            if error.code != _INVALID:
                raise
            return False
        return True

    async def trace(self, account: Account, external_id: str) -> Trace:
        await self.room.take(1, account.app["calls_per_minute"])
        try:
            answer = await self._api("GET", account, "article/getdetail", params={"id": external_id})
        except Rejected as error:
            if error.code != _INVALID:
                raise
            return Trace.GONE
        return Trace.VISIBLE if answer["data"].get("status") == "show" else Trace.HIDDEN

    # --- counting -------------------------------------------------------------------------------------------------

    async def measure(self, account: Account, external_ids: Sequence[str]) -> dict[str, Figures]:
        wanted, found = set(external_ids), {}
        seen = 0
        async for each in self._slices(account, most=_SLICES):
            seen += 1
            if each["id"] in wanted:
                found[each["id"]] = Figures(views=each.get("total_view"), shares=each.get("total_share"))
                if len(found) == len(wanted):
                    break
        if seen >= _SLICES * 10:
            # Older than we walk: there, as far as we know, but not measured.
            found |= dict.fromkeys(wanted - found.keys(), Figures())
        return found

    async def _slices(self, account: Account, *, most: int, timeout: float = 0) -> AsyncIterator[dict[str, Any]]:
        for offset in range(0, most * 10, 10):
            params = {"offset": str(offset), "limit": "10", "type": "normal"}
            answer = await self._api("GET", account, "article/getslice", params=params, timeout=timeout)
            articles = answer["data"]["medias"]
            for article in articles:
                yield article
            if len(articles) < 10:
                return

    # --- connection -----------------------------------------------------------------------------------------------

    async def profile(self, account: Account) -> Profile:
        page = (await self._api("GET", account, "oa/getoa"))["data"]
        external_id = str(page.get("oa_id") or page["oaid"])
        return Profile(
            external_id=external_id,
            name=page["name"],
            handle=page.get("oa_alias", ""),
            address=f"{account.app['link_url']}/{external_id}",
            followers=page.get("num_follower"),
            missing=() if page.get("is_verified") else ("oa_verified",),
        )

    async def refresh(self, account: Account) -> Tokens | None:
        return await self._grant(account.app, grant_type="refresh_token", refresh_token=account.refresh_token)

    @classmethod
    def dialog(cls, app: Mapping[str, Any], *, redirect_uri: str, state: str, verifier: str) -> str:
        asked = {
            "app_id": app["app_id"],
            "redirect_uri": redirect_uri,
            "code_challenge": _challenge(verifier),
            "state": state,
        }
        return f"{app['oauth_url']}/v4/oa/permission?{urlencode(asked)}"

    async def offers(
        self, app: Mapping[str, Any], answer: Mapping[str, str], *, redirect_uri: str = "", verifier: str = ""
    ) -> list[Offer]:
        tokens = await self._grant(
            app, grant_type="authorization_code", code=answer.get("code", ""), code_verifier=verifier
        )
        account = Account(external_id="", token=tokens.token, base_url=app["base_url"], app=app)
        profile = await self.profile(account)
        if profile.external_id != answer.get("oa_id", profile.external_id):
            raise Rejected("the token opens another account than the dialog named")
        return [Offer(profile, tokens, usable=not profile.missing)]

    async def _grant(self, app: Mapping[str, Any], **grant: str) -> Tokens:
        """A new pair of tokens. The old refresh token dies with it, so a lost answer is doubt, not delay."""
        hide = (app["app_secret"], *(grant[name] for name in ("code", "refresh_token") if name in grant))
        answer = await self.call(
            "POST",
            f"{app['oauth_url']}/v4/oa/access_token",
            data={"app_id": app["app_id"], **grant},
            headers={"secret_key": app["app_secret"]},
            hide=hide,
            changes=True,
            timeout=20,
        )
        if not answer.get("access_token"):
            raise OutcomeUnknown("an answer without a token")
        return Tokens(
            token=answer["access_token"],
            refresh_token=answer.get("refresh_token", ""),
            lifetime=timedelta(seconds=int(answer["expires_in"])),
            grant_lifetime=_GRANT,
        )

    # --- the wire -------------------------------------------------------------------------------------------------

    async def _api(self, method: str, account: Account, path: str, **request: Any) -> Any:
        url = f"{account.base_url}/v2.0/{path}"
        return await self.call(method, url, headers={"access_token": account.token}, hide=(account.token,), **request)

    def is_success(self, status: int, body: Any) -> bool:
        return status == 200 and isinstance(body, dict) and not int(body.get("error") or 0)

    def error_for(self, status: int, body: Any, *, changes: bool) -> ConnectorError:
        """Failures arrive with status 200 as well. From -14000 downwards the consent server speaks."""
        match body:
            case {"error": int() | str() as given} if status < 500 and (code := int(given)):
                pass
            case _:
                return super().error_for(status, body, changes=changes)
        detail = str(body.get("error_description") or body.get("message") or f"code {code}")
        if code == _LIMIT:
            left = 60 - time.time() % 60
            return TryLater(detail, code=str(code), wait=timedelta(seconds=left + 1), whole_app=True)
        if code == _PENDING:
            return TryLater(detail, code=str(code))
        if code in _BACK_OFF or (code == _NOT_AUTHORISED and "quota" in detail):
            wait = timedelta(hours=1) if code != -200 else None
            return TryLater(detail, code=str(code), wait=wait)
        if str(code) == _INVALID and any(place in detail for place in _PICTURE_PLACES):
            # It could not fetch a picture from us just then, which says nothing of the article.
            return TryLater(detail, code=str(code), wait=timedelta(seconds=30))
        if code in _LOST or code <= -14_000 or code == _NOT_AUTHORISED:
            return AccessLost(detail, code=str(code))
        return Rejected(detail, code=str(code))


def _article(message: Message, status: str) -> dict[str, Any]:
    """The whole article. What is left out falls back to a default: hidden, for its state."""
    if not message.images:
        raise Rejected("an article needs a picture", code="needs_image")
    cover, *others = message.images
    words = message.html or f"<p>{html.escape(message.text, quote=False)}</p>"
    # Zalo's own list of tags knows b and i.
    for ours, theirs in (("strong>", "b>"), ("em>", "i>")):
        words = words.replace(f"<{ours}", f"<{theirs}").replace(f"</{ours}", f"</{theirs}")
    article = {
        "type": "normal",
        "title": message.title,
        "author": shorten(message.author, 50, placeholder="…"),
        "description": shorten(message.text, 300, placeholder="…"),
        "cover": {"cover_type": "photo", "photo_url": cover.url, "status": "show"},
        "body": [
            {"type": "text", "content": words},
            *({"type": "image", "url": image.url, "caption": image.alt} for image in others),
        ],
        "status": status,
        "comment": "show",
    }
    return {**article, "tracking_link": message.link} if message.link else article


def _text_of(article: Mapping[str, Any]) -> list[str]:
    return [block["content"] for block in article.get("body", ()) if block["type"] == "text"]


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
