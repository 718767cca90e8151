"""Punctuality: the seconds by which the portal published late within the last day."""

import math
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Aggregate, Count, F, FloatField, Max, Q
from django.db.models.functions import Extract, TruncHour
from django.utils import timezone

from publishing.models import Delivery
from publishing.states import State


def measure_last_day(now: datetime) -> dict[str, float]:
    """Measure how late the portal published within the last 24 hours.

    In seconds, and in shares of a hundred that are never rounded up. Whether any post became
    visible twice cannot be told from here, so nothing is said about it.
    """
    done = Delivery.objects.filter(
        state=State.PUBLISHED, published_at__gt=now - timedelta(days=1), manual_deadline=None
    )
    late = Extract(F("published_at") - F("due_at"), "epoch")
    row = done.order_by().aggregate(
        published=Count("pk"),
        second=Count("pk", filter=Q(published_at__lte=F("due_at") + timedelta(seconds=1))),
        minute=Count("pk", filter=Q(published_at__lte=F("due_at") + timedelta(seconds=60))),
        p50=_Percentile(late, share=0.5),
        p99=_Percentile(late, share=0.99),
    )
    n = row["published"] or 1
    return {
        "published": row["published"],
        "within_second": math.floor(1000 * row["second"] / n) / 10,
        "within_minute": math.floor(1000 * row["minute"] / n) / 10,
        "p50": max(0.0, row["p50"] or 0.0),
        "p99": max(0.0, row["p99"] or 0.0),
    }


class Hour(NamedTuple):
    """An hour, how many posts that fell due in it the portal published, and the seconds by which
    the last of them was late; None where there were none.
    """

    begins: datetime
    published: int
    slowest: float | None


def measure_hours(now: datetime) -> list[Hour]:
    """Measure the hours of the last day, the present one among them. Posts published by hand are
    left out, and so is what still waits.
    """
    last = timezone.localtime(now).replace(minute=0, second=0, microsecond=0)
    hours = [last - timedelta(hours=n) for n in range(23, -1, -1)]
    rows = (
        Delivery.objects.filter(
            state=State.PUBLISHED, due_at__gte=hours[0], due_at__lte=now, manual_deadline=None
        )
        .order_by()
        .values(hour=TruncHour("due_at"))
        .annotate(n=Count("pk"), slowest=Max(F("published_at") - F("due_at")))
    )
    by_hour = {row["hour"]: row for row in rows}
    return [
        Hour(hour, row["n"], max(0.0, row["slowest"].total_seconds()))
        if (row := by_hour.get(hour))
        else Hour(hour, 0, None)
        for hour in hours
    ]


class _Percentile(Aggregate):
    template = "PERCENTILE_CONT(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()
