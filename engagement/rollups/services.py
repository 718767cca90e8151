"""Keep the daily summaries: sum up again what has changed, or all of it, and prove it.

A change marks its day in its own transaction. A run takes marks away, then sums those days up, all
in one transaction: what it reads is younger than the marks that it took, and a change that commits
later leaves a mark of its own. So two writers, a run that is killed, and a run that is repeated do
no harm; after an outage the marks say what is to be caught up.
"""

import logging
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import batched
from typing import Any

from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from core.locks import try_alone
from engagement.rollups import months, periods
from engagement.rollups.models import ChangedDay, Kind, UnitPeriod
from engagement.rollups.queries.figures import find_province
from engagement.rollups.summaries import PROVINCE_SUMMARIES, SUMMARIES, PlaceDays
from units.models import Unit

log = logging.getLogger(__name__)
_LOCK = "rollups"
_MARKS_PER_TRANSACTION = 2000
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
    taken = list(
        ChangedDay.objects.order_by("pk").values_list("pk", "kind", "day", "unit_id")[
            :_MARKS_PER_TRANSACTION
        ]
    )
    ChangedDay.objects.filter(pk__in=[pk for pk, *_mark in taken]).delete()
    since = months.find_first_provable_day()
    changed: dict[str, set[tuple[date, int]]] = {}
    for _pk, kind, day, unit in taken:
        if kind != Kind.GAINED or day >= since:
            changed.setdefault(kind, set()).add((day, unit))
    for summary in SUMMARIES:
        if days := changed.get(summary.kind):
            summary.replace_days(days)
    for kind, days in changed.items():
        _refresh_provinces(kind, days)
    periods.refresh_units(changed)
    return len(taken)


def _refresh_provinces(kind: str, changed: PlaceDays) -> None:
    """Add up again the provinces of changed days of units, and the nation on these days."""
    provinces = _find_provinces({unit for _day, unit in changed})
    days = {(day, provinces[unit]) for day, unit in changed if unit in provinces}
    for summary in PROVINCE_SUMMARIES:
        if summary.kind == kind and days:
            summary.replace_days(days)
            if summary.nation:
                summary.replace_nation({day for day, _province in days})


def _find_provinces(units: Iterable[int]) -> dict[int, int]:
    rows = Unit.objects.filter(pk__in=list(units)).order_by()
    return {row[0]: find_province(*row) for row in rows.values_list("pk", "level", "parent_id")}


def rebuild_all(*, on_progress: Callable[[int, int], object] = lambda done, of: None) -> bool:
    """Make all summaries again from the raw rows: some units at a time, in a transaction of their
    own that replaces their rows and the sums of their province. So pages are right all the time,
    runs of `refresh_changed_days` come between, and one that was killed is begun again. Return
    False where another run does not end.
    """
    if not _run_under_lock(_start_periods):
        return False
    batches = split_units(_UNITS_PER_TRANSACTION)
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


@dataclass(frozen=True)
class UnitBatch:
    """Some units of a province."""

    province: int
    units: Sequence[int]


def split_units(most: int) -> list[UnitBatch]:
    """Divide all units into batches of at most so many."""
    by_province: dict[int, list[int]] = {}
    rows = Unit.objects.order_by("pk").values_list("pk", "level", "parent_id")
    for unit, level, parent in rows:
        by_province.setdefault(find_province(unit, level, parent), []).append(unit)
    return [
        UnitBatch(province, some)
        for province, units in by_province.items()
        for some in batched(units, most)
    ]


@transaction.atomic
def _rebuild_batch(batch: UnitBatch) -> None:
    _lift_timeout()
    # Before the rows are read, as in `_refresh_marked`: what changes meanwhile leaves a mark.
    ChangedDay.objects.filter(unit__in=batch.units).delete()
    for summary in SUMMARIES:
        summary.replace_all(batch.units, since=_find_first_day(summary.kind))
    rebuild_province(batch)
    today = timezone.localdate()
    periods.refresh_units({Kind.FOLLOWED: [(today, unit) for unit in batch.units]})


def rebuild_province(batch: UnitBatch) -> None:
    """Add up the batch's province and the nation from the summaries of units."""
    for summary in PROVINCE_SUMMARIES:
        summary.replace_all([batch.province])
        if summary.nation:
            summary.replace_nation()


def _find_first_day(kind: Kind) -> date:
    """Return the first day that the raw rows can make again."""
    return months.find_first_provable_day() if kind == Kind.GAINED else date.min


@transaction.atomic
def _remove_former_units(current_provinces: Collection[int]) -> None:
    """Remove the summaries of units that no longer exist, and of provinces that are none."""
    models: list[type[Model]] = [ChangedDay, UnitPeriod, *(summary.model for summary in SUMMARIES)]
    for model in models:
        model._default_manager.exclude(unit__in=Unit.objects.order_by().values("pk")).delete()
    for summary in PROVINCE_SUMMARIES:
        rows = summary.model._default_manager.filter(province__isnull=False)
        if rows.exclude(province__in=current_provinces).delete()[0] and summary.nation:
            summary.replace_nation()


def find_differences(
    *, most: int = 20, on_progress: Callable[[str], object] = lambda table: None
) -> dict[str, list[tuple[Any, ...]]]:
    """Compare each summary with what it is made of; return what differs, by table: ``-`` before
    what a summary has and should not, ``+`` before what it lacks. Days that are marked are left
    out: they are about to be summed up. ``on_progress`` gets the name of each table that was
    compared.
    """
    differences: dict[str, list[tuple[Any, ...]]] = {}

    def note(table: str, compare: Callable[[], Iterable[tuple[Any, ...]]]) -> None:
        # Each statement sees one moment; a transaction over all would hold up migrations.
        with transaction.atomic():
            _lift_timeout()
            if differ := list(compare()):
                differences.setdefault(table, []).extend(differ)

    batches = split_units(_UNITS_PER_TRANSACTION)
    for summary in SUMMARIES:
        since = _find_first_day(summary.kind)
        for batch in batches:
            note(
                summary.table,
                partial(summary.find_differences, batch.units, most, since=since),
            )
        on_progress(summary.table)
    provinces = {batch.province for batch in batches}
    for summary in PROVINCE_SUMMARIES:
        note(summary.table, partial(summary.find_differences, provinces, most))
        if summary.nation:
            note(summary.table, partial(summary.find_differences_of_nation, most))
        on_progress(summary.table)
    note(UnitPeriod._meta.db_table, partial(periods.find_differences, most))
    return differences


def _lift_timeout() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
