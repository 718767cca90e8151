import json
import uuid
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.context import desk_of
from accounts.permissions import Permission
from channels.states import Health
from core.views import refusal
from publishing import queries, services, wording
from publishing.context import pauses_of
from publishing.forms import CalendarForm, WindowForm
from publishing.models import Delivery
from publishing.states import State

MOST_MOVED = 20  # one event stands for one post's channels


def _filters(request: HttpRequest) -> CalendarForm:
    if not request.user.reach(Permission.POST_VIEW):
        raise PermissionDenied
    return CalendarForm(request.GET, user=request.user, desk_unit=desk_of(request).unit)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


@require_GET
def calendar(request: HttpRequest) -> HttpResponse:
    """The agenda as a list that needs no script, and on a wide screen the calendar that grows from it."""
    form = _filters(request)
    wanted = form.wanted()
    today = timezone.localdate()
    view = form.cleaned_data.get("view") or "month"
    day = form.cleaned_data.get("date")
    first, last = _period(view, day or today)
    # Without a date people ask what comes; what has gone by this month is one step back.
    start = first if day else max(first, today)
    found, more = queries.slots(
        request.user, start=_midnight(start), end=_midnight(last), now=timezone.now(), wanted=wanted
    )
    context = {
        "form": form,
        "days": [
            {"day": on, "slots": [_shown(slot, pauses_of(request)) for slot in group]}
            for on, group in groupby(found, key=lambda s: timezone.localtime(s.due_at).date())
        ],
        "more": more,
        "view": view,
        "today": today,
        "start": start,
        "last": last - timedelta(days=1),
        "before": first if start != first else first - timedelta(days=1),
        "after": last,
        "options": _options(view, day or today, units="unit" in form.fields),
        "narrowed": bool(form.is_valid() and (wanted.channel or wanted.campaign or wanted.state)),
    }
    return render(request, "publishing/calendar.html", context)


def _period(view: str, day: date) -> tuple[date, date]:
    """The week or month that holds ``day``: its first day, and the first after it."""
    if view == "week":
        first = day - timedelta(days=day.weekday())
        return first, first + timedelta(days=7)
    first = day.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1)


def _options(view: str, day: date, *, units: bool) -> dict[str, Any]:
    """What static/js/calendar.js needs to know, words included."""
    return {
        "sprite": static("icons/sprite.svg"),
        "timeZone": settings.TIME_ZONE,
        "feed": reverse("publishing:calendar_feed"),
        "move": reverse("publishing:calendar_move"),
        "view": view,
        "date": day.isoformat(),
        "units": units,
        "words": {
            "month": _("Month"),
            "week": _("Week"),
            "list": _("List"),
            "today": _("Today"),
            "earlier": _("Earlier"),
            "later": _("Later"),
            "failed": _("No answer from the portal. The post was not moved."),
            "empty": _("Nothing is scheduled in these days."),
            "unread": _("The calendar could not be read. Reload the page."),
        },
    }


def _shown(slot: queries.Slot, pauses: queries.Pauses) -> dict[str, Any]:
    told = [wording.told(row, pauses) for row in slot.deliveries]
    worst = min(told, key=lambda t: wording.TONES.index(t.tone))
    n = len(slot.deliveries)
    names = {_way(row) for row in slot.deliveries}
    return {
        "slot": slot,
        "title": str(slot.post),
        "url": reverse("publishing:post", args=[slot.post.public_id]),
        "state": worst.label,
        "tone": worst.tone,
        "icon": worst.icon,
        "platforms": sorted({row.platform for row in slot.deliveries}),
        "where": ngettext("%(n)s channel: %(names)s", "%(n)s channels: %(names)s", n)
        % {"n": n, "names": ", ".join(sorted(names))},
        "unit": slot.deliveries[0].unit.name,
    }


def _way(row: Delivery) -> str:
    platform = row.channel.get_platform_display()
    by_hand = row.state == State.BY_HAND or (row.state == State.SCHEDULED and row.channel.health == Health.BY_HAND)
    return _("%(platform)s by hand") % {"platform": platform} if by_hand else platform


@require_GET
def feed(request: HttpRequest) -> JsonResponse:
    """What goes out in the asked days, one event for a post and a time, however many channels it has."""
    wanted = _filters(request).wanted()
    window = WindowForm(request.GET)
    if not window.is_valid():
        words = " ".join(error for errors in window.errors.values() for error in errors)
        return JsonResponse({"error": words}, status=400)
    found, more = queries.slots(request.user, now=timezone.now(), wanted=wanted, **window.cleaned_data)
    return JsonResponse({"events": [_event(slot, pauses_of(request)) for slot in found], "more": more})


def _event(slot: queries.Slot, pauses: queries.Pauses) -> dict[str, Any]:
    shown = _shown(slot, pauses)
    return {
        "id": f"{slot.post.public_id}-{slot.due_at:%Y%m%d%H%M%S}",
        "start": timezone.localtime(slot.due_at).isoformat(),
        **{name: shown[name] for name in ("title", "url", "state", "tone", "icon", "where", "unit")},
        # Part of an event never moves alone: either all its channels may still be moved, or none.
        "movable": [str(row.public_id) for row in slot.movable] if len(slot.movable) == len(slot.deliveries) else [],
    }


@require_POST
def move(request: HttpRequest) -> JsonResponse:
    """Moves the deliveries of one event to another time, all or none. The server alone decides whether it may be."""
    if not request.user.reach(Permission.POST_SCHEDULE):
        raise PermissionDenied
    asked = _asked_move(request.body)
    if asked is None:
        return JsonResponse({"error": _("The request could not be understood. Reload the page.")}, status=400)
    ids, due_at = asked
    rows = list(
        Delivery.objects.visible_to(request.user).select_related("post", "unit", "channel").filter(public_id__in=ids)
    )
    if len(rows) != len(ids):
        return JsonResponse({"error": _("This is no longer in the calendar. Reload the page.")}, status=404)

    @transaction.atomic
    def act() -> None:
        for row in rows:
            services.reschedule(row, by=request.user, due_at=due_at)

    if error := refusal(act):
        return JsonResponse({"error": error}, status=409)
    post, times = rows[0].post, {row.channel: due_at for row in rows}
    said = wording.pause_warning(post, times, pauses_of(request)) or wording.will(times.values(), now=timezone.now())
    return JsonResponse({"said": " ".join([said, *map(wording.full_day, queries.full_days(post, times))])})


def _asked_move(body: bytes) -> tuple[set[uuid.UUID], datetime] | None:
    try:
        match json.loads(body):
            case {"deliveries": [_, *_] as names, "due_at": str(text)} if len(names) <= MOST_MOVED:
                ids, due_at = {uuid.UUID(name) for name in names}, parse_datetime(text)
            case _:
                return None
    except (ValueError, TypeError, AttributeError):
        return None
    return (ids, due_at) if due_at and timezone.is_aware(due_at) else None
