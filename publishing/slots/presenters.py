"""Slots in words: their days, and the free ones as choices of a time."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, time
from itertools import groupby
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from publishing.models import Slot, SlotSuggestion, Weekday
from publishing.presenters.text import format_moment
from publishing.slots.queries import FreeSlot

WORKDAYS = frozenset(range(5))


@dataclass(frozen=True, slots=True)
class WeeklyTime:
    """The slots, or suggestions, of one time: shown and removed together."""

    at: time
    days: str
    rows: list[Any]


@dataclass(frozen=True, slots=True)
class TimeChip:
    """A choice of a time: ``value`` names it in an address, ``times`` are what it fills in, by the
    form's fields.
    """

    label: str
    where: str
    value: str
    times: dict[str, datetime]

    @property
    def fields_json(self) -> str:
        return json.dumps({name: field_value(at) for name, at in self.times.items()})


def days_in_words(weekdays: Collection[int]) -> str:
    days = set(weekdays)
    if len(days) == len(Weekday):
        return _("every day")
    if days == WORKDAYS:
        return _("Monday to Friday")
    return ", ".join(str(Weekday(day).label) for day in sorted(days))


def weekly_times(rows: Iterable[Slot | SlotSuggestion]) -> list[WeeklyTime]:
    """Group rows of one channel, or one platform, by their time."""
    ordered = sorted(rows, key=lambda row: (row.at, row.weekday))
    times = [(at, list(group)) for at, group in groupby(ordered, key=lambda row: row.at)]
    return [
        WeeklyTime(at, days_in_words([row.weekday for row in group]), group) for at, group in times
    ]


def field_value(at: datetime) -> str:
    """Write a time as a field of a date and a time takes it."""
    return timezone.localtime(at).strftime("%Y-%m-%dT%H:%M")


def moment_chip(at: datetime, label: str) -> TimeChip:
    """Offer a time that is no slot of any channel."""
    return TimeChip(label, "", field_value(at), {"due_at": at})


def time_chip(slot: FreeSlot) -> TimeChip:
    names = dict.fromkeys(channel.get_platform_display() for channel in slot.channels)
    return TimeChip(
        format_moment(slot.at), ", ".join(names), field_value(slot.at), {"due_at": slot.at}
    )
