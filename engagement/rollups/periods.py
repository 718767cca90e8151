"""The pages of each unit in the periods that dashboards open with, added up when a day begins and
whenever a unit changes: rows of provinces, and what is usual, without reading each page's posts.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from campaigns.planning.queries import subtract_year
from core.periods import Period
from engagement.rollups.models import ChangedDay, Kind, UnitPeriod
from engagement.rollups.queries.filters import PublicationFilter
from engagement.rollups.queries.pages import PAGE_COLUMNS, select_page_sums
from engagement.rollups.queries.provinces import Marks
from engagement.rollups.sql import (
    BY_UNIT,
    Statement,
    compile_queryset,
    fetch_rows,
    select_differences,
    to_int_or_none,
)
from units.models import Unit

OPENING_DAYS = 30
_TABLE = UnitPeriod._meta.db_table
_COLUMNS = f"first, last, unit_id, {', '.join(PAGE_COLUMNS)}"


def make_three_periods(period: Period) -> tuple[Period, Period, Period]:
    """Return the period, as many days before it, and the same days last year."""
    days = (period.last - period.first).days + 1
    before = Period(period.first - timedelta(days=days), period.first - timedelta(days=1))
    return period, before, Period(subtract_year(period.first), subtract_year(period.last))


def make_opening_periods(today: date | None = None) -> tuple[Period, Period, Period]:
    return make_three_periods(Period.last_days(OPENING_DAYS, today=today))


def start_periods() -> None:
    """Add up today's opening periods that have no rows yet, and remove those of days before."""
    periods = make_opening_periods()
    stored = set(UnitPeriod.objects.order_by().values_list("first", "last").distinct())
    for first, last in stored - {(period.first, period.last) for period in periods}:
        UnitPeriod.objects.filter(first=first, last=last).delete()
    for period in periods:
        if (period.first, period.last) not in stored:
            _insert(period, Unit.objects.order_by().values("pk"))


def refresh_units(changed: Mapping[str, Collection[tuple[date, int]]]) -> None:
    """Add up anew the units whose publications of a period, pages or followers changed: by kind of
    mark, the days and units.
    """
    followed = {unit for _day, unit in changed.get(Kind.FOLLOWED, ())}
    for period in make_opening_periods():
        units = followed | {
            unit
            for day, unit in changed.get(Kind.PUBLISHED, ())
            if period.first <= day <= period.last
        }
        if units:
            rows = UnitPeriod.objects.filter(first=period.first, last=period.last)
            # Not before the period is started: its rows are all there, or none of them.
            if rows.exists():
                rows.filter(unit__in=units).delete()
                _insert(period, _select_keys(units))


def _insert(period: Period, units: QuerySet[Any, Any]) -> None:
    select, params = _select_period(period, units)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {_TABLE} ({_COLUMNS}) {select}", params)


def _select_period(period: Period, units: QuerySet[Any, Any]) -> Statement:
    # A unit that is marked is read live, and added up again once its marks are worked off.
    choice = PublicationFilter(units, [period], {})
    rows, params = select_page_sums(
        choice, period.last, by=BY_UNIT, with_silent=True, ignore_marks=True
    )
    columns = ", ".join(PAGE_COLUMNS)
    return (
        "SELECT %s::date AS first, %s::date AS last, "  # noqa: S608
        f"row AS unit_id, {columns} FROM ({rows}) AS pages",
        [period.first, period.last, *params],
    )


def find_differences(most: int) -> Iterator[tuple[Any, ...]]:
    """Compare the opening periods with what their pages add up to; units that are marked are left
    out.
    """
    for period in make_opening_periods():
        rows = UnitPeriod.objects.filter(first=period.first, last=period.last)
        if not rows.exists():
            continue
        unmarked = (
            f"NOT EXISTS (SELECT 1 FROM {ChangedDay._meta.db_table} AS mark "  # noqa: S608
            f"WHERE mark.unit_id = rows.unit_id AND (mark.kind = '{Kind.FOLLOWED}' OR "
            f"(mark.kind = '{Kind.PUBLISHED}' AND mark.day BETWEEN rows.first AND rows.last)))"
        )
        select, expected_params = _select_period(period, Unit.objects.order_by().values("pk"))
        of_period, params = "rows.first = %s AND rows.last = %s", [period.first, period.last]
        has = f"SELECT {_COLUMNS} FROM {_TABLE} AS rows WHERE {of_period} AND {unmarked}"  # noqa: S608
        should = f"SELECT {_COLUMNS} FROM ({select}) AS rows WHERE {unmarked}"  # noqa: S608
        yield from fetch_rows(*select_differences((has, params), (should, expected_params), most))


def sum_pages(
    units: QuerySet[Any, Any], periods: Sequence[Period], marks: Marks, *, by: str
) -> list[list[dict[str, Any]]] | None:
    """Return the same as `queries.pages.sum_pages` for all pages of ``units``; None where one of
    the periods is no opening period, or has no rows yet.
    """
    if not {(p.first, p.last) for p in periods} <= {
        (p.first, p.last) for p in make_opening_periods()
    }:
        return None
    parts = [
        part
        for n, period in enumerate(periods)
        for part in _select_parts(units, period, marks, n=n, by=by)
    ]
    found: list[dict[int, dict[str, Any]]] = [{} for _period in periods]
    started: set[int] = set()
    sql = " UNION ALL ".join(each for each, _params in parts)
    for n, row, *sums in fetch_rows(sql, [param for _, given in parts for param in given]):
        if row is None:
            started.add(n)
            continue
        total = found[n].setdefault(row, {"row": row, **dict.fromkeys(PAGE_COLUMNS)})
        for name, value in zip(PAGE_COLUMNS, map(to_int_or_none, sums), strict=True):
            if value is not None:
                total[name] = (total[name] or 0) + value
    if len(started) < len(periods):
        return None
    return [list(rows.values()) for rows in found]


def _select_parts(
    units: QuerySet[Any, Any], period: Period, marks: Marks, *, n: int, by: str
) -> Iterator[Statement]:
    changed = marks.units_with_changed_pages | {
        unit for day, unit in marks.unit_days if period.first <= day <= period.last
    }
    rows = UnitPeriod.objects.filter(first=period.first, last=period.last, unit__in=units)
    summed, params = compile_queryset(
        rows.exclude(unit__in=changed).order_by().values("unit_id", *PAGE_COLUMNS)
    )
    sums = ", ".join(f"SUM({name}) AS {name}" for name in PAGE_COLUMNS)
    yield (
        f"SELECT {n:d} AS part, {by} AS row, {sums} FROM ({summed}) AS period "  # noqa: S608
        "JOIN units_unit AS unit ON unit.id = period.unit_id GROUP BY 2",
        params,
    )
    # A row without a unit for a period that has rows, also where all of its units have changed.
    one, one_params = compile_queryset(
        UnitPeriod.objects.filter(first=period.first, last=period.last).values("pk")[:1]
    )
    nothing = ", ".join(["NULL"] * (len(PAGE_COLUMNS) + 1))
    yield f"SELECT {n:d}, {nothing} FROM ({one}) AS started", one_params  # noqa: S608
    if changed:
        choice = PublicationFilter(_select_keys(changed), [period], {})
        live, live_params = select_page_sums(choice, period.last, by=by, with_silent=True)
        columns = ", ".join(PAGE_COLUMNS)
        yield f"SELECT {n:d}, row, {columns} FROM ({live}) AS live", live_params  # noqa: S608


def _select_keys(units: Collection[int]) -> QuerySet[Any, Any]:
    return Unit.objects.filter(pk__in=sorted(units)).order_by().values("pk")
