"""Keeping slots: a unit's own weekly times, and those suggested to the units below."""

from collections.abc import Collection, Iterable
from datetime import time
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Authority, User
from accounts.permissions import Permission
from accounts.queries import require
from audit.services import record
from channels.models import Channel
from core.errors import Refused
from publishing.models import Slot, SlotSuggestion
from publishing.slots.queries import missing_slots
from units.models import Level, Unit

# Four a day; who means more publishes all day long.
MOST_OF_CHANNEL = 28
MOST_SUGGESTED = 50


@transaction.atomic
def add_slots(
    unit: Unit, *, by: User, channels: Collection[Channel], weekdays: Collection[int], at: time
) -> int:
    """Add a weekly time to each of these channels; return how many slots are new."""
    appointment = require(by, Permission.POST_SCHEDULE, unit=unit)
    if any(channel.unit_id != unit.pk for channel in channels):
        raise Refused(_("This channel does not belong to the unit."))
    slots = [
        Slot(unit=unit, channel=channel, weekday=day, at=at)
        for channel in channels
        for day in weekdays
    ]
    return _add_slots(unit, slots, by=by, appointment=appointment)


@transaction.atomic
def follow_suggestions(unit: Unit, *, by: User) -> int:
    """Take over every time that the units above suggest; return how many slots are new."""
    appointment = require(by, Permission.POST_SCHEDULE, unit=unit)
    _lock(unit)
    return _add_slots(unit, missing_slots(unit), by=by, appointment=appointment)


@transaction.atomic
def remove_slots(slots: Iterable[Slot], *, by: User) -> int:
    """Remove slots; what is scheduled already stays as it is. Return how many there were."""
    removed = 0
    for slot in slots:
        appointment = require(by, Permission.POST_SCHEDULE, unit=slot.unit)
        if Slot.objects.filter(pk=slot.pk).delete()[0]:
            _record("slot.removed", slot.channel, slot, by=by, appointment=appointment)
            removed += 1
    return removed


@transaction.atomic
def suggest(unit: Unit, *, by: User, platform: str, weekdays: Collection[int], at: time) -> int:
    """Suggest a weekly time to all units below ``unit``; return how many suggestions are new."""
    appointment = _require_suggests(by, unit)
    _lock(unit)
    there = set(SlotSuggestion.objects.filter(unit=unit).values_list("platform", "weekday", "at"))
    new = [day for day in weekdays if (platform, day, at) not in there]
    if len(there) + len(new) > MOST_SUGGESTED:
        raise Refused(
            _("A unit suggests at most %(n)s times. Remove some first.") % {"n": MOST_SUGGESTED}
        )
    for day in new:
        made = SlotSuggestion.objects.create(unit=unit, platform=platform, weekday=day, at=at)
        _record("slot.suggested", unit, made, by=by, appointment=appointment, platform=platform)
    return len(new)


@transaction.atomic
def remove_suggestions(suggestions: Iterable[SlotSuggestion], *, by: User) -> int:
    """Remove suggestions; slots that units took over stay theirs. Return how many there were."""
    removed = 0
    for suggestion in suggestions:
        appointment = _require_suggests(by, suggestion.unit)
        if SlotSuggestion.objects.filter(pk=suggestion.pk).delete()[0]:
            _record(
                "slot.suggestion_removed",
                suggestion.unit,
                suggestion,
                by=by,
                appointment=appointment,
                platform=suggestion.platform,
            )
            removed += 1
    return removed


def _require_suggests(by: User, unit: Unit) -> Authority:
    """Return the authority to suggest: the right to lead campaigns where units lie below."""
    appointment = require(by, Permission.CAMPAIGN_WRITE, unit=unit)
    if unit.level == Level.COMMUNE:
        raise Refused(_("No units lie below %(unit)s.") % {"unit": unit})
    return appointment


def _add_slots(unit: Unit, slots: list[Slot], *, by: User, appointment: Authority) -> int:
    _lock(unit)
    there = set(Slot.objects.filter(unit=unit).values_list("channel", "weekday", "at"))
    new = [slot for slot in slots if (slot.channel_id, slot.weekday, slot.at) not in there]
    for channel in {slot.channel_id: slot.channel for slot in new}.values():
        n = sum(key[0] == channel.pk for key in there)
        n += sum(slot.channel_id == channel.pk for slot in new)
        if n > MOST_OF_CHANNEL:
            raise Refused(
                _("%(channel)s may have at most %(n)s slots a week. Remove some first.")
                % {"channel": channel, "n": MOST_OF_CHANNEL}
            )
    for slot in new:
        slot.save()
        _record("slot.added", slot.channel, slot, by=by, appointment=appointment)
    return len(new)


def _lock(unit: Unit) -> None:
    """Lock the unit, so that two people at once do not pass the limits together."""
    Unit.objects.select_for_update(no_key=True).get(pk=unit.pk)


def _record(
    action: str,
    subject: Channel | Unit,
    slot: Slot | SlotSuggestion,
    *,
    by: User,
    appointment: Authority,
    **facts: Any,
) -> None:
    times = {"weekday": slot.weekday, "time": f"{slot.at:%H:%M}"}
    record(action, subject, by=by, position=appointment.position, **times, **facts)
