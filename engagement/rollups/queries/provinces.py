"""Sums of provinces and of the nation, exact at the moment of the question.

A statement reads the coarsest sum that no mark concerns: the nation's of a day on which nothing
changed, else its provinces', else those of the units, and the raw rows of units that are marked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from core.periods import Period
from engagement.rollups.days import DateRange, UnitDays
from engagement.rollups.models import ChangedDay, Kind
from engagement.rollups.provinces import (
    ON_PROVINCE_DAYS,
    ProvinceSummary,
    find_province,
    list_days,
)
from engagement.rollups.queries.marks import MOST_MARKS
from engagement.rollups.sources import group_by_page
from engagement.rollups.sql import Statement, compile_queryset
from publishing.models import Delivery

_NOT_OF_PROVINCE_DAYS = (
    "NOT EXISTS (SELECT 1 FROM province_day "
    "WHERE province_day.day = rows.day AND province_day.unit_id = rows.province_id)"
)
_NOT_OF_UNIT_DAYS = (
    "NOT EXISTS (SELECT 1 FROM unit_day "
    "WHERE unit_day.day = summary.day AND unit_day.unit_id = summary.unit_id)"
)
# Rows of the summaries of units: of the provinces with marks, their units that have none.
_UNMARKED_UNITS = f"{ON_PROVINCE_DAYS} WHERE {_NOT_OF_UNIT_DAYS}"


@dataclass(frozen=True)
class Marks:
    """The days of units that are not summed up, and the units whose pages or followers changed."""

    unit_days: frozenset[tuple[date, int]] = frozenset()
    units_with_changed_pages: frozenset[int] = frozenset()
    provinces: Mapping[int, int] = field(default_factory=dict)  # by the units of `unit_days`

    def within(self, periods: Sequence[Period]) -> "Marks":
        """Return those of the periods alone."""
        unit_days = (
            (day, unit)
            for day, unit in self.unit_days
            if any(p.first <= day <= p.last for p in periods)
        )
        return replace(self, unit_days=frozenset(unit_days))

    @property
    def province_days(self) -> set[tuple[date, int]]:
        return {(day, self.provinces[unit]) for day, unit in self.unit_days}


def find_marks(units: QuerySet[Any, Any], periods: Sequence[Period]) -> Marks | None:
    """Return the marks of publications and pages of ``units`` (their keys); None where they are too
    many.
    """
    within = Q(pk__in=[])
    for period in periods:
        within |= Q(day__gte=period.first, day__lte=period.last)
    rows = ChangedDay.objects.filter(
        Q(kind=Kind.FOLLOWED) | Q(within, kind=Kind.PUBLISHED), unit__in=units
    )
    columns = ("kind", "day", "unit_id", "unit__level", "unit__parent_id")
    found = list(rows.values_list(*columns).distinct()[: MOST_MARKS + 1])
    if len(found) > MOST_MARKS:
        return None
    return Marks(
        frozenset((day, unit) for kind, day, unit, *_ in found if kind == Kind.PUBLISHED),
        frozenset(unit for kind, _day, unit, *_ in found if kind == Kind.FOLLOWED),
        {unit: find_province(unit, level, parent) for *_, unit, level, parent in found},
    )


def find_marks_of_nation(kind: Kind, period: Period) -> Marks | None:
    """Return the marks of one kind of all units; None where they are too many."""
    rows = ChangedDay.objects.filter(kind=kind, day__gte=period.first, day__lte=period.last)
    columns = ("day", "unit_id", "unit__level", "unit__parent_id")
    found = list(rows.values_list(*columns).distinct()[: MOST_MARKS + 1])
    if len(found) > MOST_MARKS:
        return None
    return Marks(
        frozenset((day, unit) for day, unit, *_ in found),
        provinces={unit: find_province(unit, level, parent) for _day, unit, level, parent in found},
    )


def list_marked_days(marks: Marks) -> Statement:
    """Return for the WITH of a statement the marked days, as ``province_day`` and ``unit_day``; an
    empty text where there are none.
    """
    if not marks.unit_days:
        return "", []
    provinces, province_params = list_days("province_day", marks.province_days)
    units, unit_params = list_days("unit_day", marks.unit_days)
    return f"{provinces}, {units}", [*province_params, *unit_params]


def select_provinces(summary: ProvinceSummary, period: Period, marks: Marks) -> Statement:
    """Select the rows of all provinces with the columns of ``summary``, without what is marked: of
    provinces with marks those of their other units. Needs what `list_marked_days` lists.
    """
    within, params = _make_period_condition([period])
    rows = f"SELECT {summary.columns} FROM {summary.table} AS rows WHERE {within}"  # noqa: S608
    if not marks.unit_days:
        return rows, params
    units = summary.select_from_units(rest=_UNMARKED_UNITS)
    return (
        f"{rows} AND {_NOT_OF_PROVINCE_DAYS} "  # noqa: S608
        f"UNION ALL SELECT {summary.columns} FROM ({units}) AS units",
        params,
    )


def sum_publications(
    summary: ProvinceSummary,
    by: Sequence[str],
    *,
    province: int | None,
    periods: Sequence[Period],
    marks: Marks,
) -> Statement:
    """Select the figures of ``summary`` of a province, or of the nation, by its columns ``by``."""
    columns = ", ".join((*by, *summary.figures))
    parts = _select_parts(summary, columns, province=province, periods=periods, marks=marks)
    listed, params = list_marked_days(marks)
    union = " UNION ALL ".join(sql for sql, _params in parts)
    keys = ", ".join(by)
    sql = (
        f"{f'WITH {listed} ' if listed else ''}SELECT {keys}, {summary.format_sums('rows')} "  # noqa: S608
        f"FROM ({union}) AS rows GROUP BY {keys} ORDER BY {keys}"
    )
    return sql, [*params, *(param for _sql, some in parts for param in some)]


def _select_parts(
    summary: ProvinceSummary,
    columns: str,
    *,
    province: int | None,
    periods: Sequence[Period],
    marks: Marks,
) -> list[Statement]:
    within, params = _make_period_condition(periods)
    of_place, place_params = ("IS NULL", []) if province is None else ("= %s", [province])
    rows = f"SELECT {columns} FROM {summary.table} AS rows"  # noqa: S608
    whole = f"{rows} WHERE rows.province_id {of_place} AND {within}"
    whole_params = [*place_params, *params]
    if not marks.unit_days:
        return [(whole, whole_params)]
    marked_days = "(SELECT day FROM province_day)"
    parts: list[Statement] = [(f"{whole} AND rows.day NOT IN {marked_days}", whole_params)]
    if province is None:
        other_provinces = (
            f"rows.province_id IS NOT NULL AND rows.day IN {marked_days} "
            f"AND {_NOT_OF_PROVINCE_DAYS}"
        )
        parts.append((f"{rows} WHERE {other_provinces}", []))
    units = summary.select_from_units(rest=_UNMARKED_UNITS)
    parts.append((f"SELECT {columns} FROM ({units}) AS rows", []))  # noqa: S608
    marked = UnitDays.from_pairs(marks.unit_days).as_q("published_at")
    live, live_params = compile_queryset(group_by_page(Delivery.objects.filter(marked)))
    parts.append((f"SELECT {columns} FROM ({live}) AS rows", live_params))  # noqa: S608
    return parts


def _make_period_condition(periods: Sequence[Period]) -> Statement:
    days = [DateRange(period.first, period.last).as_sql("rows.day", "") for period in periods]
    return f"({' OR '.join(sql for sql, _ in days)})", [x for _, params in days for x in params]
