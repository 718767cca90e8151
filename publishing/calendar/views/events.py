"""The events of the calendar, described for its list and for its script."""

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.core.paginator import Page
from django.db.models import QuerySet
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from accounts.permissions import Permission
from channels.states import Health, platform_rank
from core.expensive import one_at_a_time
from publishing.calendar.forms import CalendarForm, WindowForm
from publishing.calendar.presenters import (
    CountChip,
    count_chips,
    count_events,
    describe_clash,
    long_marks,
    mark_events,
)
from publishing.calendar.queries import (
    CalendarEvent,
    day_counts,
    find_clashes,
    find_going_out,
    first_events,
)
from publishing.calendar.views.scope import filters_of, marks_of, unit_of
from publishing.models import Delivery, Pauses
from publishing.pauses.context import pauses_of
from publishing.presenters.delivery import delivery_status
from publishing.presenters.post import summarise
from publishing.slots.presenters import field_value
from publishing.states import State


class EventList(NamedTuple):
    """The events of a period, all or one page of them; numbers by day where they are too many."""

    events: list[CalendarEvent] = []
    more: bool = False
    page: Page | None = None
    chips: list[tuple[date, CountChip]] = []


def events_or_counts(
    request: HttpRequest, form: CalendarForm, rows: QuerySet[Delivery], *, now: datetime
) -> EventList:
    """Return the events of a window, or the numbers of its days where they are too many."""
    counts = day_counts(rows, unit_of(request, form.chosen()))
    if counts:
        return EventList(chips=count_chips(counts, form.active_filters()))
    return EventList(*first_events(rows, user=request.user, now=now))


def describe(
    request: HttpRequest, events: list[CalendarEvent], *, now: datetime
) -> list[dict[str, Any]]:
    """Describe the events, with the posts that share their times."""
    rows = [row for event in events for row in event.deliveries]
    near, pauses = find_clashes(request.user, rows, now=now), pauses_of(request)
    return [
        {**_describe_one(event, pauses), "clash": describe_clash(event.deliveries, near)}
        for event in events
    ]


def _describe_one(event: CalendarEvent, pauses: Pauses) -> dict[str, Any]:
    status = summarise(delivery_status(row, pauses) for row in event.deliveries)
    n = len(event.deliveries)
    rows = sorted(event.deliveries, key=lambda row: platform_rank(row.platform))
    names = ", ".join(dict.fromkeys(_platform_words(row) for row in rows))
    where = ngettext("%(n)s channel: %(names)s", "%(n)s channels: %(names)s", n)
    return {
        "event": event,
        "title": str(event.post),
        "url": reverse("publishing:post", args=[event.post.public_id]),
        "move_url": _move_address(event) if event.movable else "",
        "state": status.label,
        "tone": status.tone,
        "icon": status.icon,
        "platforms": list(dict.fromkeys(row.platform for row in rows)),
        "where": where % {"n": n, "names": names},
        "unit": event.deliveries[0].unit.name,
    }


def _move_address(event: CalendarEvent) -> str:
    if len(event.movable) == 1:
        return reverse("publishing:move", args=[event.movable[0].public_id])
    return reverse("publishing:move_all", args=[event.post.public_id])


def _platform_words(row: Delivery) -> str:
    platform = row.channel.get_platform_display()
    will_be_manual = row.state == State.SCHEDULED and row.channel.health == Health.MANUAL
    if row.state == State.MANUAL or will_be_manual:
        return _("%(platform)s by hand") % {"platform": platform}
    return platform


@require_GET
@one_at_a_time
def feed(request: HttpRequest) -> JsonResponse:
    """Return what goes out in the asked days, one event for a post and a time on all its channels,
    and what else these days bring.
    """
    form, now = filters_of(request), timezone.now()
    chosen = form.chosen()
    window = WindowForm(request.GET)
    if not window.is_valid():
        message = " ".join(error for errors in window.errors.values() for error in errors)
        return JsonResponse({"error": message}, status=400)
    rows = find_going_out(request.user, chosen=chosen, **window.cleaned_data)
    event_list = events_or_counts(request, form, rows, now=now)
    first = timezone.localdate(window.cleaned_data["start"])
    last = timezone.localdate(window.cleaned_data["end"] - timedelta(microseconds=1))
    marks = marks_of(request, chosen, first=first, last=last, now=now)
    composes = bool(request.user.reach(Permission.POST_WRITE))
    return JsonResponse(
        {
            "events": [
                _script_event(described)
                for described in describe(request, event_list.events, now=now)
            ],
            "marks": count_events(event_list.chips) + mark_events(marks, compose=composes),
            "long": long_marks(marks),
            "more": event_list.more,
        }
    )


def _script_event(described: dict[str, Any]) -> dict[str, Any]:
    """Return an event as static/js/pages/calendar.js takes it."""
    event: CalendarEvent = described["event"]
    names = ("title", "url", "state", "tone", "icon", "where", "unit", "clash")
    # Part of an event never moves alone: either all its channels may still be moved, or none.
    moves_whole = len(event.movable) == len(event.deliveries)
    return {
        "id": f"{event.post.public_id}-{event.due_at:%Y%m%d%H%M%S}",
        "start": timezone.localtime(event.due_at).isoformat(),
        "local": field_value(event.due_at),
        **{name: described[name] for name in names},
        "movable": [str(row.public_id) for row in event.movable] if moves_whole else [],
    }
