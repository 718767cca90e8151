"""Report a profile's posts and the replies to them, each in the shape that Threads gives it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simulator.model import Page
from simulator.platforms.meta.graph import format_moment
from simulator.platforms.meta.webhooks import MetaReporter, encode_as_meta, sign_as_meta
from simulator.platforms.threads.spec import APPS
from simulator.webhooks import Console, Notice, Report, list_appearances, list_comments


class ThreadsReporter(MetaReporter):
    def notices(self, page: Page) -> Iterator[Notice]:
        own = {"id": page.external_id, "username": page.username}
        for post in page.posts.values():
            facts = {
                "id": post.id,
                "username": page.username,
                "text": post.text,
                "media_type": post.details["type"],
            }
            for name, at, wall, seen in list_appearances(post):
                value = facts | {"timestamp": format_moment(wall)}
                yield Notice(
                    name, ("interaction", "publish" if seen else "delete", value), wall, at
                )
        for post, comment in list_comments(page):
            root = {"id": post.id, "owner_id": own["id"], "username": own["username"]}
            value = {
                "id": comment["id"],
                "username": comment["by"] or own["username"],
                "text": comment["text"],
            }
            value |= {
                "media_type": "TEXT_POST",
                "replied_to": {"id": comment["parent"] or post.id},
                "root_post": root,
            }
            value["timestamp"] = format_moment(comment["at"])
            yield Notice(f"comment {comment['id']}", ("moderate", "replies", value), comment["at"])

    def reports(self, page: Page, console: Console, fresh: list[Notice]) -> Iterator[Report]:
        app, secret = next(iter(APPS.items()))
        now = int(self.world.wall())
        for topic, name, value in (change.value for change in fresh):
            body: dict[str, Any] = {
                "app_id": app,
                "topic": topic,
                "target_id": page.external_id,
                "time": now,
            }
            body |= {"subscription_id": "1", "has_uid_field": False}
            body["values"] = {"value": value, "field": name}
            yield Report(console.url, encode_as_meta(body), sign_as_meta(secret))
