"""Free slots for pages on which a time is chosen."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from channels.models import Channel
from channels.states import platform_rank
from posts.models import Post
from posts.suggested_times import suggested_times
from publishing.presenters.text import short_time
from publishing.slots.presenters import TimeChip, moment_chip, time_chip
from publishing.slots.queries import AHEAD, free_slots, free_times_after, next_free_slots

OWN_SLOTS = "own"  # the value of the chip that gives each channel its own


def time_chips(channels: Collection[Channel], *, now: datetime) -> list[TimeChip]:
    """Offer the next free slots of these channels, which are one unit's, as choices of a time."""
    return [time_chip(slot) for slot in next_free_slots(channels, now=now)]


def usual_chips(slots: Collection[TimeChip], *, now: datetime) -> list[TimeChip]:
    """Offer this evening and tomorrow morning beside the slots that are offered already."""
    usual = [moment_chip(at, label) for at, label in suggested_times(now)]
    taken = {chip.value for chip in slots}
    return [chip for chip in usual if chip.value not in taken]


def chips_after(
    post: Post, channels: Sequence[Channel], at: datetime, *, now: datetime
) -> list[TimeChip]:
    """Offer free times of the post soon after one that is taken."""
    return [
        moment_chip(free, short_time(free, beside=at))
        for free in free_times_after(post, channels, at, now=now)
    ]


def later_chips(at: datetime) -> list[TimeChip]:
    """Offer the same time of day, a day and a week later."""
    return [
        moment_chip(at + timedelta(days=1), _("One day later")),
        moment_chip(at + timedelta(days=7), _("One week later")),
    ]


def own_times_chip(channels: Collection[Channel], *, now: datetime) -> TimeChip | None:
    """Offer each channel's own next free slot, where there is more than one time among them.

    It fills in the fields ``at_<channel>`` of the form that schedules.
    """
    first: dict[Channel, datetime] = {}
    for slot in free_slots(channels, start=now, end=now + AHEAD):
        for channel in slot.channels:
            first.setdefault(channel, slot.at)
    if len(set(first.values())) < 2:
        return None
    times = {f"at_{channel.public_id}": at for channel, at in first.items()}
    in_order = sorted(first, key=lambda channel: platform_rank(channel.platform))
    names = ", ".join(dict.fromkeys(channel.get_platform_display() for channel in in_order))
    return TimeChip(_("Each channel at its own slot"), names, OWN_SLOTS, times)
