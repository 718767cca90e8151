"""Publications by post and day, with the columns of `PostDay`."""

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet

from core.periods import Period
from engagement.rollups.days import UnitDays
from engagement.rollups.models import Kind, PostDay
from engagement.rollups.queries import marks
from engagement.rollups.queries.filters import PublicationFilter
from engagement.rollups.queries.marks import add_live_rows, exclude_days
from engagement.rollups.sources import group_by_post
from engagement.rollups.sql import Statement, compile_queryset, list_columns
from publishing.models import Delivery

_BEST_OF_A_DAY = 2


def select_posts(choice: PublicationFilter) -> Statement:
    """Select publications; from the raw rows where the filter is of channels, by which no summary
    of posts is made.
    """
    if {"channel", "platform"} & choice.values.keys():
        return compile_queryset(group_by_post(choice.deliveries()))
    columns = list_columns(PostDay)
    summed = compile_queryset(choice.unmarked_rows(PostDay).values(*columns))
    live = compile_queryset(group_by_post(choice.marked_deliveries()))
    return add_live_rows(summed, live, columns)


def select_posts_of_units(
    units: QuerySet[Any, Any], period: Period, *, campaign: int | None = None
) -> Statement:
    """Select what ``units`` (their keys) published in the period."""
    raw = Delivery.objects.filter(
        unit__in=units, published_at__gte=period.start, published_at__lt=period.end
    )
    days = PostDay.objects.filter(unit__in=units, day__gte=period.first, day__lte=period.last)
    if campaign is not None:
        raw, days = raw.filter(post__campaign=campaign), days.filter(campaign=campaign)
    marked = marks.find_marked_days(Kind.PUBLISHED, units, period.first, period.last)
    if marked is None:
        return compile_queryset(group_by_post(raw))
    columns = list_columns(PostDay)
    summed = compile_queryset(days.filter(exclude_days(marked)).order_by().values(*columns))
    if not marked:
        return summed
    live = compile_queryset(group_by_post(raw.filter(marked.as_q("published_at"))))
    return add_live_rows(summed, live, columns)


def select_best_posts_of_days(period: Period, marked: UnitDays) -> Statement:
    """Select the nation's posts that were among the two best of a day, or that the ``marked`` days
    of units have.

    The post that has more than a third of all reach is one of them: where a post never is, two
    others had at least as much on each of its days. So few rows of each day are read, by the index
    of reach, of the forty thousand that the nation has in a month.
    """
    columns = list_columns(PostDay)
    names = ", ".join(columns)
    best, best_params = _select_best_ids(period, marked)
    days = PostDay.objects.filter(exclude_days(marked), day__gte=period.first, day__lte=period.last)
    summed, params = compile_queryset(days.order_by().values(*columns))
    if not marked:
        return (
            f"SELECT {names} FROM ({summed}) AS summed WHERE post_id IN ({best})",  # noqa: S608
            [*params, *best_params],
        )
    live, live_params = compile_queryset(
        group_by_post(Delivery.objects.filter(marked.as_q("published_at")))
    )
    sql = (
        f"WITH live AS ({live}), best AS ({best} UNION SELECT post_id FROM live) "  # noqa: S608
        f"SELECT {names} FROM ({summed}) AS summed WHERE post_id IN (SELECT post_id FROM best) "
        f"UNION ALL SELECT {names} FROM live"
    )
    return sql, [*live_params, *best_params, *params]


def _select_best_ids(period: Period, marked: UnitDays) -> Statement:
    """Select ``post_id`` of the two posts of each day that reached most."""
    days = [period.first + timedelta(days=n) for n in range((period.last - period.first).days + 1)]
    parts: list[Statement] = []
    for day in days:
        rows = PostDay.objects.filter(day=day, reach__gt=0)
        rows = rows.exclude(unit__in=sorted(marked.units_of.get(day, ())))
        best = rows.order_by("-reach").values("post_id")[:_BEST_OF_A_DAY]
        parts.append(compile_queryset(best))
    sql = " UNION ALL ".join(f"SELECT post_id FROM ({each}) AS best" for each, _params in parts)  # noqa: S608
    return sql, [param for _sql, params in parts for param in params]
