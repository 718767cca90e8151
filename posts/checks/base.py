"""A check reads a draft and returns findings. It asks no database, no clock and no network."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from posts.checks.leaks.scan import NOTHING_ALLOWED, RULES, Allowed, Leak
from posts.checks.leaks.scan import Severity as LeakSeverity


class Severity(StrEnum):
    BLOCK = "block"  # cannot be submitted
    REASON = "reason"  # approved only with a written reason
    ACKNOWLEDGE = "acknowledge"  # submitted only once its author says that it was checked
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
    mark: str = ""  # of what is to be acknowledged: another one as soon as the words are others

    @property
    def needs_author(self) -> bool:
        """Check whether its author has to do something before the post can be submitted."""
        return self.severity in (Severity.BLOCK, Severity.ACKNOWLEDGE)


@dataclass(frozen=True, slots=True)
class LeakRules:
    """The rules of the leak check as they hold for a unit: what it may name, and the severities
    that the ministry switched.
    """

    allowed: Allowed = NOTHING_ALLOWED
    switched: Mapping[str, LeakSeverity] = field(default_factory=dict)

    def severity_of(self, leak: Leak) -> LeakSeverity:
        """Return how grave a finding is. A rule is milder in some surroundings, and stays so when
        it is switched.
        """
        new = self.switched.get(leak.rule)
        if new is None or leak.severity == RULES[leak.rule]:
            return new or leak.severity
        order = list(LeakSeverity)
        return max(new, leak.severity, key=order.index)


class BestHours(NamedTuple):
    """The hours of the day, from ``first`` up to ``end``, in which a unit's posts are seen most,
    by the views of its last ``posts`` ones.
    """

    first: int
    end: int
    posts: int


class OpenBox(NamedTuple):
    """A finding of the scanners that nobody has decided on yet, in the words of
    media.scanners.models.
    """

    kind: str
    rule: str
    may_be_shown: bool = True


class KitState(NamedTuple):
    """The state of a post against the kit from which it came."""

    keeps_core: bool = True
    is_withdrawn: bool = False
    # Of each placeholder: name and label.
    open_placeholders: tuple[tuple[str, str], ...] = ()
    missing_pictures: tuple[tuple[str, str], ...] = ()  # that the unit itself was asked for
    invalid_values: tuple[tuple[str, str], ...] = ()  # name, and why
    days_outside_period: tuple[tuple[str, str], ...] = ()


class MediaCheck(NamedTuple):
    """The scanners' answer on a picture or video; by default, that none has looked at it."""

    state: str = ""
    progress: int = 0
    needs_review: bool = False
    missing: tuple[str, ...] = ()
    open: tuple[OpenBox, ...] = ()


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
    leak_rules: LeakRules = field(default_factory=LeakRules)
    expired: Collection[str] = ()  # media, by public id, that no post may show any more
    blurred: Collection[str] = ()  # media that something was blurred out of; another one is used
    media_checks: Mapping[str, MediaCheck] = field(default_factory=dict)  # by public id
    kit: KitState | None = None  # of a post that came of one
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
