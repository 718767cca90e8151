"""Keep the daily summaries: sum up anew what has changed, or all of it, and prove it.

A change marks its day in its own transaction. A run takes marks away, then sums those days up, all
in one transaction: what it reads is younger than the marks that it took, and a change that commits
later leaves a mark of its own. So two writers, a run that is killed, and a run that is repeated do
no harm; after an outage the marks say what is to be caught up.
"""

import logging
import time
from collections.abc import Callable, Collection, Iterator
from datetime import date, timedelta
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from core.locks import try_alone
from engagement.rollups import months, periods, provinces
from engagement.rollups.days import DateRange, DayFilter, UnitDays, UnitsSince
from engagement.rollups.models import ChangedDay, Kind, UnitPeriod
from engagement.rollups.provinces import PROVINCE_SUMMARIES, ProvinceSummary, UnitBatch
from engagement.rollups.sources import SUMMARIES, Summary
from engagement.rollups.sql import fetch_rows, select_differences
from units.models import Unit

log = logging.getLogger(__name__)
_LOCK = "rollups"
_MARKS_PER_TRANSACTION = 2000
_MONTH = timedelta(days=31)
# A run ends before the next one begins.
_MOST_SECONDS = 40.0
# A batch of a rebuild waits so long for a run to end.
_WAIT_FOR_LOCK = 120.0
_UNITS_PER_TRANSACTION = 25


def refresh_changed_days(*, seconds: float = _MOST_SECONDS) -> int:
    """Sum up the days that have changed, and return how many marks were worked off; none while
    another run is at work.
    """
    end, done = time.monotonic() + seconds, 0
    with try_alone(_LOCK) as alone:
        if alone:
            _start_periods()
        while alone and (taken := _refresh_marked()):
            done += taken
            if time.monotonic() > end:
                log.info("%s changed days summed up, more wait", done)
                break
    return done


@transaction.atomic
def _start_periods() -> None:
    periods.start_periods()


@transaction.atomic
def _refresh_marked() -> int:
    marks = ChangedDay._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {marks} WHERE id IN "  # noqa: S608
            f"(SELECT id FROM {marks} ORDER BY id LIMIT {_MARKS_PER_TRANSACTION}) "
            "RETURNING kind, day, unit_id"
        )
        taken = cursor.fetchall()
    pairs: dict[str, set[tuple[date, int]]] = {}
    for kind, day, unit in taken:
        day = date.fromisoformat(day) if isinstance(day, str) else day
        pairs.setdefault(kind, set()).add((day, unit))
    if gained := pairs.pop(Kind.GAINED, set()):
        since = months.find_first_provable_day()
        pairs[Kind.GAINED] = {(day, unit) for day, unit in gained if day >= since}
    for summary in SUMMARIES:
        for some in UnitDays.from_pairs(pairs.get(summary.kind, set())).split():
            _write_summary(summary, some)
    # Of what was just summed up.
    for kind in (Kind.DUE, Kind.WRITTEN, Kind.PUBLISHED):
        provinces.refresh_days(kind, pairs.get(kind, set()))
    periods.refresh_units(pairs)
    return len(taken)


def _write_summary(summary: Summary, days: DayFilter) -> None:
    where, params = days.as_sql("day", "unit_id")
    select, more = summary.select(days)
    columns = ", ".join(summary.columns)
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {summary.table} WHERE {where}", params)  # noqa: S608
        cursor.execute(
            f"INSERT INTO {summary.table} ({columns}) "  # noqa: S608
            f"SELECT {columns} FROM ({select}) AS summed",
            more,
        )


def rebuild_all(*, on_progress: Callable[[int, int], object] = lambda done, of: None) -> bool:
    """Make all summaries anew from the raw rows: some units at a time, in a transaction of their
    own that replaces their rows and the sums of their province. So pages are right all the time,
    runs of `refresh_changed_days` come between, and one that was killed is begun again. Return
    False where another run does not end.
    """
    if not _run_under_lock(_start_periods):
        return False
    batches = provinces.split_units(_UNITS_PER_TRANSACTION)
    for done, batch in enumerate(batches, start=1):
        if not _run_under_lock(partial(_rebuild_batch, batch)):
            return False
        on_progress(done, len(batches))
    return _run_under_lock(partial(_remove_former_units, {batch.province for batch in batches}))


def _run_under_lock(do: Callable[[], None]) -> bool:
    """Call ``do`` under the lock of the runs; return False where another run keeps the lock."""
    end = time.monotonic() + _WAIT_FOR_LOCK
    while True:
        with try_alone(_LOCK) as alone:
            if alone:
                do()
                return True
        if time.monotonic() > end:
            return False
        time.sleep(0.2)  # a run takes longer than the database waits for a lock


@transaction.atomic
def _rebuild_batch(batch: UnitBatch) -> None:
    _lift_timeout()
    # Before the rows are read, as in `_refresh_marked`: what changes meanwhile leaves a mark.
    ChangedDay.objects.filter(unit__in=batch.units).delete()
    since = {Kind.GAINED: months.find_first_provable_day()}
    for summary in SUMMARIES:
        _write_summary(summary, UnitsSince(batch.units, since.get(summary.kind, date.min)))
    provinces.rebuild_province(batch)
    today = timezone.localdate()
    periods.refresh_units({Kind.FOLLOWED: [(today, unit) for unit in batch.units]})


@transaction.atomic
def _remove_former_units(current_provinces: Collection[int]) -> None:
    """Remove the summaries of units that no longer exist."""
    models: list[type[Model]] = [ChangedDay, UnitPeriod, *(each.model for each in SUMMARIES)]
    for model in models:
        model._default_manager.exclude(unit__in=Unit.objects.order_by().values("pk")).delete()
    provinces.remove_former_provinces(current_provinces)


def find_differences(
    *, most: int = 20, on_progress: Callable[[str], object] = lambda table: None
) -> dict[str, list[tuple[Any, ...]]]:
    """Compare each summary with the raw rows; return what differs, by table: ``-`` before what a
    summary has and should not, ``+`` before what it lacks. Days that are marked are left out: they
    are about to be summed up. ``on_progress`` gets the name of each table that was compared.
    """
    found: dict[str, list[tuple[Any, ...]]] = {}

    def note(table: str, rows: Iterator[tuple[Any, ...]]) -> None:
        # Each statement sees one moment; a transaction over all would hold up migrations.
        with transaction.atomic():
            _lift_timeout()
            if differ := list(rows):
                found.setdefault(table, []).extend(differ)

    for summary in SUMMARIES:
        for month in _list_months(summary.kind, summary):
            note(summary.table, _find_differences(summary, month, most))
        on_progress(summary.table)
    for province_summary in PROVINCE_SUMMARIES:
        for month in _list_months(province_summary.units.kind, province_summary):
            note(province_summary.table, provinces.find_differences(province_summary, month, most))
        on_progress(province_summary.table)
    note(UnitPeriod._meta.db_table, periods.find_differences(most))
    return found


def _find_differences(summary: Summary, month: DateRange, most: int) -> Iterator[tuple[Any, ...]]:
    columns = ", ".join(summary.columns)
    unmarked = (
        f"NOT EXISTS (SELECT 1 FROM {ChangedDay._meta.db_table} AS mark "  # noqa: S608
        f"WHERE mark.kind = '{summary.kind}' AND mark.unit_id = rows.unit_id "
        "AND mark.day = rows.day)"
    )
    where, params = month.as_sql("day", "unit_id")
    has = f"SELECT {columns} FROM {summary.table} AS rows WHERE {where} AND {unmarked}"  # noqa: S608
    select, expected_params = summary.select(month)
    should = f"SELECT {columns} FROM ({select}) AS rows WHERE {unmarked}"  # noqa: S608
    yield from fetch_rows(*select_differences((has, params), (should, expected_params), most))


def _list_months(kind: Kind, *summaries: Summary | ProvinceSummary) -> Iterator[DateRange]:
    """Return spans of a month that hold all days of the raw rows, and of ``summaries``."""
    table, moment = {
        Kind.DUE: ("publishing_delivery", "due_at"),
        Kind.WRITTEN: ("posts_post", "created_at"),
        Kind.PUBLISHED: ("publishing_delivery", "published_at"),
        Kind.GAINED: ("engagement_count", "taken_at"),
    }[kind]
    days = []
    with connection.cursor() as cursor:
        for column, rows in [(moment, table), *(("day", s.table) for s in summaries)]:
            cursor.execute(f"SELECT MIN({column}), MAX({column}) FROM {rows}")  # noqa: S608
            days += [date.fromisoformat(str(at)[:10]) for at in cursor.fetchone() if at]
    if not days:
        return
    # A day more on each side: moments are stored in UTC.
    first, last = min(days) - timedelta(days=1), max(days) + timedelta(days=1)
    if kind == Kind.GAINED:
        first = max(first, months.find_first_provable_day())
    while first <= last:
        yield DateRange(first, min(first + _MONTH, last))
        first += _MONTH + timedelta(days=1)


def _lift_timeout() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
