"""Report a page's posts and what is said under them, with names and words as Facebook does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simulator.model import Page, Post
from simulator.platforms.facebook.spec import APPS
from simulator.platforms.meta.webhooks import MetaReporter, encode_as_meta, sign_as_meta
from simulator.webhooks import Console, Notice, Report, list_appearances, list_comments


class FacebookReporter(MetaReporter):
    def listens_since(self, page: Page, console: Console, began: float) -> float | None:
        return self.subscribed_since(page.details.get("subscribed"), console, "feed")

    def notices(self, page: Page) -> Iterator[Notice]:
        own = {"id": page.external_id, "name": page.name}
        for post in page.posts.values():
            if post.details.get("surface") == "story":
                continue
            value = {
                "from": own,
                "item": name_item(post),
                "post_id": post.id,
                "message": post.text,
                "published": 1,
            }
            for name, at, wall, seen in list_appearances(post):
                verb = {"verb": "add" if seen else "remove", "created_time": int(wall)}
                yield Notice(name, value | verb, wall, at)
            if edited := self.edited_at(post):
                verb = {"verb": "edited", "created_time": int(edited)}
                yield Notice(f"{post.id} edited {edited}", value | verb, edited)
        for post, comment in list_comments(page):
            by = (
                {"id": f"70{comment['id'].partition('_')[2]}", "name": comment["by"]}
                if comment["by"]
                else own
            )
            value = {
                "from": by,
                "item": "comment",
                "verb": "add",
                "post_id": post.id,
                "comment_id": comment["id"],
            }
            value |= {"parent_id": comment["parent"] or post.id, "message": comment["text"]}
            value["created_time"] = int(comment["at"])
            yield Notice(f"comment {comment['id']}", value, comment["at"])

    def reports(self, page: Page, console: Console, fresh: list[Notice]) -> Iterator[Report]:
        entry = self.entry(page, int(self.world.wall()), "feed", [change.value for change in fresh])
        body: dict[str, Any] = {"object": "page", "entry": [entry]}
        yield Report(console.url, encode_as_meta(body), sign_as_meta(next(iter(APPS.values()))))


def name_item(post: Post) -> str:
    """Name the sort of a post as its news do."""
    item = "status"
    for kind, there in (
        ("share", post.link),
        ("photo", post.pictures),
        ("video", "video" in post.details),
    ):
        item = kind if there else item
    return item
