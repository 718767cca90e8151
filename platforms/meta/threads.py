"""Threads profiles: a container first, then one call that publishes it. Login, application and
tokens are its own.
"""

import asyncio
import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode

from platforms import common_messages
from platforms.errors import AccessLost, ConnectorError, OutcomeUnknown, Rejected, TryLater
from platforms.facts import Facts, Format, ImageLimits, Origin, PageItem, Setting, VideoLimits
from platforms.messages import (
    Account,
    Comment,
    Figures,
    Image,
    Message,
    Offer,
    PageDetails,
    PageFigures,
    Profile,
    Tokens,
    Video,
)
from platforms.meta.containers import COMMON_REASONS, Containers, ContainerState
from platforms.meta.graph import (
    ABSENT_CODES,
    COMMON_ERROR_KINDS,
    ErrorKind,
    days_of,
    moment_of,
    path_of,
    reject_on_missing_right,
    span,
)
from platforms.webhooks import (
    Event,
    EventKind,
    decode_object,
    from_timestamp,
    require_equal,
    require_signature,
)
from platforms.words import Words
from platforms.words import gettext_noop as _

_LONGEST_ALT = 1000
_SCOPES = {
    "threads_basic": True,
    "threads_content_publish": True,
    "threads_delete": False,
    "threads_read_replies": False,
    "threads_manage_replies": False,
    "threads_manage_insights": False,
}
_METRICS = {"views": "views", "likes": "reactions", "replies": "comments"}
_SHARED = ("reposts", "quotes", "shares")
# Counted by their bytes; so are the joiners and selectors that make several into one.
_EMOJI = re.compile(
    "[\u00a9\u00ae\u200d\u203c\u2049\u20e3\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u2460-\u24ff\u25a0-\u27bf\u2900-\u297f"
    "\u2b00-\u2bff\u3030\u303d\u3297\u3299\ufe00-\ufe0f\U0001f000-\U0001faff\U000e0020-\U000e007f]"
)
# A token lives for sixty days and may be renewed once it is a day old: about every week, so that a
# bad day costs none.
_RENEWED_WITHIN = timedelta(days=8)
_GONE = "24/4279009"


def length(text: str) -> int:
    """As Threads counts, or more: code points, but each emoji by its bytes."""
    return len(text) + sum(len(char.encode()) - 1 for char in _EMOJI.findall(text))


# What errors mean to an officer, and what to do.
_REASONS = {
    **COMMON_REASONS,
    "4279013": common_messages.CLOSED,
    "2207051": common_messages.SPAM,
    "quota": common_messages.QUOTA,
    "100": _("the platform does not accept the post as it is; check text, links and pictures"),
    "1/2207052": common_messages.FETCH,
    "FAILED_DOWNLOADING_VIDEO": common_messages.FETCH,
    **dict.fromkeys(
        ("FAILED_PROCESSING_AUDIO", "FAILED_PROCESSING_VIDEO"), common_messages.UNREADABLE_MEDIA
    ),
    **dict.fromkeys(
        (
            "INVALID_ASPEC_RATIO",
            "INVALID_ASPECT_RATIO",
            "INVALID_AUDIO_CHANNELS",
            "INVALID_AUDIO_CHANNEL_LAYOUT",
            "INVALID_BIT_RATE",
            "INVALID_DURATION",
            "INVALID_FRAME_RATE",
        ),
        common_messages.UNREADABLE_MEDIA,
    ),
    **dict.fromkeys(("EXPIRED", "24/4279009"), common_messages.LAY),
    "UNKNOWN": common_messages.DOWN,
}


class Threads(Containers):
    """https://developers.facebook.com/docs/threads/posts"""

    kind = "threads"
    words = Words(
        label="Threads",
        page=_("Threads account %(name)s"),
        icon="brand-threads",
        how_to_revoke=_(
            "In the Threads app, open Settings → Account → Website permissions, choose the "
            "portal's application and remove it."
        ),
        formats={"post": common_messages.POST},
        reasons=_REASONS,
        rights={
            "threads_basic": common_messages.READ,
            "threads_content_publish": common_messages.PUBLISH,
            "threads_delete": common_messages.WITHDRAW,
            "threads_read_replies": _("reading replies"),
            "threads_manage_replies": _("answering and hiding replies"),
            "threads_manage_insights": common_messages.FIGURES,
        },
    )
    signs_calls = False
    create_edge = "threads"
    publish_edge = "threads_publish"
    quota_edge = "threads_publishing_limit"
    list_edges = ("threads",)
    state_fields = "status,error_message"
    text_field = "text"
    absent_codes = ABSENT_CODES | {_GONE}
    unpublishable_codes = frozenset({_GONE})
    transient_failures = frozenset(
        {
            "FAILED_DOWNLOADING_VIDEO",
            "FAILED_PROCESSING_AUDIO",
            "FAILED_PROCESSING_VIDEO",
            "UNKNOWN",
        }
    )
    error_kinds = {
        **COMMON_ERROR_KINDS,
        _GONE: ErrorKind.TRY_AGAIN,
        "1/2207052": ErrorKind.TRY_AGAIN,
    }
    facts = Facts(
        comfortable_length=400,
        formats=[
            Format(
                "post",
                max_text=500,
                count=length,
                max_links=5,
                images=ImageLimits(most=20, max_bytes=8 * 1024 * 1024, min_ratio=0.1, max_ratio=10),
                videos=VideoLimits(
                    most=20,
                    fewest=0,
                    max_bytes=1024**3,
                    max_seconds=300,
                    min_ratio=0.01,
                    max_ratio=10,
                    max_side=1920,
                    min_fps=23,
                    max_fps=60,
                ),
                max_mixed=20,
                media_by_url=True,
            ),
        ],
        stages=True,
        shows_by_reference=True,
        finds=True,
        comments=True,
        lists_posts=True,
        per_page_day=250,
        measures={
            "views": Origin("views"),
            "reactions": Origin("likes"),
            "comments": Origin("replies"),
            "shares": Origin("reposts + quotes + shares"),
        },
        page_measures={"views": Origin("views")},
        page={
            "picture": PageItem(),
            "description": PageItem(),
            "register": PageItem(),
            "pinned": PageItem(readable=False),
            "recent": PageItem(),
            "verified": PageItem(),
        },
        rights=_SCOPES,
        hosts=("threads.com", "threads.net"),
        source="developers.facebook.com/docs/threads, 2026-09",
    )
    settings = {
        "app_id": Setting("THREADS_APP_ID", try_out="300000000000003"),
        "app_secret": Setting("THREADS_APP_SECRET", try_out="simulator-threads-secret"),
        "dialog_url": Setting(
            "THREADS_DIALOG_URL", "https://threads.com", simulated="/threads/www"
        ),
        "base_url": Setting(
            "THREADS_API_URL", "https://graph.threads.com", simulated="/threads/graph"
        ),
        "link_url": Setting(
            "THREADS_LINK_URL", "https://www.threads.com", simulated="/threads/www"
        ),
        "verify_token": Setting("THREADS_VERIFY_TOKEN", try_out="try-out-threads"),
    }
    paths_without_page = frozenset({"activity", "login", "search", "settings", "t"})

    def address(self, base_url: str, app: Mapping[str, Any], path: str) -> str:
        return f"{base_url}/v1.0/{path}"

    # --- containers -------------------------------------------------------------------------------

    def single_container(self, message: Message) -> dict[str, str]:
        if not message.media:
            # A card of its own only where there is nothing else to see; elsewhere the text holds
            # the link.
            card = {"link_attachment": message.link} if message.link else {}
            return {"media_type": "TEXT", "text": message.text, **card}
        return {"text": message.text, **_medium(message.media[0])}

    def item_container(self, medium: Image | Video) -> dict[str, str]:
        return {"is_carousel_item": "true", **_medium(medium)}

    def carousel_container(self, message: Message) -> dict[str, str]:
        return {"media_type": "CAROUSEL", "text": message.text}

    def container_state(self, container: Mapping[str, Any]) -> tuple[str, str]:
        return container.get("status", ""), container.get("error_message", "")

    # --- counting ---------------------------------------------------------------------------------

    async def figures(self, account: Account, post: str) -> Figures:
        found = await self.insights(account, post, [*_METRICS, *_SHARED])
        values = {_METRICS[name]: value for name, value in found.items() if name in _METRICS}
        passed_on = [found[name] for name in _SHARED if name in found]
        return Figures(**values, shares=sum(passed_on) if passed_on else None)

    @reject_on_missing_right
    async def measure_page(self, account: Account, first: date, last: date) -> list[PageFigures]:
        """https://developers.facebook.com/docs/threads/insights: of a profile's figures only views
        are told by day.
        """
        self.require_spare_calls(account)
        path = f"{account.external_id}/threads_insights"
        rows = await self.insight_rows(account, path, ["views"], span(first, last))
        return PageFigures.by_day(days_of(rows), first, last)

    # --- replies ----------------------------------------------------------------------------------

    @reject_on_missing_right
    async def list_comments(self, account: Account, external_id: str) -> list[Comment]:
        fields = "id,text,timestamp,username,replied_to,hide_status"
        params = {"fields": fields, "reverse": "true", "limit": "100"}
        data = await self.graph("GET", account, path_of(external_id, "conversation"), params=params)
        below: dict[str, list[bool]] = {}  # under which reply, and whether it is the account's own
        for row in data["data"]:
            below.setdefault(_parent(row), []).append(row.get("username") == account.handle)
        return [
            Comment(
                external_id=str(row["id"]),
                text=row.get("text", ""),
                written_at=moment_of(row["timestamp"]),
                hidden=row.get("hide_status") in ("HIDDEN", "COVERED"),
                answered=any(below.get(str(row["id"]), ())),
                may_hide=row.get("username") != account.handle,
                replies=len(below.get(str(row["id"]), ())),
            )
            for row in data["data"]
            if _parent(row) == external_id
        ]

    @reject_on_missing_right
    async def reply_to_comment(self, account: Account, comment_id: str, text: str) -> str:
        container = await self._create_container(
            account, {"media_type": "TEXT", "text": text, "reply_to_id": comment_id}
        )
        for wait in (0, 1, 3, 6, 10):
            await asyncio.sleep(wait)
            state, _why = await self._read_state(account, container)
            if state is ContainerState.FINISHED:
                break
        else:
            raise TryLater("the reply is not ready yet", code="not ready")
        path = f"{account.external_id}/{self.publish_edge}"
        reply = await self.graph(
            "POST", account, path, data={"creation_id": container}, writes=True
        )
        if "id" not in reply:
            raise OutcomeUnknown("a success without an id")
        return str(reply["id"])

    @reject_on_missing_right
    async def hide_comment(self, account: Account, comment_id: str, *, hidden: bool = True) -> None:
        data = {"hide": "true" if hidden else "false"}
        await self.graph("POST", account, path_of(comment_id, "manage_reply"), data=data)

    # --- connection -------------------------------------------------------------------------------

    async def read_profile(self, account: Account) -> Profile:
        data = await self.graph("GET", account, "me", params={"fields": "id,username,name"})
        granted = await self._granted(account)
        return Profile(
            external_id=str(data["id"]),
            name=data.get("name") or data["username"],
            handle=data["username"],
            address=f"{account.app['link_url']}/@{data['username']}",
            followers=await self._followers(account),
            missing=[scope for scope in _SCOPES if granted is not None and scope not in granted],
        )

    async def read_page_details(self, account: Account) -> PageDetails:
        fields = "threads_profile_picture_url,threads_biography,is_verified"
        data = await self.graph("GET", account, "me", params={"fields": fields})
        return PageDetails(
            picture=bool(data.get("threads_profile_picture_url")),
            description=str(data.get("threads_biography", "")),
            verified=bool(data.get("is_verified")),
        )

    async def _granted(self, account: Account) -> Sequence[str] | None:
        """Told to testers of the application for certain, to others perhaps: None, where it is
        not.
        """
        try:
            answer = await self.graph(
                "GET", account, "debug_token", params={"input_token": account.token}
            )
        except ConnectorError as error:
            if error.code.startswith("190"):
                raise
            return None
        return answer.get("data", {}).get("scopes")

    async def _followers(self, account: Account) -> int | None:
        path, params = f"{account.external_id}/threads_insights", {"metric": "followers_count"}
        try:
            data = await self.graph("GET", account, path, params=params)
        except ConnectorError as error:
            if error.code.startswith("190"):
                raise
            return None  # the right to insights was not granted, or they are not to be had now
        return next(
            (row["total_value"]["value"] for row in data["data"] if "total_value" in row), None
        )

    @classmethod
    def consent_url(
        cls, app: Mapping[str, Any], *, redirect_uri: str, state: str, verifier: str
    ) -> str:
        asked = {
            "client_id": app["app_id"],
            "redirect_uri": redirect_uri,
            "scope": ",".join(_SCOPES),
            "response_type": "code",
            "state": state,
        }
        return f"{app['dialog_url']}/oauth/authorize?{urlencode(asked)}"

    async def list_connectable_pages(
        self,
        app: Mapping[str, Any],
        answer: Mapping[str, str],
        *,
        redirect_uri: str = "",
        verifier: str = "",
    ) -> list[Offer]:
        base = app["base_url"]
        grant = {
            "grant_type": "authorization_code",
            "redirect_uri": redirect_uri,
            "code": answer.get("code", ""),
        }
        short = await self.request_token("POST", f"{base}/oauth/access_token", app, **grant)
        grant = {"grant_type": "th_exchange_token", "access_token": short["access_token"]}
        long = await self.request_token("GET", f"{base}/access_token", app, **grant)
        account = Account(str(short["user_id"]), long["access_token"], base, app=app)
        profile = await self.read_profile(account)
        may_post = not any(needed and scope in profile.missing for scope, needed in _SCOPES.items())
        return [Offer(profile, _tokens(long), usable=may_post)]

    async def refresh_tokens(self, account: Account) -> Tokens | None:
        url = f"{account.base_url}/refresh_access_token"
        params = {"grant_type": "th_refresh_token", "access_token": account.token}
        return _tokens(
            await self.call("GET", url, params=params, redact=(account.token,), timeout=20)
        )

    def error_for(self, status: int, body: Any, *, writes: bool) -> ConnectorError:
        match body:
            case {"error": {"error_subcode": 4279013, "message": str(detail)}}:
                return AccessLost(
                    detail, code="4279013"
                )  # restricted: somebody has to look in the app
            case {"error": {"error_subcode": 2207051, "message": str(detail)}}:
                return Rejected(
                    detail, code="2207051"
                )  # looks like spam: no waiting of ours lifts it
        return super().error_for(status, body, writes=writes)

    # --- webhooks ---------------------------------------------------------------------------------

    @classmethod
    def parse_webhook(
        cls, app: Mapping[str, Any], headers: Mapping[str, str], raw: bytes
    ) -> list[Event]:
        """Signed as the others' are, but told in a shape of its own; that the application was
        removed comes as a signed form. https://developers.facebook.com/docs/threads/webhooks
        """
        if raw.startswith(b"signed_request="):
            payload = _signed_request(app, raw)
            at = from_timestamp(payload.get("issued_at"))
            return [
                Event(
                    EventKind.UNLINKED,
                    str(payload["user_id"]),
                    "",
                    f"unlinked {payload.get('issued_at')}",
                    at,
                )
            ]
        require_signature(headers.get("X-Hub-Signature-256", ""), app.get("app_secret", ""), raw)
        body = decode_object(raw)
        values = body.get("values") or []
        return [
            event
            for each in (values if isinstance(values, list) else [values])
            if (
                event := _of_thread(
                    each, str(body.get("target_id", "")), from_timestamp(body.get("time"))
                )
            )
        ]


def _medium(medium: Image | Video) -> dict[str, str]:
    if isinstance(medium, Video):
        fields = {"media_type": "VIDEO", "video_url": medium.url}
    else:
        fields = {"media_type": "IMAGE", "image_url": medium.url}
    return {**fields, **({"alt_text": medium.alt[:_LONGEST_ALT]} if medium.alt else {})}


def _parent(reply: Mapping[str, Any]) -> str:
    return str(reply.get("replied_to", {}).get("id", ""))


def _tokens(data: Mapping[str, Any]) -> Tokens:
    return Tokens(
        data["access_token"],
        lifetime=_RENEWED_WITHIN,
        grant_lifetime=timedelta(seconds=int(data.get("expires_in", 5_183_944))),
    )


def _of_thread(each: Mapping[str, Any], target: str, at: datetime | None) -> Event | None:
    value = each.get("value") or {}
    root = value.get("root_post") or {}
    number = str(value.get("id", ""))
    match each.get("field"):
        case "replies":
            page = str(root.get("owner_id") or target)
            return Event(EventKind.COMMENT, page, str(root.get("id", "")), f"comment {number}", at)
        case "publish":
            return Event(EventKind.POSTED, target, number, f"publish {number}", at)
        case "delete":
            return Event(EventKind.GONE, target, number, f"delete {number}", at)
    return None


def _signed_request(app: Mapping[str, Any], raw: bytes) -> dict[str, Any]:
    """Read a form field of the shape `signature.payload`, both base64url. Raises ForgedWebhook."""
    given, _dot, payload = (
        parse_qs(raw.decode(errors="replace")).get("signed_request", [""])[0].partition(".")
    )
    made = hmac.new(app.get("app_secret", "").encode(), payload.encode(), hashlib.sha256).digest()
    expected = base64.urlsafe_b64encode(made).decode().rstrip("=")
    require_equal(given.rstrip("="), expected if app.get("app_secret") else "")
    return decode_object(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
