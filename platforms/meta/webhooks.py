"""Receive what Meta reports of pages, without reading commenters' names or words."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, ClassVar

from platforms.messages import Account
from platforms.meta.graph import Graph
from platforms.webhooks import (
    Challenge,
    Event,
    EventKind,
    ForgedWebhook,
    decode_object,
    parse_timestamp,
    require_any_secret,
    require_equal,
    require_signature,
)

# What Meta calls a post on a page; a like or a mention is none.
_POST_ITEMS = {"status", "post", "photo", "video", "share", "link", "album"}
_GONE_VERBS = {"remove", "delete", "hide"}
_RENEWED_WITHIN = timedelta(days=30)  # it has no end; asked for again in case somebody removed it


class Webhooks(Graph):
    """Subscribe to pages, and read what comes.
    https://developers.facebook.com/docs/graph-api/webhooks
    """

    webhook_object: ClassVar[str] = ""  # as Meta calls what the events are of
    webhook_fields: ClassVar[str] = ""  # the fields to subscribe to, page by page

    async def subscribe_webhook(self, account: Account, callback: str) -> timedelta | None:
        """Subscribe the application to the page. The callback's address is in the application's own
        settings.
        """
        if not self.webhook_fields:
            return None
        form = {"subscribed_fields": self.webhook_fields}
        await self.call_api(account, "me/subscribed_apps", method="POST", data=form)
        return _RENEWED_WITHIN

    @classmethod
    def answer_webhook_challenge(
        cls, app: Mapping[str, Any], query: Mapping[str, str]
    ) -> Challenge:
        if query.get("hub.mode") != "subscribe":
            raise ForgedWebhook("not a subscription")
        given = query.get("hub.verify_token", "")
        require_any_secret(app.get("verify_token", ""), lambda secret: require_equal(given, secret))
        return Challenge(query.get("hub.challenge", ""))

    @classmethod
    def parse_webhook(
        cls, app: Mapping[str, Any], headers: Mapping[str, str], raw: bytes
    ) -> list[Event]:
        require_signature(headers.get("X-Hub-Signature-256", ""), app.get("app_secret", ""), raw)
        body = decode_object(raw)
        if body.get("object") != cls.webhook_object:
            return []
        return [event for entry in body.get("entry", ()) for event in _parse_events(entry)]


def _parse_events(entry: Mapping[str, Any]) -> Iterator[Event]:
    page, seconds = str(entry.get("id", "")), entry.get("time")
    at = parse_timestamp(seconds)
    for change in entry.get("changes") or [entry]:  # Instagram's own login leaves the list out
        match change.get("field"), change.get("value"):
            case "feed", {"item": "comment", "verb": "add", "post_id": post, **more}:
                key = f"comment {more.get('comment_id')}"
                yield Event(EventKind.COMMENT, page, str(post), key, at)
            case "feed", {"item": str(item), "verb": "add", "post_id": post} if item in _POST_ITEMS:
                yield Event(EventKind.POSTED, page, str(post), f"add {post} {seconds}", at)
            case "feed", {"item": str(item), "verb": str(verb), "post_id": post} if (
                item in _POST_ITEMS and verb in _GONE_VERBS
            ):
                yield Event(EventKind.GONE, page, str(post), f"{verb} {post} {seconds}", at)
            case "comments", {"media": {"id": media}, **more}:
                key = f"comment {more.get('id') or more.get('comment_id')}"
                yield Event(EventKind.COMMENT, page, str(media), key, at)
            case "name", _:
                yield Event(EventKind.CHANGED, page, "", f"name {seconds}", at)
