"""Queries for slots: the weekly times of a unit's channels, and which of them are free."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from channels.models import Channel
from channels.states import platform_rank
from core.scope import list_ancestors
from posts.models import Post
from publishing.models import Delivery, Pause, Slot, SlotSuggestion
from publishing.scheduling.conflicts import CLOSE
from publishing.states import READABLE
from units.models import Unit

AHEAD = timedelta(days=14)
MOST_OFFERED = 3
SOON = timedelta(hours=3)  # in which another time is looked for beside one that is taken


@dataclass(frozen=True, slots=True)
class FreeSlot:
    """A time at which each of these channels has a slot and nothing goes out on it."""

    at: datetime
    channels: tuple[Channel, ...]


def slots_of(unit: Unit) -> QuerySet[Slot]:
    """Find the slots of a unit's channels, of those that it still holds and uses."""
    channels = Channel.objects.offered().filter(unit=unit)
    slots = Slot.objects.filter(unit=unit, channel__in=channels)
    return slots.select_related("channel").defer("channel__sealed")


def suggestions_for(unit: Unit) -> QuerySet[SlotSuggestion]:
    """Find what the units above suggest to ``unit``, the nearest of them last."""
    above = [path for path in list_ancestors(unit.path) if path != unit.path]
    slot_suggestions = SlotSuggestion.objects.filter(unit__path__in=above)
    return slot_suggestions.select_related("unit").order_by(
        "unit__path", "platform", "at", "weekday"
    )


def missing_slots(unit: Unit) -> list[Slot]:
    """Return the slots, not stored, that ``unit`` would gain by following every suggestion."""
    channels = list(Channel.objects.offered().filter(unit=unit).defer("sealed"))
    there = set(slots_of(unit).values_list("channel", "weekday", "at"))
    asked = {
        (channel, suggestion.weekday, suggestion.at)
        for suggestion in suggestions_for(unit)
        for channel in channels
        if suggestion.platform in ("", channel.platform)
    }
    requested = [slot for slot in asked if (slot[0].pk, *slot[1:]) not in there]
    requested.sort(key=lambda slot: (platform_rank(slot[0].platform), slot[0].pk, slot[2], slot[1]))
    return [Slot(unit=unit, channel=c, weekday=day, at=at) for c, day, at in requested]


def next_free_slots(
    channels: Iterable[Channel], *, now: datetime, most: int = MOST_OFFERED
) -> list[FreeSlot]:
    """Find the next free slot of each channel, within a fortnight.

    Channels whose next one is at the same time share it. The soonest first, ``most`` of them.
    """
    first: dict[int, datetime] = {}
    slots = free_slots(channels, start=now, end=now + AHEAD)
    for slot in slots:
        for channel in slot.channels:
            first.setdefault(channel.pk, slot.at)
    offered = [
        FreeSlot(slot.at, tuple(c for c in slot.channels if first[c.pk] == slot.at))
        for slot in slots
    ]
    return [slot for slot in offered if slot.channels][:most]


def free_slots(channels: Iterable[Channel], *, start: datetime, end: datetime) -> list[FreeSlot]:
    """Find the free slots of these channels after ``start`` and before ``end``, in order.

    A slot is free where nothing else goes out on the channel within some minutes, and no pause or
    blackout of all topics covers it. Three queries; the channels must be one unit's.
    """
    by_key = {channel.pk: channel for channel in channels}
    slots = list(Slot.objects.filter(channel__in=by_key).values_list("channel", "weekday", "at"))
    if not slots:
        return []
    busy = _busy_times(by_key, start, end)
    # Pauses of all topics that hold the unit's channels, or some of them.
    path = Unit.objects.values_list("path", flat=True).get(pk=next(iter(by_key.values())).unit_id)
    pauses = list(
        Pause.objects.lasting(start).filter(unit__path__in=list_ancestors(path), topic__isnull=True)
    )
    free: dict[datetime, list[Channel]] = {}
    for channel_pk, weekday, at in slots:
        channel = by_key[channel_pk]
        for when in _occurrences(weekday, at, start, end):
            held = any(p.channel_id in (None, channel_pk) and p.lasts(when) for p in pauses)
            if not held and not _is_close(when, busy.get(channel_pk, ())):
                free.setdefault(when, []).append(channel)
    return [FreeSlot(when, tuple(sorted(free[when], key=_place_of))) for when in sorted(free)]


def _place_of(channel: Channel) -> tuple[int, str, int]:
    return platform_rank(channel.platform), channel.name, channel.pk


def free_times_after(
    post: Post, channels: Sequence[Channel], at: datetime, *, now: datetime, most: int = 2
) -> list[datetime]:
    """Find times soon after ``at`` at which nothing else goes out on any of these channels of the
    post within some minutes, and neither a pause nor the end of its validity is in the way. Slots
    of all channels come before any other time. Four queries.
    """
    start = max(at, now).replace(second=0, microsecond=0)
    end = start + SOON
    rows = [Delivery(post=post, unit=post.unit, channel=channel) for channel in channels]
    busy = _busy_times([channel.pk for channel in channels], start, end, but=post)
    pauses = Pause.objects.lasting(start).filter(unit__path__in=list_ancestors(post.unit.path))
    held = list(pauses.select_related("unit"))

    def is_free(when: datetime) -> bool:
        return not any(
            _is_close(when, busy.get(row.channel_id, ()))
            or any(pause.lasts(when) and pause.covers(row) for pause in held)
            for row in rows
        )

    slots = free_slots(channels, start=start, end=end) if channels else []
    common = [slot.at for slot in slots if len(slot.channels) == len(channels)]
    regular = [start + n * CLOSE for n in range(1, SOON // CLOSE)]
    free = [when for when in dict.fromkeys([*common, *regular]) if is_free(when)]
    return sorted([when for when in free if not post.ends_at or when < post.ends_at][:most])


def _occurrences(weekday: int, at: time, start: datetime, end: datetime) -> list[datetime]:
    """Return when a weekly time falls between ``start`` and ``end``, both excluded."""
    zone = timezone.get_default_timezone()
    day = timezone.localdate(start)
    day += timedelta(days=(weekday - day.weekday()) % 7)
    occurrences = []
    while (when := datetime.combine(day, at, tzinfo=zone)) < end:
        if when > start:
            occurrences.append(when)
        day += timedelta(days=7)
    return occurrences


def _busy_times(
    channels: Iterable[int], start: datetime, end: datetime, *, but: Post | None = None
) -> dict[int, list[datetime]]:
    """Return when something goes out on each channel, or went, in order; ``but``: of other posts
    than this one.
    """
    rows = Delivery.objects.filter(
        channel__in=channels,
        state__in=READABLE,
        due_at__gt=start - CLOSE,
        due_at__lt=end + CLOSE,
    )
    if but:
        rows = rows.exclude(post=but)
    busy: dict[int, list[datetime]] = {}
    for channel, due_at in rows.order_by("due_at").values_list("channel", "due_at"):
        busy.setdefault(channel, []).append(due_at)
    return busy


def _is_close(when: datetime, times: Sequence[datetime]) -> bool:
    place = bisect_left(times, when)
    return any(abs(other - when) < CLOSE for other in times[max(place - 1, 0) : place + 1])
