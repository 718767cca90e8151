"""The platforms' webhooks: proof that a call comes from the platform, and what it tells, as events without people.

Pure functions on the very bytes of a call, one class a platform, which its connector inherits.
"""

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

from channels.connectors.base import Account, Challenge, Connector, Event, Forged, Hook, TryLater
from channels.connectors.graph import Graph

# What Meta calls a post on a page; a like or a mention is none.
_POSTS = {"status", "post", "photo", "video", "share", "link", "album"}
_GONE = {"remove", "delete", "hide"}


def require_same(given: str, wanted: str) -> None:
    """In constant time. Raises Forged, also where the secret is not set: an empty one is known to everybody."""
    if not wanted or not hmac.compare_digest(given.encode(), wanted.encode()):
        raise Forged("the signature does not fit")


def require_signature(given: str, secret: str, raw: bytes, algorithm: str = "sha256") -> None:
    """``given`` as `sha256=<hex>`, an HMAC over the body as it came."""
    made = hmac.new(secret.encode(), raw, algorithm).hexdigest() if secret else ""
    require_same(given, f"{algorithm}={made}" if made else "")


def moment(seconds: object) -> datetime | None:
    """A time that a platform tells in seconds since 1970, or none."""
    try:
        return datetime.fromtimestamp(float(str(seconds)), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def body_of(raw: bytes) -> dict[str, Any]:
    """Raises ValueError for what is no JSON object."""
    body = json.loads(raw)
    if not isinstance(body, dict):
        raise ValueError("not an object")
    return body


# --- Meta -------------------------------------------------------------------------------------------------------------


class MetaHooks(Graph):
    """https://developers.facebook.com/docs/graph-api/webhooks"""

    told_as: str = ""  # how Meta calls what the news is of
    news: str = ""  # the fields to subscribe to, page by page

    async def subscribe(self, account: Account, callback: str) -> timedelta | None:
        """The address stands in the application's own settings; here each page lets the application listen."""
        if not self.news:
            return None
        await self.graph("POST", account, "me/subscribed_apps", data={"subscribed_fields": self.news})
        return timedelta(days=30)  # it has no end; asked for again in case somebody removed it

    @classmethod
    def hook_challenge(cls, app: Mapping[str, Any], query: Mapping[str, str]) -> Challenge:
        if query.get("hub.mode") != "subscribe":
            raise Forged("not a subscription")
        require_same(query.get("hub.verify_token", ""), app.get("verify_token", ""))
        return Challenge(query.get("hub.challenge", ""))

    @classmethod
    def hook_events(cls, app: Mapping[str, Any], headers: Mapping[str, str], raw: bytes) -> list[Event]:
        require_signature(headers.get("X-Hub-Signature-256", ""), app.get("app_secret", ""), raw)
        body = body_of(raw)
        if body.get("object") != cls.told_as:
            return []
        return [event for entry in body.get("entry", ()) for event in _of_entry(entry)]


class FacebookHooks(MetaHooks):
    told_as, news = "page", "feed,name"


class InstagramHooks(MetaHooks):
    """Tells of comments and mentions alone: nothing of what is published or deleted."""

    told_as, news = "instagram", "feed"


class ThreadsHooks(MetaHooks):
    """Signed as the others are, but told in a shape of its own; that the application was removed comes as a signed
    form. https://developers.facebook.com/docs/threads/webhooks"""

    @classmethod
    def hook_events(cls, app: Mapping[str, Any], headers: Mapping[str, str], raw: bytes) -> list[Event]:
        if raw.startswith(b"signed_request="):
            told = _signed_request(app, raw)
            at = moment(told.get("issued_at"))
            return [Event(Hook.UNLINKED, str(told["user_id"]), "", f"unlinked {told.get('issued_at')}", at)]
        require_signature(headers.get("X-Hub-Signature-256", ""), app.get("app_secret", ""), raw)
        body = body_of(raw)
        values = body.get("values") or []
        return [
            event
            for each in (values if isinstance(values, list) else [values])
            if (event := _of_thread(each, str(body.get("target_id", "")), moment(body.get("time"))))
        ]


def _of_entry(entry: Mapping[str, Any]) -> Iterator[Event]:
    """Who commented, and what they wrote, is not even looked at."""
    page, told = str(entry.get("id", "")), entry.get("time")
    for change in entry.get("changes") or [entry]:  # Instagram's own login leaves the list out
        match change.get("field"), change.get("value"):
            case "feed", {"item": "comment", "verb": "add", "post_id": post, **more}:
                yield Event(Hook.COMMENT, page, str(post), f"comment {more.get('comment_id')}", moment(told))
            case "feed", {"item": str(item), "verb": str(verb), "post_id": post} if item in _POSTS:
                if kind := Hook.POSTED if verb == "add" else Hook.GONE if verb in _GONE else None:
                    yield Event(kind, page, str(post), f"{verb} {post} {told}", moment(told))
            case "comments", {"media": {"id": media}, **more}:
                comment = more.get("id") or more.get("comment_id")
                yield Event(Hook.COMMENT, page, str(media), f"comment {comment}", moment(told))
            case "name", _:
                yield Event(Hook.CHANGED, page, "", f"name {told}", moment(told))


def _of_thread(each: Mapping[str, Any], target: str, at: datetime | None) -> Event | None:
    value = each.get("value") or {}
    root = value.get("root_post") or {}
    number = str(value.get("id", ""))
    match each.get("field"):
        case "replies":
            page = str(root.get("owner_id") or target)
            return Event(Hook.COMMENT, page, str(root.get("id", "")), f"comment {number}", at)
        case "publish":
            return Event(Hook.POSTED, target, number, f"publish {number}", at)
        case "delete":
            return Event(Hook.GONE, target, number, f"delete {number}", at)
    return None


def _signed_request(app: Mapping[str, Any], raw: bytes) -> dict[str, Any]:
    """What a form field of the shape `signature.payload`, both base64url, says. Raises Forged."""
    given, _dot, payload = parse_qs(raw.decode(errors="replace")).get("signed_request", [""])[0].partition(".")
    made = hmac.new(app.get("app_secret", "").encode(), payload.encode(), hashlib.sha256).digest()
    wanted = base64.urlsafe_b64encode(made).decode().rstrip("=")
    require_same(given.rstrip("="), wanted if app.get("app_secret") else "")
    return body_of(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


# --- TikTok -----------------------------------------------------------------------------------------------------------

# One of the names is misspelt by TikTok.
_TIKTOK = {
    "post.publish.complete": Hook.POSTED,
    "post.publish.publicly_available": Hook.POSTED,
    "video.publish.completed": Hook.POSTED,
    "post.publish.failed": Hook.FAILED,
    "video.upload.failed": Hook.FAILED,
    "post.publish.no_longer_publicaly_available": Hook.GONE,
    "post.publish.no_longer_publicly_available": Hook.GONE,
    "authorization.removed": Hook.UNLINKED,
}


class TiktokHooks(Connector):
    """https://developers.tiktok.com/doc/webhooks-overview"""

    LATEST = 300  # seconds between its signing and our hearing: what is older was recorded and is played again

    @classmethod
    def hook_events(cls, app: Mapping[str, Any], headers: Mapping[str, str], raw: bytes) -> list[Event]:
        told = dict(part.strip().partition("=")[::2] for part in headers.get("Tiktok-Signature", "").split(","))
        signed = told.get("t", "")
        made = hmac.new(app.get("app_secret", "").encode(), signed.encode() + b"." + raw, hashlib.sha256).hexdigest()
        require_same(told.get("s", ""), made if app.get("app_secret") else "")
        if not signed.isdigit() or abs(time.time() - int(signed)) > cls.LATEST:
            raise Forged("signed too long ago")
        body = body_of(raw)
        kind = _TIKTOK.get(str(body.get("event")))
        if kind is None or body.get("client_key") != app.get("app_id"):
            return []
        content = json.loads(body.get("content") or "{}")
        number = str(content.get("post_id") or content.get("publish_id") or "")
        key = f"{body['event']} {body.get('create_time')} {number}"
        return [Event(kind, str(body["user_openid"]), number, key, moment(body.get("create_time")))]


# --- YouTube ----------------------------------------------------------------------------------------------------------

_FEED = "https://www.youtube.com/xml/feeds/videos.xml?channel_id="
_XML = {"atom": "http://www.w3.org/2005/Atom", "yt": "http://www.youtube.com/xml/schemas/2015"}
_LEASE = timedelta(days=5)


class YoutubeHooks(Connector):
    """A push feed of each channel's new and changed videos, by lease.
    https://developers.google.com/youtube/v3/guides/push_notifications"""

    async def subscribe(self, account: Account, callback: str) -> timedelta | None:
        if not account.app.get("hook_secret"):
            return None
        asked = {
            "hub.mode": "subscribe",
            "hub.topic": _FEED + account.external_id,
            "hub.callback": callback,
            "hub.verify": "async",
            "hub.secret": account.app["hook_secret"],
            "hub.lease_seconds": str(int(_LEASE.total_seconds())),
        }
        answer = await self.exchange("POST", f"{account.app['hub_url']}/subscribe", data=asked, timeout=20)
        if answer.status not in (202, 204):
            raise TryLater(f"HTTP {answer.status}", code=str(answer.status))
        return _LEASE

    @classmethod
    def hook_challenge(cls, app: Mapping[str, Any], query: Mapping[str, str]) -> Challenge:
        """The hub proves nothing, so it is answered only for channels of ours; and we never ask it to stop."""
        topic = urlsplit(query.get("hub.topic", ""))
        page = parse_qs(topic.query).get("channel_id", [""])[0]
        if query.get("hub.mode") != "subscribe" or topic.hostname != "www.youtube.com" or not page:
            raise Forged("nothing that we asked for")
        return Challenge(query.get("hub.challenge", ""), page)

    @classmethod
    def hook_events(cls, app: Mapping[str, Any], headers: Mapping[str, str], raw: bytes) -> list[Event]:
        require_signature(headers.get("X-Hub-Signature", ""), app.get("hook_secret", ""), raw, "sha1")
        if b"<!" in raw:
            raise ValueError("a feed declares nothing")  # entities that grow are declared
        try:
            feed = ElementTree.fromstring(raw)  # noqa: S314 - signed, and without declarations
        except ElementTree.ParseError as error:
            raise ValueError(str(error)) from None
        events = []
        for entry in feed.iterfind("atom:entry", _XML):
            video, page, changed = (
                entry.findtext(tag, "", _XML) for tag in ("yt:videoId", "yt:channelId", "atom:updated")
            )
            events.append(Event(Hook.POSTED, page, video, f"posted {video} {changed}", _iso(changed)))
        for gone in feed.iterfind("{http://purl.org/atompub/tombstones/1.0}deleted-entry"):
            video = gone.get("ref", "").rpartition(":")[2]
            uri = gone.findtext(".//atom:uri", "", _XML)  # …/channel/UC…
            events.append(Event(Hook.GONE, uri.rpartition("/")[2], video, f"gone {video}", _iso(gone.get("when", ""))))
        return events


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


# --- Zalo, Telegram ---------------------------------------------------------------------------------------------------


class ZaloHooks(Connector):
    """Zalo tells of messages and followers, of no article and no comment: all of it is proven and then let go.
    https://developers.zalo.me/docs/official-account/webhook"""

    @classmethod
    def hook_events(cls, app: Mapping[str, Any], headers: Mapping[str, str], raw: bytes) -> list[Event]:
        secret = app.get("hook_secret", "")
        # The time is part of what is signed, and stands in a header or in the body: read without decoding that.
        times = [headers.get("X-ZEvent-Timestamp", ""), *re.findall(rb'"timestamp"\s*:\s*"?(\d{10,16})', raw)[:4]]
        made = [
            hashlib.sha256(
                str(app["app_id"]).encode() + raw + (each.encode() if isinstance(each, str) else each) + secret.encode()
            )
            for each in times
            if each
        ]
        given = headers.get("X-ZEvent-Signature", "")
        fitting = [each for each in made if hmac.compare_digest(given.encode(), f"mac={each.hexdigest()}".encode())]
        if not secret or not fitting:
            raise Forged("the signature does not fit")
        return []


class TelegramHooks(Connector):
    """A bot hears what people write into its channel, not what it sends there itself.
    https://core.telegram.org/bots/api#setwebhook"""

    async def subscribe(self, account: Account, callback: str) -> timedelta | None:
        secret = account.app.get("hook_secret", "")
        if not secret:
            return None
        asked = {"url": callback, "secret_token": secret, "allowed_updates": ["channel_post", "my_chat_member"]}
        url = f"{account.base_url}/bot{account.token}/setWebhook"
        await self.call("POST", url, hide=(account.token, secret), json=asked, timeout=20)
        return timedelta(days=7)

    @classmethod
    def hook_events(cls, app: Mapping[str, Any], headers: Mapping[str, str], raw: bytes) -> list[Event]:
        require_same(headers.get("X-Telegram-Bot-Api-Secret-Token", ""), app.get("hook_secret", ""))
        update = body_of(raw)
        number = update.get("update_id")
        match update:
            case {"channel_post": {"chat": {"id": chat}, "message_id": message, **more}}:
                group = more.get("media_group_id")  # an album is one post in several messages
                key = f"{chat} album {group}" if group else f"{chat} {message} {number}"
                return [Event(Hook.POSTED, str(chat), str(message), key, moment(more.get("date")))]
            case {"my_chat_member": {"chat": {"id": chat}, **more}}:
                return [Event(Hook.CHANGED, str(chat), "", f"member {chat} {number}", moment(more.get("date")))]
        return []
