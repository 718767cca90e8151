"""Sums of the deliveries that fell due, and of the posts that were begun, by unit or province."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import F, Max, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from core.periods import Period, get_midnight
from engagement.rollups.days import UnitDays
from engagement.rollups.models import DueDay, Kind, WrittenDay
from engagement.rollups.queries import marks
from engagement.rollups.queries.marks import exclude_days
from engagement.rollups.sources import IS_CONCLUDED, ON_TIME_WITHIN, aggregate_due_deliveries
from engagement.rollups.sql import Statement, compile_queryset, fetch_rows, union_all
from posts.models import Post
from publishing.models import Delivery
from units.models import Level


@dataclass(frozen=True)
class DueWindow:
    """Times that a row of `sum_due_deliveries` is made of: its sums are of ``period``; its last
    post, and what waits for a person, are looked for from ``since`` on.
    """

    period: Period
    since: datetime
    now: datetime
    until: datetime | None = None  # the end, where nothing after the period matters

    @property
    def end(self) -> datetime:
        return self.until or max(self.period.end, self.now)

    @property
    def first_open_day(self) -> date:
        """Return the first day of which not all hours have passed by the grace."""
        return timezone.localdate(self.now - ON_TIME_WITHIN)

    @property
    def is_within(self) -> Q:
        return Q(due_at__gte=self.since, due_at__lt=self.end)

    @property
    def summed_days(self) -> Period:
        """Return the days that are read from summaries."""
        last = min(self.first_open_day, timezone.localdate(self.end)) - timedelta(days=1)
        return Period(timezone.localdate(self.since), last)


def sum_due_deliveries(
    units: QuerySet[Any, Any], window: DueWindow, *, by: str
) -> list[dict[str, Any]]:
    """Sum up the deliveries of ``units`` (their keys) by `BY_UNIT` or `BY_PROVINCE`.

    Return for each ``row`` (the key of a unit) the numbers ``published``, ``due``, ``on_time`` and
    ``failed`` of what fell due in the period, ``needs_person`` and ``last_post`` since
    ``window.since``, and ``alive``: how many communes published something.
    """
    days = window.summed_days
    marked = marks.find_marked_days(Kind.DUE, units, days.first, days.last)
    if marked is None:
        raw = Delivery.objects.filter(window.is_within, unit__in=units)
        parts = [_group_deliveries(raw, window)]
    else:
        parts = [
            _group_summaries(units, window, marked),
            *group_unsummed_deliveries(window, marked, unit__in=units),
        ]
    sql, params = union_all(parts)
    alive = f"CASE WHEN sum_published > 0 AND unit.level = '{Level.COMMUNE}' THEN unit.id END"
    sql = (
        f"SELECT {by}, {', '.join(f'SUM({name})' for name in DUE_SUMS)}, "  # noqa: S608
        f"MAX(newest), COUNT(DISTINCT {alive}) FROM ({sql}) AS part "
        f"JOIN units_unit AS unit ON unit.id = part.unit_id GROUP BY 1"
    )
    return [name_due_sums(row) for row in fetch_rows(sql, params)]


# The sums of a part by unit, beside ``newest``; named otherwise than the columns that they add up.
DUE_SUMS = ("sum_published", "sum_due", "sum_on_time", "sum_failed", "sum_needs_person")


def name_due_sums(row: Sequence[Any]) -> dict[str, Any]:
    """Name the columns of an answer of `sum_due_deliveries`."""
    unit, *sums, newest, alive = row
    named = zip((name.removeprefix("sum_") for name in DUE_SUMS), map(int, sums), strict=True)
    return {"row": unit, **dict(named), "last_post": newest, "alive": alive}


def group_unsummed_deliveries(
    window: DueWindow, marked: UnitDays, **units: Any
) -> list[QuerySet[Any, Any]]:
    """Group by unit what no summary has: what is open, what is due today, and the ``marked`` days;
    of deliveries of ``units`` (a condition), or of all.
    """
    raw, today = (
        Delivery.objects.filter(window.is_within, **units),
        get_midnight(window.first_open_day),
    )
    parts = [raw.exclude(IS_CONCLUDED).filter(due_at__lt=today)]
    if window.end > today:
        parts.append(raw.filter(due_at__gte=today))
    if marked:
        parts.append(raw.filter(IS_CONCLUDED, marked.as_q("due_at")))
    return [_group_deliveries(part, window) for part in parts]


def _group_summaries(
    units: QuerySet[Any, Any], window: DueWindow, marked: UnitDays
) -> QuerySet[Any, Any]:
    in_period = Q(day__gte=window.period.first, day__lte=window.period.last)
    is_summed = Q(day__gte=window.summed_days.first, day__lte=window.summed_days.last)
    rows = DueDay.objects.filter(exclude_days(marked), is_summed, unit__in=units)

    def total(name: str) -> Coalesce:
        return Coalesce(Sum(name, filter=in_period), 0)

    return (
        rows.order_by()
        .values("unit_id")
        .annotate(
            sum_published=total("published"),
            sum_due=total("due"),
            sum_on_time=total("on_time"),
            sum_failed=total("failed"),
            sum_needs_person=Value(0),
            newest=Max("last_post"),
        )
    )


def _group_deliveries(rows: QuerySet[Delivery], window: DueWindow) -> QuerySet[Any, Any]:
    aggregates = aggregate_due_deliveries(window.period, now=window.now)
    sums = {name: aggregates[name.removeprefix("sum_")] for name in DUE_SUMS}
    return rows.order_by().values("unit_id").annotate(**sums, newest=Max("published_at"))


def count_written_posts(
    units: QuerySet[Any, Any], period: Period, *, by: str
) -> list[dict[str, Any]]:
    """Count by `BY_UNIT` or `BY_PROVINCE` the posts of ``units`` (their keys) that were begun in
    the period, without blank drafts: ``row``, the key of a unit, and ``posts``.
    """
    marked = marks.find_marked_days(Kind.WRITTEN, units, period.first, period.last)
    raw = Post.objects.written().filter(
        unit__in=units, created_at__gte=period.start, created_at__lt=period.end
    )
    if marked is None:
        parts: list[QuerySet[Any, Any]] = [raw.order_by().values("unit_id", n=Value(1))]
    else:
        days = WrittenDay.objects.filter(
            exclude_days(marked), unit__in=units, day__gte=period.first, day__lte=period.last
        )
        parts = [days.order_by().values("unit_id", n=F("posts"))]
        if marked:
            parts.append(_filter_written_on(marked).filter(unit__in=units))
    sql, params = union_all(parts)
    sql = (
        f"SELECT {by}, SUM(n) FROM ({sql}) AS part "  # noqa: S608
        f"JOIN units_unit AS unit ON unit.id = part.unit_id GROUP BY 1"
    )
    return [{"row": unit, "posts": int(n)} for unit, n in fetch_rows(sql, params)]


def select_written_posts(marked: UnitDays) -> Statement:
    """Select the posts that were begun on the ``marked`` days: ``unit_id``, and 1 as ``n``."""
    return compile_queryset(_filter_written_on(marked))


def _filter_written_on(marked: UnitDays) -> QuerySet[Any, Any]:
    rows = Post.objects.written().filter(marked.as_q("created_at"))
    return rows.order_by().values("unit_id", n=Value(1))
