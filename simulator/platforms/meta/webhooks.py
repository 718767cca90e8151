"""Report as Meta's three platforms do: one shape of request, one signature, one patience."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from simulator.model import Page
from simulator.webhooks import Console, Reporter, Signature

PAUSES = (0, 10, 60, 300, 1800, 3600, *[7200] * 17)


class MetaReporter(Reporter):
    pauses = PAUSES
    asks_first = True

    @staticmethod
    def subscribed_since(
        subscribed: dict[str, Any] | None, console: Console, field: str
    ) -> float | None:
        """Say since when a page's news travel: it let the application in, and the application gave
        an address."""
        if not subscribed or not console.url or field not in subscribed["fields"]:
            return None
        return max(subscribed["at"], console.since)

    @staticmethod
    def entry(page: Page, now: int, field: str, values: list[Any]) -> dict[str, Any]:
        changes = [{"field": field, "value": value} for value in values]
        return {"id": page.external_id, "time": now, "changes": changes}


def encode_as_meta(body: dict[str, Any]) -> bytes:
    """Write a body as Meta does: what is not ASCII is escaped, and slashes, and that is signed."""
    return json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode()


def sign_as_meta(secret: str) -> Signature:
    return lambda raw: {
        "X-Hub-Signature-256": f"sha256={
            hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
        }"
    }
