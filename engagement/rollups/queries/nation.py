"""The figures of all provinces, for those who see the nation: from the sums of provinces where
nothing changed, else from those of units, and from the raw rows of the units that are marked.

Which units published in a period no sums of days can say: each is asked for one such day.
"""

from typing import Any

from django.db.models import QuerySet

from core.periods import Period
from engagement.rollups import provinces
from engagement.rollups.days import UnitDays
from engagement.rollups.models import DueDay, Kind
from engagement.rollups.queries import deliveries
from engagement.rollups.queries.deliveries import DUE_SUMS, DueWindow
from engagement.rollups.queries.provinces import (
    find_marks_of_nation,
    list_marked_days,
    select_provinces,
)
from engagement.rollups.sql import BY_PROVINCE, Statement, fetch_rows, union_all
from units.models import Level, Unit


def sum_due_deliveries(window: DueWindow) -> list[dict[str, Any]]:
    """Return the same as `deliveries.sum_due_deliveries` of all units by province."""
    marks = find_marks_of_nation(Kind.DUE, window.summed_days)
    if marks is None:
        return deliveries.sum_due_deliveries(_select_all_units(), window, by=BY_PROVINCE)
    marked = UnitDays.from_pairs(marks.unit_days)
    live, live_params = union_all(deliveries.group_unsummed_deliveries(window, marked))
    days, day_params = select_provinces(provinces.DUE, window.summed_days, marks)
    listed, listed_params = list_marked_days(marks)
    alive, alive_params = _count_alive(window, has_marks=bool(marks.unit_days))
    figures = [
        f"CASE WHEN rows.day BETWEEN %s AND %s THEN rows.{name} ELSE 0 END"
        for name in provinces.DUE.figures[:4]
    ]
    bounds = [window.period.first, window.period.last] * len(figures)
    summed = ", ".join(
        f"{sql} AS {name}" for sql, name in zip([*figures, "0"], DUE_SUMS, strict=True)
    )
    sql = (
        f"WITH {f'{listed}, ' if listed else ''}live AS ({live}) "  # noqa: S608
        f"SELECT sums.place, {', '.join(DUE_SUMS)}, newest, COALESCE(alive.units, 0) FROM ("
        f"SELECT place, {', '.join(f'SUM({name}) AS {name}' for name in DUE_SUMS)}, "
        f"MAX(newest) AS newest FROM ("
        f"SELECT rows.province_id AS place, {summed}, rows.last_post AS newest "
        f"FROM ({days}) AS rows "
        f"UNION ALL SELECT {BY_PROVINCE} AS place, {', '.join(DUE_SUMS)}, newest "
        f"FROM live JOIN units_unit AS unit ON unit.id = live.unit_id"
        f") AS part GROUP BY place) AS sums "
        f"LEFT JOIN ({alive}) AS alive ON alive.place = sums.place"
    )
    params = [*listed_params, *live_params, *bounds, *day_params, *alive_params]
    return [deliveries.name_due_sums(row) for row in fetch_rows(sql, params)]


def _count_alive(window: DueWindow, *, has_marks: bool) -> Statement:
    """Count by province the communes that published something of the period."""
    days, period = window.summed_days, window.period
    unmarked = (
        "AND NOT EXISTS (SELECT 1 FROM unit_day "
        "WHERE unit_day.day = due.day AND unit_day.unit_id = due.unit_id) "
    )
    # As a value and not as a condition: PostgreSQL then asks each unit's index, and no more of it
    # than one day.
    one_day = (
        f"(SELECT 1 FROM {DueDay._meta.db_table} AS due WHERE due.unit_id = unit.id "  # noqa: S608
        f"AND due.day BETWEEN %s AND %s AND due.published > 0 "
        f"{unmarked if has_marks else ''}LIMIT 1) IS NOT NULL"
    )
    sql = (
        f"SELECT {BY_PROVINCE} AS place, COUNT(*) AS units FROM units_unit AS unit "  # noqa: S608
        f"WHERE unit.level = '{Level.COMMUNE}' AND "
        f"({one_day} OR unit.id IN (SELECT unit_id FROM live WHERE sum_published > 0)) GROUP BY 1"
    )
    return sql, [max(days.first, period.first), min(days.last, period.last)]


def count_written_posts(period: Period) -> list[dict[str, Any]]:
    """Return the same as `deliveries.count_written_posts` of all units by province."""
    marks = find_marks_of_nation(Kind.WRITTEN, period)
    if marks is None:
        return deliveries.count_written_posts(_select_all_units(), period, by=BY_PROVINCE)
    days, params = select_provinces(provinces.WRITTEN, period, marks)
    union = f"SELECT rows.province_id AS place, rows.posts AS n FROM ({days}) AS rows"  # noqa: S608
    if marks.unit_days:
        live, live_params = deliveries.select_written_posts(UnitDays.from_pairs(marks.unit_days))
        union += (
            f" UNION ALL SELECT {BY_PROVINCE}, n FROM ({live}) AS live "  # noqa: S608
            "JOIN units_unit AS unit ON unit.id = live.unit_id"
        )
        params = [*params, *live_params]
    listed, listed_params = list_marked_days(marks)
    rows = fetch_rows(
        f"{f'WITH {listed} ' if listed else ''}"  # noqa: S608
        f"SELECT place, SUM(n) FROM ({union}) AS part GROUP BY place",
        [*listed_params, *params],
    )
    return [{"row": place, "posts": int(n)} for place, n in rows]


def _select_all_units() -> QuerySet[Any, Any]:
    return Unit.objects.order_by().values("pk")
