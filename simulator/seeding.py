"""Put up posts and pictures that are simply there, by our application or by a person."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from simulator import images
from simulator.hub import Hub
from simulator.model import Interval, Mistake, Page, Picture, Post
from simulator.world import World


def make_pictures(world: World, requested: int | list[Any]) -> list[Picture]:
    """Make so many plain ones, or take those that come along in base64."""
    if isinstance(requested, int):
        files = [(images.make_plain_png(world.next_number()), "") for _ in range(requested)]
    else:
        items = [item if isinstance(item, dict) else {"base64": item} for item in requested]
        try:
            files = [
                (base64.b64decode(item["base64"], validate=True), item.get("alt", ""))
                for item in items
            ]
        except binascii.Error as error:
            raise Mistake(f"an image is not base64: {error}") from None
    return [
        Picture(world.keep_media(data), alt=alt, id=str(122_100_000_000_000 + world.next_number()))
        for data, alt in files
    ]


def compose(
    hub: Hub,
    page: Page,
    message: str,
    *,
    title: str = "",
    link: str = "",
    created_at: float | None = None,
    pictures: list[Picture] | None = None,
    by_person: bool = False,
) -> Post:
    """Put up a post as of `created_at`, by our application or by a person."""
    world, platform = hub.world, hub.platforms[page.platform]
    born = world.wall() if created_at is None else float(created_at)
    number = world.next_number()
    post = Post("", message, born, title=title, link=link, pictures=pictures or [], requests=0)
    platform.compose(page, post, number)
    if by_person:
        post.app = ""
    page.posts[post.id] = post
    post.intervals = [Interval(born, born + world.offset)]
    world.dirty = True
    if by_person:
        platform.composed_by_person(page, post)
    hub.webhooks.check(page)
    return post
