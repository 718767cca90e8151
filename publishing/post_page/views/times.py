"""The time of publication: choosing it, and changing it."""

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission
from channels.models import Channel
from core.actions import FormAction, form_action, form_data
from core.fields import EARLIEST, LATEST
from core.lists import render_page
from posts.models import Post, Revision
from publishing.deliveries.queries import live_channels
from publishing.models import Delivery
from publishing.pauses.context import pauses_of
from publishing.post_page.views.actions import action_page
from publishing.post_page.views.lookups import address_of, delivery_of, open_channels, post_of
from publishing.presenters.delivery import delivery_status
from publishing.presenters.scheduling import (
    close_by_warnings,
    full_day_warning,
    manual_tasks_sentence,
    pause_warning,
    planned_times_sentence,
    same_minute_warnings,
    spread_sentence,
)
from publishing.presenters.text import page_name, short_time
from publishing.scheduling import scheduling
from publishing.scheduling.conflicts import find_close_by, find_same_minute, full_days
from publishing.scheduling.forms import MoveForm, ScheduleForm
from publishing.slots.context import (
    OWN_SLOTS,
    chips_after,
    later_chips,
    own_times_chip,
    time_chips,
    usual_chips,
)
from publishing.slots.presenters import TimeChip, moment_chip


@require_http_methods(["GET", "POST"])
def schedule(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Ask when and where to publish.

    For HTMX: what would happen with the form as it is filled in now.
    """
    post = post_of(request, public_id, Permission.POST_SCHEDULE)
    now = timezone.now()
    live = live_channels(post)
    channels = open_channels(post, live)
    if not channels:
        if not live:  # else its page says where it goes out or stands: an older notice led here
            message = _("There is no channel on which this post can be scheduled now.")
            messages.error(request, message)
        return redirect(address_of(post))
    given = request.GET if request.htmx and request.method == "GET" else form_data(request)
    form = _schedule_form(request, post, channels, now, given=given)
    outcome: FormAction = FormAction()
    hints: list[str] = []
    if request.method == "POST":
        outcome = form_action(form, lambda: _schedule(request, post, form, hints))
    if outcome:
        for hint in hints:
            messages.info(request, hint)
        return redirect(address_of(post))
    context = _schedule_context(request, post, form, now)
    return render_page(
        request, "publishing/schedule.html", context, part="will", status=outcome.status
    )


def _schedule_form(
    request: HttpRequest, post: Post, channels: list[Channel], now: datetime, *, given: Any
) -> ScheduleForm:
    """Return the form, filled in with what the address names, or else with the requested time."""
    ids = [channel.public_id for channel in channels]
    named = [channel_id for channel_id in ids if str(channel_id) == request.GET.get("channel")]
    requested = post.requested_time
    initial = {
        "channels": named or ids,
        "due_at": requested if requested and requested > now else None,
        **_chosen_slot(request, channels, now),
    }
    return ScheduleForm(given, post=post, channels=channels, now=now, initial=initial)


def _chosen_slot(
    request: HttpRequest, channels: list[Channel], now: datetime
) -> dict[str, datetime]:
    """Return the times of the free slot that the address names, by the form's fields."""
    at = request.GET.get("at", "")
    own = own_times_chip(channels, now=now) if at == OWN_SLOTS else None
    if own:
        return {"due_at": None, **own.times}
    return _time_in_address(request, now)


def _time_in_address(request: HttpRequest, now: datetime) -> dict[str, datetime]:
    """Return the time to come that the address names, as the form's field."""
    try:
        chosen = parse_datetime(request.GET.get("at", ""))
    except ValueError:
        chosen = None
    if chosen is None or timezone.is_aware(chosen) or not EARLIEST <= chosen.date() <= LATEST:
        return {}
    chosen = timezone.make_aware(chosen)
    return {"due_at": chosen} if chosen > now else {}


def _schedule(request: HttpRequest, post: Post, form: ScheduleForm, hints: list[str]) -> None:
    """Schedule the post; put into ``hints`` what else goes out beside it, found before it is there
    itself.
    """
    if not form.at_once:  # they were there to read; now it is too late for another time
        hints += _describe_neighbours(post, form.times, now=form.now)["hints"]
    scheduling.schedule(
        post, by=request.user, times=form.times, same_text=form.cleaned_data["anyway"]
    )


def _schedule_context(
    request: HttpRequest, post: Post, form: ScheduleForm, now: datetime
) -> dict[str, Any]:
    times, common = _intended_times(post, form)
    slots, own = time_chips(form.channels, now=now), own_times_chip(form.channels, now=now)
    return {
        "chips": [*slots, *usual_chips(slots, now=now), *([own] if own else [])],
        "post": post,
        "form": form,
        "will": planned_times_sentence(times.values(), now=now),
        "spread": spread_sentence(post, common, times.values()) if common else "",
        "manual_tasks": manual_tasks_sentence(times),
        "warning": form.blackout or pause_warning(post, times, pauses_of(request)),
        **_describe_neighbours(post, times, now=now),
    }


def _intended_times(
    post: Post, form: ScheduleForm
) -> tuple[Mapping[Channel, datetime], datetime | None]:
    """Return each channel's time as the form is filled in, and the time that is common to them,
    before it is spread.
    """
    if not form.is_bound:
        return form.initial_times(), form.initial["due_at"]
    has_times = set(form.errors) <= {NON_FIELD_ERRORS}
    times = form.times if has_times else {}
    return times, None if form.at_once else form.cleaned_data.get("due_at")


def _describe_neighbours(
    post: Post,
    times: Mapping[Channel, datetime],
    revision: Revision | None = None,
    *,
    now: datetime,
) -> dict[str, Any]:
    """Say what else goes out on the same channels in the same minutes or close by, with free times
    as ``beside`` that one tap chooses instead.

    Also on the same day, where that is beyond what they take.
    """
    others = find_same_minute(post, revision or post.approved_revision, times) if times else []
    near = find_close_by(post, times)
    common = set(times.values())
    return {
        "same_text": same_minute_warnings(other for other in others if other.same_text),
        "hints": [
            *same_minute_warnings(other for other in others if not other.same_text),
            *close_by_warnings(near),
            *(full_day_warning(full) for full in full_days(post, times)),
        ],
        "beside": chips_after(post, list(times), common.pop(), now=now)
        if (others or near) and len(common) == 1
        else [],
    }


@require_http_methods(["GET", "POST"])
def move(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Give one delivery another time."""
    row = delivery_of(request, public_id, Permission.POST_SCHEDULE)
    return _move_page(
        request,
        [row],
        lambda due_at, same_text: scheduling.reschedule(
            row, by=request.user, due_at=due_at, same_text=same_text
        ),
        delivery=row,
        heading=_("Change the time"),
        lead=delivery_status(row, pauses_of(request)).sentence,
        label=_("Change the time"),
        icon="calendar-time",
    )


@require_http_methods(["GET", "POST"])
def move_all(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Give all channels on which the post still waits one new time."""
    post = post_of(request, public_id, Permission.POST_SCHEDULE)
    rows = list(scheduling.find_waiting(post))
    if not rows:
        messages.error(request, _("Nothing of this post can be moved any more."))
        return redirect(address_of(post))
    names = ", ".join(page_name(row.channel) for row in rows)
    return _move_page(
        request,
        rows,
        lambda due_at, same_text: scheduling.reschedule_all(
            post, by=request.user, due_at=due_at, same_text=same_text
        ),
        heading=_("Change the time on all channels"),
        lead=_("Moves at once: %(channels)s.") % {"channels": names},
        label=_("Change the time"),
        icon="calendar-time",
    )


def _move_page(
    request: HttpRequest,
    rows: list[Delivery],
    action: Callable[[datetime, bool], object],
    *,
    delivery: Delivery | None = None,
    **texts: str,
) -> HttpResponse:
    """Ask for one new time of these deliveries, which are one post's and of one revision."""
    post, channels = rows[0].post, [row.channel for row in rows]
    now, due_at = timezone.now(), min(row.due_at for row in rows)
    initial = {"due_at": due_at, **_time_in_address(request, now)}
    form = MoveForm(form_data(request), post=post, channels=channels, now=now, initial=initial)
    at = form.cleaned_data["due_at"] if form.is_bound and form.is_valid() else None
    instead: list[TimeChip] = []
    beside: dict[str, Any] = {"same_text": [], "hints": [], "beside": []}
    if at:
        times = dict.fromkeys(channels, at)
        beside = _describe_neighbours(post, times, rows[0].revision, now=now)
        if beside["hints"] and form.ask_once(" ".join(beside["hints"])):
            instead = [
                *beside["beside"],
                moment_chip(at, _("Keep %(time)s") % {"time": short_time(at, beside=at)}),
            ]
    if not beside["same_text"]:
        del form.fields["anyway"]  # a tick is asked for only where there is something to agree to
    return action_page(
        request,
        post,
        form,
        lambda: action(form.cleaned_data["due_at"], form.cleaned_data.get("anyway", False)),
        delivery=delivery,
        chips=later_chips(due_at),
        instead=instead,
        **texts,
    )
