"""A check reads a draft and returns findings. It asks no database, no clock and no network."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple


class Severity(StrEnum):
    BLOCK = "block"  # cannot be submitted
    WARN = "warn"
    HINT = "hint"  # advice for the author alone: it is never called missing


@dataclass(frozen=True, slots=True)
class Finding:
    """A result of a check. It never contains the words that were found; ``where`` is a field or a
    channel's public id, ``span`` the first and the last but one character in that field's text.
    """

    rule: str
    severity: Severity
    message: str
    where: str = ""
    span: tuple[int, int] | None = None
    remedy: str = ""  # the way out, where the message does not say it


class BestHours(NamedTuple):
    """The hours of the day, from ``first`` up to ``end``, in which a unit's posts are seen most,
    by the views of its last ``posts`` ones.
    """

    first: int
    end: int
    posts: int


@dataclass(frozen=True, slots=True)
class Draft:
    """The working copy as rules judge it: as it would be submitted now."""

    content: Mapping[str, Any]  # see posts/canonical/content.py
    text: str  # the common text, as it is read
    now: datetime
    requested_time: datetime | None = None
    valid_until: datetime | None = None
    title_from_text: bool = False  # nobody wrote a title
    unfit: Sequence[str] = ()  # of a post for no channel: why channels are off by themselves
    # What the topic's rules ask for, in words of campaigns.models.TopicRule.Asks.
    asked: Collection[str] = ()
    # For hints: the unit's own telephone numbers as they are dialled, and its best hours.
    phones: Collection[str] = ()
    best_hours: BestHours | None = None

    @property
    def own_title(self) -> str:
        """Return the title that somebody wrote: what is wrong in another one is so in the text."""
        return "" if self.title_from_text else self.content["title"]


Rule = Callable[[Draft], Iterable[Finding]]


def block(rule: str, message: str, where: str) -> Finding:
    return Finding(rule, Severity.BLOCK, message, where)


def hint(rule: str, message: str, where: str) -> Finding:
    return Finding(rule, Severity.HINT, message, where)


def warn(rule: str, message: str, where: str) -> Finding:
    return Finding(rule, Severity.WARN, message, where)
