"""The progress of a campaign: its targets by day, the units that take part, and those behind."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Window

from accounts.models import User
from accounts.permissions import Permission
from campaigns.models import TARGETS, Campaign
from channels.models import Channel
from engagement.rollups.queries.campaigns import select_by_post
from publishing.models import Delivery
from units.models import Level, Unit
from units.queries import find_successors

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


class UnitPart(NamedTuple):
    """A unit's part in a campaign: its first day, its posts, and their figures."""

    unit: int
    first: date
    posts: int
    reach: int | None
    clicks: int | None


@dataclass(frozen=True)
class PostSums:
    """The posts of a campaign, added up: by unit, by the day on which they were first published,
    and those that `usual.find_candidates` chooses the best from.
    """

    parts: list[UnitPart]
    first_days: dict[date, int]
    candidates: list[int]
    median_reach: int | None = None


_POST_COLUMNS = ("post_id", "unit_id", "day", "reach", "clicks", "highest")


def sum_published_posts(deliveries: QuerySet[Delivery], *, most: int = 0) -> PostSums:
    """Add up the posts. The candidates are those of which one publication has ``most`` figures, and
    others that have as much as the last of these. One statement: of nine thousand posts it returns
    a row for each unit and day instead of each post.
    """
    # The columns of an index, which is all that is read.
    selected = select_by_post(deliveries).order_by().values(*_POST_COLUMNS)
    rows, params = selected.query.sql_with_params()
    sql = (
        "WITH post AS (SELECT post_id, unit_id, MIN(day) AS first, SUM(reach) AS reach, "  # noqa: S608
        f"SUM(clicks) AS clicks, MAX(highest) AS highest FROM ({rows}) AS by_day "
        "GROUP BY post_id, unit_id), "
        "ranked AS (SELECT post_id, RANK() OVER (ORDER BY highest DESC) AS place FROM post "
        "WHERE highest IS NOT NULL) "
        "SELECT 'unit', unit_id, MIN(first), COUNT(*), SUM(reach), SUM(clicks) FROM post "
        "GROUP BY unit_id "
        "UNION ALL SELECT 'day', NULL, first, COUNT(*), NULL, NULL FROM post GROUP BY first "
        "UNION ALL SELECT 'median', NULL, NULL, NULL, "
        "percentile_disc(0.5) WITHIN GROUP (ORDER BY reach), NULL FROM post "
        "UNION ALL SELECT 'best', post_id, NULL, NULL, NULL, NULL FROM ranked "
        f"WHERE place <= {most:d}"
    )
    parts, first_days, candidates, median = list[UnitPart](), dict[date, int](), list[int](), None
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        answer = cursor.fetchall()
    for kind, key, first, posts, *figures in answer:
        match kind:
            case "unit":
                sums = (None if sum_ is None else int(sum_) for sum_ in figures)
                parts.append(UnitPart(key, first, posts, *sums))
            case "day":
                first_days[first] = posts
            case "median":
                median = None if figures[0] is None else int(figures[0])
            case _:
                candidates.append(key)
    return PostSums(parts, first_days, candidates, median)


def measure_progress(
    campaign: Campaign,
    posts: PostSums,
    days: Sequence[Mapping[str, Any]],
    *,
    today: date,
    has_targets: bool = True,
) -> list[Progress]:
    """Return the progress of each target; ``days`` come from `queries.sum_daily_totals`."""
    parts = posts.parts
    totals = {
        "posts": sum(part.posts for part in parts),
        "units": len(parts),
        "reach": _sum_known(part.reach for part in parts),
        "clicks": _sum_known(part.clicks for part in parts),
    }
    series: dict[str, Points] = {
        "posts": _add_up_by_day(posts.first_days),
        "units": _add_up_by_day(Counter(part.first for part in parts)),
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
            _compute_due_today(campaign, targets[name], today),
        )
        for name, points in series.items()
    ]


def _sum_known(figures: Iterable[int | None]) -> int | None:
    """Add what was measured; nothing measured is None."""
    known = [figure for figure in figures if figure is not None]
    return sum(known) if known else None


def _add_up_by_day(by_day: Mapping[date, int]) -> Points:
    days = sorted(by_day)
    return list(zip(days, accumulate(by_day[day] for day in days), strict=True))


def _compute_due_today(campaign: Campaign, target: int | None, today: date) -> int | None:
    if target is None or today < campaign.starts_on:
        return None
    whole = (campaign.ends_on - campaign.starts_on).days + 1
    passed = min((today - campaign.starts_on).days + 1, whole)
    return target * passed // whole


def draw_target_line(campaign: Campaign, target: int) -> Points:
    """Return the line from nothing, before the first day, to the target on the last."""
    return [(campaign.starts_on - timedelta(days=1), 0), (campaign.ends_on, target)]


def find_participating_units(user: User, campaign: Campaign, *, today: date) -> QuerySet[Unit]:
    """Return the units of the reader's scope whose posts can belong to the campaign."""
    units = Unit.objects.current(today).under(campaign.unit)
    return units.within(user.reach(Permission.POST_VIEW)).filter(
        level=Level.COMMUNE, has_police_body=True
    )


def find_units_behind(
    user: User, campaign: Campaign, posts: PostSums, *, today: date
) -> QuerySet[Unit]:
    """Return those participating units that published none of the campaign's ``posts``, nor did a
    unit that was merged into them. Those that have a page come first (``has_page``); each has the
    numbers of both (``with_page``, ``of_all``).
    """
    units = find_participating_units(user, campaign, today=today).select_related("parent")
    behind = units.exclude(pk__in=find_successors(part.unit for part in posts.parts))
    pages = Channel.objects.usable().filter(unit=OuterRef("pk"))
    return behind.annotate(
        has_page=Exists(pages),
        of_all=Window(Count("pk")),
        with_page=Window(Count("pk", filter=Q(has_page=True))),
    ).order_by("-has_page", "parent__search", "search")
