"""The tables of sums by day, and which function of the database makes the rows of each: these stand
in engagement/migrations/*.sql.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Model

from engagement.rollups.models import (
    CampaignGain,
    ChannelDay,
    DueDay,
    Kind,
    PageDay,
    PlatformDay,
    PostDay,
    ProvinceDueDay,
    ProvinceWrittenDay,
    TopicDay,
    UnitGain,
    WrittenDay,
)

type PlaceDays = Collection[tuple[date, int]]


@dataclass(frozen=True)
class Summary:
    """A table of sums of units or of provinces, named by their column ``place``; ``function`` makes
    the rows of one of them, and ``nation`` those without a province.
    """

    model: type[Model]
    kind: Kind
    function: str
    place: str = "unit_id"
    nation: str = ""

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def _source(self) -> str:
        """Select from this the rows as they should be: of the places and days that are given."""
        return (
            "group_days(%(places)s::bigint[], %(days)s::date[]) AS asked CROSS JOIN LATERAL "
            f"{self.function}(asked.place_id, asked.days) AS rows WHERE rows.day >= %(since)s"
        )

    def replace_days(self, days: PlaceDays) -> None:
        """Make the rows of these days of these places again."""
        pairs = sorted(days)
        self._replace([place for _day, place in pairs], [day for day, _place in pairs], date.min)

    def replace_all(self, places: Collection[int], *, since: date = date.min) -> None:
        """Make all rows of these places again, those of the days from ``since`` on."""
        self._replace(sorted(places), [], since)

    def _replace(self, places: list[int], days: list[date], since: date) -> None:
        asked = {"places": places, "days": days, "since": since}
        _execute(
            f"DELETE FROM {self.table} AS stored "  # noqa: S608
            "USING group_days(%(places)s::bigint[], %(days)s::date[]) AS asked "
            f"WHERE stored.{self.place} = asked.place_id AND stored.day >= %(since)s "
            "AND (asked.days IS NULL OR stored.day = ANY (asked.days))",
            asked,
        )
        insert_rows(self.model, self._source, asked)

    def replace_nation(self, days: Collection[date] | None = None) -> None:
        """Add up the nation from its provinces: these days, or all."""
        rows = self.model._default_manager.filter(province=None)
        (rows if days is None else rows.filter(day__in=days)).delete()
        insert_rows(self.model, f"{self.nation}(%(days)s::date[])", {"days": days and sorted(days)})

    def find_differences(
        self, places: Collection[int], most: int, *, since: date = date.min
    ) -> list[tuple[Any, ...]]:
        """Compare the stored rows of these places with those that they should have."""
        marks = "engagement_changedday" if self.place == "unit_id" else "engagement_markedprovince"
        return compare_rows(
            self.model,
            f"rows.{self.place} = ANY (%(places)s) AND rows.day >= %(since)s",
            self._source,
            {"places": sorted(places), "days": [], "since": since},
            most,
            marks=f"{marks} AS mark WHERE mark.kind = '{self.kind}' "
            f"AND mark.{self.place} = differ.{self.place} AND mark.day = differ.day",
        )

    def find_differences_of_nation(self, most: int) -> list[tuple[Any, ...]]:
        return compare_rows(
            self.model,
            "rows.province_id IS NULL",
            f"{self.nation}(NULL)",
            {},
            most,
            marks="engagement_changedday AS mark "
            f"WHERE mark.kind = '{self.kind}' AND mark.day = differ.day",
        )


SUMMARIES = (
    Summary(DueDay, Kind.DUE, "sum_due_days"),
    Summary(WrittenDay, Kind.WRITTEN, "sum_written_days"),
    Summary(PostDay, Kind.PUBLISHED, "sum_post_days"),
    Summary(ChannelDay, Kind.PUBLISHED, "sum_channel_days"),
    Summary(PageDay, Kind.PUBLISHED, "sum_page_days"),
    Summary(UnitGain, Kind.GAINED, "sum_unit_gains"),
    Summary(CampaignGain, Kind.GAINED, "sum_campaign_gains"),
)
# Added up from those of units, so that both are always equal.
PROVINCE_SUMMARIES = (
    Summary(
        PlatformDay,
        Kind.PUBLISHED,
        "sum_platform_days",
        "province_id",
        "sum_nation_platform_days",
    ),
    Summary(TopicDay, Kind.PUBLISHED, "sum_topic_days", "province_id", "sum_nation_topic_days"),
    Summary(ProvinceDueDay, Kind.DUE, "sum_province_due_days", "province_id"),
    Summary(ProvinceWrittenDay, Kind.WRITTEN, "sum_province_written_days", "province_id"),
)


def _list_columns(model: type[Model]) -> str:
    """Return the columns of a table without its key."""
    return ", ".join(str(f.column) for f in model._meta.concrete_fields if not f.primary_key)


def insert_rows(model: type[Model], source: str, params: Mapping[str, Any]) -> None:
    """Insert the rows of ``source``, a function of the database with its conditions."""
    columns = _list_columns(model)
    _execute(
        f"INSERT INTO {model._meta.db_table} ({columns}) SELECT {columns} FROM {source}",  # noqa: S608
        params,
    )


def compare_rows(
    model: type[Model],
    condition: str,
    source: str,
    params: Mapping[str, Any],
    most: int,
    *,
    marks: str = "",
) -> list[tuple[Any, ...]]:
    """Compare the stored rows that meet a condition with those of ``source``. Return at most so
    many that one side alone has: ``-`` before what is stored and should not be, ``+`` before what
    is missing; not those that ``marks`` say are about to change. In one statement, so that both
    sides are of one moment, and each of them is read once.
    """
    columns = _list_columns(model)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH has AS (SELECT {columns} FROM {model._meta.db_table} AS rows "  # noqa: S608
            f"WHERE {condition}), should AS (SELECT {columns} FROM {source}), differ AS ("
            "SELECT '-' AS sign, * FROM (SELECT * FROM has EXCEPT SELECT * FROM should) AS gone "
            "UNION ALL "
            "SELECT '+', * FROM (SELECT * FROM should EXCEPT SELECT * FROM has) AS missing"
            ") SELECT * FROM differ "
            f"{f'WHERE NOT EXISTS (SELECT FROM {marks}) ' if marks else ''}LIMIT {most:d}",
            params,
        )
        return cursor.fetchall()


def _execute(sql: str, params: Mapping[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
