"""Describe the events that platforms report by webhooks, and check that a call comes from the
platform. Pure functions on the very bytes of a call.
"""

import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any


class EventKind(StrEnum):
    """Name what a platform reports, in words of our own. Only a hint: whoever receives it asks the
    platform.
    """

    POSTED = "posted"  # something was published on the page, or has been processed
    FAILED = "failed"  # what was sent will not be published
    GONE = "gone"  # residents no longer see it
    COMMENT = "comment"
    UNLINKED = "unlinked"  # the page took our application's rights back
    CHANGED = "changed"  # the page, or what we may do there


@dataclass(frozen=True, slots=True)
class Event:
    """Describe one event on a page. Kind, page and ``key`` are the same when it is reported again;
    the key is only ever hashed, so it may be made of what must not be kept.
    """

    kind: EventKind
    page: str  # its id on the platform
    object_id: str = ""
    key: str = field(default="", repr=False)
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Challenge:
    """Answer a platform that asks whether a webhook is ours; where ``page`` is named, only if that
    page is connected.
    """

    answer: str
    page: str = ""


class ForgedWebhook(Exception):
    """Refuse a call to a webhook that does not prove that it comes from the platform."""


def require_equal(given: str, expected: str) -> None:
    """Compare in constant time. Raises ForgedWebhook where they differ, and where ``expected`` is
    empty because no secret is set: an empty one is known to everybody.
    """
    if not expected or not hmac.compare_digest(given.encode(), expected.encode()):
        raise ForgedWebhook("the signature does not fit")


def require_signature(given: str, secret: str, raw: bytes, algorithm: str = "sha256") -> None:
    """Compare ``given``, as `sha256=<hex>`, with an HMAC over the body as it came."""
    digest = hmac.new(secret.encode(), raw, algorithm).hexdigest() if secret else ""
    require_equal(given, f"{algorithm}={digest}" if digest else "")


def list_accepted_secrets(setting: str) -> list[str]:
    """Return the secrets that a webhook accepts: first the newest, which new subscriptions use,
    then those that it replaces.
    """
    return [secret for secret in map(str.strip, setting.split(",")) if secret]


def require_any_secret(setting: str, check: Callable[[str], None]) -> None:
    """Raise ForgedWebhook unless ``check`` accepts one of the secrets in the setting."""
    for secret in list_accepted_secrets(setting):
        try:
            return check(secret)
        except ForgedWebhook:
            continue
    raise ForgedWebhook("the signature does not fit")


def parse_timestamp(seconds: object) -> datetime | None:
    """Convert seconds since 1970 to a time; None for what is no such number."""
    try:
        return datetime.fromtimestamp(float(str(seconds)), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def decode_object(raw: bytes) -> dict[str, Any]:
    """Decode the body. Raises ValueError for what is no JSON object."""
    try:
        body = json.loads(raw)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if not isinstance(body, dict):
        raise ValueError("not an object")
    return body
