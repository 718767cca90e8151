"""A correction first names what it corrects, on every channel: what stood on a page is never changed silently."""

from dataclasses import dataclass, field
from datetime import datetime
from textwrap import shorten

from django.utils import timezone

from posts.models import Post
from posts.signals import has_stood

# Residents read it, whatever the language of the person at the desk.
_LINE = "ĐÍNH CHÍNH bài “{title}” đăng ngày {date}"
_TITLE = "Đính chính: {title}"
_LONGEST_TITLE = 150  # what all platforms take


@dataclass(frozen=True, slots=True)
class Stood:
    """What stood on pages: its title as residents read it, since when, on which channels (by key), and the address of
    the post on those (by public id) where it can still be read."""

    title: str
    since: datetime
    channels: frozenset[int] = frozenset()
    links: dict[str, str] = field(default_factory=dict)

    def line(self, channel: str = "") -> str:
        """The first line on ``channel``."""
        date = timezone.localtime(self.since).strftime("%d/%m/%Y")
        line = _LINE.format(title=shorten(self.title, 120, placeholder="…"), date=date)
        link = self.links.get(channel)
        return f"{line} ({link})" if link else line

    @property
    def new_title(self) -> str:
        return shorten(_TITLE.format(title=self.title), _LONGEST_TITLE, placeholder="…")


def stood(post: Post) -> Stood | None:
    """None for a post that residents have never seen."""
    return next((answer for _receiver, answer in has_stood.send(Post, post=post) if answer), None)
