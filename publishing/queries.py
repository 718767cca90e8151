"""Finds posts that wait, and deliveries as the calendar and a post's page show them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, When
from django.db.models.functions import TruncDate
from django.utils import timezone

from accounts.models import User
from accounts.permissions import DEEP, Permission
from accounts.queries import can
from audit.models import Entry
from campaigns.models import Campaign
from channels.models import Channel
from channels.queries import facts_of
from channels.states import Health
from core.scope import line_of
from posts.models import Post, Review, Revision
from posts.states import Decision, PostState
from publishing.models import Broadcast, Delivery, Pause
from publishing.states import ENDED, IN_HAND, BroadcastState, State
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


@dataclass(frozen=True, slots=True)
class Pauses:
    """The pauses, active or planned, that matter to somebody, asked for once a request; rows are matched in memory."""

    rows: tuple[Pause, ...] = ()
    now: datetime = datetime.min

    def over(self, delivery: Delivery) -> Pause | None:
        """The pause that holds the delivery at its hour, or now where its hour has passed."""
        at = max(delivery.fire_at, self.now) if self.rows else None
        return next((pause for pause in self.rows if pause.lasts(at) and pause.covers(delivery)), None)

    @property
    def active(self) -> list[Pause]:
        return [pause for pause in self.rows if pause.lasts(self.now)]

    def coming(self, within: timedelta) -> list[Pause]:
        return [pause for pause in self.rows if self.now < pause.started_at <= self.now + within]


def pauses_for(user: User, *, now: datetime) -> Pauses:
    """Those of one's own ground and of the units above it, the widest first. One query."""
    touched = Q(pk__in=[])
    for post_held in user.held:
        touched |= Q(unit__path__in=line_of(post_held.unit.path))
        if post_held.role in DEEP:
            touched |= Q(unit__path__startswith=post_held.unit.path)
    found = Pause.objects.lasting(now).filter(touched).select_related("unit", "authority", "channel", "topic")
    return Pauses(tuple(found.select_related("started_by").defer("channel__sealed").order_by("unit__path", "pk")), now)


def covered_by(pause: Pause) -> QuerySet[Delivery]:
    """All deliveries in the pause's scope, whenever they are due; the pause may be one that is not stored yet."""
    found = Delivery.objects.filter(unit__path__startswith=pause.unit.path)
    if pause.channel:
        found = found.filter(channel=pause.channel)
    if pause.topic:
        found = found.filter(post__topic=pause.topic)
    return found.filter(post__urgent=False) if pause.urgent_passes else found


def waiting_under(pause: Pause, *, start: datetime, end: datetime) -> int:
    """How many publications that are on their way fall due in the pause's scope from ``start`` until ``end``."""
    waiting = [State.SCHEDULED, State.CLAIMED, State.STAGED]
    return covered_by(pause).filter(state__in=waiting, fire_at__gte=start, fire_at__lt=end).count()


def units_under(pause: Pause, *, on: date) -> int:
    return 1 if pause.channel else Unit.objects.current(on).under(pause.unit).count()


def held_back(pause: Pause, now: datetime) -> QuerySet[Delivery]:
    """What fell due in the pause's scope while it lasted and was not published: what still stands in line, and what
    waits for a decision or has had one."""
    if pause.started_at is None:
        return Delivery.objects.none()
    in_line = Q(state=State.SCHEDULED, fire_at__lte=now)
    ended = Q(state=State.EXPIRED, error_code__in=["paused", "left"])
    while_it_lasted = Q(not_after__gt=pause.started_at, due_at__lt=min(pause.ended_at or now, now))
    return covered_by(pause).filter(in_line | ended, while_it_lasted)


def undecided(deliveries: QuerySet[Delivery]) -> QuerySet[Delivery]:
    """What fell due during a pause and waits for somebody to schedule it again or to leave it."""
    again = Delivery.objects.filter(post=OuterRef("post"), channel=OuterRef("channel"), pk__gt=OuterRef("pk"))
    waiting = deliveries.filter(state=State.EXPIRED, error_code="paused", post__state=PostState.APPROVED)
    return waiting.filter(~Exists(again))


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


def broadcasts_for(user: User) -> QuerySet[Broadcast]:
    """Those that wait for this person: to be confirmed, which never is up to who asked, or to be looked up."""
    asked = Broadcast.objects.within(user.reach(Permission.POST_APPROVE)).filter(state=BroadcastState.PLANNED)
    doubted = Broadcast.objects.within(user.reach(Permission.POST_SCHEDULE)).filter(state=BroadcastState.UNKNOWN)
    found = asked.exclude(asked_by=user) | doubted
    return found.select_related("channel", "unit", "asked_by", "delivery__post").order_by("asked_until", "pk")


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
    found = post.deliveries.select_related("channel", "unit").prefetch_related(
        "attempts", "broadcasts__asked_by", "broadcasts__channel"
    )
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
    sent = {str(each.public_id): d.channel for d in deliveries for each in d.broadcasts.all()}
    about |= Q(object_type="publishing.broadcast", object_id__in=list(sent))
    entries = list(Entry.objects.visible_to(user).filter(about)[:most])
    for entry in entries:
        entry.channel = (channels | sent).get(entry.object_id)
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


# --- The same minute, and work by hand --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Other:
    """A delivery of another post that is due on ``channel`` in the minute that was asked about."""

    delivery: Delivery
    same_text: bool

    @property
    def channel(self) -> Channel:
        return self.delivery.channel


def same_minute(post: Post, revision: Revision, times: Mapping[Channel, datetime]) -> list[Other]:
    """What else goes out, or went out, on these channels in the same minutes; the same text first. One query."""
    wanted = Q(pk__in=[])
    for channel, at in times.items():
        minute = at.replace(second=0, microsecond=0)
        wanted |= Q(channel=channel, due_at__gte=minute, due_at__lt=minute + timedelta(minutes=1))
    live = Delivery.objects.filter(wanted).exclude(state__in=[*ENDED, State.RECALLING]).exclude(post=post)
    found = [
        Other(row, _shown_text(row.revision, row.channel) == _shown_text(revision, row.channel))
        for row in live.select_related("post", "channel", "revision").defer("post__body", "post__search")
    ]
    return sorted(found, key=lambda other: not other.same_text)


def _shown_text(revision: Revision, channel: Channel) -> tuple[str, str]:
    """What residents would read: an article's title stands apart from its text."""
    target = next((t for t in revision.content["channels"] if t["channel"] == str(channel.public_id)), None)
    if target is None:
        return ("", f"not meant for {channel.public_id}: {revision.pk}")
    form = facts_of(channel.platform).format(target.get("format", ""))
    return (revision.content["title"] if form.article or form.max_title else "", target["text"])


# --- A day's posts ----------------------------------------------------------------------------------------------------


class FullDay(NamedTuple):
    """A calendar day with more publications than a platform takes: of one page, or of all units' together."""

    channel: Channel
    day: date
    most: int
    of_app: bool


def booked(platforms: Iterable[str], start: datetime, end: datetime, *, but: Post | None = None) -> list[tuple]:
    """What is still to go out, as rows of platform, calendar day, channel's key and number."""
    going = Delivery.objects.filter(platform__in=platforms, due_at__gte=start, due_at__lt=end)
    going = going.exclude(state__in=sorted({*ENDED, State.PUBLISHED})).order_by()
    if but:
        going = going.exclude(post=but)
    by_day = going.annotate(day=TruncDate("due_at")).values_list("platform", "day", "channel")
    return list(by_day.annotate(n=Count("pk")))


def full_days(post: Post, times: Mapping[Channel, datetime]) -> list[FullDay]:
    """The days that would hold more than their platforms take, were ``post`` to go out at these times. Counted by the
    calendar's day, as officers plan; platforms count the last 24 hours, or a day of their own. One query."""
    limited = {c: facts for c in times if (facts := facts_of(c.platform)).per_page_day or facts.per_app_day}
    if not limited:
        return []
    midnights = {c: timezone.localtime(times[c]).replace(hour=0, minute=0, second=0, microsecond=0) for c in limited}
    of_page = Counter({(c.pk, midnight.date()): 1 for c, midnight in midnights.items()})
    of_app = Counter((c.platform, midnight.date()) for c, midnight in midnights.items())
    start, end = min(midnights.values()), max(midnights.values()) + timedelta(days=1)
    for platform, day, channel, n in booked({c.platform for c in limited}, start, end, but=post):
        of_page[channel, day] += n
        of_app[platform, day] += n
    found = []
    for channel, facts in limited.items():
        day = midnights[channel].date()
        if facts.per_page_day and of_page[channel.pk, day] > facts.per_page_day:
            found.append(FullDay(channel, day, facts.per_page_day, of_app=False))
        elif facts.per_app_day and of_app[channel.platform, day] > facts.per_app_day:
            found.append(FullDay(channel, day, facts.per_app_day, of_app=True))
    return found


def tasks_by_hand(user: User) -> QuerySet[Delivery]:
    """What people post themselves: what is due first, then what comes."""
    to_come = Q(state=State.SCHEDULED, channel__health=Health.BY_HAND)
    return (
        Delivery.objects.visible_to(user)
        .filter(Q(state=State.BY_HAND) | to_come)
        .select_related("channel", "unit", "post")
        .defer("channel__sealed", "post__body", "post__search")
        .order_by(Case(When(state=State.BY_HAND, then=0), default=1), "due_at", "pk")
    )
