"""Freeze the figures of published posts beside what is usual for their unit."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import mean, median
from typing import Any, NamedTuple

from engagement.models import MEASURES, Measurement
from posts.models import Post
from publishing.models import Delivery
from publishing.states import State
from units.models import Unit

USUAL_OF = timedelta(days=90)
MOST_COMPARED = 2_000  # publications, the newest
# By these an example is compared: how often it was seen alone says nothing of its use.
COMPARED = ("reach", "reactions", "comments", "shares", "saves", "clicks")


@dataclass(frozen=True, slots=True)
class Frozen:
    """The figures of posts at one moment: a row a platform, see `_make_row`."""

    platforms: list[str]
    figures: list[dict[str, Any]]
    followers: int | None
    as_of: datetime | None
    relative: float | None


class Comparison(NamedTuple):
    """One measure of an example on one platform. None: not measured."""

    measure: str
    value: float | None
    usual: float | None
    rests_on: int  # publications of which the usual is the median

    @property
    def ratio(self) -> float | None:
        return self.value / self.usual if self.value is not None and self.usual else None


def freeze_figures(posts: Collection[Post], unit: Unit, *, now: datetime) -> Frozen:
    """Return the posts' figures as they are now. Three queries."""
    live = list(
        Delivery.objects.filter(post__in=posts, state=State.PUBLISHED).select_related("channel")
    )
    measured = {row.pk: row for row in Measurement.objects.filter(delivery__in=live)}
    platforms = sorted({delivery.platform for delivery in live})
    usual = _compute_usual(posts, unit, platforms, now=now)
    figures = [
        _make_row(
            platform,
            [measured.get(delivery.pk) for delivery in live if delivery.platform == platform],
            usual.get(platform, []),
        )
        for platform in platforms
    ]
    channels = {delivery.channel_id: delivery.channel for delivery in live}.values()
    followers = [channel.followers for channel in channels if channel.followers is not None]
    return Frozen(
        platforms,
        figures,
        sum(followers) if followers else None,
        max((row.taken_at for row in measured.values() if row.taken_at), default=None),
        _compute_median_ratio(figures),
    )


def _compute_usual(
    posts: Collection[Post], unit: Unit, platforms: Collection[str], *, now: datetime
) -> dict[str, list[Measurement]]:
    """Return the measurements of the unit's other publications of the last 90 days, by platform."""
    rows = Measurement.objects.filter(
        delivery__unit=unit,
        delivery__platform__in=platforms,
        delivery__state=State.PUBLISHED,
        delivery__published_at__gte=now - USUAL_OF,
    ).exclude(delivery__post__in=posts)
    by_platform: dict[str, list[Measurement]] = {}
    newest = rows.select_related("delivery").order_by("-delivery__published_at")
    for row in newest[:MOST_COMPARED]:
        by_platform.setdefault(row.delivery.platform, []).append(row)
    return by_platform


def _make_row(
    platform: str, measured: Collection[Measurement | None], usual: Iterable[Measurement]
) -> dict[str, Any]:
    """Return the mean of a publication, and the median of the others, for each measure. What was
    not measured is None, and is left out of both.
    """
    usual = list(usual)
    values: dict[str, float | None] = {}
    medians: dict[str, float | None] = {}
    counted: dict[str, int] = {}
    for measure in MEASURES:
        own = _list_measured(measured, measure)
        others = _list_measured(usual, measure)
        values[measure] = mean(own) if own else None
        medians[measure] = median(others) if others else None
        counted[measure] = len(others)
    return {
        "platform": platform,
        "publications": len(measured),
        "values": values,
        "usual": medians,
        "rests_on": counted,
    }


def _list_measured(rows: Iterable[Measurement | None], measure: str) -> list[int]:
    values = (getattr(row, measure) for row in rows if row is not None)
    return [value for value in values if value is not None]


def compare_with_usual(row: Mapping[str, Any], measures: Iterable[str]) -> list[Comparison]:
    """Read one platform's row of what was frozen."""
    return [
        Comparison(
            measure,
            row["values"].get(measure),
            row["usual"].get(measure),
            row["rests_on"].get(measure, 0),
        )
        for measure in measures
    ]


def _compute_median_ratio(figures: Iterable[Mapping[str, Any]]) -> float | None:
    """Return the median of how the compared figures relate to the unit's usual; 1 is usual."""
    ratios = [
        comparison.ratio
        for row in figures
        for comparison in compare_with_usual(row, COMPARED)
        if comparison.ratio is not None
    ]
    return median(ratios) if ratios else None
