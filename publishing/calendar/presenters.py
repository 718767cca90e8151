"""The events of a calendar's days besides posts, in words and as the script draws them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.awareness import MONTH
from channels.states import Kind, platform_rank, platforms
from publishing.calendar.queries import DayCount, Marks
from publishing.models import Delivery, Pause
from publishing.presenters.text import as_sentence
from publishing.slots.presenters import TimeChip, field_value, time_chip
from publishing.slots.queries import FreeSlot

MOST_NAMED = 2  # of the posts that share an event's time


@dataclass(slots=True)
class DayCard:
    """A day of the agenda: what it is, what is kept from it, what goes out and what is free."""

    day: date
    occasions: list[str] = field(default_factory=list)
    blackouts: list[str] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    free: list[TimeChip] = field(default_factory=list)
    counts: list["CountChip"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CountChip:
    """A number of a day in words, and the address of the list behind it."""

    label: str
    address: str
    tone: str


def describe_clash(rows: Iterable[Delivery], clashes: Mapping[int, list[Delivery]]) -> str:
    """Say with which posts an event shares its time on a page; empty where with none."""
    near: dict[tuple[int, datetime], tuple[Delivery, set[str]]] = {}
    for row in rows:
        for other in clashes.get(row.pk, ()):
            key = (other.post_id, other.due_at)
            near.setdefault(key, (other, set()))[1].add(row.platform)
    if not near:
        return ""
    named = [
        _("“%(title)s” (%(when)s, %(names)s)")
        % {
            "title": other.post,
            "when": f"{timezone.localtime(other.due_at):%H:%M}",
            "names": ", ".join(Kind(name).label for name in sorted(names, key=platform_rank)),
        }
        for other, names in list(near.values())[:MOST_NAMED]
    ]
    if more := len(near) - len(named):
        named.append(ngettext("%(n)s more post", "%(n)s more posts", more) % {"n": more})
    return _("Same slot as %(posts)s") % {"posts": "; ".join(named)}


def describe_blackout(blackout: Pause) -> str:
    return _("Blackout: %(reason)s") % {"reason": as_sentence(blackout.reason)}


def days_of(blackout: Pause) -> tuple[date, date]:
    """Return the first and the last day that a blackout touches."""
    last = timezone.localtime(blackout.ended_at) - timedelta(microseconds=1)
    return timezone.localdate(blackout.started_at), last.date()


def day_cards(
    events: Iterable[tuple[date, dict[str, Any]]],
    marks: Marks,
    *,
    first: date,
    last: date,
    with_free: bool,
    chips: Iterable[tuple[date, CountChip]] = (),
) -> list[DayCard]:
    """Return the days from ``first`` to ``last`` on which there is something to see."""
    cards: dict[date, DayCard] = {}

    def card(day: date) -> DayCard:
        return cards.setdefault(day, DayCard(day))

    for occasion in marks.occasions:
        if occasion.kind != MONTH:
            for day in _days_between(max(occasion.first, first), min(occasion.last, last)):
                card(day).occasions.append(occasion.title)
    for blackout in marks.blackouts:
        begins, ends = days_of(blackout)
        for day in _days_between(max(begins, first), min(ends, last)):
            card(day).blackouts.append(describe_blackout(blackout))
    for day, event in events:
        card(day).events.append(event)
    for day, chip in chips:
        card(day).counts.append(chip)
    if with_free:
        for slot in marks.free:
            card(timezone.localdate(slot.at)).free.append(time_chip(slot))
    return [cards[day] for day in sorted(cards)]


def count_chips(
    counts: Iterable[DayCount], filters: Mapping[str, str]
) -> list[tuple[date, CountChip]]:
    """Return the numbers of each day: all, what needs somebody, and each kind of page, the busiest
    first. Each leads to the day as the ``filters`` narrow it, what needs somebody to that alone.
    """
    names = dict(platforms())
    by_day: dict[date, list[DayCount]] = {}
    for count in counts:
        by_day.setdefault(count.day, []).append(count)
    chips = []
    for day, rows in sorted(by_day.items()):
        total = sum(row.n for row in rows)
        label = ngettext("%(n)s publication", "%(n)s publications", total)
        whole_day = _day_address(day, filters)
        chips.append((day, CountChip(label % {"n": _format_number(total)}, whole_day, "green")))
        if attention := sum(row.attention for row in rows):
            label = ngettext("%(n)s needs attention", "%(n)s need attention", attention)
            address = _day_address(day, {**filters, "state": "attention"})
            chips.append((day, CountChip(label % {"n": _format_number(attention)}, address, "red")))
        for row in sorted(rows, key=lambda row: (-row.n, row.platform)):
            label = f"{names.get(row.platform, row.platform)}: {_format_number(row.n)}"
            chips.append((day, CountChip(label, whole_day, "blue")))
    return chips


def count_events(chips: Iterable[tuple[date, CountChip]]) -> list[dict[str, Any]]:
    """Return the numbers of the days as the script draws them."""
    return [
        {
            **_all_day_event(chip.label, day, day, kind="count"),
            "url": chip.address,
            "tone": chip.tone,
            "place": place,
        }
        for place, (day, chip) in enumerate(chips, start=1)
    ]


def _format_number(n: int) -> str:
    return number_format(n, force_grouping=True)


def _day_address(day: date, filters: Mapping[str, str]) -> str:
    query = urlencode({**filters, "view": "day", "date": day.isoformat()})
    return f"{reverse('publishing:calendar')}?{query}"


def long_marks(marks: Marks) -> list[str]:
    """Return the months of action and the campaigns that the period touches, with their days."""
    spans = [
        (occasion.title, occasion.first, occasion.last)
        for occasion in marks.occasions
        if occasion.kind == MONTH
    ]
    spans += [
        (_("Campaign “%(name)s”") % {"name": campaign}, campaign.starts_on, campaign.ends_on)
        for campaign in marks.campaigns
    ]
    return [f"{title} ({first:%d/%m} – {last:%d/%m/%Y})" for title, first, last in spans]


def mark_events(marks: Marks, *, compose: bool) -> list[dict[str, Any]]:
    """Return the marks as the script draws them: whole days, and with times what is free."""
    events = [
        _all_day_event(occasion.title, occasion.first, occasion.last, kind=occasion.kind)
        for occasion in marks.occasions
        if occasion.kind != MONTH
    ]
    for blackout in marks.blackouts:
        begins, ends = days_of(blackout)
        events.append(_all_day_event(describe_blackout(blackout), begins, ends, kind="blackout"))
    return events + [_free_slot_event(slot) for slot in marks.free if compose]


def _all_day_event(title: str, first: date, last: date, *, kind: str) -> dict[str, Any]:
    end = (last + timedelta(days=1)).isoformat()
    return {"title": title, "start": first.isoformat(), "end": end, "kind": kind}


def _free_slot_event(slot: FreeSlot) -> dict[str, Any]:
    names = ", ".join(dict.fromkeys(channel.get_platform_display() for channel in slot.channels))
    return {
        "title": _("Free: %(channels)s") % {"channels": names},
        "start": timezone.localtime(slot.at).isoformat(),
        "url": compose_address(slot.at),
        "kind": "free",
    }


def compose_address(at: datetime | None) -> str:
    """Return where a post begins that is to go out at ``at``."""
    query = f"?{urlencode({'at': field_value(at)})}" if at else ""
    return f"{reverse('posts:new')}{query}"


def _days_between(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
