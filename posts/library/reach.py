"""Figures of how residents took up what a unit published: counted by an app above, which
registers here when it starts.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple, Protocol

from posts.checks.base import BestHours
from units.models import Unit


class Views(NamedTuple):
    """The views of posts, over those of them whose platform reports it."""

    views: int
    posts: int


class Good(NamedTuple):
    """A unit's post that was seen more often than is usual there; ``times``: how much more."""

    post: int
    times: float


class _Counter(Protocol):
    def sum_views_of_templates(self, keys: Collection[int]) -> Mapping[int, Views]: ...

    def find_good_posts(self, unit: Unit, most: int) -> Collection[Good]: ...

    def find_best_hours(self, unit: Unit) -> BestHours | None: ...


_counters: list[_Counter] = []


def register(counter: _Counter) -> None:
    """Let ``counter`` answer from now on."""
    _counters[:] = [counter]


def sum_views_of_templates(keys: Collection[int]) -> Mapping[int, Views]:
    """Return by template how often the posts that began from it were seen; those of which nothing
    was measured are missing.
    """
    return _counters[0].sum_views_of_templates(keys) if _counters and keys else {}


def find_good_posts(unit: Unit, *, most: int = 1) -> list[Good]:
    """Find the unit's posts that did best against its own usual, the best first."""
    return list(_counters[0].find_good_posts(unit, most)) if _counters else []


def find_best_hours(unit: Unit) -> BestHours | None:
    """Find the hours in which the unit's posts are seen most; None where too few say so."""
    return _counters[0].find_best_hours(unit) if _counters else None
