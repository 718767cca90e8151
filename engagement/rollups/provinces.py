"""Sums of provinces and of the nation by day: added up from the summaries of units in the
transaction that makes these, so that both are always equal. `queries.provinces` reads them.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import batched
from typing import Any

from django.db import connection
from django.db.models import Model

from engagement.models import MEASURES
from engagement.rollups.days import DateRange, UnitsSince
from engagement.rollups.models import (
    ChangedDay,
    Kind,
    PlatformDay,
    ProvinceDueDay,
    ProvinceWrittenDay,
    TopicDay,
)
from engagement.rollups.sources import DUE_DAYS, PAGE_DAYS, WRITTEN_DAYS, Summary
from engagement.rollups.sql import BY_PROVINCE, Statement, fetch_rows, select_differences
from units.models import Level, Unit

_NATION = "CAST(NULL AS bigint)"


@dataclass(frozen=True)
class ProvinceSummary:
    """A table of the sums of a summary of ``units`` by province and day, and by ``group``, one of
    its columns. With ``has_nation``, rows without a province are those of the nation.
    """

    model: type[Model]
    units: Summary
    figures: Sequence[str]
    group: str = ""
    has_nation: bool = False

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def keys(self) -> tuple[str, ...]:
        return (self.group, "day") if self.group else ("day",)

    @property
    def columns(self) -> str:
        return ", ".join(("province_id", *self.keys, *self.figures))

    def format_sums(self, rows: str) -> str:
        """Return the sums of the figures of the rows that have this alias."""
        return ", ".join(f"{_aggregate(name)}({rows}.{name}) AS {name}" for name in self.figures)

    def select_from_units(
        self, rows: str = "", rest: str = "", *, province: str = BY_PROVINCE
    ) -> str:
        """Add up by province ``rows`` with the columns of the summary of units, by default its
        own; ``rest`` joins and filters them as ``summary``.
        """
        keys = ", ".join(f"summary.{key}" for key in self.keys)
        groups = ", ".join(str(n + 1) for n in range(len(self.keys) + 1))
        return (
            f"SELECT {province} AS province_id, {keys}, {self.format_sums('summary')} "  # noqa: S608
            f"FROM {rows or self.units.table} AS summary JOIN units_unit AS unit "
            f"ON unit.id = summary.unit_id {rest} GROUP BY {groups}"
        )

    def select_nation(self, where: str) -> str:
        """Add up the nation from its provinces."""
        keys = ", ".join(f"rows.{key}" for key in self.keys)
        return (
            f"SELECT {_NATION} AS province_id, {keys}, {self.format_sums('rows')} "  # noqa: S608
            f"FROM {self.table} AS rows WHERE rows.province_id IS NOT NULL AND {where} "
            f"GROUP BY {keys}"
        )

    def insert(self, select: str, params: Sequence[Any] = ()) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {self.table} ({self.columns}) {select}", params)


def _aggregate(name: str) -> str:
    return "MAX" if name == "last_post" else "SUM"


BY_PLATFORM = ProvinceSummary(
    PlatformDay,
    PAGE_DAYS,
    ("publications", *MEASURES, "views_of", "reach_of", "reactions_of"),
    group="platform",
    has_nation=True,
)
BY_TOPIC = ProvinceSummary(
    TopicDay, PAGE_DAYS, ("publications", *MEASURES), group="topic_id", has_nation=True
)
DUE = ProvinceSummary(
    ProvinceDueDay, DUE_DAYS, ("published", "due", "on_time", "failed", "last_post")
)
WRITTEN = ProvinceSummary(ProvinceWrittenDay, WRITTEN_DAYS, ("posts",))
PROVINCE_SUMMARIES = (BY_PLATFORM, BY_TOPIC, DUE, WRITTEN)

# Joins a summary of units with the days of provinces that `list_days` names so.
ON_PROVINCE_DAYS = (
    f"JOIN province_day ON province_day.day = summary.day AND province_day.unit_id = {BY_PROVINCE}"
)


def list_days(name: str, pairs: Collection[tuple[date, int]]) -> Statement:
    """Return days of units as a table with this name, for the WITH of a statement."""
    values = ", ".join(["(%s, %s)"] * len(pairs))
    return f"{name}(day, unit_id) AS (VALUES {values})", [x for pair in sorted(pairs) for x in pair]


def find_province(unit: int, level: str, parent: int | None) -> int:
    """Return the key of a unit's province; a unit that belongs to none is its own."""
    return parent if level == Level.COMMUNE and parent else unit


def _find_provinces(units: Iterable[int]) -> dict[int, int]:
    rows = Unit.objects.filter(pk__in=set(units)).order_by()
    return {row[0]: find_province(*row) for row in rows.values_list("pk", "level", "parent_id")}


def refresh_days(kind: Kind, unit_days: Collection[tuple[date, int]]) -> None:
    """Add up anew the provinces of the changed days of units, and the nation on these days."""
    provinces = _find_provinces(unit for _day, unit in unit_days)
    province_days = {(day, provinces[unit]) for day, unit in unit_days if unit in provinces}
    if not province_days:
        return
    days = sorted({day for day, _province in province_days})
    on_days = f"day IN ({', '.join(['%s'] * len(days))})"
    listed, params = list_days("province_day", province_days)
    for summary in (each for each in PROVINCE_SUMMARIES if each.units.kind == kind):
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH {listed} DELETE FROM {summary.table} WHERE "  # noqa: S608
                f"(province_id IS NULL AND {on_days}) OR EXISTS (SELECT 1 FROM province_day "
                f"WHERE province_day.day = {summary.table}.day "
                "AND province_day.unit_id = province_id)",
                [*params, *days],
            )
        summary.insert(f"WITH {listed} {summary.select_from_units(rest=ON_PROVINCE_DAYS)}", params)
        if summary.has_nation:
            summary.insert(summary.select_nation(on_days), days)


@dataclass(frozen=True)
class UnitBatch:
    """Some units of a province."""

    province: int
    units: Sequence[int]
    all_units: Sequence[int]  # of the province, with itself


def split_units(most: int) -> list[UnitBatch]:
    """Divide all units into batches of at most so many."""
    by_province: dict[int, list[int]] = {}
    rows = Unit.objects.order_by("pk").values_list("pk", "level", "parent_id")
    for unit, level, parent in rows:
        by_province.setdefault(find_province(unit, level, parent), []).append(unit)
    return [
        UnitBatch(province, some, units)
        for province, units in by_province.items()
        for some in batched(units, most)
    ]


def rebuild_province(batch: UnitBatch) -> None:
    """Add up the batch's province and the nation from the summaries of units."""
    of_units, params = UnitsSince(batch.all_units).as_sql("summary.day", "summary.unit_id")
    for summary in PROVINCE_SUMMARIES:
        with connection.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM {summary.table} WHERE province_id = %s OR province_id IS NULL",  # noqa: S608
                [batch.province],
            )
        summary.insert(summary.select_from_units(rest=f"WHERE {of_units}"), params)
        if summary.has_nation:
            summary.insert(summary.select_nation("1 = 1"))


def remove_former_provinces(provinces: Collection[int]) -> None:
    """Remove sums of units that are none of ``provinces``, and what the nation has of them."""
    for summary in PROVINCE_SUMMARIES:
        rows = summary.model._default_manager
        former = rows.filter(province__isnull=False).exclude(province__in=provinces)
        if former.delete()[0] and summary.has_nation:
            rows.filter(province__isnull=True).delete()
            summary.insert(summary.select_nation("1 = 1"))


def find_differences(
    summary: ProvinceSummary, month: DateRange, most: int
) -> Iterator[tuple[Any, ...]]:
    """Compare a month with the raw rows, as `services.find_differences` does."""
    unmarked = (
        f"NOT EXISTS (SELECT 1 FROM {ChangedDay._meta.db_table} AS mark "  # noqa: S608
        f"JOIN units_unit AS unit ON unit.id = mark.unit_id "
        f"WHERE mark.kind = '{summary.units.kind}' AND mark.day = rows.day "
        f"AND (rows.province_id IS NULL OR {BY_PROVINCE} = rows.province_id))"
    )
    where, params = month.as_sql("rows.day", "")
    raw, raw_params = summary.units.select(month)
    expected, expected_params = summary.select_from_units(f"({raw})"), list(raw_params)
    if summary.has_nation:
        nation = summary.select_from_units(f"({raw})", province=_NATION)
        expected = f"{expected} UNION ALL {nation}"
        expected_params += raw_params
    has = f"SELECT {summary.columns} FROM {summary.table} AS rows WHERE {where} AND {unmarked}"  # noqa: S608
    should = f"SELECT {summary.columns} FROM ({expected}) AS rows WHERE {unmarked}"  # noqa: S608
    yield from fetch_rows(*select_differences((has, params), (should, expected_params), most))
