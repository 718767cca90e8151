"""Report what residents do to an account as Zalo does; no article, no comment."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from simulator.model import Page
from simulator.platforms.zalo.spec import APPS
from simulator.webhooks import Console, Notice, Report, Reporter, Signature


class ZaloReporter(Reporter):
    pauses = (30, 300, 900, 1800, 3600)

    def notices(self, page: Page) -> Iterator[Notice]:
        for at, event in enumerate(page.details.get("events", ())):
            yield Notice(f"event {at}", event, int(event["timestamp"]) / 1000)

    def reports(self, page: Page, console: Console, fresh: list[Notice]) -> Iterator[Report]:
        app = next(iter(APPS))
        for value in (change.value for change in fresh):
            raw = json.dumps({"app_id": app} | value, ensure_ascii=False).encode()
            yield Report(console.url, raw, sign_as_zalo(app, value["timestamp"], console.secret))

    def headers_of_try(self, number: int) -> dict[str, str]:
        return {"num_retry": str(number)} if number else {}


def sign_as_zalo(app: str, timestamp: str, secret: str) -> Signature:
    """Sign by a plain hash over the secret, not a keyed one."""
    tail = (timestamp + secret).encode()
    return lambda raw: {
        "X-ZEvent-Signature": f"mac={hashlib.sha256(app.encode() + raw + tail).hexdigest()}"
    }
