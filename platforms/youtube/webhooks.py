"""Receive new, changed and deleted videos by a push feed."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree.ElementTree import ParseError

from defusedxml import ElementTree

from platforms.errors import TryLater
from platforms.messages import Account
from platforms.webhooks import (
    Challenge,
    Event,
    EventKind,
    ForgedWebhook,
    list_accepted_secrets,
    require_any_secret,
    require_signature,
)
from platforms.youtube.api import Api

_FEED = "https://www.youtube.com/xml/feeds/videos.xml?channel_id="
_XML = {"atom": "http://www.w3.org/2005/Atom", "yt": "http://www.youtube.com/xml/schemas/2015"}
_TOMBSTONE = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"
_LEASE = timedelta(days=5)


class Webhooks(Api):
    """Subscribe to a channel's feed, and read it."""

    async def subscribe_webhook(self, account: Account, callback: str) -> timedelta | None:
        """Subscribe to a push feed of the channel's new and changed videos, by lease.
        https://developers.google.com/youtube/v3/guides/push_notifications
        """
        secrets = list_accepted_secrets(account.app.get("hook_secret", ""))
        if not secrets:
            return None
        form = {
            "hub.mode": "subscribe",
            "hub.topic": _FEED + account.external_id,
            "hub.callback": callback,
            "hub.verify": "async",
            "hub.secret": secrets[0],
            "hub.lease_seconds": str(int(_LEASE.total_seconds())),
        }
        answer = await self.send(
            "POST", f"{account.app['hub_url']}/subscribe", data=form, timeout=20
        )
        if answer.status not in (202, 204):
            raise TryLater(f"HTTP {answer.status}", code=str(answer.status))
        return _LEASE

    @classmethod
    def answer_webhook_challenge(
        cls, app: Mapping[str, Any], query: Mapping[str, str]
    ) -> Challenge:
        """Answer the hub for channels of ours alone, because it proves nothing of itself; and never
        when it asks whether to stop, because we never ask it to.
        """
        topic = urlsplit(query.get("hub.topic", ""))
        page = parse_qs(topic.query).get("channel_id", [""])[0]
        if query.get("hub.mode") != "subscribe" or topic.hostname != "www.youtube.com" or not page:
            raise ForgedWebhook("nothing that we asked for")
        return Challenge(query.get("hub.challenge", ""), page)

    @classmethod
    def parse_webhook(
        cls, app: Mapping[str, Any], headers: Mapping[str, str], raw: bytes
    ) -> list[Event]:
        given = headers.get("X-Hub-Signature", "")
        require_any_secret(
            app.get("hook_secret", ""), lambda secret: require_signature(given, secret, raw, "sha1")
        )
        feed = _parse_feed(raw)
        changes = [_parse_posted_event(entry) for entry in feed.iterfind("atom:entry", _XML)]
        return changes + [_parse_gone_event(entry) for entry in feed.iterfind(_TOMBSTONE)]


def _parse_feed(raw: bytes) -> Any:
    """Parse a feed. Whatever encoding it claims, it is read in none but UTF-8. Raises ValueError,
    as which the parser's own refusals come, too.
    """
    try:
        return ElementTree.fromstring(raw.decode("utf-8"), forbid_dtd=True)
    except ParseError as error:
        raise ValueError(str(error)) from None


def _parse_posted_event(entry: Any) -> Event:
    tags = ("yt:videoId", "yt:channelId", "atom:updated")
    video, channel, changed = (entry.findtext(tag, "", _XML) for tag in tags)
    key = f"posted {video} {changed}"
    return Event(EventKind.POSTED, channel, video, key, _parse_time(changed))


def _parse_gone_event(entry: Any) -> Event:
    video = entry.get("ref", "").rpartition(":")[2]
    uri = entry.findtext(".//atom:uri", "", _XML)  # …/channel/UC…
    at = _parse_time(entry.get("when", ""))
    return Event(EventKind.GONE, uri.rpartition("/")[2], video, f"gone {video}", at)


def _parse_time(text: str) -> datetime | None:
    """Parse a time; None for what is none."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
