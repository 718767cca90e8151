"""Kinds of things that a person finds by words from every page: each app registers its own when it
starts.
"""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, NamedTuple

from django.utils.functional import Promise

from core.scope import Person
from core.text import fold

MOST_MATCHES = 8  # of each kind
LONGEST_WORDS = 100  # characters
MOST_WORDS = 6  # each is a condition of a query
SHORTEST_WORDS = 2  # letters; one alone is in every row


class Match(NamedTuple):
    """A link to what was found."""

    label: str
    address: str
    symbol: str
    detail: str = ""


class Kind(NamedTuple):
    """A kind of things: ``find`` returns those that a person may see, the best first, for folded
    words. It asks for no more than `MOST_MATCHES` rows.

    ``lists_all`` kinds are shown before anything is typed.
    """

    heading: str | Promise
    place: int
    find: Callable[[Any, str], Iterable[Match]]
    lists_all: bool = False


class Group(NamedTuple):
    """The matches of one kind."""

    heading: str | Promise
    matches: list[Match]


_KINDS: list[Kind] = []


def register(*kinds: Kind) -> None:
    """Add kinds of things to the search, sorted by their ``place``."""
    _KINDS.extend(kinds)
    _KINDS.sort(key=lambda kind: kind.place)


def fold_typed_words(text: str) -> str:
    """Return what was typed as it is searched: folded, and cut to what a query takes."""
    return " ".join(fold(text[:LONGEST_WORDS]).split()[:MOST_WORDS])


def find_matches(person: Person, query: str) -> list[Group]:
    """Find what ``person`` may see by `fold_typed_words`; kinds without a match are left out."""
    is_long = len(query) >= SHORTEST_WORDS
    groups = []
    for kind in _KINDS:
        if not (is_long or kind.lists_all):
            continue
        rows = kind.find(person, query)
        # Pages and actions are few: before anything is typed, all of them are a menu.
        matches = list(islice(rows, MOST_MATCHES)) if query else list(rows)
        if matches:
            groups.append(Group(kind.heading, matches))
    return groups
