"""Hear of new, changed and deleted videos by a push feed."""

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
    accepted_secrets,
    require_any_secret,
    require_signature,
)
from platforms.youtube.api import Api

_FEED = "https://www.youtube.com/xml/feeds/videos.xml?channel_id="
_XML = {"atom": "http://www.w3.org/2005/Atom", "yt": "http://www.youtube.com/xml/schemas/2015"}
_LEASE = timedelta(days=5)


class News(Api):
    """Subscribe to a channel's feed and read it."""

    async def subscribe_webhook(self, account: Account, callback: str) -> timedelta | None:
        """To a push feed of the channel's new and changed videos, by lease.
        https://developers.google.com/youtube/v3/guides/push_notifications"""
        words = accepted_secrets(account.app.get("hook_secret", ""))
        if not words:
            return None
        asked = {
            "hub.mode": "subscribe",
            "hub.topic": _FEED + account.external_id,
            "hub.callback": callback,
            "hub.verify": "async",
            "hub.secret": words[0],
            "hub.lease_seconds": str(int(_LEASE.total_seconds())),
        }
        answer = await self.send(
            "POST", f"{account.app['hub_url']}/subscribe", data=asked, timeout=20
        )
        if answer.status not in (202, 204):
            raise TryLater(f"HTTP {answer.status}", code=str(answer.status))
        return _LEASE

    @classmethod
    def answer_webhook_challenge(
        cls, app: Mapping[str, Any], query: Mapping[str, str]
    ) -> Challenge:
        """The hub proves nothing, so it is answered only for channels of ours; and we never ask it
        to stop.
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
            app.get("hook_secret", ""), lambda word: require_signature(given, word, raw, "sha1")
        )
        # As text: whatever encoding a feed claims, it is read in none but UTF-8. Its refusals are
        # ValueErrors.
        try:
            feed = ElementTree.fromstring(raw.decode("utf-8"), forbid_dtd=True)
        except ParseError as error:
            raise ValueError(str(error)) from None
        events = []
        for entry in feed.iterfind("atom:entry", _XML):
            video, page, changed = (
                entry.findtext(tag, "", _XML)
                for tag in ("yt:videoId", "yt:channelId", "atom:updated")
            )
            events.append(
                Event(EventKind.POSTED, page, video, f"posted {video} {changed}", _iso(changed))
            )
        for gone in feed.iterfind("{http://purl.org/atompub/tombstones/1.0}deleted-entry"):
            video = gone.get("ref", "").rpartition(":")[2]
            uri = gone.findtext(".//atom:uri", "", _XML)  # …/channel/UC…
            events.append(
                Event(
                    EventKind.GONE,
                    uri.rpartition("/")[2],
                    video,
                    f"gone {video}",
                    _iso(gone.get("when", "")),
                )
            )
        return events


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
