"""Measure how far posts helped residents: kept, passed on, or followed to the source."""

from collections.abc import Iterable
from statistics import median
from typing import NamedTuple

from django.db.models import Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from core.periods import Period
from publishing.models import Delivery

# What a resident does with a post that was of use; what each means: `dictionary`.
HELPFUL_ACTIONS = ("saves", "shares", "clicks")
PEOPLE_PER_RATE = 1000  # people reached
# A median of fewer units says more about one of them than about the province.
LEAST_UNITS = 5
_sums = [Coalesce(Sum(f"measurement__{act}"), Value(0)) for act in HELPFUL_ACTIONS]


class UnitFigure(NamedTuple):
    """The helpfulness of one unit's posts; ``parent`` is the unit above it."""

    unit: int
    parent: int | None
    value: float


class Helpfulness(NamedTuple):
    """The median over ``units``; None where fewer than LEAST_UNITS were measured."""

    units: int = 0
    value: float | None = None


def measure_units(units: QuerySet, period: Period) -> list[UnitFigure]:
    """Return the units of which posts that were due in the period were measured: their reach, and
    at least one of ACTS. What was not measured is left out, not taken for 0.
    """
    measured = Q(measurement__reach__gt=0) & (
        Q(measurement__saves__isnull=False)
        | Q(measurement__shares__isnull=False)
        | Q(measurement__clicks__isnull=False)
    )
    rows = (
        Delivery.objects.filter(
            measured,
            unit__in=units,
            due_at__gte=period.start,
            due_at__lt=period.end,
            published_at__isnull=False,
        )
        .order_by()
        .values("unit", "unit__parent")
        .annotate(reached=Sum("measurement__reach"), acts=sum(_sums, Value(0)))
    )
    return [
        UnitFigure(
            row["unit"],
            row["unit__parent"],
            row["acts"] * PEOPLE_PER_RATE / row["reached"],
        )
        for row in rows
    ]


def find_median(values: Iterable[float]) -> Helpfulness:
    """Return the median, and on how many units it rests."""
    numbers = list(values)
    return Helpfulness(len(numbers), median(numbers) if len(numbers) >= LEAST_UNITS else None)
