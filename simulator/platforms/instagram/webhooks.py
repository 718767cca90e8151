"""Report an account's comments, and nothing of what is published or deleted, as Instagram does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simulator.model import Page
from simulator.platforms.facebook.spec import APPS as FACEBOOK_APPS
from simulator.platforms.instagram.spec import APPS
from simulator.platforms.meta.webhooks import MetaReporter, encode_as_meta, sign_as_meta
from simulator.webhooks import Console, Notice, Report, list_comments


class InstagramReporter(MetaReporter):
    def listens_since(self, page: Page, console: Console, began: float) -> float | None:
        subscribed = page.details.get("subscribed") or self.of_linked(page)
        return max(subscribed["at"], console.since) if subscribed and console.url else None

    def of_linked(self, page: Page) -> dict[str, Any] | None:
        """Look whether the page that an account is linked to let the application in: then the
        account is heard of."""
        linked = self.world.pages["facebook"].get(page.details.get("facebook_page", ""))
        subscribed: dict[str, Any] | None = linked.details.get("subscribed") if linked else None
        return subscribed

    def notices(self, page: Page) -> Iterator[Notice]:
        for post, comment in list_comments(page):
            name = comment["by"] or page.username
            value = {
                "id": comment["id"],
                "text": comment["text"],
                "from": {"id": f"9{comment['id']}", "username": name},
            }
            value["media"] = {"id": post.id, "media_product_type": post.details["product"]}
            if comment["parent"]:
                value["parent_id"] = comment["parent"]
            yield Notice(f"comment {comment['id']}", value, comment["at"])

    def reports(self, page: Page, console: Console, fresh: list[Notice]) -> Iterator[Report]:
        entry = self.entry(
            page, int(self.world.wall()), "comments", [change.value for change in fresh]
        )
        body: dict[str, Any] = {"object": "instagram", "entry": [entry]}
        apps = APPS if page.details.get("subscribed") else FACEBOOK_APPS
        yield Report(console.url, encode_as_meta(body), sign_as_meta(next(iter(apps.values()))))
