"""Report a channel's videos as YouTube's hub does: as Atom, after a handshake."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape, quoteattr

from simulator.model import DAY, Page, Post
from simulator.webhooks import (
    Console,
    Notice,
    Report,
    Reporter,
    Signature,
    Webhooks,
    list_appearances,
)

TOPIC = "https://www.youtube.com/xml/feeds/videos.xml?channel_id="
LONGEST_LEASE = 10 * DAY


class YoutubeReporter(Reporter):
    pauses = (10, 60, 600, 3600, 21600)

    def listens_since(self, page: Page, console: Console, began: float) -> float | None:
        push = page.details.get("push")
        return max(push["at"], began) if push and push["until"] > self.world.world() else None

    def notices(self, page: Page) -> Iterator[Notice]:
        for post in page.posts.values():
            for name, at, wall, seen in list_appearances(post):
                yield Notice(name, (post, wall, seen), wall, at)
            if edited := self.edited_at(post):
                yield Notice(f"{post.id} edited {edited}", (post, edited, True), edited)

    def reports(self, page: Page, console: Console, fresh: list[Notice]) -> Iterator[Report]:
        push = page.details["push"]
        for post, wall, seen in (change.value for change in fresh):
            raw = make_entry(page, post, wall) if seen else make_deleted_entry(page, post, wall)
            yield Report(
                push["callback"], raw, sign_as_hub(push["secret"], f"{TOPIC}{page.external_id}")
            )

    def request_of(self, page: Page) -> dict[str, Any] | None:
        requested: dict[str, Any] | None = page.details.pop("hub_request", None)
        return requested

    async def confirm(self, page: Page, requested: dict[str, Any], webhooks: Webhooks) -> None:
        if not webhooks.is_here(requested["callback"]):
            return
        challenge, lease = secrets.token_hex(16), requested["lease"]
        query = {
            "hub.mode": requested["mode"],
            "hub.topic": TOPIC + page.external_id,
            "hub.challenge": challenge,
        }
        if requested["mode"] == "subscribe":
            query["hub.lease_seconds"] = str(int(lease))
        if await webhooks.ask_challenge(requested["callback"], query) != challenge:
            return
        now, push = self.world.world(), page.details.get("push")
        if requested["mode"] == "unsubscribe":
            page.details.pop("push", None)
        else:
            at = push["at"] if push and push["until"] > now else self.world.wall()
            subscriber = {name: requested[name] for name in ("callback", "secret")}
            page.details["push"] = subscriber | {"at": at, "until": now + lease}
        self.world.dirty = True
        webhooks.check(page)


def make_entry(page: Page, post: Post, updated: float) -> bytes:
    link = f"https://www.youtube.com/watch?v={post.id}"
    return (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        '<feed xmlns:yt="http://www.youtube.com/xml/schemas/2015" '
        'xmlns="http://www.w3.org/2005/Atom">'
        f'<link rel="hub" href="https://pubsubhubbub.appspot.com"/><link rel="self" '
        f"href={quoteattr(TOPIC + page.external_id)}/><title>YouTube video feed</title>"
        f"<updated>{format_nanoseconds(updated)}</updated><entry><id>yt:video:{post.id}</id>"
        f"<yt:videoId>{post.id}</yt:videoId><yt:channelId>{page.external_id}</yt:channelId>"
        f'<title>{escape(post.title)}</title><link rel="alternate" href={quoteattr(link)}/>'
        f"<author><name>{escape(page.name)}</name>"
        f"<uri>https://www.youtube.com/channel/{page.external_id}</uri></author>"
        f"<published>{format_day_and_second(post.published_at)}</published><updated>{format_nanoseconds(updated)}</updated>"
        "</entry></feed>"
    ).encode()


def make_deleted_entry(page: Page, post: Post, when: float) -> bytes:
    return (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        '<feed xmlns:at="http://purl.org/atompub/tombstones/1.0" '
        'xmlns="http://www.w3.org/2005/Atom">'
        f'<at:deleted-entry ref="yt:video:{post.id}" when="{format_day_and_second(when)}">'
        f"<link "
        f'href="https://www.youtube.com/watch?v={post.id}"/><at:by><name>{escape(page.name)}</name>'
        f"<uri>https://www.youtube.com/channel/{page.external_id}</uri></at:by></at:deleted-entry></feed>"
    ).encode()


def read_hub_request(params: Callable[[str], str]) -> tuple[str, dict[str, Any]]:
    """Read a channel and what is asked of the hub for it. Raises ValueError with its words."""
    mode, topic, callback = (
        params("hub.mode"),
        urlsplit(params("hub.topic")),
        params("hub.callback"),
    )
    if mode not in ("subscribe", "unsubscribe"):
        raise ValueError("Invalid value for hub.mode: must be subscribe or unsubscribe")
    channel = parse_qs(topic.query).get("channel_id", [""])[0]
    if topic.hostname != "www.youtube.com" or topic.path != urlsplit(TOPIC).path or not channel:
        raise ValueError("Invalid parameter: hub.topic")
    if not re.match(r"https?://[^\s#]+$", callback):
        raise ValueError(
            "Invalid parameter: hub.callback; must be valid URI with no fragment and optional port"
        )
    if params("hub.verify") not in ("async", "sync"):
        raise ValueError("Invalid values for hub.verify")
    lease = params("hub.lease_seconds") or "432000"
    if not lease.isdigit():
        raise ValueError("Invalid value for hub.lease_seconds")
    requested = {"mode": mode, "callback": callback, "secret": params("hub.secret")}
    return channel, requested | {"lease": min(float(lease), LONGEST_LEASE)}


def sign_as_hub(secret: str, topic: str) -> Signature:
    def sign(raw: bytes) -> dict[str, str]:
        headers = {"Link": f'<https://pubsubhubbub.appspot.com/>; rel="hub", <{topic}>; rel="self"'}
        if secret:
            headers["X-Hub-Signature"] = (
                f"sha1={hmac.new(secret.encode(), raw, hashlib.sha1).hexdigest()}"
            )
        return headers

    return sign


def format_day_and_second(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def format_nanoseconds(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "000+00:00"
