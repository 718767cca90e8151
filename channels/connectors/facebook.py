"""Facebook Pages by the Graph API: an unpublished post first, then one call that shows it."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
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

_SCOPES = {"pages_show_list": False, "pages_read_engagement": True, "pages_manage_posts": True, "read_insights": False}
_TASKS_TO_POST = {"CREATE_CONTENT", "MANAGE"}
_INSIGHTS = {"post_media_view": "views", "post_total_media_view_unique": "reach"}
_COUNTS = "shares,reactions.limit(0).summary(total_count),comments.limit(0).summary(total_count)"

_LIMITS = {4, 17, 32, 341, 613, 80001}
_LIMITS_OF_APP = {4, 341}
_LOST = {10, 102, 190, *range(200, 300)}
# Page authorisation, identity, security check, account limited: somebody has to act at facebook.com first.
_HUMAN = {1404006, 1404078, 1404112, 4854002}
_DOWN = {1, 2, 1363047, 1609010}
_WORTH_ANOTHER_TRY = {389, 1609005, 6000, 6001}
_DUPLICATE = 506
# No such post; or one that the token may not see.
_ABSENT = {"100/33", "803"}


class Facebook(Connector):
    """https://developers.facebook.com/docs/pages-api/posts"""

    kind = "facebook"
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

    def __init__(self, session: aiohttp.ClientSession):
        super().__init__(session)
        self.usage: dict[str, int] = {}  # percent of a page's allowance, as it told last

    # --- publishing -----------------------------------------------------------------------------------------------

    async def stage(self, account: Account, message: Message, draft_ref: str = "") -> Draft:
        photos = await asyncio.gather(*(self._upload(account, message, n) for n in range(len(message.images))))
        post = {"message": message.text, "published": "false"}
        if photos:
            post["attached_media"] = json.dumps([{"media_fbid": photo} for photo in photos])
        elif message.link:
            post["link"] = message.link
        return Draft(str((await self._graph("POST", account, f"{account.external_id}/feed", data=post))["id"]))

    async def _upload(self, account: Account, message: Message, number: int) -> str:
        image = message.images[number]
        form = aiohttp.FormData({"published": "false"})
        if image.alt:
            form.add_field("alt_text_custom", image.alt)
        form.add_field("source", image.content, filename=f"{image.sha256}", content_type=image.content_type)
        return str((await self._graph("POST", account, f"{account.external_id}/photos", data=form))["id"])

    async def commit(self, account: Account, message: Message, draft_ref: str = "") -> Receipt:
        draft = draft_ref or (await self.stage(account, message)).ref
        show = {"is_published": "true", "fields": "permalink_url"}
        try:
            answer = await self._graph("POST", account, draft, data=show, changes=True)
        except OutcomeUnknown as doubt:
            if doubt.code != str(_DUPLICATE):
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
            answer = await self._graph("GET", account, post, params={"fields": "permalink_url"}, timeout=10)
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
        answer = await self._graph("GET", account, draft, params={"fields": "is_published,permalink_url"})
        return Receipt(draft, answer.get("permalink_url", "")) if answer.get("is_published") else None

    async def _listed(self, account: Account, message: Message, since: datetime) -> Receipt | None:
        wanted = _bare(message.text)
        params = {
            "fields": "id,message,permalink_url,application",
            "since": str(int((since - timedelta(minutes=2)).timestamp())),
            "limit": "100",
        }
        while True:
            answer = await self._graph("GET", account, f"{account.external_id}/published_posts", params=params)
            for post in answer["data"]:
                ours = post.get("application", {}).get("id") == account.app["app_id"]
                if ours and _bare(post.get("message", "")) == wanted:
                    return Receipt(post["id"], post.get("permalink_url", ""))
            paging = answer.get("paging", {})
            if "next" not in paging:
                return None
            params = {**params, "after": paging["cursors"]["after"]}

    async def withdraw(self, account: Account, external_id: str) -> bool:
        try:
            await self._graph("DELETE", account, external_id)
        except Rejected as error:
            if error.code not in _ABSENT:
                raise
            return False
        return True

    async def trace(self, account: Account, external_id: str) -> Trace:
        try:
            answer = await self._graph("GET", account, external_id, params={"fields": "is_published"})
        except Rejected as error:
            if error.code not in _ABSENT:
                raise
        else:
            return Trace.VISIBLE if answer.get("is_published") else Trace.HIDDEN
        # The page's own list is read only by who may see its posts: then absence is no lack of rights.
        params = {"fields": "id", "limit": "100"}
        listed = await self._graph("GET", account, f"{account.external_id}/published_posts", params=params)
        return Trace.VISIBLE if any(post["id"] == external_id for post in listed["data"]) else Trace.GONE

    # --- counting -------------------------------------------------------------------------------------------------

    async def measure(self, account: Account, external_ids: Sequence[str]) -> dict[str, Figures]:
        if self.usage.get(account.external_id, 0) >= 80:
            raise TryLater("most of the page's calls are used up", code="80001", wait=timedelta(hours=1))
        figures = await asyncio.gather(*(self._figures(account, post) for post in external_ids))
        return {post: found for post, found in zip(external_ids, figures, strict=True) if found}

    async def _figures(self, account: Account, post: str) -> Figures | None:
        try:
            counts = await self._graph("GET", account, post, params={"fields": _COUNTS})
        except Rejected as error:
            if error.code in _ABSENT:
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
            answer = await self._graph("GET", account, f"{post}/insights", params={"metric": ",".join(metrics)})
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
        values = {each["name"]: each["values"][0]["value"] for each in answer["data"] if each.get("values")}
        return {_INSIGHTS[name]: value for name, value in values.items() if name in _INSIGHTS}

    # --- connection -----------------------------------------------------------------------------------------------

    async def profile(self, account: Account) -> Profile:
        fields = "id,name,username,link,followers_count"
        page = await self._graph("GET", account, account.external_id, params={"fields": fields})
        token = (await self._debug(account))["data"]
        if not token.get("is_valid"):
            error = token.get("error", {})
            raise AccessLost(error.get("message", "the token is not valid"), code=f"190/{error.get('subcode', '')}")
        return _profile(page, token.get("scopes", ()))

    async def _debug(self, account: Account) -> Any:
        ours = f"{account.app['app_id']}|{account.app['app_secret']}"
        return await self.call(
            "GET",
            f"{account.base_url}/{account.app['version']}/debug_token",
            params={"input_token": account.token, "appsecret_proof": _proof(account.app, ours)},
            headers={"Authorization": f"Bearer {ours}"},
            hide=(account.token, account.app["app_secret"]),
        )

    @classmethod
    def dialog(cls, app: Mapping[str, Any], *, redirect_uri: str, state: str, verifier: str) -> str:
        asked = {
            "client_id": app["app_id"],
            "redirect_uri": redirect_uri,
            "state": state,
            "response_type": "code",
            "scope": ",".join(_SCOPES),
            "auth_type": "rerequest",  # else a right that was declined once is never asked for again
        }
        return f"{app['dialog_url']}/{app['version']}/dialog/oauth?{urlencode(asked)}"

    async def offers(
        self, app: Mapping[str, Any], answer: Mapping[str, str], *, redirect_uri: str = "", verifier: str = ""
    ) -> list[Offer]:
        user = await self._exchange(app, code=answer.get("code", ""), redirect_uri=redirect_uri)
        user = await self._exchange(app, grant_type="fb_exchange_token", fb_exchange_token=user)
        me = Account(external_id="me", token=user, base_url=app["base_url"], app=app)
        rights = (await self._graph("GET", me, "me/permissions"))["data"]
        granted = [right["permission"] for right in rights if right["status"] == "granted"]
        params = {"fields": "id,name,username,access_token,tasks,link,followers_count", "limit": "100"}
        offers: list[Offer] = []
        while True:
            found = await self._graph("GET", me, "me/accounts", params=params)
            offers += [_offer(page, granted) for page in found["data"]]
            if "next" not in found.get("paging", {}):
                return offers
            params = {**params, "after": found["paging"]["cursors"]["after"]}

    async def _exchange(self, app: Mapping[str, Any], **grant: str) -> str:
        """A code, or a short-lived token, against a token. Sent as a form: addresses end up in logs of proxies."""
        secrets = {"client_id": app["app_id"], "client_secret": app["app_secret"], **grant}
        hide = (app["app_secret"], grant.get("code", ""), grant.get("fb_exchange_token", ""))
        url = f"{app['base_url']}/{app['version']}/oauth/access_token"
        answer = await self.call("POST", url, data=secrets, hide=hide, timeout=20)
        return answer["access_token"]

    # --- the wire -------------------------------------------------------------------------------------------------

    async def _graph(
        self,
        method: str,
        account: Account,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        **request: Any,
    ) -> Any:
        return await self.call(
            method,
            f"{account.base_url}/{account.app['version']}/{path}",
            params={**(params or {}), "appsecret_proof": _proof(account.app, account.token)},
            headers={"Authorization": f"Bearer {account.token}"},
            hide=(account.token,),
            **request,
        )

    def is_success(self, status: int, body: Any) -> bool:
        return status == 200 and isinstance(body, dict) and "error" not in body and body.get("success") is not False

    def error_for(self, status: int, body: Any, *, changes: bool) -> ConnectorError:
        match body:
            case {"error": {"code": int(code)} as error}:
                pass
            case _:
                return super().error_for(status, body, changes=changes)
        detail = str(error.get("error_user_msg") or error.get("message") or f"code {code}")
        name = f"{code}/{error['error_subcode']}" if code in (100, 190) and error.get("error_subcode") else str(code)
        if code in _LIMITS:
            # An hour, unless the headers name the minutes.
            return TryLater(detail, code=name, wait=timedelta(hours=1), whole_app=code in _LIMITS_OF_APP)
        if code in _LOST or code in _HUMAN:
            return AccessLost(detail, code=name)
        if code in _WORTH_ANOTHER_TRY:
            return TryLater(detail, code=name, wait=timedelta(minutes=1))
        # "Transient" tells that a repetition may work, not that nothing was posted: koala #699 doubled photos so.
        if code in _DOWN or status >= 500 or error.get("is_transient") or (code == _DUPLICATE and changes):
            return (OutcomeUnknown if changes else TryLater)(detail, code=name)
        return Rejected(detail, code=name)

    def wait_told(self, headers: Mapping[str, str]) -> timedelta | None:
        minutes = [use.get("estimated_time_to_regain_access", 0) for uses in _usage(headers).values() for use in uses]
        return timedelta(minutes=max(minutes)) if any(minutes) else super().wait_told(headers)

    def note_usage(self, headers: Mapping[str, str]) -> None:
        for page, uses in _usage(headers).items():
            shares = ("call_count", "total_cputime", "total_time")
            self.usage[page] = max((use.get(share, 0) for use in uses for share in shares), default=0)


def _proof(app: Mapping[str, Any], token: str) -> str:
    """Proves that the caller knows the app's secret: a stolen token alone is worth nothing."""
    return hmac.new(app["app_secret"].encode(), token.encode(), hashlib.sha256).hexdigest()


def _bare(text: str) -> str:
    return " ".join(text.split())


def _total(edge: Mapping[str, Any] | None) -> int | None:
    return (edge or {}).get("summary", {}).get("total_count")


def _usage(headers: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    try:
        return json.loads(headers.get("X-Business-Use-Case-Usage", "{}"))
    except ValueError:
        return {}


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
