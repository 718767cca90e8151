"""Words that all rules of the leak check share. A rule reads a prepared text and yields what it
found, with places in that prepared text.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from posts.checks.leaks.names import Name, names_of
from posts.checks.leaks.plain import PlainText
from posts.checks.leaks.text import CAPITAL

# Numbers of laws, decrees and decisions: public, and full of digits.
_CITATION = re.compile(
    r"\d{1,5} ?/ ?(?:19|20)\d{2} ?/ ?[A-ZĐ]{2,6}\d{0,2}(?:-[A-ZĐ0-9]{2,8})*"
    r"|\d{1,5} ?/ ?(?:QĐ|CT|NQ|CĐ)-(?:TTg|CP|TW|UBND|HĐND)"
    r"|\d{1,5}-(?:NQ|CT|QĐ|KL)/TW"
)
_NUMBER = re.compile(r"\d(?:[ .()\n-]{0,2}\d){5}")
_SENTENCE_END = re.compile(rf"[.!?…](?=\s{{1,3}}[\"“(]?{CAPITAL}|\s*$)|\n")


class Severity(StrEnum):
    HARD = "hard"  # must be edited out; nobody in the unit can pass it
    SOFT = "soft"  # the approving leader can, with a reason
    WARN = "warn"  # the author looks again and acknowledges it
    INFO = "info"  # shown only


@dataclass(frozen=True, slots=True)
class Allowed:
    """Public facts of a unit: telephones and accounts as bare digits, hosts in lower case, and
    ``addresses`` of its pages on hosts that others use, too: host and path in lower case.
    """

    phones: frozenset[str] = field(default_factory=frozenset)  # as dialled within the country
    accounts: frozenset[str] = field(default_factory=frozenset)
    hosts: frozenset[str] = field(default_factory=frozenset)
    addresses: frozenset[str] = field(default_factory=frozenset)


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
    """A text as rules read it. Every look around a place is bounded, so that reading takes linear
    time.
    """

    plain: PlainText
    allowed: Allowed
    today: date

    @cached_property
    def text(self) -> str:
        """The plain text, with a filler of the same length for what cites a law."""
        return _CITATION.sub(lambda match: "§" * len(match.group()), self.plain.text)

    @cached_property
    def has_number(self) -> bool:
        """Tell whether there is any number as long as one of a person: most texts have none."""
        return bool(_NUMBER.search(self.text))

    @cached_property
    def names(self) -> list[Name]:
        return names_of(self.text)

    def text_before(self, at: int, most: int) -> str:
        return self.text[max(0, at - most) : at]

    def text_after(self, at: int, most: int) -> str:
        return self.text[at : at + most]

    def text_around(self, start: int, end: int, before: int, after: int) -> str:
        return self.text[max(0, start - before) : end + after]

    def sentence_span(self, start: int, end: int, most: int = 240) -> tuple[int, int]:
        """Return the sentence or line around a place, at most ``most`` letters to each side."""
        first, last = max(0, start - most), min(len(self.text), end + most)
        for stop in _SENTENCE_END.finditer(self.text, first, start):
            first = stop.end()
        stop_after = _SENTENCE_END.search(self.text, end, last)
        return first, stop_after.start() if stop_after else last

    def names_between(self, start: int, end: int) -> list[Name]:
        first = bisect_left(self.names, (start,))
        last = bisect_left(self.names, (end,))
        return self.names[first:last]


class Rule(NamedTuple):
    name: str
    severity: Severity  # the gravest that it gives
    find: Callable[[Reading], Iterable[Found]]
    sensitive: bool = False  # its words are never logged or sent


def read_birth_year(written: str, this_year: int) -> int:
    """Return the year of birth; of two figures, the last one that is past."""
    year = int(written)
    if year >= 100:
        return year
    return year + (2000 if year <= this_year % 100 else 1900)
