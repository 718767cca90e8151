"""Sums of what the official pages of the units below have and lack, in two statements."""

from dataclasses import dataclass

from django.db.models import Count, Q
from django.db.models.functions import Substr
from django.utils import timezone

from accounts.models import User
from channels.completeness.presenters import Score, score_of
from channels.completeness.queries import counted_pages, sum_aggregates
from channels.models import Channel
from oversight.queries import find_overseen_units
from platforms.facts import PROFILE
from units.models import Unit

# A step of a unit's path: its key and a slash.
_STEP = 9


@dataclass(frozen=True, slots=True)
class Row:
    """The pages of a unit and of all below it. ``missing``: by item, how many pages lack it."""

    unit: Unit
    pages: int
    unknown: int
    score: Score
    missing: dict[str, int]


def list_rows_below(place: Unit, user: User, *, query: str = "") -> list[Row]:
    """Return a row for each unit right below ``place`` that has a police body, by name: no
    ranking.
    """
    units = (
        find_overseen_units(user)
        .current(timezone.localdate())
        .filter(parent=place, has_police_body=True)
    )
    sums = _sum_by_path(place)
    return [
        _make_row(unit, sums.get(unit.path, {})) for unit in units.search(query).order_by("search")
    ]


def _sum_by_path(place: Unit) -> dict[str, dict[str, int]]:
    """Return what the pages below ``place`` have and lack, by the path of the unit right below."""
    pages = counted_pages(Channel.objects.filter(unit__path__startswith=place.path))
    below = Substr("unit__path", 1, len(place.path) + _STEP)
    grouped = (
        pages.order_by()
        .annotate(below=below)
        .values("below")
        .annotate(
            pages=Count("pk"), unknown=Count("pk", filter=Q(page_check=None)), **sum_aggregates()
        )
    )
    return {row["below"]: row for row in grouped}


def _make_row(unit: Unit, sums: dict[str, int]) -> Row:
    pages, unknown = sums.get("pages", 0), sums.get("unknown", 0)
    score = score_of(
        sums.get("there", 0), sums.get("possible", 0), known=bool(pages) and pages > unknown
    )
    return Row(unit, pages, unknown, score, {name: sums.get(name, 0) for name in PROFILE})
