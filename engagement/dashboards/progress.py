"""The progress of a campaign: its targets by day, the units that take part, and those behind."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from typing import Any, NamedTuple

from django.db.models import Count, QuerySet, Window

from accounts.models import User
from accounts.permissions import Permission
from campaigns.models import TARGETS, Campaign
from engagement.rollups.queries import date_of, fetch, number, post_rows
from publishing.models import Delivery
from units.models import Level, Unit

type Points = list[tuple[date, int | None]]


@dataclass(frozen=True)
class Progress:
    """Hold what was reached of one target. ``points``: the total at the end of each day."""

    name: str
    target: int | None
    value: int | None
    points: Points
    due: int | None  # of the target, on a straight line, until today

    @property
    def is_behind(self) -> bool:
        return self.due is not None and (self.value or 0) < self.due

    @property
    def is_reached(self) -> bool:
        return self.target is not None and (self.value or 0) >= self.target


class Published(NamedTuple):
    """A post with its first day and its figures, all channels together; ``highest`` is that of one
    publication alone.
    """

    pk: int
    unit: int
    first: date
    reach: int | None
    clicks: int | None
    highest: int | None


def published_posts(deliveries: QuerySet[Delivery]) -> list[Published]:
    posts, params = post_rows(deliveries)
    sql = (
        f"SELECT post_id, unit_id, MIN(day), SUM(reach), SUM(clicks), MAX(highest) "  # noqa: S608
        f"FROM ({posts}) AS by_post GROUP BY post_id, unit_id"
    )
    return [
        Published(post, unit, date_of(first), *map(number, figures))
        for post, unit, first, *figures in fetch(sql, params)
    ]


def progress(
    campaign: Campaign,
    posts: Sequence[Published],
    days: Sequence[Mapping[str, Any]],
    *,
    today: date,
    has_targets: bool = True,
) -> list[Progress]:
    """Return the progress of each target; ``days`` are the totals that `queries.daily` returns."""
    of_units: dict[int, date] = {}
    for post in posts:
        of_units[post.unit] = min(post.first, of_units.get(post.unit, post.first))
    totals = {
        "posts": len(posts),
        "units": len(of_units),
        "reach": _sum(post.reach for post in posts),
        "clicks": _sum(post.clicks for post in posts),
    }
    series: dict[str, Points] = {
        "posts": _running(Counter(post.first for post in posts)),
        "units": _running(Counter(of_units.values())),
        "reach": [(day["day"], day["reach"]) for day in days],
        "clicks": [(day["day"], day["clicks"]) for day in days],
    }
    targets = campaign.targets() if has_targets else dict.fromkeys(TARGETS)
    return [
        Progress(
            name,
            targets[name],
            totals[name],
            points,
            _due(campaign, targets[name], today),
        )
        for name, points in series.items()
    ]


def _sum(figures: Iterable[int | None]) -> int | None:
    """Add what was measured; nothing measured is None."""
    known = [figure for figure in figures if figure is not None]
    return sum(known) if known else None


def _running(by_day: Counter[date]) -> Points:
    days = sorted(by_day)
    return list(zip(days, accumulate(by_day[day] for day in days), strict=True))


def _due(campaign: Campaign, target: int | None, today: date) -> int | None:
    if target is None or today < campaign.starts_on:
        return None
    whole = (campaign.ends_on - campaign.starts_on).days + 1
    passed = min((today - campaign.starts_on).days + 1, whole)
    return target * passed // whole


def straight_line(campaign: Campaign, target: int) -> Points:
    """Return the line from nothing, before the first day, to the target on the last."""
    return [(campaign.starts_on - timedelta(days=1), 0), (campaign.ends_on, target)]


def taking_part(user: User, campaign: Campaign, *, today: date) -> QuerySet[Unit]:
    """Return the units of the reader's scope whose posts can belong to the campaign."""
    units = Unit.objects.current(today).under(campaign.unit)
    return units.within(user.reach(Permission.POST_VIEW)).filter(
        level=Level.COMMUNE, has_police_body=True
    )


def units_behind(
    user: User, campaign: Campaign, posts: Iterable[Published], *, today: date
) -> QuerySet[Unit]:
    """Return those of `taking_part` that published none of the campaign's ``posts``, each with
    their number (``of_all``).
    """
    units = taking_part(user, campaign, today=today).select_related("parent")
    behind = units.exclude(pk__in={post.unit for post in posts})
    return behind.annotate(of_all=Window(Count("pk"))).order_by("path")
