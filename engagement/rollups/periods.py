"""The pages of each unit in the periods that dashboards open with, added up when a day begins and
whenever a unit changes: rows of provinces, and what is usual, without reading each page's posts.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from campaigns.planning.queries import year_earlier
from core.periods import Period
from engagement.rollups.models import ChangedDay, Kind, UnitPeriod
from engagement.rollups.provinces import Marked
from engagement.rollups.queries import (
    BY_UNIT,
    PAGE_COLUMNS,
    Choice,
    fetch,
    number,
    page_rows,
)
from engagement.rollups.sources import Statement, statement
from units.models import Unit

OPENING_DAYS = 30
_TABLE = UnitPeriod._meta.db_table
_COLUMNS = f"first, last, unit_id, {', '.join(PAGE_COLUMNS)}"


def three_periods(period: Period) -> tuple[Period, Period, Period]:
    """Return the period, as many days before it, and the same days last year."""
    days = (period.last - period.first).days + 1
    before = Period(period.first - timedelta(days=days), period.first - timedelta(days=1))
    return period, before, Period(year_earlier(period.first), year_earlier(period.last))


def opening_periods(today: date | None = None) -> tuple[Period, Period, Period]:
    return three_periods(Period.last_days(OPENING_DAYS, today=today))


# --- keeping them ---------------------------------------------------------------------------------


def open_periods() -> None:
    """Add up the periods of today where none of their rows is there, and remove those of days that
    have passed.
    """
    periods = opening_periods()
    there = set(UnitPeriod.objects.order_by().values_list("first", "last").distinct())
    for first, last in there - {(period.first, period.last) for period in periods}:
        UnitPeriod.objects.filter(first=first, last=last).delete()
    for period in periods:
        if (period.first, period.last) not in there:
            _insert(period, Unit.objects.order_by().values("pk"))


def sum_up(pairs: Mapping[str, Collection[tuple[date, int]]]) -> None:
    """Add up anew the units whose publications of a period, pages or followers changed."""
    followed = {unit for _day, unit in pairs.get(Kind.FOLLOWED, ())}
    for period in opening_periods():
        units = followed | {
            unit
            for day, unit in pairs.get(Kind.PUBLISHED, ())
            if period.first <= day <= period.last
        }
        if units:
            rows = UnitPeriod.objects.filter(first=period.first, last=period.last)
            # Not before the period is opened: its rows are all there, or none of them.
            if rows.exists():
                rows.filter(unit__in=units).delete()
                _insert(period, _keys(units))


def _insert(period: Period, units: QuerySet[Any, Any]) -> None:
    select, params = _source(period, units)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {_TABLE} ({_COLUMNS}) {select}", params)


def _source(period: Period, units: QuerySet[Any, Any]) -> Statement:
    # A unit that is marked is read live, and added up again once its marks are worked off.
    choice = Choice(units, [period], {})
    rows, params = page_rows(choice, period.last, by=BY_UNIT, quiet=True, kept=True)
    columns = ", ".join(PAGE_COLUMNS)
    day = "CAST(%s AS date)" if connection.vendor == "postgresql" else "%s"
    return (
        f"SELECT {day} AS first, {day} AS last, row AS unit_id, {columns} FROM ({rows}) AS pages",  # noqa: S608
        [period.first, period.last, *params],
    )


def differences(most: int) -> Iterator[tuple[Any, ...]]:
    """Compare the open periods with what their pages add up to; units that are marked are left
    out.
    """
    for period in opening_periods():
        rows = UnitPeriod.objects.filter(first=period.first, last=period.last)
        if not rows.exists():
            continue
        unmarked = (
            f"NOT EXISTS (SELECT 1 FROM {ChangedDay._meta.db_table} AS mark "  # noqa: S608
            f"WHERE mark.unit_id = rows.unit_id AND (mark.kind = '{Kind.FOLLOWED}' OR "
            f"(mark.kind = '{Kind.PUBLISHED}' AND mark.day BETWEEN rows.first AND rows.last)))"
        )
        select, given = _source(period, Unit.objects.order_by().values("pk"))
        of_period, params = "rows.first = %s AND rows.last = %s", [period.first, period.last]
        has = f"SELECT {_COLUMNS} FROM {_TABLE} AS rows WHERE {of_period} AND {unmarked}"  # noqa: S608
        should = f"SELECT {_COLUMNS} FROM ({select}) AS rows WHERE {unmarked}"  # noqa: S608
        yield from fetch(
            f"SELECT * FROM (SELECT '-' AS sign, gone.* FROM ({has} EXCEPT {should}) AS gone "  # noqa: S608
            f"UNION ALL SELECT '+', missing.* FROM ({should} EXCEPT {has}) AS missing) AS differ "
            f"LIMIT {most}",
            [*params, *given, *given, *params],
        )


# --- reading them ---------------------------------------------------------------------------------


def page_sums(
    units: QuerySet[Any, Any], periods: Sequence[Period], marked: Marked, *, by: str
) -> list[list[dict[str, Any]]] | None:
    """Return the same as `queries.page_sums` for all pages of ``units``; None where one of the
    periods is not open.
    """
    if not {(p.first, p.last) for p in periods} <= {(p.first, p.last) for p in opening_periods()}:
        return None
    parts = [
        part
        for n, period in enumerate(periods)
        for part in _parts(units, period, marked, n=n, by=by)
    ]
    found: list[dict[int, dict[str, Any]]] = [{} for _period in periods]
    serving: set[int] = set()
    sql = " UNION ALL ".join(each for each, _params in parts)
    for n, row, *sums in fetch(sql, [param for _, given in parts for param in given]):
        if row is None:
            serving.add(n)
            continue
        had = found[n].setdefault(row, {"row": row, **dict.fromkeys(PAGE_COLUMNS)})
        for name, value in zip(PAGE_COLUMNS, map(number, sums), strict=True):
            if value is not None:
                had[name] = (had[name] or 0) + value
    if len(serving) < len(periods):
        return None
    return [list(rows.values()) for rows in found]


def _parts(
    units: QuerySet[Any, Any], period: Period, marked: Marked, *, n: int, by: str
) -> Iterator[Statement]:
    changed = marked.followed | {
        unit for day, unit in marked.pairs if period.first <= day <= period.last
    }
    rows = UnitPeriod.objects.filter(first=period.first, last=period.last, unit__in=units)
    summed, params = statement(
        rows.exclude(unit__in=changed).order_by().values("unit_id", *PAGE_COLUMNS)
    )
    sums = ", ".join(f"SUM({name}) AS {name}" for name in PAGE_COLUMNS)
    yield (
        f"SELECT {n:d} AS part, {by} AS row, {sums} FROM ({summed}) AS period "  # noqa: S608
        "JOIN units_unit AS unit ON unit.id = period.unit_id GROUP BY 2",
        params,
    )
    # Says by a row that the period is open, also where all of its units have changed.
    one, of_period = statement(
        UnitPeriod.objects.filter(first=period.first, last=period.last).values("pk")[:1]
    )
    nothing = ", ".join(["NULL"] * (len(PAGE_COLUMNS) + 1))
    yield f"SELECT {n:d}, {nothing} FROM ({one}) AS open", of_period  # noqa: S608
    if changed:
        live, given = page_rows(
            Choice(_keys(changed), [period], {}), period.last, by=by, quiet=True
        )
        columns = ", ".join(PAGE_COLUMNS)
        yield f"SELECT {n:d}, row, {columns} FROM ({live}) AS live", given  # noqa: S608  # noqa: S608


def _keys(units: Collection[int]) -> QuerySet[Any, Any]:
    return Unit.objects.filter(pk__in=sorted(units)).order_by().values("pk")
