"""Queries for what a calendar's link shows: what its owner may see at this moment."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from posts.models import Post, Revision
from posts.states import PostState
from publishing.deliveries.schedules import count_moves
from publishing.models import CalendarLink, Delivery
from publishing.states import CALENDAR_FILTERS, ENDED

# A calendar program reads all of it, again and again.
BEHIND, AHEAD = timedelta(days=30), timedelta(days=90)
MOST_DELIVERIES, MOST_DRAFTS = 1000, 200
_PLANNED = (
    PostState.DRAFT,
    PostState.CHANGES_REQUESTED,
    PostState.IN_REVIEW,
    PostState.APPROVED,
)


@dataclass(frozen=True, slots=True)
class Planned:
    """The contents of a link's calendar: deliveries in groups of one post and time, posts that have
    only a wanted time, and whether some was left out.
    """

    groups: list[list[Delivery]]
    posts: list[Post]
    titles: dict[int, str]  # of the approved revisions, by key
    moves: Counter[str]  # how often each delivery was moved, by its public id
    more: bool


def planned_contents(link: CalendarLink, *, now: datetime) -> Planned:
    start, end = now - BEHIND, now + AHEAD
    deliveries = (
        _visible_by_link(Delivery.objects.visible_to(link.user), link, post="post__")
        .filter(due_at__gte=start, due_at__lt=end)
        .exclude(state__in=CALENDAR_FILTERS["ended"])
        .select_related("post", "channel", "unit")
        .defer("post__body", "post__search", "channel__sealed")
        .order_by("due_at", "post_id", "pk")
    )
    live = Delivery.objects.exclude(state__in=ENDED).values("post")
    posts = (
        _visible_by_link(Post.objects.visible_to(link.user).written(), link, post="")
        .filter(requested_time__gte=start, requested_time__lt=end, state__in=_PLANNED)
        .exclude(pk__in=live)
        .select_related("unit")
        .prefetch_related("targets__channel")
        .defer("body", "search")
        .order_by("requested_time", "pk")
    )
    rows, drafts = list(deliveries[: MOST_DELIVERIES + 1]), list(posts[: MOST_DRAFTS + 1])
    more = len(rows) > MOST_DELIVERIES or len(drafts) > MOST_DRAFTS
    rows, drafts = rows[:MOST_DELIVERIES], drafts[:MOST_DRAFTS]
    revisions = [row.revision_id for row in rows]
    revisions += [post.approved_revision_id for post in drafts if post.approved_revision_id]
    titles = dict(Revision.objects.filter(pk__in=revisions).values_list("pk", "content__title"))
    moves = count_moves(row.public_id for row in rows)
    return Planned(_group_deliveries(rows), drafts, titles, moves, more)


def _visible_by_link(rows: QuerySet, link: CalendarLink, *, post: str) -> QuerySet:
    rows = rows.filter(unit__path__startswith=link.unit.path)
    if not link.own_posts:
        return rows
    return rows.filter(Q(**{f"{post}author": link.user}) | Q(**{f"{post}last_editor": link.user}))


def _group_deliveries(rows: Iterable[Delivery]) -> list[list[Delivery]]:
    groups: dict[tuple[int, datetime], list[Delivery]] = {}
    for row in rows:
        groups.setdefault((row.post_id, row.due_at), []).append(row)
    return list(groups.values())
