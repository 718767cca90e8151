"""What proofs of webhooks have in common: each call shows that it comes from the platform. Pure functions on the very
bytes of a call."""

import hmac
import json
from datetime import UTC, datetime
from typing import Any

from channels.connectors.base import Forged


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
