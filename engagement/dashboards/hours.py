"""Publications by weekday and hour, with the median reach of one. Two statements."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import mean
from typing import Any

from django.db.models import Count, F, QuerySet, Window
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay, RowNumber

from publishing.models import Delivery

DAYS, HOURS = range(1, 8), range(24)


@dataclass(frozen=True)
class Hour:
    """``reach``: the median of a publication's; None where none was measured."""

    weekday: int  # 1 is Monday
    hour: int
    publications: int
    reach: int | None = None


def count_by_hour(deliveries: QuerySet[Delivery]) -> list[Hour]:
    """Return the hours in which something was published."""
    placed = deliveries.order_by().annotate(
        weekday=ExtractIsoWeekDay("published_at"), hour=ExtractHour("published_at")
    )
    counted = placed.values("weekday", "hour").annotate(n=Count("pk")).order_by("weekday", "hour")
    medians = _find_medians(placed)
    return [
        Hour(row["weekday"], row["hour"], row["n"], medians.get((row["weekday"], row["hour"])))
        for row in counted
    ]


def _find_medians(placed: QuerySet[Any, Any]) -> dict[tuple[int, int], int]:
    """Return the medians by weekday and hour: the mean of the one or two figures in the middle."""
    cell = [F("weekday"), F("hour")]
    rows = placed.filter(measurement__reach__isnull=False).annotate(
        place=Window(RowNumber(), partition_by=cell, order_by=F("measurement__reach").asc()),
        of_all=Window(Count("pk"), partition_by=cell),
    )
    middle = rows.filter(
        place__gte=(F("of_all") + 1) / 2, place__lte=(F("of_all") + 2) / 2
    ).values_list("weekday", "hour", "measurement__reach")
    medians: dict[tuple[int, int], list[int]] = {}
    for weekday, hour, reach in middle:
        medians.setdefault((weekday, hour), []).append(reach)
    return {place: round(mean(reaches)) for place, reaches in medians.items()}


def find_hour_range(hours: Iterable[Hour]) -> tuple[int, int]:
    """Return the first hour of the day with a publication, and the last."""
    used = [hour.hour for hour in hours]
    return (min(used), max(used)) if used else (0, 23)
