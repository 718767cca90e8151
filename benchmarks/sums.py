"""Measure one table of sums of all levels against today's summaries, on a seeded database.

    DATABASE_URL=… python manage.py seed_national --share 0.3
    DATABASE_URL=… python -m benchmarks.sums [--times 5]

Makes a table `bench_sum` with a row for each level, unit, grain, day, platform, topic, campaign and
kit, leaves it out of the database again at its end, and prints what it takes: rows and bytes, a
minute's refresh, and the main questions, each beside today's answer in the same run.
"""

# Django is set up before its models are imported.
# ruff: noqa: E402

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "outreach_portal.settings")
os.environ.setdefault("PORTAL_MODE", "test")

import django

django.setup()

from django.db import connection, transaction
from django.db.models import Count
from django.utils import timezone

from campaigns.models import Campaign, Topic
from core.periods import Period
from engagement.rollups import services
from engagement.rollups.models import ChangedDay, CurrentChannelDay, UnitPeriod
from engagement.rollups.queries.figures import SUMS, Area, Figures, add_up
from engagement.rollups.summaries import PROVINCE_SUMMARIES, SUMMARIES
from publishing.models import Delivery
from units.models import Level, Unit

KEYS = "level, unit_id, grain, start, platform, topic_id, campaign_id, kit_id"
COLUMNS = (*SUMS, *(f"{name}_of" for name in SUMS[1:]))
ADDED = ", ".join(f"SUM({name})::bigint AS {name}" for name in COLUMNS)
NAMES = ", ".join(COLUMNS)
# What a level and a grain are added up from: the one below.
PROVINCE = "CASE WHEN unit.level = 'commune' THEN unit.parent_id ELSE unit.id END"
TABLE = f"""
DROP TABLE IF EXISTS bench_sum;
CREATE UNLOGGED TABLE bench_sum (level text NOT NULL, unit_id bigint, grain text NOT NULL,
    start date NOT NULL, platform varchar, topic_id bigint, campaign_id bigint, kit_id bigint,
    {", ".join(f"{name} bigint" for name in COLUMNS)})
"""
INDEXES = """
CREATE INDEX ON bench_sum (level, unit_id, grain, start);
CREATE INDEX ON bench_sum (campaign_id, level, grain, start) WHERE campaign_id IS NOT NULL;
CREATE INDEX ON bench_sum (topic_id, level, grain, start);
CREATE INDEX ON bench_sum (kit_id, level, grain, start) WHERE kit_id IS NOT NULL
"""


def insert(select: str) -> str:
    return f"INSERT INTO bench_sum ({KEYS}, {NAMES}) {select}"


def unit_days(where: str = "true") -> str:
    return insert(
        f"SELECT 'unit', unit_id, 'day', day, platform, topic_id, campaign_id, kit_id, {ADDED} "
        f"FROM engagement_publication AS rows WHERE {where} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8"
    )


def province_days(where: str = "true") -> str:
    return insert(
        f"SELECT 'province', {PROVINCE}, grain, start, platform, topic_id, campaign_id, kit_id, "
        f"{ADDED} FROM bench_sum AS rows JOIN units_unit AS unit ON unit.id = rows.unit_id "
        f"WHERE rows.level = 'unit' AND grain = 'day' AND {where} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8"
    )


def nation_days(where: str = "true") -> str:
    return insert(
        f"SELECT 'nation', NULL::bigint, grain, start, platform, topic_id, campaign_id, kit_id, "
        f"{ADDED} FROM bench_sum AS rows WHERE level = 'province' AND grain = 'day' AND {where} "
        "GROUP BY 1, 2, 3, 4, 5, 6, 7, 8"
    )


def months(where: str = "true") -> str:
    return insert(
        f"SELECT level, unit_id, 'month', date_trunc('month', start)::date, platform, topic_id, "
        f"campaign_id, kit_id, {ADDED} FROM bench_sum AS rows WHERE grain = 'day' AND {where} "
        "GROUP BY 1, 2, 3, 4, 5, 6, 7, 8"
    )


def run(sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params or None)
        return cursor.fetchall() if cursor.description else []


def timed(act: Callable[[], Any], times: int) -> tuple[float, Any]:
    """Return the best time in milliseconds, and the answer."""
    best, answer = float("inf"), None
    for _ in range(times + 1):  # the first fills buffers
        begun = time.perf_counter()
        answer = act()
        best = min(best, time.perf_counter() - begun)
    return 1000 * best, answer


def build() -> None:
    begun = time.perf_counter()
    for statement in (TABLE, unit_days(), province_days(), nation_days(), months(), INDEXES):
        run(statement)
    run("ANALYZE bench_sum")
    print(f"built in {time.perf_counter() - begun:.0f} s")


def compare_size() -> None:
    def measure(table: str) -> tuple[int, int]:
        ((rows, size),) = run(
            f"SELECT COUNT(*), pg_total_relation_size('{table}'::regclass) FROM {table}"
        )
        return rows, size

    print("\n| table | rows | MB |\n| --- | --- | --- |")
    today = [0, 0]
    for table in (
        *(summary.table for summary in (*SUMMARIES, *PROVINCE_SUMMARIES)),
        UnitPeriod._meta.db_table,
    ):
        rows, size = measure(table)
        today = [today[0] + rows, today[1] + size]
        print(f"| {table} | {rows:,} | {size / 1e6:.1f} |")
    rows, size = measure("bench_sum")
    print(f"| all of today | {today[0]:,} | {today[1] / 1e6:.1f} |")
    print(f"| one table | {rows:,} | {size / 1e6:.1f} |")
    print(f"| ratio | {rows / today[0]:.2f} | {size / today[1]:.2f} |")
    for level, grain, n in run(
        "SELECT level, grain, COUNT(*) FROM bench_sum GROUP BY 1, 2 ORDER BY 1, 2"
    ):
        print(f"| of it {level} {grain} | {n:,} | |")


def ask(level: str, first: Any, last: Any, by: str, where: str = "true", params: Any = ()) -> Any:
    sums = ", ".join(f"SUM({name})" for name in SUMS)
    rows = run(
        f"SELECT {by}, {sums} FROM bench_sum WHERE level = %s AND grain = 'day' "
        f"AND start BETWEEN %s AND %s AND {where} GROUP BY {by} ORDER BY {by}",
        [level, first, last, *params],
    )
    return rows


def questions(period: Period) -> dict[str, tuple[Callable[[], Any], Callable[[], Any]]]:
    """Return by name how today's tables are asked, and how the one table is."""
    first, last = period.first, period.last
    busiest = Delivery.objects.values_list("unit").annotate(n=Count("pk")).order_by("-n")[0][0]
    of_provinces = Unit.objects.filter(level=Level.COMMUNE).values_list("parent")
    province = of_provinces.annotate(n=Count("pk")).order_by("-n")[0][0]
    campaign = Campaign.objects.annotate(n=Count("posts")).order_by("-n")[0]
    topic = Topic.objects.order_by("pk")[0]
    own = Unit.objects.filter(pk=busiest).values("pk")
    below = (Unit.objects.filter(pk=province) | Unit.objects.filter(parent=province)).values("pk")
    of_campaign = CurrentChannelDay.objects.filter(
        campaign=campaign.pk, day__gte=first, day__lte=last
    )
    return {
        "unit, by day and platform": (
            lambda: Figures(own, [period]).by("day", "platform"),
            lambda: ask("unit", first, last, "start, platform", "unit_id = %s", [busiest]),
        ),
        "province, by day and platform": (
            lambda: Figures(below, [period], area=Area(province)).by("day", "platform"),
            lambda: ask("province", first, last, "start, platform", "unit_id = %s", [province]),
        ),
        "province, by unit and day": (
            lambda: Figures(below, [period]).by("unit", "day"),
            lambda: ask(
                "unit",
                first,
                last,
                "unit_id, start",
                "unit_id = ANY (ARRAY(SELECT id FROM units_unit WHERE id = %s OR parent_id = %s))",
                [province, province],
            ),
        ),
        "nation, by day and platform": (
            lambda: Figures(None, [period], area=Area()).by("day", "platform"),
            lambda: ask("nation", first, last, "start, platform"),
        ),
        "nation, by topic": (
            lambda: Figures(None, [period], area=Area()).by("topic"),
            lambda: ask("nation", first, last, "topic_id"),
        ),
        "topic, by day and platform": (
            lambda: Figures(None, [period], {"topic": topic.pk}).by("day", "platform"),
            lambda: ask("nation", first, last, "start, platform", "topic_id = %s", [topic.pk]),
        ),
        "campaign, by platform": (
            lambda: add_up(of_campaign, ("platform",), SUMS),
            lambda: ask("nation", first, last, "platform", "campaign_id = %s", [campaign.pk]),
        ),
        "campaign, by unit": (
            lambda: add_up(of_campaign, ("unit",), SUMS),
            lambda: ask("unit", first, last, "unit_id", "campaign_id = %s", [campaign.pk]),
        ),
    }


def compare_questions(period: Period, times: int) -> None:
    print("\n| question | today ms | one table ms | ratio | rows | equal |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, (today, one) in questions(period).items():
        ours, rows = timed(today, times)
        theirs, others = timed(one, times)
        mine = sorted((tuple(row.values()) for row in rows), key=str)
        equal = mine == sorted(others, key=str)
        print(
            f"| {name} | {ours:.1f} | {theirs:.1f} | {theirs / ours:.2f} | {len(mine)} "
            f"| {'yes' if equal else 'NO'} |"
        )


def refresh_one(pairs: Sequence[tuple[int, Any]]) -> None:
    """Add up these unit-days, their provinces, the nation and the months."""
    units, days = [unit for unit, _day in pairs], [day for _unit, day in pairs]
    asked = "(SELECT u, d FROM unnest(%s::bigint[], %s::date[]) AS asked (u, d))"
    places = (
        f"(SELECT DISTINCT {PROVINCE}, d FROM unnest(%s::bigint[], %s::date[]) AS asked (u, d) "
        "JOIN units_unit AS unit ON unit.id = u)"
    )
    gone = "DELETE FROM bench_sum WHERE grain = 'day' AND level = "
    provinces = f"(SELECT DISTINCT {PROVINCE} FROM units_unit AS unit WHERE unit.id = ANY (%s))"
    of_places = (
        f"(level = 'nation' OR (level = 'province' AND unit_id IN {provinces}) "
        "OR (level = 'unit' AND unit_id = ANY (%s)))"
    )
    of_months = (
        "start >= date_trunc('month', %s::date) "
        "AND start < date_trunc('month', %s::date) + interval '1 month'"
    )
    months_of = [min(days), max(days), units, units]
    steps = [
        (f"{gone} 'unit' AND (unit_id, start) IN {asked}", [units, days]),
        (unit_days(f"(unit_id, day) IN {asked}"), [units, days]),
        (f"{gone} 'province' AND (unit_id, start) IN {places}", [units, days]),
        (province_days(f"({PROVINCE}, start) IN {places}"), [units, days]),
        (f"{gone} 'nation' AND start = ANY (%s)", [days]),
        (nation_days("start = ANY (%s)"), [days]),
        (
            f"DELETE FROM bench_sum WHERE grain = 'month' AND {of_months} AND {of_places}",
            months_of,
        ),
        (months(f"{of_months} AND {of_places}"), months_of),
    ]
    for sql, params in steps:
        run(sql, params)


def compare_refresh(name: str, pairs: Sequence[tuple[int, Any]]) -> None:
    """Refresh both with the same days, as a run of each minute does, and roll back."""

    class Undo(Exception):
        pass

    def ours() -> None:
        ChangedDay.objects.all().delete()
        ChangedDay.objects.bulk_create(
            ChangedDay(kind="published", unit_id=unit, day=day) for unit, day in pairs
        )
        services.refresh_changed_days()

    durations = []
    for act in (ours, lambda: refresh_one(pairs)):
        begun = time.perf_counter()
        try:
            with transaction.atomic():
                act()
                raise Undo
        except Undo:
            durations.append(1000 * (time.perf_counter() - begun))
    today, one = durations
    print(f"| {name} | {len(pairs)} | {today:.0f} | {one:.0f} | {one / today:.2f} |")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
    services.refresh_changed_days(seconds=600)
    build()
    compare_size()
    compare_questions(Period.last_days(30), options.times)
    today = timezone.localdate()
    month = today - timedelta(days=30)
    recent = Delivery.objects.filter(published_at__date__gte=month).order_by("?")
    quiet = {(unit, at.date()) for unit, at in recent.values_list("unit", "published_at")[:46]}
    day = today - timedelta(days=2)
    rush = {(unit, day) for unit in Unit.objects.values_list("pk", flat=True)}
    print("\n| refresh | unit-days | today ms | one table ms | ratio |")
    print("| --- | --- | --- | --- | --- |")
    compare_refresh("an ordinary minute", sorted(quiet))
    compare_refresh("each unit's day after a rush", sorted(rush))
    run("DROP TABLE bench_sum")
    return 0


if __name__ == "__main__":
    sys.exit(main())
