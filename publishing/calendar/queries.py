"""Queries for the calendar: deliveries of a span of time, grouped by post and time, and what else
its days bring.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

from django.core.cache import cache
from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncDay

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import can
from campaigns.awareness import Occasion, find_occasions
from campaigns.models import Campaign, Topic
from channels.models import Channel
from channels.states import platform_rank
from core.periods import get_midnight
from core.scope import list_ancestors
from posts.bulk_import.sheets import Cells, channel_label, stored_name
from posts.canonical.html import to_plain_text
from posts.models import Post, PostChannel
from posts.states import PostState
from publishing.models import Delivery, Pause
from publishing.post_list.queries import post_groups
from publishing.scheduling.conflicts import CLOSE
from publishing.slots.queries import FreeSlot, free_slots
from publishing.states import (
    CALENDAR_FILTERS,
    MOVABLE,
    READABLE,
)
from units.models import Level, Unit

# A month's page with its neighbours' days is 42 days; nobody needs to pull a year in one request.
LONGEST_WINDOW = timedelta(days=62)
# Deliveries read for one window. A nation's month is reported as cut off, not silently shortened.
MOST_ROWS = 2000
# Of many units; above it nobody reads one by one, and the days show numbers.
MOST_DRAWN = 300
# How long the numbers of the nation are kept, the same for all who look.
COUNTS_LAST = 60  # seconds
MOST_TURNED = 10_000  # events of one day to turn pages through; the filters find the others
MOST_MARKS = 50  # of campaigns, and of blackouts
MOST_CARDS = 25  # in a column of the board; the list of posts has the others
# What an event says of its deliveries: a window has thousands, and their posts are wide.
_SHOWN = (
    *(field.name for field in Delivery._meta.concrete_fields),
    *("post__public_id", "post__title", "post__label", "post__topic", "post__urgent"),
    *("unit__name", "unit__path"),
    *(
        f"channel__{field.name}"
        for field in Channel._meta.concrete_fields
        if field.name != "sealed"
    ),
)


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """The deliveries of one post at one time, on one channel or more."""

    post: Post
    due_at: datetime
    deliveries: list[Delivery]
    movable: list[Delivery]


@dataclass(frozen=True, slots=True)
class CalendarFilter:
    """The calendar's filters."""

    unit: Unit | None = None
    channel: Channel | None = None
    campaign: Campaign | None = None
    state: str = ""


@dataclass(frozen=True, slots=True)
class DayCount:
    """The number of deliveries of a day on one kind of page, and of those that need somebody."""

    day: date
    platform: str
    n: int
    attention: int


def find_going_out(
    user: User, *, start: datetime, end: datetime, chosen: CalendarFilter
) -> QuerySet[Delivery]:
    """Find what ``user`` may see going out from ``start`` until ``end``."""
    rows = Delivery.objects.visible_to(user).filter(due_at__gte=start, due_at__lt=end)
    filters: dict[str, object] = {}
    if chosen.unit:
        filters["unit__path__startswith"] = chosen.unit.path
    if chosen.channel:
        filters["channel"] = chosen.channel
    if chosen.campaign:
        filters["post__campaign"] = chosen.campaign
    if chosen.state:
        filters["state__in"] = CALENDAR_FILTERS[chosen.state]
    rows = rows.filter(**filters)
    return rows if chosen.state else rows.exclude(state__in=CALENDAR_FILTERS["ended"])


def covers_many_units(unit: Unit) -> bool:
    """Say whether the calendar of ``unit`` is that of many units."""
    return unit.level != Level.COMMUNE


def day_counts(rows: QuerySet[Delivery], unit: Unit) -> list[DayCount] | None:
    """Return the numbers by day and platform where ``unit`` and those below it have more in the
    window than anybody reads one by one; None where they have not. A nation's are those of the last
    minute.
    """
    if not covers_many_units(unit):
        return None
    # By the beginning of the day: cut to the date, 70,000 of them take a seventh longer.
    counted = (
        rows.order_by()
        .values_list(TruncDay("due_at"), "platform")
        .annotate(
            n=Count("pk"), attention=Count("pk", filter=Q(state__in=CALENDAR_FILTERS["attention"]))
        )
    )

    def count() -> list[tuple[str, Any, Any, Any]]:
        return [(day.date().isoformat(), *row) for day, *row in sorted(counted)]

    if unit.level == Level.MINISTRY:
        # The statement tells the window, the filters and the scope of the user.
        key = f"calendar:{sha256(repr(counted.query.sql_with_params()).encode()).hexdigest()}"
        counts = cache.get_or_set(key, count, COUNTS_LAST) or []
    else:
        counts = count()
    days = [DayCount(date.fromisoformat(day), *row) for day, *row in counts]
    return days if sum(day.n for day in days) > MOST_DRAWN else None


def event_times(rows: QuerySet[Delivery]) -> QuerySet[Delivery, tuple[datetime, int]]:
    """Find the events of a day in order, to turn pages through: the time and the post of each."""
    return rows.order_by("due_at", F("post_id")).values_list("due_at", "post_id").distinct()


def events_at(
    rows: QuerySet[Delivery], times: Sequence[tuple[datetime, int]], *, user: User, now: datetime
) -> list[CalendarEvent]:
    """Return the events of one page of `event_times`, each whole."""
    if not times:
        return []
    near = rows.filter(
        due_at__gte=times[0][0], due_at__lte=times[-1][0], post__in={post for _at, post in times}
    )
    asked = set(times)
    events = _group_into_events(_with_card_data(near), user, now)
    return [event for event in events if (event.due_at, event.post.pk) in asked]


def _with_card_data(rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
    return (
        rows.select_related("post", "channel", "unit")
        .only(*_SHOWN)
        .order_by("due_at", F("post_id"), "pk")
    )


def first_events(
    rows: QuerySet[Delivery], *, user: User, now: datetime
) -> tuple[list[CalendarEvent], bool]:
    """Return the events of `find_going_out` in order, and whether some were left out."""
    deliveries = list(_with_card_data(rows)[: MOST_ROWS + 1])
    events = _group_into_events(deliveries[:MOST_ROWS], user, now)
    return events, len(deliveries) > MOST_ROWS


def planned_posts(unit: Unit, *, start: datetime, end: datetime) -> list[Cells]:
    """Return in order what ``unit`` plans from ``start`` until ``end``, as lines of a sheet: what
    is scheduled, with the words that were approved; then what only has a wanted time.
    """
    going = Delivery.objects.filter(unit=unit, due_at__gte=start, due_at__lt=end)
    going = going.exclude(state__in=CALENDAR_FILTERS["ended"])
    rows = list(going.select_related("channel", "revision", "post").defer("post__body")[:MOST_ROWS])
    topics = {topic.code: str(topic) for topic in Topic.objects.all()}
    groups: dict[tuple[int, datetime], list[Delivery]] = {}
    for row in rows:
        groups.setdefault((row.revision_id, row.due_at), []).append(row)
    posts = [_approved_line(group, topics) for group in groups.values()]
    drafts = (
        Post.objects.filter(unit=unit, requested_time__gte=start, requested_time__lt=end)
        .exclude(state__in=[PostState.ARCHIVED, PostState.WITHDRAWN])
        .exclude(pk__in={row.post_id for row in rows})
        .select_related("topic")
        .prefetch_related("targets__channel", "pictures__media")
    )
    posts += [_draft_line(post) for post in drafts[:MOST_ROWS]]
    return sorted(posts, key=lambda line: (line.at, line.title))


def _approved_line(group: list[Delivery], topics: Mapping[str, str]) -> Cells:
    content = group[0].revision.content
    return Cells(
        at=group[0].due_at,
        channels=_name_channels(row.channel for row in group),
        title=content["title"],
        text=to_plain_text(content["body"]),
        pictures=[stored_name(medium["sha256"]) for medium in content["media"]],
        alt=[medium["alt"] for medium in content["media"]],
        topic=topics.get(content["topic"], ""),
        link=content["link"],
    )


def _name_channels(channels: Iterable[Channel]) -> list[str]:
    in_order = sorted(channels, key=lambda channel: (platform_rank(channel.platform), channel.name))
    return [channel_label(channel) for channel in in_order]


def _draft_line(post: Post) -> Cells:
    pictures = list(post.pictures.all())
    return Cells(
        at=post.requested_time,
        channels=_name_channels(target.channel for target in post.targets.all() if target.is_on),
        title=post.title,
        text=to_plain_text(post.body),
        pictures=[stored_name(picture.media.sha256) for picture in pictures],
        alt=[picture.alt_text for picture in pictures],
        topic=str(post.topic or ""),
        link=post.link,
    )


def _group_into_events(rows: Iterable[Delivery], user: User, now: datetime) -> list[CalendarEvent]:
    groups: dict[tuple[int, datetime], list[Delivery]] = {}
    for row in rows:
        groups.setdefault((row.post_id, row.due_at), []).append(row)
    events = []
    for group in groups.values():
        first = group[0]
        may = first.due_at > now and can(user, Permission.POST_SCHEDULE, unit=first.unit)
        movable = [row for row in group if may and row.state in MOVABLE]
        events.append(CalendarEvent(first.post, first.due_at, group, movable))
    return events


def copy_with_times(times: Mapping[Channel, datetime], rows: Iterable[Delivery]) -> list[Delivery]:
    """Return copies of the deliveries, each due at the time of its channel; nothing is stored."""
    moved = [copy(row) for row in rows]
    for row in moved:
        row.due_at = times[row.channel]
    return moved


def find_clashes(
    user: User, rows: Iterable[Delivery], *, now: datetime
) -> dict[int, list[Delivery]]:
    """Find for each of the deliveries that are still ahead, by key, what else goes out on its page
    within some minutes, whatever the calendar's filters hide. One query.
    """
    ahead = [row for row in rows if row.due_at > now and row.state in READABLE]
    if not ahead:
        return {}
    others = (
        Delivery.objects.visible_to(user)
        .filter(
            channel__in={row.channel_id for row in ahead},
            state__in=READABLE,
            due_at__gt=min(row.due_at for row in ahead) - CLOSE,
            due_at__lt=max(row.due_at for row in ahead) + CLOSE,
        )
        .select_related("post")
        .only("due_at", "channel", "post__title", "post__label")
        .order_by("due_at", "pk")
    )
    by_channel: dict[int, list[Delivery]] = {}
    for other in others[:MOST_ROWS]:
        by_channel.setdefault(other.channel_id, []).append(other)
    return {
        row.pk: near
        for row in ahead
        if (near := _find_near(row, by_channel.get(row.channel_id, [])))
    }


def _find_near(row: Delivery, ordered: list[Delivery]) -> list[Delivery]:
    """Return those of one page's deliveries, in order of time, that lie close to another post's."""
    begins = bisect_left(ordered, row.due_at - CLOSE, key=lambda event: event.due_at)
    near = []
    for other in ordered[begins:]:
        if other.due_at >= row.due_at + CLOSE:
            break
        if other.due_at > row.due_at - CLOSE and other.post_id != row.post_id:
            near.append(other)
    return near


@dataclass(frozen=True, slots=True)
class Marks:
    """The events that the days of a calendar bring besides posts: at one unit."""

    occasions: list[Occasion]
    campaigns: list[Campaign]
    blackouts: list[Pause]
    free: list[FreeSlot]


def calendar_marks(
    user: User,
    unit: Unit,
    *,
    channel: Channel | None = None,
    first: date,
    last: date,
    now: datetime,
) -> Marks:
    """Find what lies between two days, both included, for a unit and its channels, or one."""
    campaigns = Campaign.objects.visible_to(user).open_to(unit)
    campaigns = campaigns.filter(starts_on__lte=last, ends_on__gte=first).order_by("starts_on")
    start, end = get_midnight(first), get_midnight(last + timedelta(days=1))
    blackouts = Pause.objects.filter(
        is_blackout=True,
        started_at__lt=end,
        ended_at__gt=start,
        unit__path__in=list_ancestors(unit.path),
    ).order_by("started_at")
    channels = Channel.objects.offered().filter(unit=unit).defer("sealed")
    if channel:
        channels = channels.filter(pk=channel.pk)
    return Marks(
        find_occasions(first, last),
        list(campaigns[:MOST_MARKS]),
        list(blackouts.select_related("unit", "channel", "topic")[:MOST_MARKS]),
        free_slots(channels, start=max(start, now), end=end),
    )


def board_columns(
    user: User, chosen: CalendarFilter, *, now: datetime
) -> dict[str, tuple[list[Post], bool]]:
    """Return the posts of each group, the newest change first, and whether there are more."""
    posts = _board_posts(user, chosen).order_by("-changed_at", "-pk")
    columns = {}
    for group, which in post_groups(now).items():
        rows = list(posts.filter(which)[: MOST_CARDS + 1])
        columns[str(group)] = (rows[:MOST_CARDS], len(rows) > MOST_CARDS)
    return columns


def _board_posts(user: User, chosen: CalendarFilter) -> QuerySet[Post]:
    posts = Post.objects.visible_to(user).written()
    if chosen.unit:
        posts = posts.filter(unit__path__startswith=chosen.unit.path)
    if chosen.campaign:
        posts = posts.filter(campaign=chosen.campaign)
    if chosen.channel:
        in_channel = PostChannel.objects.switched_on().filter(channel=chosen.channel)
        posts = posts.filter(pk__in=in_channel.values("post"))
    return posts.select_related("unit").defer("body", "search")
