"""Receive the end of a publication, and that the access was taken back."""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

from platforms.tiktok.api import Api
from platforms.tiktok.posts import PHOTO
from platforms.webhooks import (
    Event,
    EventKind,
    ForgedWebhook,
    decode_object,
    parse_timestamp,
    require_equal,
)

# Seconds between signing and our receiving: an older call was recorded and is replayed.
_MAX_AGE = 300
# TikTok misspells one of the names.
_KINDS = {
    "post.publish.complete": EventKind.POSTED,
    "post.publish.publicly_available": EventKind.POSTED,
    "video.publish.completed": EventKind.POSTED,
    "post.publish.failed": EventKind.FAILED,
    "video.upload.failed": EventKind.FAILED,
    "post.publish.no_longer_publicaly_available": EventKind.GONE,
    "post.publish.no_longer_publicly_available": EventKind.GONE,
    "authorization.removed": EventKind.UNLINKED,
}


class Webhooks(Api):
    """Read calls to the address in the application's own settings."""

    @classmethod
    def parse_webhook(
        cls, app: Mapping[str, Any], headers: Mapping[str, str], raw: bytes
    ) -> list[Event]:
        """https://developers.tiktok.com/doc/webhooks-overview"""
        _require_fresh_signature(app.get("app_secret", ""), headers, raw)
        body = decode_object(raw)
        kind = _KINDS.get(str(body.get("event")))
        if kind is None or body.get("client_key") != app.get("app_id"):
            return []
        object_id = _parse_object_id(json.loads(body.get("content") or "{}"))
        created = body.get("create_time")
        key = f"{body['event']} {created} {object_id}"
        return [Event(kind, str(body["user_openid"]), object_id, key, parse_timestamp(created))]


def _require_fresh_signature(secret: str, headers: Mapping[str, str], raw: bytes) -> None:
    """Check the header `t=<time>,s=<hex>`, whose signature covers time and body."""
    parts = headers.get("Tiktok-Signature", "").split(",")
    fields = dict(part.strip().partition("=")[::2] for part in parts)
    signed_at = fields.get("t", "")
    digest = hmac.new(secret.encode(), signed_at.encode() + b"." + raw, hashlib.sha256).hexdigest()
    require_equal(fields.get("s", ""), digest if secret else "")
    if not signed_at.isdigit() or abs(time.time() - int(signed_at)) > _MAX_AGE:
        raise ForgedWebhook("signed too long ago")


def _parse_object_id(content: Mapping[str, Any]) -> str:
    """Return the id of the post, marked as ours are if it is of photos; else of its publication."""
    publish_id = str(content.get("publish_id") or "")
    post_id = str(content.get("post_id") or "")
    if not post_id:
        return publish_id
    return f"{PHOTO}{post_id}" if publish_id.startswith("p_") else post_id
