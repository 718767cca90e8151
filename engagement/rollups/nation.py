"""The figures of all provinces, for those who see the nation: from the sums of provinces where
nothing changed, else from those of units, and from the raw rows of the units that are marked.

Which units published in a period no sums of days can say: each is asked for one such day.
"""

from typing import Any

from core.periods import Period
from engagement.rollups import provinces, queries
from engagement.rollups.models import DueDay, Kind
from engagement.rollups.provinces import PROVINCE
from engagement.rollups.queries import BY_PROVINCE, Window, fetch
from engagement.rollups.sources import Pairs, Statement
from units.models import Level, Unit

_SUMS = ("seen", "fell_due", "in_time", "missed", "waits")


def due_sums(window: Window) -> list[dict[str, Any]]:
    """Return the same as `queries.due_sums` of all units by province."""
    marked = provinces.marked_of(Kind.DUE, window.summed)
    if marked is None:
        return queries.due_sums(_all_units(), window, by=BY_PROVINCE)
    live, of_live = queries.union(queries.live_parts(window, Pairs.of(marked.pairs)))
    days, of_days = provinces.by_province(provinces.DUE, window.summed, marked)
    names, given = provinces.named(marked)
    alive, of_alive = _alive(window, is_marked=bool(marked.pairs))
    within = "rows.day BETWEEN %s AND %s"
    bounds = [window.period.first, window.period.last]
    figures = [
        f"CASE WHEN {within} THEN rows.{name} ELSE 0 END" for name in provinces.DUE.names[:4]
    ]
    part = ", ".join(f"{sql} AS {name}" for sql, name in zip([*figures, "0"], _SUMS, strict=True))
    sql = (
        f"WITH {names}live AS ({live}) "  # noqa: S608
        f"SELECT sums.place, {', '.join(_SUMS)}, newest, COALESCE(alive.units, 0) FROM ("
        f"SELECT place, {', '.join(f'SUM({name}) AS {name}' for name in _SUMS)}, "
        f"MAX(newest) AS newest FROM ("
        f"SELECT rows.province_id AS place, {part}, rows.last_post AS newest FROM ({days}) AS rows "
        f"UNION ALL SELECT {PROVINCE} AS place, {', '.join(_SUMS)}, newest "
        f"FROM live JOIN units_unit AS unit ON unit.id = live.unit_id"
        f") AS part GROUP BY place) AS sums "
        f"LEFT JOIN ({alive}) AS alive ON alive.place = sums.place"
    )
    rows = fetch(sql, [*given, *of_live, *bounds * len(figures), *of_days, *of_alive])
    return [queries.due_row(row) for row in rows]


def _alive(window: Window, *, is_marked: bool) -> Statement:
    """Count by province the communes that published something of the period."""
    summed, period = window.summed, window.period
    unmarked = (
        "AND NOT EXISTS (SELECT 1 FROM changed "
        "WHERE changed.day = its.day AND changed.place = its.unit_id) "
    )
    # As a value and not as a condition: PostgreSQL then asks each unit's index, and no more of it
    # than one day.
    one_day = (
        f"(SELECT 1 FROM {DueDay._meta.db_table} AS its WHERE its.unit_id = unit.id "  # noqa: S608
        f"AND its.day BETWEEN %s AND %s AND its.published > 0 "
        f"{unmarked if is_marked else ''}LIMIT 1) IS NOT NULL"
    )
    sql = (
        f"SELECT {PROVINCE} AS place, COUNT(*) AS units FROM units_unit AS unit "  # noqa: S608
        f"WHERE unit.level = '{Level.COMMUNE}' AND "
        f"({one_day} OR unit.id IN (SELECT unit_id FROM live WHERE seen > 0)) GROUP BY 1"
    )
    return sql, [max(summed.first, period.first), min(summed.last, period.last)]


def written_sums(period: Period) -> list[dict[str, Any]]:
    """Return the same as `queries.written_sums` of all units by province."""
    marked = provinces.marked_of(Kind.WRITTEN, period)
    if marked is None:
        return queries.written_sums(_all_units(), period, by=BY_PROVINCE)
    days, of_days = provinces.by_province(provinces.WRITTEN, period, marked)
    names, given = provinces.named(marked)
    parts = [(f"SELECT rows.province_id AS place, rows.posts AS n FROM ({days}) AS rows", of_days)]  # noqa: S608
    if marked.pairs:
        live, of_live = queries.written_live(Pairs.of(marked.pairs))
        sql = (
            f"SELECT {PROVINCE}, n FROM ({live}) AS live "  # noqa: S608
            f"JOIN units_unit AS unit ON unit.id = live.unit_id"
        )
        parts.append((sql, of_live))
    both = " UNION ALL ".join(sql for sql, _params in parts)
    begin = f"WITH {names.removesuffix(', ')} " if names else ""
    rows = fetch(
        f"{begin}SELECT place, SUM(n) FROM ({both}) AS part GROUP BY place",  # noqa: S608
        [*given, *(param for _sql, params in parts for param in params)],
    )
    return [{"row": place, "posts": int(n)} for place, n in rows]


def _all_units() -> Any:
    return Unit.objects.order_by().values("pk")
