"""Queries for series: their occurrences, and what of them waits for an approver."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from accounts.models import User
from posts.models import Post
from posts.queries import edited_since_approval
from posts.states import PostState
from publishing.models import Delivery, Occurrence, Series
from publishing.states import WAITING, State

# What of a series can still be changed together: nothing of it went out or is going out.
_CHANGEABLE = (
    PostState.DRAFT,
    PostState.CHANGES_REQUESTED,
    PostState.IN_REVIEW,
    PostState.APPROVED,
)


def occurrences_of(series: Series) -> QuerySet[Post]:
    return (
        Post.objects.filter(occurrence__series=series)
        .select_related(
            "unit", "topic", "campaign", "author", "last_editor", "current_revision", "occurrence"
        )
        .order_by("occurrence__number")
    )


def later_occurrences(series: Series, *, now: datetime) -> QuerySet[Post]:
    """Return the posts that are still ahead: no delivery of theirs was begun or is over."""
    begun = Delivery.objects.exclude(state__in=[*WAITING, State.CANCELLED]).values("post")
    ahead = Q(requested_time__gt=now) | Q(requested_time__isnull=True)
    return occurrences_of(series).filter(ahead, state__in=_CHANGEABLE).exclude(pk__in=begun)


def waiting_posts(series: Series) -> QuerySet[Post]:
    """Return the posts of a series that wait for their unit's approver; what the province approves
    after that is opened by itself.
    """
    return occurrences_of(series).filter(
        state=PostState.IN_REVIEW, current_revision__isnull=False, endorsed_revision=None
    )


def pending_posts(series: Series, user: User) -> list[Post]:
    """Return the posts of a series that wait for this person's decision, by the content that most
    of them bear: only those can be approved from one sheet.
    """
    own = Q(current_revision__author=user) | Q(current_revision__editor=user)
    posts = list(waiting_posts(series).exclude(own).exclude(edited_since_approval(user)))
    by_hash: dict[str, list[Post]] = defaultdict(list)
    for post in posts:
        if post.current_revision:
            by_hash[post.current_revision.content_sha256].append(post)
    return max(by_hash.values(), key=len, default=[])


def series_of(posts: Iterable[Post]) -> dict[int, Series]:
    """Return the series of which several of ``posts`` are, by the key of each of these posts."""
    occurrences = Occurrence.objects.filter(post__in=list(posts)).select_related("series__unit")
    rows = list(occurrences)
    counts = Counter(row.series_id for row in rows)
    return {row.post_id: row.series for row in rows if counts[row.series_id] > 1}


def first_of_each_series(posts: QuerySet[Post]) -> QuerySet[Post]:
    """Leave of each series the first post alone, of those in one state; ``in_series`` says how many
    there are.
    """
    alike = Occurrence.objects.filter(
        series=OuterRef("occurrence__series"),
        post__state=OuterRef("state"),
        post__endorsed_revision=None,
    )
    earlier = alike.filter(number__lt=OuterRef("occurrence__number"))
    n = alike.order_by().values("series").annotate(n=Count("pk")).values("n")
    firsts = posts.exclude(Exists(earlier)).annotate(in_series=Subquery(n))
    return firsts.select_related("occurrence__series")
