"""Receive what Threads reports of profiles, in a shape of its own."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from platforms.meta.webhooks import Webhooks as MetaWebhooks
from platforms.webhooks import (
    Event,
    EventKind,
    decode_object,
    parse_timestamp,
    require_equal,
    require_signature,
)


class Webhooks(MetaWebhooks):
    """Read calls, which are signed as those of Meta's other platforms. That the application was
    removed comes as a signed form. https://developers.facebook.com/docs/threads/webhooks
    """

    @classmethod
    def parse_webhook(
        cls, app: Mapping[str, Any], headers: Mapping[str, str], raw: bytes
    ) -> list[Event]:
        secret = app.get("app_secret", "")
        if raw.startswith(b"signed_request="):
            return [_parse_removal_event(_parse_signed_request(secret, raw))]
        require_signature(headers.get("X-Hub-Signature-256", ""), secret, raw)
        body = decode_object(raw)
        values = body.get("values") or []
        changes = values if isinstance(values, list) else [values]
        profile, at = str(body.get("target_id", "")), parse_timestamp(body.get("time"))
        events = (_parse_event(change, profile, at) for change in changes)
        return [event for event in events if event]


def _parse_event(change: Mapping[str, Any], profile: str, at: datetime | None) -> Event | None:
    value = change.get("value") or {}
    post_id = str(value.get("id", ""))
    match change.get("field"):
        case "replies":
            root = value.get("root_post") or {}
            page = str(root.get("owner_id") or profile)
            root_id = str(root.get("id", ""))
            return Event(EventKind.COMMENT, page, root_id, f"comment {post_id}", at)
        case "publish":
            return Event(EventKind.POSTED, profile, post_id, f"publish {post_id}", at)
        case "delete":
            return Event(EventKind.GONE, profile, post_id, f"delete {post_id}", at)
    return None


def _parse_removal_event(payload: Mapping[str, Any]) -> Event:
    issued = payload.get("issued_at")
    profile, key = str(payload["user_id"]), f"unlinked {issued}"
    return Event(EventKind.UNLINKED, profile, "", key, parse_timestamp(issued))


def _parse_signed_request(secret: str, raw: bytes) -> dict[str, Any]:
    """Parse a form field of the shape `signature.payload`, both base64url. Raises ForgedWebhook."""
    field = parse_qs(raw.decode(errors="replace")).get("signed_request", [""])[0]
    signature, _dot, payload = field.partition(".")
    digest = hmac.new(secret.encode(), payload.encode(), hashlib.sha256).digest()
    expected = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    require_equal(signature.rstrip("="), expected if secret else "")
    return decode_object(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
