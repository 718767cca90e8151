"""Report what came through the interface, and the end of a consent, as TikTok does."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from simulator.model import Page
from simulator.platforms.tiktok.spec import APPS
from simulator.webhooks import Console, Notice, Report, Reporter, Signature, list_appearances


class TiktokReporter(Reporter):
    pauses = (5, 60, 600, 3600, *[21600] * 12)

    def notices(self, page: Page) -> Iterator[Notice]:
        for publish_id, publish in page.details.get("publishes", {}).items():
            yield from self.of_publish(page, publish_id, publish)
        grants = [
            token
            for token in self.world.tokens.values()
            if (token.platform, token.kind, token.page)
            == (page.platform, "refresh", page.external_id)
        ]
        if grants and all(token.dead for token in grants):
            yield Notice(
                f"removed {len(grants)}",
                ("authorization.removed", {"reason": 1}),
                self.world.wall(),
            )

    def of_publish(self, page: Page, publish_id: str, publish: dict[str, Any]) -> Iterator[Notice]:
        """Report what became of one publication. The last event is spelt as the platform spells
        it.
        """
        now, direct, done = self.world.wall(), publish["direct"], publish["done_from"]
        content = {
            "publish_id": publish_id,
            "publish_type": "DIRECT_PUBLISH" if direct else "INBOX_SHARE",
        }
        if done is not None and publish["fail"]:
            failed = content | {"reason": publish["fail"]}
            yield Notice(f"{publish_id} failed", ("post.publish.failed", failed), now, done)
            return
        complete = done if direct else publish["person_from"]
        if done is not None and not direct:
            yield Notice(
                f"{publish_id} inbox", ("post.publish.inbox_delivered", content), now, done
            )
        if complete is not None:
            yield Notice(
                f"{publish_id} complete", ("post.publish.complete", content), now, complete
            )
        if (post := page.posts.get(publish["post"])) is None:
            return
        for name, at, wall, seen in list_appearances(post):
            event = "publicly_available" if seen else "no_longer_publicaly_available"
            yield Notice(name, (f"post.publish.{event}", content | {"post_id": post.id}), wall, at)

    def reports(self, page: Page, console: Console, fresh: list[Notice]) -> Iterator[Report]:
        app, secret = next(iter(APPS.items()))
        now = int(self.world.wall())
        for event, content in (change.value for change in fresh):
            body = {
                "client_key": app,
                "event": event,
                "create_time": now,
                "user_openid": page.external_id,
            }
            raw = json.dumps(body | {"content": json.dumps(content)}).encode()
            yield Report(console.url, raw, sign_as_tiktok(secret))


def sign_as_tiktok(secret: str) -> Signature:
    def sign(raw: bytes) -> dict[str, str]:
        at = str(int(datetime.now(UTC).timestamp()))
        digest = hmac.new(secret.encode(), f"{at}.".encode() + raw, hashlib.sha256).hexdigest()
        return {"Tiktok-Signature": f"t={at},s={digest}"}

    return sign
