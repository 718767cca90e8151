"""Marks beside summaries: a page reads the summaries of unmarked days, and the raw rows of marked
ones in the same statement. Where too many are marked, after an outage or a rush, it reads the raw
rows alone: slower, and equally right.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import OuterRef, Q, QuerySet

from engagement.rollups.days import UnitDays
from engagement.rollups.models import ChangedDay, Kind
from engagement.rollups.sql import Statement
from publishing.models import Delivery

# So many marks are read beside the summaries; more of them, and the raw rows are quicker.
MOST_MARKS = 1000


def find_marked_days(
    kind: Kind, units: QuerySet[Any, Any], first: date, last: date
) -> UnitDays | None:
    """Return the days of ``units`` (their keys) that are not summed up; None where they are too
    many.
    """
    marks = ChangedDay.objects.filter(kind=kind, day__gte=first, day__lte=last, unit__in=units)
    found = list(marks.values_list("day", "unit_id")[: MOST_MARKS + 1])
    return None if len(found) > MOST_MARKS else UnitDays.from_pairs(found)


def exclude_days(marked: UnitDays) -> Q:
    """Return the condition that a summary's row is of none of the ``marked`` days."""
    condition = Q()
    for day, units in marked.units_of.items():
        condition &= ~Q(day=day, unit_id__in=sorted(units))
    return condition


def select_marks_of_row(kind: Kind, day: str = "day") -> QuerySet[ChangedDay]:
    """Return the marks of the unit and the field ``day`` of an outer row."""
    return ChangedDay.objects.filter(kind=kind, unit=OuterRef("unit"), day=OuterRef(day))


def filter_marked_units(rows: QuerySet[Delivery], kind: Kind) -> QuerySet[Delivery]:
    """Filter by the units that have marks: mostly few, which the database reads first. Marks are
    looked up in the statement itself, so that a page runs no other for them.
    """
    return rows.filter(unit__pk__among=ChangedDay.objects.filter(kind=kind).values("unit"))


def add_live_rows(summed: Statement, live: Statement, columns: Sequence[str]) -> Statement:
    """Select the ``columns`` of summaries, and of raw rows that are grouped as they are."""
    names = ", ".join(columns)
    sql = (
        f"SELECT {names} FROM ({summed[0]}) AS summed UNION ALL "  # noqa: S608
        f"SELECT {names} FROM ({live[0]}) AS live"
    )
    return sql, [*summed[1], *live[1]]
