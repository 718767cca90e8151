"""Sums of the deliveries that fell due, and of the posts that were begun, by unit or province.

What is concluded is read from sums by day; what is open, and what is due today, from its rows.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Count,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    When,
)
from django.db.models.functions import Coalesce
from django.db.models.lookups import IsNull
from django.utils import timezone

from core.periods import Period, get_midnight
from engagement.rollups.models import (
    ChangedDay,
    CurrentDueDay,
    CurrentProvinceDueDay,
    CurrentProvinceWrittenDay,
    CurrentWrittenDay,
    DueDay,
    Kind,
)
from engagement.rollups.queries.figures import find_province
from engagement.rollups.sources import IS_CONCLUDED, ON_TIME_WITHIN, aggregate_due_deliveries
from publishing.models import Delivery
from units.models import Level, Unit

_COUNTS = ("published", "due", "on_time", "failed")


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
    def summed_days(self) -> Period:
        """Return the days of which what is concluded is read from sums."""
        last = min(self.first_open_day, timezone.localdate(self.end)) - timedelta(days=1)
        return Period(timezone.localdate(self.since), last)


def sum_due_deliveries(units: QuerySet[Any, Any], window: DueWindow) -> list[dict[str, Any]]:
    """Sum up by unit the deliveries of ``units`` (their keys).

    Return for each ``row`` (the key of a unit) the numbers ``published``, ``due``, ``on_time`` and
    ``failed`` of what fell due in the period, and ``needs_person`` and ``last_post`` since
    ``window.since``.
    """
    days = CurrentDueDay.objects.filter(unit__pk__among=units)
    return _merge(
        _group_days(days, window, "unit_id"),
        _group_open(Delivery.objects.filter(unit__in=units), window, "unit_id"),
    )


def sum_due_deliveries_of_nation(window: DueWindow) -> list[dict[str, Any]]:
    """Return the same of all units by province, and how many of its communes published something
    of the period (``alive``).
    """
    still_open, published = [], list[int]()
    columns = ("unit_id", "unit__level", "unit__parent_id")
    for row in _group_open(Delivery.objects.all(), window, *columns):
        place = find_province(*(row[name] for name in columns))
        still_open.append({**row, "row": place})
        if row["published"]:
            published.append(row["unit_id"])
    alive = _count_communes_that_published(window, published)
    rows = _merge(
        _group_days(CurrentProvinceDueDay.objects.all(), window, "province_id"), still_open
    )
    return [{**row, "alive": alive.get(row["row"], 0)} for row in rows]


def _group_days(rows: QuerySet[Any, Any], window: DueWindow, key: str) -> Iterator[dict[str, Any]]:
    """Add up what is concluded, by the column ``key``."""
    days, period = window.summed_days, window.period
    in_period = Q(day__gte=period.first, day__lte=period.last)
    totals = {f"sum_{name}": Coalesce(Sum(name, filter=in_period), 0) for name in _COUNTS}
    within = rows.filter(day__gte=days.first, day__lte=days.last).order_by().values_list(key)
    for place, newest, *sums in within.annotate(newest=Max("last_post"), **totals):
        yield {"row": place, "last_post": newest, **dict(zip(_COUNTS, sums, strict=True))}


def _group_open(
    deliveries: QuerySet[Delivery], window: DueWindow, *keys: str
) -> QuerySet[Any, Any]:
    """Add up what is open or due today, by the columns ``keys``."""
    rows: QuerySet[Any, Any] = deliveries.filter(
        ~IS_CONCLUDED | Q(due_at__gte=get_midnight(window.first_open_day)),
        due_at__gte=window.since,
        due_at__lt=window.end,
    )
    aggregates = aggregate_due_deliveries(window.period, now=window.now)
    grouped = rows.order_by().values(*keys, row=F(keys[0]))
    return grouped.annotate(**aggregates, last_post=Max("published_at"))


def _merge(*parts: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    merged: dict[int, dict[str, Any]] = {}
    for part in parts:
        for row in part:
            empty = {"row": row["row"], **dict.fromkeys((*_COUNTS, "needs_person"), 0)}
            total = merged.setdefault(row["row"], {**empty, "last_post": None})
            for name in (*_COUNTS, "needs_person"):
                total[name] += row.get(name, 0)
            posts = [at for at in (total["last_post"], row["last_post"]) if at]
            total["last_post"] = max(posts, default=None)
    return list(merged.values())


def _count_communes_that_published(window: DueWindow, others: Collection[int]) -> dict[int, int]:
    """Count by province the communes that published something of the period: those whose sums say
    so, and ``others``.
    """
    days, period = window.summed_days, window.period
    in_period = Q(
        published__gt=0,
        day__gte=max(days.first, period.first),
        day__lte=min(days.last, period.last),
    )
    # As a value and not as a condition: PostgreSQL then asks each unit's index, and no more of it
    # than one day, however long the period is. Only units with marks are asked for all days.
    one_day = DueDay.objects.filter(in_period, unit=OuterRef("pk")).values("published")[:1]
    marked = ChangedDay.objects.filter(kind=Kind.DUE).values("unit")
    of_marked = CurrentDueDay.objects.filter(in_period, unit__pk__among=marked).values("unit")
    has_published = Case(
        When(pk__in=others, then=True),
        When(pk__in=marked, then=Q(pk__in=of_marked)),
        default=Q(IsNull(Subquery(one_day), False)),
        output_field=BooleanField(),
    )
    communes = Unit.objects.filter(level=Level.COMMUNE).alias(has_published=has_published)
    published = communes.filter(has_published=True).order_by()
    return dict(published.values_list(Coalesce("parent_id", "pk")).annotate(n=Count("pk")))


def count_written_posts(units: QuerySet[Any, Any], period: Period) -> list[dict[str, Any]]:
    """Count by unit the posts of ``units`` (their keys) that were begun in the period, without
    blank drafts: ``row``, the key of a unit, and ``posts``.
    """
    rows = CurrentWrittenDay.objects.filter(unit__pk__among=units)
    return _count_written(rows, period, "unit_id")


def count_written_posts_of_nation(period: Period) -> list[dict[str, Any]]:
    """Return the same of all units by province."""
    return _count_written(CurrentProvinceWrittenDay.objects.all(), period, "province_id")


def _count_written(rows: QuerySet[Any, Any], period: Period, key: str) -> list[dict[str, Any]]:
    within = rows.filter(day__gte=period.first, day__lte=period.last).order_by()
    counted = within.values_list(key).annotate(n=Sum("posts"))
    return [{"row": place, "posts": n} for place, n in counted]
