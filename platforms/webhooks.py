"""Read what platforms tell by webhooks, and prove it: each call shows that it comes from the
platform. Pure functions on the very bytes of a call.
"""

import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any


class Hook(StrEnum):
    """Name what a platform tells by its webhook, in words of our own. Only a hint: whoever hears it
    asks the platform."""

    POSTED = "posted"  # something came to stand on the page, or is whole now
    FAILED = "failed"  # what was sent will not come to stand
    GONE = "gone"  # residents no longer see it
    COMMENT = "comment"
    UNLINKED = "unlinked"  # the page took our application's rights back
    CHANGED = "changed"  # the page, or what we may do there


@dataclass(frozen=True, slots=True)
class Event:
    """One piece of news of a page. Kind, page and ``key`` make it the same news when it is told
    again; the key is only ever hashed, so it may be made of what must not be kept.
    """

    kind: Hook
    page: str  # its id on the platform
    object_id: str = ""
    key: str = field(default="", repr=False)
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Challenge:
    """The answer to a platform that asks whether a webhook is ours; where ``page`` is named, only
    if we have it.
    """

    answer: str
    page: str = ""


class ForgedWebhook(Exception):
    """A call to a webhook that does not prove that it comes from the platform."""


def require_same(given: str, expected: str) -> None:
    """Compare in constant time. Raises ForgedWebhook, also where the secret is not set: an empty
    one is known to everybody.
    """
    if not expected or not hmac.compare_digest(given.encode(), expected.encode()):
        raise ForgedWebhook("the signature does not fit")


def require_signature(given: str, secret: str, raw: bytes, algorithm: str = "sha256") -> None:
    """Compare ``given``, as `sha256=<hex>`, with an HMAC over the body as it came."""
    made = hmac.new(secret.encode(), raw, algorithm).hexdigest() if secret else ""
    require_same(given, f"{algorithm}={made}" if made else "")


def words_of(setting: str) -> list[str]:
    """List the words that a webhook accepts: the newest, which is told to the platform, then those
    it replaces.
    """
    return [word for word in map(str.strip, setting.split(",")) if word]


def require_any(setting: str, prove: Callable[[str], None]) -> None:
    """Raise ForgedWebhook unless ``prove`` accepts one of the words."""
    for word in words_of(setting):
        try:
            return prove(word)
        except ForgedWebhook:
            continue
    raise ForgedWebhook("the signature does not fit")


def moment(seconds: object) -> datetime | None:
    """Return a time that a platform tells in seconds since 1970, or none."""
    try:
        return datetime.fromtimestamp(float(str(seconds)), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def body_of(raw: bytes) -> dict[str, Any]:
    """Decode the body. Raises ValueError for what is no JSON object."""
    body = json.loads(raw)
    if not isinstance(body, dict):
        raise ValueError("not an object")
    return body
