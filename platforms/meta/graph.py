"""Share what Meta's platforms have in common: the proof that goes with a call, the error envelope,
the usage headers, lists with cursors, tokens against codes, and the upload host for videos."""

import asyncio
import functools
import hashlib
import hmac
import json
from collections.abc import (
    AsyncIterator,
    Callable,
    Coroutine,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from datetime import date, datetime, timedelta
from enum import Enum, auto
from typing import Any, ClassVar
from urllib.parse import quote, urlencode, urlsplit

import aiohttp

from platforms.connector import Connector
from platforms.errors import AccessLost, ConnectorError, OutcomeUnknown, Rejected, TryLater
from platforms.facts import Setting, Version
from platforms.messages import Account, Message, Video
from platforms.pacific import day_before, midnight
from platforms.redaction import redacted
from platforms.webhooks import (
    Challenge,
    Event,
    EventKind,
    ForgedWebhook,
    decode_object,
    from_timestamp,
    require_any_secret,
    require_equal,
    require_signature,
)
from platforms.words import gettext_noop as _

# What Meta calls a post on a page; a like or a mention is none.
_POST_ITEMS = {"status", "post", "photo", "video", "share", "link", "album"}
_GONE_VERBS = {"remove", "delete", "hide"}
_TASKS_TO_POST = {"CREATE_CONTENT", "MANAGE"}


class ErrorKind(Enum):
    """The meanings that an error code of Meta's may have."""

    # Too many calls, for this page or for all pages of our application.
    PAGE_LIMIT = auto()
    APP_LIMIT = auto()
    # The token or the person's role is gone, or somebody has to act on the platform first.
    ACCESS_LOST = auto()
    # The token is good, but a right or a task is missing.
    RIGHT_MISSING = auto()
    # The platform is broken: perhaps done.
    PLATFORM_BROKEN = auto()
    # Certainly not done, worth another try in a minute.
    TRY_AGAIN = auto()
    # The version that we speak is over: not done, and nothing goes until somebody raises it.
    VERSION_RETIRED = auto()
    # The page's last post says the same: perhaps an earlier try of this one.
    DUPLICATE = auto()
    # Certainly not done, and never will be as it stands.
    REFUSED = auto()


# The codes that mean the same on all three.
COMMON_ERROR_KINDS: Mapping[str, ErrorKind] = {
    **dict.fromkeys(("4", "341"), ErrorKind.APP_LIMIT),
    **dict.fromkeys(("17", "32", "613", "80001", "80002"), ErrorKind.PAGE_LIMIT),
    **dict.fromkeys(("102", "190"), ErrorKind.ACCESS_LOST),
    **dict.fromkeys(("10", *map(str, range(200, 300))), ErrorKind.RIGHT_MISSING),
    **dict.fromkeys(("1", "2"), ErrorKind.PLATFORM_BROKEN),
    "2635": ErrorKind.VERSION_RETIRED,
}
# No such object; or one that the token may not see.
ABSENT_CODES = frozenset({"100/33", "803"})


class RightMissing(AccessLost):
    """A right, or a task of the person's, is missing: not even a good token may do this."""


def reject_on_missing_right[**P, R](
    act: Callable[P, Coroutine[Any, Any, R]],
) -> Callable[P, Coroutine[Any, Any, R]]:
    """Raise Rejected instead of `RightMissing`, for what publishing does not need: a right that is
    missing refuses this call alone, and the channel is not lost.
    """

    @functools.wraps(act)
    async def acted(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await act(*args, **kwargs)
        except RightMissing as error:
            raise Rejected(error.detail, code=error.code) from None

    return acted


class Graph(Connector):
    """A connector that speaks the Graph API."""

    # By "code/subcode" or "code"; what is not in it is refused for good.
    error_kinds: ClassVar[Mapping[str, ErrorKind]] = COMMON_ERROR_KINDS
    absent_codes: ClassVar[frozenset[str]] = ABSENT_CODES  # codes of what is gone
    signs_calls: ClassVar[bool] = True  # takes an appsecret_proof
    # So long one step may go on sending bytes.
    longest_step: ClassVar[timedelta] = timedelta(seconds=25)
    # Of webhooks, https://developers.facebook.com/docs/graph-api/webhooks
    webhook_object: ClassVar[str] = ""  # how Meta calls what the events are of
    webhook_fields: ClassVar[str] = ""  # the fields to subscribe to, page by page

    def __init__(self, session: aiohttp.ClientSession):
        super().__init__(session)
        self.usage: dict[str, int] = {}  # percent of a page's allowance, as it told last

    def address(self, base_url: str, app: Mapping[str, Any], path: str) -> str:
        return f"{base_url}/{app['version']}/{path}"

    async def graph(
        self,
        method: str,
        account: Account,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        **request: Any,
    ) -> Any:
        """Make one call in the account's name."""
        proof = (
            {"appsecret_proof": proof_of(account.app, account.token)} if self.signs_calls else {}
        )
        return await self.call(
            method,
            self.address(account.base_url, account.app, path),
            params={**(params or {}), **proof},
            headers={"Authorization": f"Bearer {account.token}"},
            redact=(account.token,),
            **request,
        )

    async def rows(
        self, account: Account, path: str, params: Mapping[str, str]
    ) -> AsyncIterator[Any]:
        """Yield the rows of a list, asking for the next page only when it is read."""
        while True:
            answer = await self.graph("GET", account, path, params=params)
            for row in answer.get("data", ()):
                yield row
            paging = answer.get("paging", {})
            if "next" not in paging:
                return
            params = {**params, "after": paging["cursors"]["after"]}

    async def insight_rows(
        self,
        account: Account,
        path: str,
        metrics: Iterable[str],
        params: Mapping[str, str] = {},
        *,
        all_have_all: bool = True,
    ) -> list[Mapping[str, Any]]:
        """Return the rows of insights. One name that the platform has retired fails the whole call:
        then each is asked for by itself, and the one that is refused again is noted. Without the
        right to them there are none. ``all_have_all``: a name without a row is missing.
        """
        names = self.metrics.without_skipped(metrics)
        if not names:
            return []
        try:
            answer = await self.graph(
                "GET", account, path, params={"metric": ",".join(names), **params}
            )
        except RightMissing:
            return []
        except Rejected as error:
            if error.code in self.absent_codes:
                raise
            if len(names) > 1:
                each = [
                    self.insight_rows(account, path, [name], params, all_have_all=all_have_all)
                    for name in names
                ]
                return [row for rows in await asyncio.gather(*each) for row in rows]
            if error.code == "100" and "metric" in error.detail.casefold():
                self.metrics.refused.update(names)
            return []
        rows = list(answer["data"])
        found = [str(row["name"]) for row in rows]
        self.metrics.record(names if all_have_all else found, found)
        return rows

    async def request_token(
        self, method: str, url: str, app: Mapping[str, Any], **grant: str
    ) -> Any:
        """Exchange a code or a token for a token; return the whole answer. By POST it goes as a
        form: addresses end up in logs of proxies.
        """
        secrets = {"client_id": app["app_id"], "client_secret": app["app_secret"], **grant}
        secret_names = ("code", "fb_exchange_token", "access_token")
        redact = (app["app_secret"], *(grant[name] for name in secret_names if name in grant))
        request: dict[str, Any] = {"data" if method == "POST" else "params": secrets}
        return await self.call(method, url, redact=redact, timeout=20, **request)

    async def upload_to_host(self, account: Account, url: str, video: Video, start: int) -> bool:
        """Send a video from ``start`` to the upload host, for as long as a step may last: the host
        keeps what came before a cut. Return True once it is whole there; else ask the platform how
        far it is before sending again.
        """
        if not _is_own_upload_host(url, account):
            raise Rejected(
                "the platform named a host that is not its own for the upload", code="upload_host"
            )
        try:
            await self.call(
                "POST",
                url,
                timeout=self.longest_step.total_seconds(),
                redact=(account.token,),
                headers={
                    "Authorization": f"OAuth {account.token}",
                    "offset": str(start),
                    "file_size": str(video.size),
                    "Content-Type": "application/octet-stream",
                    "Content-Length": str(video.size - start),
                },
                data=self.read_pieces(video, start, video.size - start),
            )
        except TryLater as error:
            if error.silent or error.code in ("PartialRequestError", "OffsetInvalidError"):
                return False
            raise
        return True

    def is_success(self, status: int, body: Any) -> bool:
        if status != 200 or not isinstance(body, dict):
            return False
        return "error" not in body and "debug_info" not in body and body.get("success") is not False

    def error_for(self, status: int, body: Any, *, writes: bool) -> ConnectorError:
        match body:
            case {"error": {"code": int(code)} as error}:
                pass
            case {"debug_info": {"type": str(name)} as info}:
                # The upload host. Nothing is visible there, whatever it says.
                error_class = TryLater if info.get("retriable") else Rejected
                return error_class(str(info.get("message", name)), code=name)
            case {
                "error_message": str(detail),
                "code": int(code),
            }:  # a refused code, on hosts of their own
                return Rejected(detail, code=str(code))
            case _:
                return super().error_for(status, body, writes=writes)
        detail = redacted(str(error.get("error_user_msg") or "")) or str(
            error.get("message") or f"code {code}"
        )
        name = self._error_name(code, error.get("error_subcode"))
        kind = self.error_kinds.get(name, self.error_kinds.get(str(code), ErrorKind.REFUSED))
        match kind:
            case ErrorKind.PAGE_LIMIT | ErrorKind.APP_LIMIT:
                # An hour, unless the headers name the minutes.
                whole_app = kind is ErrorKind.APP_LIMIT
                return TryLater(detail, code=name, wait=timedelta(hours=1), whole_app=whole_app)
            case ErrorKind.ACCESS_LOST:
                return AccessLost(detail, code=name)
            case ErrorKind.RIGHT_MISSING:
                return RightMissing(detail, code=name)
            case ErrorKind.VERSION_RETIRED:
                # As long as a post may be late there are tries enough.
                return TryLater(detail, code=name, wait=timedelta(minutes=15), whole_app=True)
            case ErrorKind.TRY_AGAIN:
                return TryLater(detail, code=name, wait=timedelta(minutes=1))
        unknown = kind is ErrorKind.PLATFORM_BROKEN or (kind is ErrorKind.DUPLICATE and writes)
        # "Transient" tells that a repetition may work, not that nothing was posted: koala #699
        # doubled photos so.
        if unknown or status >= 500 or error.get("is_transient"):
            return (OutcomeUnknown if writes else TryLater)(detail, code=name)
        return Rejected(detail, code=name)

    def _error_name(self, code: int, subcode: object) -> str:
        """Return "code/subcode" where the pair has a meaning of its own, else the code."""
        pair = f"{code}/{subcode}"
        if pair in self.error_kinds or (code in (100, 190) and subcode):
            return pair
        return str(code)

    def wait_from_headers(self, headers: Mapping[str, str]) -> timedelta | None:
        minutes = [
            use.get("estimated_time_to_regain_access", 0)
            for uses in _usage(headers).values()
            for use in uses
        ]
        return (
            timedelta(minutes=max(minutes)) if any(minutes) else super().wait_from_headers(headers)
        )

    def record_usage(self, headers: Mapping[str, str]) -> None:
        for page, uses in _usage(headers).items():
            shares = ("call_count", "total_cputime", "total_time")
            self.usage[page] = max(
                (use.get(share, 0) for use in uses for share in shares), default=0
            )

    # --- webhooks ---------------------------------------------------------------------------------

    async def subscribe_webhook(self, account: Account, callback: str) -> timedelta | None:
        """Subscribe the application to the page. The callback's address is in the application's own
        settings.
        """
        if not self.webhook_fields:
            return None
        await self.graph(
            "POST", account, "me/subscribed_apps", data={"subscribed_fields": self.webhook_fields}
        )
        return timedelta(days=30)  # it has no end; asked for again in case somebody removed it

    @classmethod
    def answer_webhook_challenge(
        cls, app: Mapping[str, Any], query: Mapping[str, str]
    ) -> Challenge:
        if query.get("hub.mode") != "subscribe":
            raise ForgedWebhook("not a subscription")
        given = query.get("hub.verify_token", "")
        require_any_secret(app.get("verify_token", ""), lambda word: require_equal(given, word))
        return Challenge(query.get("hub.challenge", ""))

    @classmethod
    def parse_webhook(
        cls, app: Mapping[str, Any], headers: Mapping[str, str], raw: bytes
    ) -> list[Event]:
        require_signature(headers.get("X-Hub-Signature-256", ""), app.get("app_secret", ""), raw)
        body = decode_object(raw)
        if body.get("object") != cls.webhook_object:
            return []
        return [event for entry in body.get("entry", ()) for event in _events_of_entry(entry)]


# Until when each version is answered, two years after the next one came. What comes after it
# answers instead, or calls are refused (2635).
# https://developers.facebook.com/docs/graph-api/changelog, November 2026
VERSION_ENDS: Mapping[str, date] = {
    "v20.0": date(2026, 9, 24),
    "v21.0": date(2027, 1, 21),
    "v22.0": date(2027, 5, 20),
    "v23.0": date(2027, 10, 8),
    "v24.0": date(2028, 2, 18),
    "v25.0": date(2028, 7, 29),
    "v26.0": date(2028, 11, 4),
}


class ByPage(Graph):
    """A connector that is let in through a Facebook Page: its application there, its consent
    dialog, the person's pages, their tokens.
    """

    RIGHTS: ClassVar[Mapping[str, str]] = {
        "pages_show_list": _("list of pages, needed when connecting again"),
        "pages_read_engagement": _("reading the page's posts, needed to publish safely"),
        "pages_manage_metadata": _("hearing at once of new comments"),
        "business_management": _("list of pages that a Business portfolio holds"),
    }
    settings = {
        "app_id": Setting("FACEBOOK_APP_ID", None, "100000000000001"),
        "app_secret": Setting("FACEBOOK_APP_SECRET", None, "simulator-facebook-secret"),
        "version": Setting("FACEBOOK_GRAPH_VERSION", "v26.0"),
        "dialog_url": Setting(
            "FACEBOOK_DIALOG_URL", "https://www.facebook.com", simulated="/facebook/www"
        ),
        "base_url": Setting(
            "FACEBOOK_GRAPH_URL", "https://graph.facebook.com", simulated="/facebook/graph"
        ),
        # Our own word, entered beside the webhook's address in the application's settings.
        "verify_token": Setting("FACEBOOK_VERIFY_TOKEN", try_out="try-out-facebook"),
    }

    @classmethod
    def api_version(cls, app: Mapping[str, Any]) -> Version | None:
        return Version(app["version"], VERSION_ENDS.get(app["version"]))

    async def rights(self, account: Account) -> Sequence[str]:
        """List what the account's token may do now. AccessLost when it may do nothing any more."""
        token = await self._inspect_token(account.app, account.token)
        if not token.get("is_valid"):
            error = token.get("error", {})
            raise AccessLost(
                error.get("message", "the token is not valid"),
                code=f"190/{error.get('subcode', '')}",
            )
        return token.get("scopes", ())

    async def own_node(self, account: Account, fields: str) -> Any:
        """Ask what the page or account tells of itself. AccessLost where it is gone although the
        token is good.
        """
        try:
            return await self.graph("GET", account, account.external_id, params={"fields": fields})
        except Rejected as error:
            if error.code not in ABSENT_CODES:
                raise
            absent = error
        await self.rights(account)  # a dead token has words of its own
        raise AccessLost(absent.detail, code="gone")

    async def _inspect_token(self, app: Mapping[str, Any], token: str) -> Any:
        """Ask what a token is good for. Its ``data_access_expires_at`` says nothing of publishing,
        so nobody reads it."""
        ours = f"{app['app_id']}|{app['app_secret']}"
        answer = await self.call(
            "GET",
            self.address(app["base_url"], app, "debug_token"),
            params={"input_token": token, "appsecret_proof": proof_of(app, ours)},
            headers={"Authorization": f"Bearer {ours}"},
            redact=(token, app["app_secret"]),
        )
        return answer["data"]

    @classmethod
    def consent_url(
        cls, app: Mapping[str, Any], *, redirect_uri: str, state: str, verifier: str
    ) -> str:
        return cls._dialog(app, redirect_uri, state, cls.facts.rights)

    @classmethod
    def wider_consent_url(
        cls, app: Mapping[str, Any], *, redirect_uri: str, state: str, verifier: str
    ) -> str:
        """Ask also for the right to list pages that a Business portfolio holds: no other page
        needs it.
        """
        return cls._dialog(
            app, redirect_uri, state, [*cls.facts.rights, *cls.facts.optional_rights]
        )

    @classmethod
    def _dialog(
        cls, app: Mapping[str, Any], redirect_uri: str, state: str, rights: Iterable[str]
    ) -> str:
        asked = {
            "client_id": app["app_id"],
            "redirect_uri": redirect_uri,
            "state": state,
            "response_type": "code",
            "scope": ",".join(rights),
            # else a right that was declined once is never asked for again
            "auth_type": "rerequest",
        }
        return f"{app['dialog_url']}/{app['version']}/dialog/oauth?{urlencode(asked)}"

    async def pages(
        self, app: Mapping[str, Any], answer: Mapping[str, str], *, redirect_uri: str, fields: str
    ) -> tuple[list[Any], list[str]]:
        """Return the pages that a person's consent opens, each once, and all rights that were
        given. A page's ``rights`` are those given for it, or for the account that it is linked to.
        """
        user = await self._exchange(app, code=answer.get("code", ""), redirect_uri=redirect_uri)
        user = await self._exchange(app, grant_type="fb_exchange_token", fb_exchange_token=user)
        me = Account(external_id="me", token=user, base_url=app["base_url"], app=app)
        rights = (await self.graph("GET", me, "me/permissions"))["data"]
        granted = [right["permission"] for right in rights if right["status"] == "granted"]
        pages_by_right = await self._pages_by_right(app, user)
        pages: dict[str, Any] = {}
        async for page in self._pages_of(me, granted, fields):
            number = str(page["id"])
            known = pages.setdefault(number, {})
            known |= {name: value for name, value in page.items() if name not in known}
            ids = {number, str(known.get("instagram_business_account", {}).get("id", ""))}
            known["rights"] = [
                right for right in granted if not ids.isdisjoint(pages_by_right.get(right, ids))
            ]
        return list(pages.values()), granted

    async def _pages_by_right(self, app: Mapping[str, Any], user: str) -> dict[str, set[str]]:
        """Return for each right the ids of the pages or accounts that it was given for. A right for
        all of them, or about neither, is left out.
        """
        scopes = (await self._inspect_token(app, user)).get("granular_scopes", ())
        named = ("pages_", "read_", "instagram_")
        about = [
            each for each in scopes if "target_ids" in each and each["scope"].startswith(named)
        ]
        return {each["scope"]: set(map(str, each["target_ids"])) for each in about}

    async def _pages_of(
        self, me: Account, granted: Sequence[str], fields: str
    ) -> AsyncIterator[Any]:
        """Yield the person's own pages, which alone have ``tasks``, and, where we may see them,
        those that a Business holds.
        """
        params = {"fields": fields, "limit": "100"}
        async for page in self.rows(me, "me/accounts", {**params, "fields": f"{fields},tasks"}):
            yield page
        if "business_management" not in granted:
            return
        async for business in self.rows(me, "me/businesses", {"fields": "id", "limit": "100"}):
            for edge in ("owned_pages", "client_pages"):
                try:
                    async for page in self.rows(me, f"{business['id']}/{edge}", params):
                        yield page
                except RightMissing:
                    continue  # the person is no administrator of this one
                except Rejected as error:
                    if error.code not in ABSENT_CODES:
                        raise

    def may_post(self, page: Mapping[str, Any]) -> bool:
        """Tell whether what was granted suffices. Where no tasks are told, it does if the person
        has the page's token."""
        needed = {right for right, needed in self.facts.rights.items() if needed}
        able = not _TASKS_TO_POST.isdisjoint(page.get("tasks", _TASKS_TO_POST))
        return able and needed <= set(page["rights"]) and bool(page.get("access_token"))

    async def _exchange(self, app: Mapping[str, Any], **grant: str) -> str:
        answer = await self.request_token(
            "POST", self.address(app["base_url"], app, "oauth/access_token"), app, **grant
        )
        return answer["access_token"]


def _is_own_upload_host(url: str, account: Account) -> bool:
    """Tell whether the address is at Meta's upload host, or at the simulator in its place: only
    these get a token and a video that is not published yet.
    """
    parts, ours = urlsplit(url), urlsplit(account.base_url)
    return (parts.scheme, parts.netloc) in (
        (ours.scheme, ours.netloc),
        ("https", "rupload.facebook.com"),
    )


def proof_of(app: Mapping[str, Any], token: str) -> str:
    """Return the proof that the caller knows the app's secret: a stolen token alone is worth
    nothing.
    """
    return hmac.new(app["app_secret"].encode(), token.encode(), hashlib.sha256).hexdigest()


def ai_label_fields(message: Message) -> dict[str, str]:
    """Return the field by which the platform labels a post as made with AI, where it was."""
    return {"is_ai_generated": "true"} if message.ai_made else {}


def path_of(node: str, edge: str = "") -> str:
    """Return the path of an object, or of one of its lists. An id stays one step, whatever it
    holds: with a slash or a question mark in it, a call about a comment would reach the page's own
    feed."""
    return f"{quote(node, safe='')}/{edge}".rstrip("/")


def collapse_spaces(text: str) -> str:
    """Collapse runs of white space, to compare a text with what a platform made of it."""
    return " ".join(text.split())


def moment_of(text: str) -> datetime:
    """Parse a time as the platform writes it: 2026-11-03T09:00:04+0000."""
    return datetime.fromisoformat(text)


def values_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return lifetime figures by metric; one without data is left out."""
    return {each["name"]: each["values"][0]["value"] for each in rows if each.get("values")}


def days_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, dict[date, int]]:
    """Return figures of a page by metric and day. A value bears the moment at which its day ended
    in California.
    """
    return {
        str(row["name"]): {
            day_before(moment_of(each["end_time"])): each["value"]
            for each in row.get("values", ())
            if "end_time" in each and isinstance(each.get("value"), int)
        }
        for row in rows
    }


def span(first: date, last: date) -> dict[str, str]:
    """Return the parameters that ask for the days from ``first`` to ``last``."""
    after = last + timedelta(days=1)
    return {
        "since": str(int(midnight(first).timestamp())),
        "until": str(int(midnight(after).timestamp())),
    }


def _usage(headers: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    try:
        return json.loads(headers.get("X-Business-Use-Case-Usage", "{}"))
    except ValueError:
        return {}


def _events_of_entry(entry: Mapping[str, Any]) -> Iterator[Event]:
    """Read an entry without looking at who commented or what they wrote."""
    page, seconds = str(entry.get("id", "")), entry.get("time")
    for change in entry.get("changes") or [entry]:  # Instagram's own login leaves the list out
        match change.get("field"), change.get("value"):
            case "feed", {"item": "comment", "verb": "add", "post_id": post, **more}:
                yield Event(
                    EventKind.COMMENT,
                    page,
                    str(post),
                    f"comment {more.get('comment_id')}",
                    from_timestamp(seconds),
                )
            case "feed", {"item": str(item), "verb": str(verb), "post_id": post} if (
                item in _POST_ITEMS
            ):
                if verb == "add" or verb in _GONE_VERBS:
                    kind = EventKind.POSTED if verb == "add" else EventKind.GONE
                    yield Event(
                        kind, page, str(post), f"{verb} {post} {seconds}", from_timestamp(seconds)
                    )
            case "comments", {"media": {"id": media}, **more}:
                comment = more.get("id") or more.get("comment_id")
                yield Event(
                    EventKind.COMMENT,
                    page,
                    str(media),
                    f"comment {comment}",
                    from_timestamp(seconds),
                )
            case "name", _:
                yield Event(EventKind.CHANGED, page, "", f"name {seconds}", from_timestamp(seconds))
