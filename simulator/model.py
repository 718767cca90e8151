"""Define pages, posts, people and credentials: the rows that every platform shares."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any, Literal

DAY = 86_400.0
# The marks that texts here bear. The project has them all, and shares no code with this program.
_LONG_RUN = re.compile(r"([\u0300-\u036f]{8})[\u0300-\u036f]+")
# What a person may do on a page of theirs, in Facebook's words; elsewhere nobody asks.
TASKS = ("ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MESSAGING", "MODERATE", "MANAGE")


class Mistake(Exception):
    """Report that somebody asked the control API for something that makes no sense; the text says
    what."""


@dataclass
class Interval:
    """Say from when until when residents see a post, on both clocks."""

    visible_at: float
    visible_world: float
    gone_at: float | None = None
    gone_world: float | None = None

    def holds(self, world: float) -> bool:
        return self.visible_world <= world and (self.gone_world is None or world < self.gone_world)

    def seconds(self, world: float) -> float:
        """Count how long residents have seen the post by now."""
        end = world if self.gone_world is None else min(world, self.gone_world)
        return max(0.0, end - self.visible_world)


@dataclass
class Picture:
    """Hold a photo or video of a post. `id` is the photo's own id on Facebook, the file_id on
    Telegram."""

    sha256: str
    kind: str = "image"
    alt: str = ""
    caption: str = ""
    id: str = ""
    size: int = 0  # of a video, whose bytes are not kept when they are many


@dataclass
class Post:
    """Hold a post on any platform. `details` is what only one of them knows."""

    id: str
    text: str
    created_at: float
    title: str = ""
    link: str = ""
    pictures: list[Picture] = field(default_factory=list)
    intervals: list[Interval] = field(default_factory=list)
    scheduled_at: float | None = None
    arrived_at: float | None = None
    edited_at: float | None = None
    requests: int = 1
    deleted: bool = False
    leaves_world: float | None = None  # removed by then: accepted, and slow to take effect
    app: str = ""
    message_ids: list[int] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, data: dict[str, Any]) -> Post:
        data["pictures"] = [Picture(**picture) for picture in data["pictures"]]
        data["intervals"] = [Interval(**interval) for interval in data["intervals"]]
        return cls(**data)

    def gone(self, world: float) -> bool:
        return self.deleted or (self.leaves_world is not None and self.leaves_world <= world)

    def visible(self, world: float) -> bool:
        return any(interval.holds(world) for interval in self.intervals)

    def seconds_visible(self, world: float) -> float:
        return sum(interval.seconds(world) for interval in self.intervals)

    @property
    def published_at(self) -> float:
        """Say when it was (last) made visible, on the real clock; its creation if it never was."""
        return self.intervals[-1].visible_at if self.intervals else self.created_at

    def state(self, world: float) -> str:
        if self.gone(world):
            return "deleted"
        if self.visible(world):
            return "published"
        if self.scheduled_at and self.intervals:
            return "scheduled"
        return "hidden" if self.intervals else "unpublished"


@dataclass
class Page:
    """Hold a Facebook page, a Zalo official account, a Telegram channel, or what they are
    elsewhere."""

    platform: str
    external_id: str
    name: str
    username: str
    followers: int
    created_at: float
    created_world: float
    owner: str = ""
    posts: dict[str, Post] = field(default_factory=dict)
    message_ids: dict[str, str] = field(default_factory=dict)
    last_message: int = 1
    details: dict[str, Any] = field(default_factory=dict)
    # What the page tells of itself, see `profiles`; a text that is missing was never entered.
    profile: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, data: dict[str, Any]) -> Page:
        data["posts"] = {key: Post.load(post) for key, post in data["posts"].items()}
        return cls(**data)


@dataclass
class User:
    """Hold a fictional person with an account. `pages` maps a page to the tasks the person may do
    there."""

    platform: str
    id: str
    name: str
    pages: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class Token:
    """Hold any credential. `dead` is why it no longer works: a Facebook subcode, or 1 where there
    are none."""

    value: str
    platform: str
    kind: str
    app: str
    user: str = ""
    page: str = ""
    scopes: list[str] = field(default_factory=list)
    declined: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    expires: float | None = None
    issued_at: float = 0.0
    dead: int = 0
    spent: bool = False
    page_tokens: dict[str, str] = field(default_factory=dict)
    bound_to: dict[str, str] = field(default_factory=dict)


@dataclass
class Photo:
    """Hold a photo uploaded to Facebook and not yet part of a visible post."""

    id: str
    page: str
    picture: Picture
    used_in: str = ""


def fold(text: str) -> str:
    """Make lower case without accents, so that a search for "da nang" finds "Đà Nẵng"."""
    bare = normalize_unicode("NFD", text.lower().replace("đ", "d"))
    return "".join(char for char in bare if not unicodedata.combining(char))


def normalize_unicode(form: Literal["NFC", "NFD"], text: str) -> str:
    """Normalise ``text``; of more than eight marks in a row eight stay, for their sorting takes a
    time that grows with the square."""
    return unicodedata.normalize(form, _LONG_RUN.sub(r"\1", text))
