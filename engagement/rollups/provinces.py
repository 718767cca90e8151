"""Sums of provinces and of the nation by day: added up from the summaries of units in the
transaction that makes these, so that both always say the same.

A page reads the coarsest sum that no mark concerns: the nation's of a day on which nothing changed,
else its provinces', else those of the units, and the raw rows of the units that are marked.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import batched
from typing import Any

from django.db import connection
from django.db.models import Model, Q, QuerySet

from core.periods import Period
from engagement.models import MEASURES
from engagement.rollups.models import (
    ChangedDay,
    Kind,
    PlatformDay,
    ProvinceDueDay,
    ProvinceWrittenDay,
    TopicDay,
)
from engagement.rollups.sources import (
    DUE_DAYS,
    PAGE_DAYS,
    WRITTEN_DAYS,
    Days,
    Pairs,
    Statement,
    Summary,
    Units,
    page_days,
    statement,
)
from publishing.models import Delivery
from units.models import Level, Unit

# The province of a unit; a unit that stands below none is its own.
PROVINCE = f"CASE WHEN unit.level = '{Level.COMMUNE}' THEN unit.parent_id ELSE unit.id END"
# So many marks are read beside the sums; more of them, and the summaries of units are quicker.
MOST_MARKS = 1000


@dataclass(frozen=True)
class Coarse:
    """A table of sums of a summary of units by province and day, and by ``key``, one of its
    columns. With ``has_nation``, rows without a province are those of the nation.
    """

    model: type[Model]
    of: Summary
    names: Sequence[str]
    key: str = ""
    has_nation: bool = False

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def keys(self) -> tuple[str, ...]:
        return (self.key, "day") if self.key else ("day",)

    @property
    def columns(self) -> str:
        return ", ".join(("province_id", *self.keys, *self.names))

    def sums(self, rows: str) -> str:
        return ", ".join(f"{_added(name)}({rows}.{name}) AS {name}" for name in self.names)

    def of_units(self, rows: str = "", more: str = "", *, province: str = PROVINCE) -> str:
        """Add up rows with the columns of the summary of units by province."""
        keys = ", ".join(f"page.{key}" for key in self.keys)
        groups = ", ".join(str(n + 1) for n in range(len(self.keys) + 1))
        return (
            f"SELECT {province} AS province_id, {keys}, {self.sums('page')} "  # noqa: S608
            f"FROM {rows or self.of.table} AS page JOIN units_unit AS unit "
            f"ON unit.id = page.unit_id {more} GROUP BY {groups}"
        )

    def of_provinces(self, where: str) -> str:
        """Add up the nation from its provinces."""
        keys = ", ".join(f"rows.{key}" for key in self.keys)
        return (
            f"SELECT {_NATION} AS province_id, {keys}, {self.sums('rows')} "  # noqa: S608
            f"FROM {self.table} AS rows WHERE rows.province_id IS NOT NULL AND {where} "
            f"GROUP BY {keys}"
        )


def _added(name: str) -> str:
    return "MAX" if name == "last_post" else "SUM"


_NATION = "CAST(NULL AS bigint)"
PLATFORMS = Coarse(
    PlatformDay,
    PAGE_DAYS,
    ("publications", *MEASURES, "views_of", "reach_of", "reactions_of"),
    key="platform",
    has_nation=True,
)
TOPICS = Coarse(TopicDay, PAGE_DAYS, ("publications", *MEASURES), key="topic_id", has_nation=True)
DUE = Coarse(ProvinceDueDay, DUE_DAYS, ("published", "due", "on_time", "failed", "last_post"))
WRITTEN = Coarse(ProvinceWrittenDay, WRITTEN_DAYS, ("posts",))
COARSE = (PLATFORMS, TOPICS, DUE, WRITTEN)
_ON_WANTED = f"JOIN wanted ON wanted.day = page.day AND wanted.place = {PROVINCE}"


def _with(name: str, pairs: Collection[tuple[date, int]]) -> Statement:
    """Name days of places for a statement."""
    values = ", ".join(["(%s, %s)"] * len(pairs))
    return f"{name}(day, place) AS (VALUES {values})", [x for pair in sorted(pairs) for x in pair]


def provinces_of(units: Iterable[int]) -> dict[int, int]:
    rows = Unit.objects.filter(pk__in=set(units)).order_by()
    return {row[0]: _province(*row) for row in rows.values_list("pk", "level", "parent_id")}


def _province(unit: int, level: str, parent: int | None) -> int:
    return parent if level == Level.COMMUNE and parent else unit


# --- keeping them ---------------------------------------------------------------------------------


def sum_up(kind: Kind, pairs: Collection[tuple[date, int]]) -> None:
    """Add up anew the provinces of the changed days of units, and the nation on these days."""
    provinces = provinces_of(unit for _day, unit in pairs)
    places = {(day, provinces[unit]) for day, unit in pairs if unit in provinces}
    if not places:
        return
    days = sorted({day for day, _province in places})
    on = f"day IN ({', '.join(['%s'] * len(days))})"
    wanted, params = _with("wanted", places)
    for coarse in (each for each in COARSE if each.of.kind == kind):
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH {wanted} DELETE FROM {coarse.table} WHERE "  # noqa: S608
                f"(province_id IS NULL AND {on}) OR EXISTS (SELECT 1 FROM wanted "
                f"WHERE wanted.day = {coarse.table}.day AND wanted.place = province_id)",
                [*params, *days],
            )
            cursor.execute(
                f"INSERT INTO {coarse.table} ({coarse.columns}) WITH {wanted} "
                f"{coarse.of_units(more=_ON_WANTED)}",
                params,
            )
            if coarse.has_nation:
                cursor.execute(
                    f"INSERT INTO {coarse.table} ({coarse.columns}) {coarse.of_provinces(on)}",
                    days,
                )


@dataclass(frozen=True)
class Batch:
    """Some units of a province."""

    province: int
    units: Sequence[int]
    all_units: Sequence[int]  # of the province, with itself


def batches(most: int) -> list[Batch]:
    """Divide all units into batches of at most so many."""
    by_province: dict[int, list[int]] = {}
    rows = Unit.objects.order_by("pk").values_list("pk", "level", "parent_id")
    for pk, level, parent in rows:
        by_province.setdefault(_province(pk, level, parent), []).append(pk)
    return [
        Batch(province, some, units)
        for province, units in by_province.items()
        for some in batched(units, most)
    ]


def rebuild(batch: Batch) -> None:
    """Add up the batch's province and the nation, of which the summaries of units are made."""
    rows, of_rows = Units(batch.all_units).sql("page.day", "page.unit_id")
    for coarse in COARSE:
        with connection.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM {coarse.table} WHERE province_id = %s OR province_id IS NULL",  # noqa: S608
                [batch.province],
            )
            parts = [(coarse.of_units(more=f"WHERE {rows}"), of_rows)]
            if coarse.has_nation:
                parts.append((coarse.of_provinces("1 = 1"), []))
            for select, given in parts:
                cursor.execute(f"INSERT INTO {coarse.table} ({coarse.columns}) {select}", given)


def clear_away(provinces: Collection[int]) -> None:
    """Remove sums of units that are no provinces, and what the nation has of them."""
    for coarse in COARSE:
        stale = coarse.model._default_manager.filter(province__isnull=False)
        if stale.exclude(province__in=provinces).delete()[0] and coarse.has_nation:
            coarse.model._default_manager.filter(province__isnull=True).delete()
            with connection.cursor() as cursor:
                cursor.execute(
                    f"INSERT INTO {coarse.table} ({coarse.columns}) {coarse.of_provinces('1 = 1')}"
                )


def differences(coarse: Coarse, month: Days, most: int) -> Iterator[tuple[Any, ...]]:
    """Compare a month with the raw rows, as `services.differences` does."""
    unmarked = (
        f"NOT EXISTS (SELECT 1 FROM {ChangedDay._meta.db_table} AS mark "  # noqa: S608
        f"JOIN units_unit AS unit ON unit.id = mark.unit_id "
        f"WHERE mark.kind = '{coarse.of.kind}' AND mark.day = rows.day "
        f"AND (rows.province_id IS NULL OR {PROVINCE} = rows.province_id))"
    )
    where, params = month.sql("rows.day", "")
    raw, of_raw = coarse.of.source(month)
    both, given = coarse.of_units(f"({raw})"), list(of_raw)
    if coarse.has_nation:
        both = f"{both} UNION ALL {coarse.of_units(f'({raw})', province=_NATION)}"
        given += of_raw
    has = f"SELECT {coarse.columns} FROM {coarse.table} AS rows WHERE {where} AND {unmarked}"  # noqa: S608
    should = f"SELECT {coarse.columns} FROM ({both}) AS rows WHERE {unmarked}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT * FROM (SELECT '-' AS sign, gone.* FROM ({has} EXCEPT {should}) AS gone "  # noqa: S608
            f"UNION ALL SELECT '+', missing.* FROM ({should} EXCEPT {has}) AS missing) AS differ "
            f"LIMIT {most}",
            [*params, *given, *given, *params],
        )
        yield from cursor.fetchall()


# --- reading them ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Marked:
    """Marks of some units in some periods: days that are not summed up, and units whose pages or
    followers changed.
    """

    pairs: frozenset[tuple[date, int]] = frozenset()
    followed: frozenset[int] = frozenset()
    provinces: Mapping[int, int] = field(default_factory=dict)  # of the units of the pairs

    def within(self, periods: Sequence[Period]) -> "Marked":
        """Return those of the periods alone."""
        pairs = (
            (day, unit)
            for day, unit in self.pairs
            if any(p.first <= day <= p.last for p in periods)
        )
        return replace(self, pairs=frozenset(pairs))

    @property
    def places(self) -> set[tuple[date, int]]:
        """Return the days of provinces that the pairs belong to."""
        return {(day, self.provinces[unit]) for day, unit in self.pairs}


def marked(units: QuerySet[Any, Any], periods: Sequence[Period]) -> Marked | None:
    """Return the marks of ``units`` (their keys); None where they are too many."""
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
    return Marked(
        frozenset((day, unit) for kind, day, unit, *_ in found if kind == Kind.PUBLISHED),
        frozenset(unit for kind, _day, unit, *_ in found if kind == Kind.FOLLOWED),
        {unit: _province(unit, level, parent) for *_, unit, level, parent in found},
    )


def marked_of(kind: Kind, period: Period) -> Marked | None:
    """Return the marks of one kind of all units; None where they are too many."""
    rows = ChangedDay.objects.filter(kind=kind, day__gte=period.first, day__lte=period.last)
    columns = ("day", "unit_id", "unit__level", "unit__parent_id")
    found = list(rows.values_list(*columns).distinct()[: MOST_MARKS + 1])
    if len(found) > MOST_MARKS:
        return None
    return Marked(
        frozenset((day, unit) for day, unit, *_ in found),
        provinces={unit: _province(unit, level, parent) for _day, unit, level, parent in found},
    )


def named(marked: Marked) -> Statement:
    """Name what is marked for a statement, before its other names: ``wanted`` are days of
    provinces, ``changed`` of units.
    """
    if not marked.pairs:
        return "", []
    wanted, of_wanted = _with("wanted", marked.places)
    changed, of_changed = _with("changed", marked.pairs)
    return f"{wanted}, {changed}, ", [*of_wanted, *of_changed]


def by_province(coarse: Coarse, period: Period, marked: Marked) -> Statement:
    """Select the rows of all provinces with the columns of ``coarse``, without what is marked: of
    provinces with marks those of their other units. Needs what `named` names.
    """
    within, params = _within([period])
    rows = f"SELECT {coarse.columns} FROM {coarse.table} AS rows WHERE {within}"  # noqa: S608
    if not marked.pairs:
        return rows, params
    units = coarse.of_units(more=f"{_ON_WANTED} WHERE {_NOT_CHANGED}")
    return (
        f"{rows} AND {_NOT_WANTED} UNION ALL SELECT {coarse.columns} FROM ({units}) AS units",  # noqa: S608
        params,
    )


def sums_by(
    coarse: Coarse,
    by: Sequence[str],
    *,
    province: int | None,
    periods: Sequence[Period],
    marked: Marked,
) -> Statement:
    """Select the sums of a province, or of the nation, by columns of ``coarse``."""
    within, params = _within(periods)
    place, of_place = ("IS NULL", []) if province is None else ("= %s", [province])
    columns = ", ".join((*by, *coarse.names))
    rows = f"SELECT {columns} FROM {coarse.table} AS rows"  # noqa: S608
    parts: list[Statement] = [
        (f"{rows} WHERE rows.province_id {place} AND {within}", [*of_place, *params])
    ]
    names, given = named(marked)
    begin = f"WITH {names.removesuffix(', ')} " if names else ""
    if marked.pairs:
        parts[0] = (f"{parts[0][0]} AND rows.day NOT IN (SELECT day FROM wanted)", parts[0][1])  # noqa: S608
        if province is None:
            parts.append((f"{rows} WHERE {_OF_OTHER_PROVINCES}", []))
        units = coarse.of_units(more=f"{_ON_WANTED} WHERE {_NOT_CHANGED}")
        parts.append((f"SELECT {columns} FROM ({units}) AS rows", []))  # noqa: S608
        raw = Delivery.objects.filter(Pairs.of(marked.pairs).rows("published_at"))
        live, of_live = statement(page_days(raw))
        parts.append((f"SELECT {columns} FROM ({live}) AS rows", of_live))  # noqa: S608
    union = " UNION ALL ".join(sql for sql, _params in parts)
    keys = ", ".join(by)
    sql = (
        f"{begin}SELECT {keys}, {coarse.sums('rows')} FROM ({union}) AS rows "  # noqa: S608
        f"GROUP BY {keys} ORDER BY {keys}"
    )
    return sql, [*given, *(param for _sql, params in parts for param in params)]


_NOT_WANTED = (
    "NOT EXISTS "
    "(SELECT 1 FROM wanted WHERE wanted.day = rows.day AND wanted.place = rows.province_id)"
)
_OF_OTHER_PROVINCES = (
    f"rows.province_id IS NOT NULL AND rows.day IN (SELECT day FROM wanted) AND {_NOT_WANTED}"  # noqa: S608
)
_NOT_CHANGED = (
    "NOT EXISTS (SELECT 1 FROM changed "
    "WHERE changed.day = page.day AND changed.place = page.unit_id)"
)


def _within(periods: Sequence[Period]) -> Statement:
    days = [Days(period.first, period.last).sql("rows.day", "") for period in periods]
    return f"({' OR '.join(sql for sql, _ in days)})", [x for _, given in days for x in given]
