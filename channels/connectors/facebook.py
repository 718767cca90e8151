"""Facebook Pages by the Graph API: an unpublished post first, then one call that shows it."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import aiohttp

from channels.connectors.base import (
    AccessLost,
    Account,
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
from channels.connectors.graph import ABSENT, COMMON, ByPage, Sort, bare, values_of

_SCOPES = {"pages_show_list": False, "pages_read_engagement": True, "pages_manage_posts": True, "read_insights": False}
_TASKS_TO_POST = {"CREATE_CONTENT", "MANAGE"}
_INSIGHTS = {"post_media_view": "views", "post_total_media_view_unique": "reach"}
_COUNTS = "shares,reactions.limit(0).summary(total_count),comments.limit(0).summary(total_count)"

_DUPLICATE = "506"


class Facebook(ByPage):
    """https://developers.facebook.com/docs/pages-api/posts"""

    kind = "facebook"
    sorts = {
        **COMMON,
        # Page authorisation, identity, security check, account limited: somebody has to act at facebook.com first.
        **dict.fromkeys(("1404006", "1404078", "1404112", "4854002"), Sort.LOST),
        **dict.fromkeys(("1363047", "1609010"), Sort.DOWN),
        **dict.fromkeys(("389", "1609005", "6000", "6001"), Sort.AGAIN),
        _DUPLICATE: Sort.DUPLICATE,
    }
    facts = Facts(
        formats=[Format("post", max_text=63_206, images=ImageLimits(most=10, max_bytes=4 * 1024 * 1024))],
        stages=True,
        shows_by_reference=True,
        finds=True,
        measures=frozenset({"views", "reach", "reactions", "comments", "shares"}),
        rights=_SCOPES,
        hosts=("facebook.com", "fb.com", "fb.watch"),
        source="developers.facebook.com/docs/graph-api/reference/page/feed, …/page/photos, 2026-09",
    )

    # --- publishing -----------------------------------------------------------------------------------------------

    async def stage(self, account: Account, message: Message, draft_ref: str = "") -> Draft:
        photos = await asyncio.gather(*(self._upload(account, message, n) for n in range(len(message.images))))
        post = {"message": message.text, "published": "false"}
        if photos:
            post["attached_media"] = json.dumps([{"media_fbid": photo} for photo in photos])
        elif message.link:
            post["link"] = message.link
        return Draft(str((await self.graph("POST", account, f"{account.external_id}/feed", data=post))["id"]))

    async def _upload(self, account: Account, message: Message, number: int) -> str:
        image = message.images[number]
        form = aiohttp.FormData({"published": "false"})
        if image.alt:
            form.add_field("alt_text_custom", image.alt)
        form.add_field("source", image.content, filename=f"{image.sha256}", content_type=image.content_type)
        return str((await self.graph("POST", account, f"{account.external_id}/photos", data=form))["id"])

    async def commit(self, account: Account, message: Message, draft_ref: str = "") -> Receipt:
        draft = draft_ref or (await self.stage(account, message)).ref
        show = {"is_published": "true", "fields": "permalink_url"}
        try:
            answer = await self.graph("POST", account, draft, data=show, changes=True)
        except OutcomeUnknown as doubt:
            if doubt.code != _DUPLICATE:
                raise
            # The page's last post says the same: most often this very draft, shown by an earlier try.
            try:
                receipt = await self._shown(account, draft)
            except ConnectorError:
                raise doubt from None
            if receipt is None:
                raise Rejected(doubt.detail, code=doubt.code) from None
            return receipt
        return Receipt(draft, answer.get("permalink_url") or await self._permalink(account, draft))

    async def _permalink(self, account: Account, post: str) -> str:
        """The address is worth a read, but it stands already: nothing that goes wrong here may put that in doubt."""
        try:
            answer = await self.graph("GET", account, post, params={"fields": "permalink_url"}, timeout=10)
        except ConnectorError:
            return ""
        return answer.get("permalink_url", "")

    async def find(self, account: Account, message: Message, draft_ref: str, since: datetime) -> Receipt | None:
        if draft_ref:
            try:
                return await self._shown(account, draft_ref)
            except Rejected as error:
                if error.code != "100/33":
                    raise
        # Without a draft, or with one that this token cannot see any more: the page's own list.
        return await self._listed(account, message, since)

    async def _shown(self, account: Account, draft: str) -> Receipt | None:
        answer = await self.graph("GET", account, draft, params={"fields": "is_published,permalink_url"})
        return Receipt(draft, answer.get("permalink_url", "")) if answer.get("is_published") else None

    async def _listed(self, account: Account, message: Message, since: datetime) -> Receipt | None:
        wanted = bare(message.text)
        params = {
            "fields": "id,message,permalink_url,application",
            "since": str(int((since - timedelta(minutes=2)).timestamp())),
            "limit": "100",
        }
        async for post in self.rows(account, f"{account.external_id}/published_posts", params):
            ours = post.get("application", {}).get("id") == account.app["app_id"]
            if ours and bare(post.get("message", "")) == wanted:
                return Receipt(post["id"], post.get("permalink_url", ""))
        return None

    async def withdraw(self, account: Account, external_id: str) -> bool:
        try:
            await self.graph("DELETE", account, external_id)
        except Rejected as error:
            if error.code not in ABSENT:
                raise
            return False
        return True

    async def trace(self, account: Account, external_id: str) -> Trace:
        try:
            answer = await self.graph("GET", account, external_id, params={"fields": "is_published"})
        except Rejected as error:
            if error.code not in ABSENT:
                raise
        else:
            return Trace.VISIBLE if answer.get("is_published") else Trace.HIDDEN
        # The page's own list is read only by who may see its posts: then absence is no lack of rights.
        params = {"fields": "id", "limit": "100"}
        listed = await self.graph("GET", account, f"{account.external_id}/published_posts", params=params)
        return Trace.VISIBLE if any(post["id"] == external_id for post in listed["data"]) else Trace.GONE

    # --- counting -------------------------------------------------------------------------------------------------

    async def measure(self, account: Account, external_ids: Sequence[str]) -> dict[str, Figures]:
        if self.usage.get(account.external_id, 0) >= 80:
            raise TryLater("most of the page's calls are used up", code="80001", wait=timedelta(hours=1))
        figures = await asyncio.gather(*(self._figures(account, post) for post in external_ids))
        return {post: found for post, found in zip(external_ids, figures, strict=True) if found}

    async def _figures(self, account: Account, post: str) -> Figures | None:
        try:
            counts = await self.graph("GET", account, post, params={"fields": _COUNTS})
        except Rejected as error:
            if error.code in ABSENT:
                return None
            raise
        return Figures(
            reactions=_total(counts.get("reactions")),
            comments=_total(counts.get("comments")),
            shares=counts.get("shares", {}).get("count", 0),  # left out at zero
            **await self._insights(account, post, list(_INSIGHTS)),
        )

    async def _insights(self, account: Account, post: str, metrics: list[str]) -> dict[str, int]:
        try:
            answer = await self.graph("GET", account, f"{post}/insights", params={"metric": ",".join(metrics)})
        except Rejected:
            # One metric that the platform has retired fails them all: ask one by one.
            if len(metrics) == 1:
                return {}
            found = [await self._insights(account, post, [metric]) for metric in metrics]
            return {name: value for each in found for name, value in each.items()}
        except AccessLost as error:
            if error.code.startswith(("190", "102")):
                raise
            return {}  # read_insights was not granted; the other counts need it not
        return {_INSIGHTS[name]: value for name, value in values_of(answer).items() if name in _INSIGHTS}

    # --- connection -----------------------------------------------------------------------------------------------

    async def profile(self, account: Account) -> Profile:
        fields = "id,name,username,link,followers_count"
        page = await self.graph("GET", account, account.external_id, params={"fields": fields})
        return _profile(page, await self.rights(account))

    async def offers(
        self, app: Mapping[str, Any], answer: Mapping[str, str], *, redirect_uri: str = "", verifier: str = ""
    ) -> list[Offer]:
        fields = "id,name,username,access_token,tasks,link,followers_count"
        pages, granted = await self.pages(app, answer, redirect_uri=redirect_uri, fields=fields)
        return [_offer(page, granted) for page in pages]


def _total(edge: Mapping[str, Any] | None) -> int | None:
    return (edge or {}).get("summary", {}).get("total_count")


def _profile(page: Mapping[str, Any], granted: Sequence[str]) -> Profile:
    return Profile(
        external_id=str(page["id"]),
        name=page["name"],
        handle=page.get("username", ""),
        address=page.get("link", ""),
        followers=page.get("followers_count"),
        missing=[scope for scope in _SCOPES if scope not in granted],
    )


def _offer(page: Mapping[str, Any], granted: Sequence[str]) -> Offer:
    """A page's own token outlives the 60 days of the person's; it has no date and nothing to renew."""
    may_post = all(scope in granted for scope, needed in _SCOPES.items() if needed)
    may_post = may_post and not _TASKS_TO_POST.isdisjoint(page.get("tasks", ()))
    token = page.get("access_token", "")  # left out where the person may do nothing
    return Offer(_profile(page, granted), Tokens(token), usable=bool(may_post and token))
