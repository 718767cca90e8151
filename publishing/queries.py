"""Finds posts that wait, and deliveries as the calendar and a post's page show them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import can
from audit.models import Entry
from campaigns.models import Campaign
from channels.models import Channel
from posts.models import Post, Review, Revision
from posts.states import Decision, PostState
from publishing.models import Delivery
from publishing.states import ENDED, IN_HAND, State
from units.models import Unit

# The engine or the platform works on it: it changes by itself.
MOVING = IN_HAND | {State.PROCESSING, State.VERIFYING, State.RECALLING}
# A month's page with its neighbours' days is 42 days; nobody needs to pull a year in one request.
LONGEST_WINDOW = timedelta(days=62)
# Deliveries read for one window. A nation's month is told to be cut off, not silently shortened.
MOST_ROWS = 2000
STATE_GROUPS: dict[str, frozenset[str]] = {
    "waiting": frozenset({State.SCHEDULED}),
    "going": MOVING,
    "attention": frozenset({State.NEEDS_PERSON, State.BY_HAND, State.FAILED, State.EXPIRED}),
    "published": frozenset({State.PUBLISHED}),
    "ended": frozenset({State.CANCELLED, State.RECALLED}),
}


def review_queue(user: User, *, newest_first: bool = False) -> QuerySet[Post]:
    """Posts that wait in units where ``user`` may approve, also the user's own, which others must approve."""
    order = ("-submitted_at", "-pk") if newest_first else ("submitted_at", "pk")
    return (
        Post.objects.within(user.reach(Permission.POST_APPROVE))
        .filter(state=PostState.IN_REVIEW, current_revision__isnull=False)
        .select_related("unit", "author", "last_editor", "current_revision", "topic")
        .defer("body", "search")
        .order_by(*order)
    )


def wrote(user: User, revision: Revision) -> bool:
    """Whether four eyes forbid this person to approve the revision."""
    return user.pk in (revision.author_id, revision.editor_id)


def next_to_review(user: User, *, newest_first: bool = False) -> Post | None:
    """The first post in the queue that this person may decide."""
    foreign = Q(current_revision__author=user) | Q(current_revision__editor=user)
    return review_queue(user, newest_first=newest_first).exclude(foreign).first()


def last_approved(post: Post) -> Revision | None:
    """The newest approved revision before the current one."""
    return (
        post.revisions.filter(reviews__decision=Decision.APPROVED)
        .exclude(pk=post.current_revision_id)
        .order_by("-number")
        .first()
    )


def deliveries_of(post: Post) -> list[Delivery]:
    """All of the post's deliveries with their channels and tries, the newest of a channel last."""
    found = post.deliveries.select_related("channel", "unit").prefetch_related("attempts")
    return list(found.order_by("platform", "channel__name", "pk"))


def live_channels(post: Post) -> set[int]:
    """Channels where the post stands, or may still come to stand."""
    return set(post.deliveries.exclude(state__in=ENDED).values_list("channel_id", flat=True))


def why_stopped(post: Post) -> str:
    """Why the post was returned or withdrawn, in the words of the person who did it."""
    if post.state == PostState.CHANGES_REQUESTED:
        return Review.objects.filter(revision=post.current_revision_id).values_list("reason", flat=True).first() or ""
    if post.state == PostState.WITHDRAWN:
        about = Entry.objects.filter(object_type="posts.post", object_id=str(post.public_id), action="post.withdrawn")
        return about.values_list("reason", flat=True).first() or ""
    return ""


def record_of(post: Post, deliveries: Iterable[Delivery], user: User, *, most: int = 50) -> list[Entry]:
    """The audit lines about the post that ``user`` may read, newest first; a delivery's line has its ``channel``."""
    channels = {str(d.public_id): d.channel for d in deliveries}
    about = Q(object_type="posts.post", object_id=str(post.public_id))
    about |= Q(object_type="publishing.delivery", object_id__in=list(channels))
    entries = list(Entry.objects.visible_to(user).filter(about)[:most])
    for entry in entries:
        entry.channel = channels.get(entry.object_id)
    return entries


@dataclass(frozen=True, slots=True)
class Slot:
    """What goes out together: one post's deliveries of one time, on however many channels."""

    post: Post
    due_at: datetime
    deliveries: list[Delivery]
    movable: list[Delivery]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The calendar's filters."""

    unit: Unit | None = None
    channel: Channel | None = None
    campaign: Campaign | None = None
    state: str = ""


def slots(
    user: User, *, start: datetime, end: datetime, now: datetime, wanted: Wanted = Wanted()
) -> tuple[list[Slot], bool]:
    """What ``user`` may see going out from ``start`` until ``end``, in order; and whether some was left out."""
    rows = (
        Delivery.objects.visible_to(user)
        .filter(due_at__gte=start, due_at__lt=end)
        .filter(**_filters(wanted))
        .select_related("post", "channel", "unit")
        .defer("post__body", "post__search", "channel__sealed")
        .order_by("due_at", F("post_id"), "pk")
    )
    if not wanted.state:
        rows = rows.exclude(state__in=STATE_GROUPS["ended"])
    found = list(rows[: MOST_ROWS + 1])
    return _together(found[:MOST_ROWS], user, now), len(found) > MOST_ROWS


def _filters(wanted: Wanted) -> dict[str, object]:
    filters: dict[str, object] = {}
    if wanted.unit:
        filters["unit__path__startswith"] = wanted.unit.path
    if wanted.channel:
        filters["channel"] = wanted.channel
    if wanted.campaign:
        filters["post__campaign"] = wanted.campaign
    if wanted.state:
        filters["state__in"] = STATE_GROUPS[wanted.state]
    return filters


def _together(rows: Iterable[Delivery], user: User, now: datetime) -> list[Slot]:
    groups: dict[tuple[int, datetime], list[Delivery]] = {}
    for row in rows:
        groups.setdefault((row.post_id, row.due_at), []).append(row)
    found = []
    for group in groups.values():
        first = group[0]
        may = first.due_at > now and can(user, Permission.POST_SCHEDULE, unit=first.unit)
        movable = [row for row in group if may and row.state == State.SCHEDULED]
        found.append(Slot(first.post, first.due_at, group, movable))
    return found
