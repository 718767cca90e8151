"""Conflicts of a planned time: the same text in one minute, and days with more posts than a
platform takes.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _

from channels.models import Channel
from channels.queries import facts_of
from channels.states import by_platform, platform_rank
from core.clock import format_local_time
from core.errors import Refused
from core.scope import list_ancestors
from platforms.facts import Format
from posts.canonical import content
from posts.models import Post, Revision
from publishing.models import Delivery, Pause
from publishing.states import (
    CONCLUDED,
    READABLE,
)

# Closer together than this, two posts of a page take residents' eyes from each other.
CLOSE = timedelta(minutes=15)


def refuse_same_text(
    post: Post, revision: Revision, times: dict[Channel, datetime], intended: bool
) -> None:
    same = [other for other in find_same_minute(post, revision, times) if other.same_text]
    if same and not intended:
        facts = {
            "title": same[0].delivery.post,
            "channel": same[0].channel,
            "when": format_local_time(same[0].delivery.due_at),
        }
        raise Refused(
            _(
                "“%(title)s” shows the same text on %(channel)s in the same minute (%(when)s). "
                "Choose another time, or confirm when scheduling that it is meant."
            )
            % facts
        )


def refuse_blackout(post: Post, times: Mapping[Channel, datetime]) -> None:
    """Raise Refused where a blackout covers one of the times; the words name its end.

    Needs the post's ``unit``. One query. Urgent posts pass where the blackout lets them.
    """
    if not times:
        return
    blackouts = Pause.objects.filter(
        is_blackout=True,
        started_at__lte=max(times.values()),
        ended_at__gt=min(times.values()),
        unit__path__in=list_ancestors(post.unit.path),
    )
    for blackout in blackouts.select_related("unit").order_by("-ended_at"):
        for channel, at in times.items():
            row = Delivery(post=post, unit=post.unit, channel=channel)
            if blackout.ended_at and blackout.lasts(at) and blackout.covers(row):
                facts = {"channel": channel, "reason": blackout.reason.strip()[:160]}
                facts["end"] = format_local_time(blackout.ended_at)
                raise Refused(
                    _(
                        "Nothing can be scheduled on %(channel)s for this time until %(end)s. "
                        "Reason: %(reason)s"
                    )
                    % facts
                )


@dataclass(frozen=True, slots=True)
class SameMinuteDelivery:
    """A delivery of another post that is due on ``channel`` in the minute that was asked about."""

    delivery: Delivery
    same_text: bool

    @property
    def channel(self) -> Channel:
        return self.delivery.channel


def find_same_minute(
    post: Post, revision: Revision, times: Mapping[Channel, datetime]
) -> list[SameMinuteDelivery]:
    """Find what else goes out, or went out, on these channels
    in the same minutes; the same text first. One query."""
    in_those_minutes = Q(pk__in=[])
    for channel, at in times.items():
        minute = at.replace(second=0, microsecond=0)
        in_those_minutes |= Q(
            channel=channel, due_at__gte=minute, due_at__lt=minute + timedelta(minutes=1)
        )
    live = Delivery.objects.filter(in_those_minutes, state__in=READABLE).exclude(post=post)
    deliveries = [
        SameMinuteDelivery(
            row, _shown_text(row.revision, row.channel) == _shown_text(revision, row.channel)
        )
        for row in live.select_related("post", "channel", "revision").defer(
            "post__body", "post__search"
        )
    ]
    return sorted(
        deliveries, key=lambda other: (not other.same_text, platform_rank(other.channel.platform))
    )


def find_close_by(post: Post, times: Mapping[Channel, datetime]) -> list[Delivery]:
    """Find what else goes out, or went out, on these channels within some minutes, though not in
    the same one. One query.
    """
    near = Q(pk__in=[])
    for channel, at in times.items():
        minute = at.replace(second=0, microsecond=0)
        same = Q(due_at__gte=minute, due_at__lt=minute + timedelta(minutes=1))
        near |= Q(channel=channel, due_at__gt=at - CLOSE, due_at__lt=at + CLOSE) & ~same
    rows = Delivery.objects.filter(near, state__in=READABLE).exclude(post=post)
    rows = rows.select_related("post", "channel").defer("post__body", "post__search")
    return list(rows.order_by("due_at", by_platform(), "pk"))


def _shown_text(revision: Revision, channel: Channel) -> tuple[str, str]:
    """Return what residents would read: an article's title, where it is shown, and its text."""
    target = content.target_of(revision.content, channel.public_id)
    if target is None:
        return ("", f"not meant for {channel.public_id}: {revision.pk}")
    form = facts_of(channel.platform).format(target.get("format", ""))
    return (revision.content["title"] if form.article or form.max_title else "", target["text"])


def _format_on(revision: Revision | None, channel: Channel) -> Format | None:
    target = content.target_of(revision.content, channel.public_id) if revision else None
    return facts_of(channel.platform).format(target.get("format", "")) if target else None


class FullDay(NamedTuple):
    """A calendar day with more publications than a platform takes: of one page, or of all units'
    together.
    """

    channel: Channel
    day: date
    most: int
    of_app: bool
    format: str = ""  # the one that alone has this limit; empty: all posts count


def count_booked(
    platforms: Iterable[str], start: datetime, end: datetime, *, but: Post | None = None
) -> QuerySet[Any, Any]:
    """Count what is still to go out, as rows of platform, calendar day, channel's key, number
    ``n``.
    """
    going = _find_booked(platforms, start, end)
    if but:
        going = going.exclude(post=but)
    by_day = going.annotate(day=TruncDate("due_at")).values_list("platform", "day", "channel")
    return by_day.annotate(n=Count("pk"))


def count_booked_in_all(
    platforms: Iterable[str], start: datetime, end: datetime
) -> QuerySet[Any, Any]:
    """Count what is still to go out, as rows of platform, channel's key, number ``n``."""
    by_page = _find_booked(platforms, start, end).values_list("platform", "channel")
    return by_page.annotate(n=Count("pk"))


def full_days_of_app(platform: str, start: datetime, end: datetime) -> QuerySet[Any, date]:
    """Find the calendar days on which more is to go out than the platform takes from our whole
    application, which it limits.
    """
    going = _find_booked([platform], start, end)
    by_day = going.annotate(day=TruncDate("due_at")).values("day").annotate(n=Count("pk"))
    return by_day.filter(n__gt=facts_of(platform).per_app_day).values_list("day", flat=True)


def _find_booked(platforms: Iterable[str], start: datetime, end: datetime) -> QuerySet[Delivery]:
    going = Delivery.objects.filter(platform__in=platforms, due_at__gte=start, due_at__lt=end)
    return going.exclude(state__in=sorted(CONCLUDED)).order_by()


def count_booked_formats(channel: int, day: date, *, but: Post | None = None) -> Counter[str]:
    """Count what is still to go out on one page on a calendar day, by format."""
    start = timezone.make_aware(datetime.combine(day, time()))
    going = Delivery.objects.filter(
        channel=channel, due_at__gte=start, due_at__lt=start + timedelta(days=1)
    )
    going = going.exclude(state__in=sorted(CONCLUDED)).order_by()
    if but:
        going = going.exclude(post=but)
    rows = going.select_related("revision", "channel")
    return Counter(form.name for row in rows if (form := _format_on(row.revision, row.channel)))


def full_days(post: Post, times: Mapping[Channel, datetime]) -> list[FullDay]:
    """Find the days that would hold more than their platforms take, if ``post`` went out at
    ``times``.

    Counted by the calendar's day, as officers plan; platforms count the last 24 hours, or a day of
    their own. One query, and one more for a page with more planned than it takes of one format.
    """
    limited = [channel for channel in times if facts_of(channel.platform).per_day]
    if not limited:
        return []
    midnights = {
        channel: timezone.localtime(times[channel]).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        for channel in limited
    }
    platforms = {channel.platform for channel in limited}
    start, end = min(midnights.values()), max(midnights.values()) + timedelta(days=1)
    on_page: Counter[tuple[int, date]] = Counter()
    of_app: Counter[tuple[str, date]] = Counter()
    for channel, midnight in midnights.items():
        on_page[channel.pk, midnight.date()] += 1
        of_app[channel.platform, midnight.date()] += 1
    for platform, day, channel_id, n in count_booked(platforms, start, end, but=post):
        on_page[channel_id, day] += n
        of_app[platform, day] += n
    days = []
    for channel, midnight in midnights.items():
        day = midnight.date()
        full_day = _find_full_day(
            post,
            channel,
            day,
            posts_on_page=on_page[channel.pk, day],
            posts_of_app=of_app[channel.platform, day],
        )
        if full_day:
            days.append(full_day)
    return days


def _find_full_day(
    post: Post, channel: Channel, day: date, *, posts_on_page: int, posts_of_app: int
) -> FullDay | None:
    """Return which limit the numbers of a day pass, if any. They count ``post``."""
    facts = facts_of(channel.platform)
    if facts.per_page_day and posts_on_page > facts.per_page_day:
        return FullDay(channel, day, facts.per_page_day, of_app=False)
    if facts.per_app_day and posts_of_app > facts.per_app_day:
        return FullDay(channel, day, facts.per_app_day, of_app=True)
    form = _format_on(post.approved_revision or post.current_revision, channel)
    most = form.per_page_day if form else 0
    if form is None or not most or posts_on_page <= most:
        return None
    # Asked only now: most days hold fewer posts of all formats than the limit of one.
    if count_booked_formats(channel.pk, day, but=post)[form.name] < most:
        return None
    return FullDay(channel, day, most, of_app=False, format=form.name)
