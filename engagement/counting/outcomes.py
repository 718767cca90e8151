"""Views of what began in the library, and the posts that did better than is usual in their unit."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import timedelta
from statistics import median

from django.db.models import Count, Min, QuerySet, Sum
from django.utils import timezone

from posts.checks.base import BestHours
from posts.library.reach import Good, Views
from publishing.models import Delivery
from publishing.states import State
from units.models import Unit

# A young post is still being seen; an old one says little of what residents want now.
_YOUNGEST, _OLDEST = timedelta(days=2), timedelta(days=365)
_FEWEST = 4  # posts by which one can say what is usual
_MOST_READ = 200
_BETTER = 1.2
_PART_HOURS = 3  # a unit publishes too seldom to tell one hour from the next
_FEWEST_IN_PART, _FEWEST_FOR_HOURS = 3, 10  # posts by which a part of the day is judged, and all


def sum_views_of_templates(keys: Collection[int]) -> Mapping[int, Views]:
    """Return by template how often the posts that began from it were seen, where measured."""
    seen = Delivery.objects.filter(
        post__template__in=keys, published_at__isnull=False, measurement__views__isnull=False
    )
    rows = seen.order_by().values("post__template")
    rows = rows.annotate(views=Sum("measurement__views"), posts=Count("post", distinct=True))
    return {row["post__template"]: Views(row["views"], row["posts"]) for row in rows}


def find_best_hours(unit: Unit) -> BestHours | None:
    """Find the three hours of the day in which the middle one of the unit's last posts was seen
    clearly more often than in other hours; None where too few posts were measured to say so.
    """
    rows = _find_measured(unit).order_by().values("post")
    rows = rows.annotate(views=Sum("measurement__views"), at=Min("published_at"))
    posts = list(rows.order_by("-at")[:_MOST_READ])
    if len(posts) < _FEWEST_FOR_HOURS:
        return None
    views_by_part = defaultdict(list)
    for post in posts:
        views_by_part[timezone.localtime(post["at"]).hour // _PART_HOURS].append(post["views"])
    ranked = sorted(
        (
            (median(seen), part)
            for part, seen in views_by_part.items()
            if len(seen) >= _FEWEST_IN_PART
        ),
        reverse=True,
    )
    if len(ranked) < 2 or ranked[0][0] < ranked[1][0] * _BETTER:
        return None
    first = ranked[0][1] * _PART_HOURS
    return BestHours(first, first + _PART_HOURS, len(posts))


def _find_measured(unit: Unit) -> QuerySet[Delivery]:
    """Return the unit's live posts of the last year whose views were measured, but the youngest."""
    now = timezone.now()
    return Delivery.objects.filter(
        unit=unit,
        state=State.PUBLISHED,
        published_at__gte=now - _OLDEST,
        published_at__lt=now - _YOUNGEST,
        measurement__views__isnull=False,
    )


def find_good_posts(unit: Unit, most: int) -> list[Good]:
    """Find the unit's posts of the last year that were seen clearly more often than its middle
    one, the best first.
    """
    views = _find_measured(unit).order_by().values_list("post").annotate(Sum("measurement__views"))
    ranked = sorted(views.order_by("-post")[:_MOST_READ], key=lambda row: row[1], reverse=True)
    if len(ranked) < _FEWEST or not (usual := ranked[len(ranked) // 2][1]):
        return []
    better = [Good(post, seen / usual) for post, seen in ranked if seen >= usual * _BETTER]
    return better[:most]
