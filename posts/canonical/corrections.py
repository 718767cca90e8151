"""A correction first names what it corrects, on every channel: what stood on a page is never
changed silently.
"""

from dataclasses import dataclass, field
from datetime import datetime
from textwrap import shorten
from typing import cast

from django.utils import timezone

from posts.models import Post
from posts.signals import was_published

# Residents read it, whatever the language of the person at the desk.
_LINE = "ĐÍNH CHÍNH bài “{title}” đăng ngày {date}"
_TITLE = "Đính chính: {title}"
_LONGEST_TITLE = 150  # what all platforms take


@dataclass(frozen=True, slots=True)
class PublishedTrace:
    """The trace of a published post: its title as residents read it, since when, on which channels
    (by key), and its address on those (by public id) where it can still be read.
    """

    title: str
    since: datetime
    channels: frozenset[int] = frozenset()
    links: dict[str, str] = field(default_factory=dict)

    def line(self, channel: str = "") -> str:
        """Return the first line of a correction on ``channel``."""
        date = timezone.localtime(self.since).strftime("%d/%m/%Y")
        line = _LINE.format(title=shorten(self.title, 120, placeholder="…"), date=date)
        link = self.links.get(channel)
        return f"{line} ({link})" if link else line

    @property
    def new_title(self) -> str:
        return shorten(_TITLE.format(title=self.title), _LONGEST_TITLE, placeholder="…")


def published_trace(post: Post) -> PublishedTrace | None:
    """Find the trace of a published post; None for a post that residents have never seen."""
    answers = [answer for _receiver, answer in was_published.send(Post, post=post)]
    return next((cast("PublishedTrace", answer) for answer in answers if answer), None)
