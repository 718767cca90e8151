"""The leak check of a text: what may not be published, where it stands, and how grave it is."""

from bisect import bisect_left, insort
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from posts.checks.leaks import (
    accounts,
    addresses,
    contacts,
    credentials,
    documents,
    identity,
    links,
    minors,
    operations,
    people,
    secrecy,
    vehicles,
)
from posts.checks.leaks.base import NOTHING_ALLOWED, Allowed, Found, Leak, Reading, Rule, Severity
from posts.checks.leaks.plain import to_plain_text

__all__ = [
    "NOTHING_ALLOWED",
    "RULES",
    "SENSITIVE_RULES",
    "Allowed",
    "Leak",
    "Severity",
    "find_leaks",
]

# In the order in which they take their words: a number is one finding, by the first that knows it.
_RULES: tuple[Rule, ...] = (
    *secrecy.RULES,
    *credentials.RULES,
    *identity.CARDS,
    *accounts.RULES,
    *identity.NUMBERS,
    *contacts.RULES,
    *identity.PASSPORTS,
    *vehicles.RULES,
    *links.RULES,
    *documents.RULES,
    *operations.RULES,
    *minors.RULES,
    *people.RULES_FIRST,
    *people.RULES,
    *addresses.RULES,
)
RULES: Mapping[str, Severity] = MappingProxyType({rule.name: rule.severity for rule in _RULES})
# No log, mail, notice or audit entry may hold the words that these found.
SENSITIVE_RULES = frozenset(rule.name for rule in _RULES if rule.sensitive)


def find_leaks(text: str, *, allowed: Allowed = NOTHING_ALLOWED, today: date) -> list[Leak]:
    """Return what should not be published, in the order of the text; no two findings overlap."""
    reading = Reading(to_plain_text(text), allowed, today)
    taken: list[tuple[int, int]] = []
    leaks = []
    for rule in _RULES:
        for match in rule.find(reading):
            span = _free_span(match, taken)
            if span:
                insort(taken, span)
                start, end = reading.plain.source_span(*span)
                leaks.append(Leak(rule.name, match.severity, start, end))
    return sorted(leaks, key=lambda leak: leak.start)


def _free_span(match: Found, taken: list[tuple[int, int]]) -> tuple[int, int] | None:
    """Return the first of the finding's spans that no earlier finding has a part of."""
    for span in filter(None, (match[:2], match.evidence)):
        at = bisect_left(taken, span)
        before_ends = at == 0 or taken[at - 1][1] <= span[0]
        if before_ends and (at == len(taken) or span[1] <= taken[at][0]):
            return span
    return None
