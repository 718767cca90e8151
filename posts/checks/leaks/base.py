"""Words that all rules of the leak check share. A rule reads a prepared text and yields what it
found, with places in that prepared text.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from posts.checks.leaks.plain import Plain


class Severity(StrEnum):
    HARD = "hard"  # must be edited out; nobody in the unit can pass it
    SOFT = "soft"  # the approving leader can, with a reason
    WARN = "warn"  # the author looks again and ticks
    INFO = "info"  # shown only


@dataclass(frozen=True, slots=True)
class Allowed:
    """Public facts of a unit: telephones and accounts as bare digits, hosts in lower case."""

    phones: frozenset[str] = field(default_factory=frozenset)  # as dialled within the country
    accounts: frozenset[str] = field(default_factory=frozenset)
    hosts: frozenset[str] = field(default_factory=frozenset)


NOTHING_ALLOWED = Allowed()


@dataclass(frozen=True, slots=True)
class Leak:
    """A finding: text[start:end] is what should not be published."""

    rule: str
    severity: Severity
    start: int
    end: int


class Found(NamedTuple):
    """A finding before spans are shared out: where its words overlap those of a finding that
    came first, it keeps its ``evidence``, or goes.
    """

    start: int
    end: int
    severity: Severity
    evidence: tuple[int, int] | None = None


@dataclass(frozen=True)
class Reading:
    """A text as rules read it."""

    plain: Plain
    allowed: Allowed
    today: date

    @cached_property
    def text(self) -> str:
        return self.plain.text


class Rule(NamedTuple):
    name: str
    severity: Severity  # the gravest that it gives
    find: Callable[[Reading], Iterable[Found]]
    sensitive: bool = False  # its words are never logged or sent
