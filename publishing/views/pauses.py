import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Case, F, IntegerField, Q, Value, When
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.context import desk_of
from accounts.permissions import Permission
from accounts.queries import can
from audit.models import Entry
from core.views import refusal
from publishing import pauses, queries, wording
from publishing.context import pauses_of
from publishing.models import Delivery, Pause
from publishing.pause_forms import LeaveForm, PauseForm, ScopeForm, TimesForm
from publishing.states import PauseStage
from units.models import Unit
from units.queries import reach_of

PAGE = 25
PEOPLE = ("created_by", "started_by", "ended_by")
OPEN_STAGES = (PauseStage.PREPARED, PauseStage.PLANNED)


# --- Seeing -----------------------------------------------------------------------------------------------------------


@require_GET
def pause_list(request: HttpRequest) -> HttpResponse:
    """The active ones first, then what is planned and prepared, then the past."""
    if not request.user.reach(Permission.POST_VIEW):
        raise PermissionDenied
    now = timezone.now()
    order = Case(
        When(Q(started_at__lte=now) & (Q(ended_at=None) | Q(ended_at__gt=now)), then=Value(0)),
        When(started_at__gt=now, then=Value(1)),
        When(ended_at=None, then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    found = Pause.objects.visible_to(request.user).select_related("unit", "channel", "topic", *PEOPLE)
    found = found.defer("channel__sealed").order_by(order, F("ended_at").desc(nulls_first=True), "-pk")
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    mine = set(Pause.objects.answered_by(request.user).filter(pk__in=[p.pk for p in page]).values_list("pk", flat=True))
    for pause in page:
        _describe(pause, now)
        pause.may_act = pause.pk in mine
    context = {"page_obj": page, "may_pause": bool(request.user.reach(Permission.PUBLISHING_PAUSE))}
    return render(request, "publishing/pauses.html", context)


def _describe(pause: Pause, now: datetime) -> None:
    pause.look = wording.pause_look(pause, now)
    pause.scope = wording.scope(pause)
    pause.is_active, pause.is_open = pause.lasts(now), pause.stage(now) in OPEN_STAGES


@require_GET
def pause(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    found = Pause.objects.visible_to(request.user).select_related("unit", "channel", "topic", "authority", *PEOPLE)
    shown = get_object_or_404(found, public_id=public_id)
    now = timezone.now()
    _describe(shown, now)
    about = Entry.objects.filter(object_type="publishing.pause", object_id=str(shown.public_id))
    entries = list(about[:50])
    for entry in entries:
        entry.channel = None
    fell_due = queries.held_back(shown, now).visible_to(request.user)
    context = {
        "pause": shown,
        "may_act": Pause.objects.answered_by(request.user).filter(pk=shown.pk).exists(),
        "effect": _effect(shown, start=max(shown.started_at or now, now), end=shown.ended_at, now=now)
        if shown.is_active or shown.is_open
        else "",
        "fell_due": fell_due.count(),
        "undecided": queries.undecided(fell_due).count(),
        "record": [wording.record_line(entry) for entry in entries],
    }
    return render(request, "publishing/pauses_one.html", context)


def _effect(pause: Pause, *, start: datetime, end: datetime | None, now: datetime) -> str:
    """What the pause does when it begins at ``start``, or from now on: with how many units and publications."""
    until = min(end, start + timedelta(days=1)) if end else start + timedelta(days=1)
    return wording.pause_effect(
        pause,
        start=start,
        end=end,
        now=now,
        units=queries.units_under(pause, on=timezone.localdate()),
        waiting=queries.waiting_under(pause, start=start, end=until),
    )


# --- A new one --------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@vary_on_headers("HX-Request")
def pause_new(request: HttpRequest) -> HttpResponse:
    """What, why and when. For HTMX: what would happen with the form as it is filled in now."""
    units = reach_of(request.user, Permission.PUBLISHING_PAUSE)
    scope, unit = _chosen_unit(request, units)
    now = timezone.now()
    given = request.POST if request.method == "POST" else request.GET if request.htmx else None
    form = PauseForm(given, unit=unit, now=now)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            made: list[Pause] = []
            if not (error := refusal(lambda: made.append(_make(form, unit, request)))):
                messages.success(request, _said(made[0], now))
                return redirect("publishing:pause", made[0].public_id)
            form.add_error(None, error)
            status = 409
    meant, start, end = form.meant()
    # Before a planned start is entered there is nothing to tell of it.
    open_start = form.is_planned and start == now
    context = {
        "form": form,
        "scope": scope,
        "unit": unit,
        "effect": _("Please enter when the pause begins.")
        if open_start
        else _effect(meant, start=start, end=end, now=now),
        "when": form.data.get("when", PauseForm.NOW),
    }
    name = "publishing/pauses_new.html#effect" if request.htmx else "publishing/pauses_new.html"
    return render(request, name, context, status=200 if request.htmx else status)


def _chosen_unit(request: HttpRequest, units: Any) -> tuple[ScopeForm | None, Unit]:
    """The unit that the address names, in words or by its key; else the desk's. The form is there when there is a
    choice."""
    own = list(units.order_by("path")[:2])
    if not own:
        raise PermissionDenied
    desk = desk_of(request)
    unit = next((held.unit for held in [desk] if held and units.filter(pk=held.unit_id).exists()), own[0])
    asked = request.GET.get("unit", "")
    if asked and request.method == "POST":
        # Never another scope than the one that stood on the screen.
        unit = get_object_or_404(units, key=asked)
        return (ScopeForm(units=units, initial={"unit": unit}) if len(own) > 1 else None), unit
    if asked and (named := units.filter(key=asked).first()):
        return (ScopeForm(units=units, initial={"unit": named}) if len(own) > 1 else None), named
    if len(own) == 1:
        return None, own[0]
    if not asked:
        return ScopeForm(units=units, initial={"unit": unit}), unit
    form = ScopeForm(request.GET, units=units)
    return form, form.cleaned_data["unit"] if form.is_valid() else unit


def _make(form: PauseForm, unit: Unit, request: HttpRequest) -> Pause:
    given = form.cleaned_data
    return pauses.make(
        unit,
        by=request.user,
        reason=given["reason"],
        channel=given.get("channel"),
        topic=given["topic"],
        urgent_passes=given["urgent_passes"],
        at_once=given["when"] == PauseForm.NOW,
        starts_at=given["starts_at"],
        ends_at=given["ends_at"],
    )


def _said(pause: Pause, now: datetime) -> str:
    scope = {"scope": wording.scope(pause)}
    match pause.stage(now if pause.started_at is None else max(now, min(pause.started_at, timezone.now()))):
        case PauseStage.PREPARED:
            return _("Prepared. Nothing is paused yet; one act starts it: %(scope)s.") % scope
        case PauseStage.PLANNED:
            return _("Planned: %(scope)s, %(times)s.") % {**scope, "times": wording.pause_look(pause, now).sentence}
        case _:
            return _("Publishing is paused: %(scope)s.") % scope


# --- Acts on one ------------------------------------------------------------------------------------------------------


def _answered(request: HttpRequest, public_id: uuid.UUID) -> Pause:
    mine = Pause.objects.answered_by(request.user).select_related("unit", "channel", "topic", "authority")
    return get_object_or_404(mine, public_id=public_id)


def _act(
    request: HttpRequest, pause: Pause, form: Form, act: Callable[[], object], *, done: Callable[[], str], **words: str
) -> HttpResponse:
    """A page that says in a sentence what an act will do, asks what it needs, does it, and goes back to the pause."""
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            if not (error := refusal(act)):
                messages.success(request, done())
                return redirect("publishing:pause", pause.public_id)
            form.add_error(None, error)
            status = 409
    context = {"pause": pause, "scope": wording.scope(pause), "form": form, **words}
    return render(request, "publishing/pauses_act.html", context, status=status)


@require_http_methods(["GET", "POST"])
def pause_start(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _answered(request, public_id)
    now = timezone.now()
    given = request.POST if request.method == "POST" else None
    form = TimesForm(given, now=now, begins=False, initial={"ends_at": row.ended_at})
    end = row.ended_at if row.ended_at and row.ended_at > now else None
    return _act(
        request,
        row,
        form,
        lambda: pauses.start(row, by=request.user, ends_at=form.cleaned_data["ends_at"]),
        done=lambda: _said(row, timezone.now()),
        heading=_("Start the pause"),
        lead=_effect(row, start=now, end=end, now=now),
        label=_("Pause publishing now"),
        tone="danger",
        icon="player-pause",
    )


@require_http_methods(["GET", "POST"])
def pause_change(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Sets other times: both while it has not begun, the end alone while it lasts."""
    row = _answered(request, public_id)
    now = timezone.now()
    begins = not row.lasts(now)
    given = request.POST if request.method == "POST" else None
    form = TimesForm(given, now=now, begins=begins, initial={"starts_at": row.started_at, "ends_at": row.ended_at})

    def act() -> None:
        times = form.cleaned_data
        if begins:
            pauses.plan(row, by=request.user, starts_at=times["starts_at"], ends_at=times["ends_at"])
        else:
            pauses.set_end(row, by=request.user, ends_at=times["ends_at"])

    return _act(
        request,
        row,
        form,
        act,
        done=lambda: _("The times are set: %(times)s.") % {"times": wording.pause_look(row, timezone.now()).sentence},
        heading=_("Set the times of the pause"),
        lead=_("It begins and ends by itself at these times. Until it begins it can be changed or called off.")
        if begins
        else _("It goes on until then. It can be ended sooner at any time."),
        label=_("Set the times"),
        icon="calendar-time",
    )


@require_http_methods(["GET", "POST"])
def pause_end(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _answered(request, public_id)
    meanwhile = wording.fell_due(queries.held_back(row, timezone.now()).count())
    return _act(
        request,
        row,
        Form(request.POST if request.method == "POST" else None),
        lambda: pauses.end(row, by=request.user),
        done=lambda: f"{_('The pause has ended.')} {meanwhile}",
        heading=_("End the pause"),
        lead=_("Publishing goes on with what falls due from now on: %(scope)s.") % {"scope": wording.scope(row)}
        + f" {meanwhile}",
        label=_("End the pause"),
        icon="player-play",
    )


@require_http_methods(["GET", "POST"])
def pause_discard(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _answered(request, public_id)
    return _act(
        request,
        row,
        Form(request.POST if request.method == "POST" else None),
        lambda: pauses.discard(row, by=request.user),
        done=lambda: _("The pause is called off. Nothing was held."),
        heading=_("Call the pause off"),
        lead=_("It will not begin. It stays on record as called off."),
        label=_("Call off"),
        tone="danger",
        icon="ban",
    )


# --- What it held back ------------------------------------------------------------------------------------------------


@require_GET
def held(request: HttpRequest) -> HttpResponse:
    """What fell due during pauses and waits for a decision; of one pause also what has been decided."""
    if not request.user.reach(Permission.POST_VIEW):
        raise PermissionDenied
    now = timezone.now()
    of = None
    if asked := request.GET.get("pause"):
        of = get_object_or_404(
            Pause.objects.visible_to(request.user).select_related("unit", "channel", "topic"), public_id=_uuid(asked)
        )
        found = queries.held_back(of, now).visible_to(request.user)
    else:
        found = queries.undecided(Delivery.objects.visible_to(request.user))
    rows = found.select_related("post", "unit", "channel").defer("channel__sealed", "post__body", "post__search")
    page = Paginator(rows.order_by("-due_at", "pk"), PAGE).get_page(request.GET.get("page"))
    open_ones = set(
        queries.undecided(Delivery.objects.filter(pk__in=[r.pk for r in page])).values_list("pk", flat=True)
    )
    for row in page:
        row.decidable = row.pk in open_ones and can(request.user, Permission.POST_SCHEDULE, unit=row.unit)
        is_decided = row.error_code == "paused" and row.pk not in open_ones
        row.told = wording.decided(row) if is_decided else wording.told(row, pauses_of(request))
    context = {
        "page_obj": page,
        "pause": of,
        "scope": wording.scope(of) if of else "",
        "may_decide": any(row.decidable for row in page),
        "several_units": len({row.unit_id for row in page}) > 1,
    }
    return render(request, "publishing/pauses_held.html", context)


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """The decision that chosen ones stay unpublished."""
    if not request.user.reach(Permission.POST_SCHEDULE):
        raise PermissionDenied
    among = Delivery.objects.visible_to(request.user).select_related("unit", "post", "channel")
    form = LeaveForm(request.POST, among=among)
    back = reverse("publishing:held")
    if post := _uuid(request.POST.get("post", "")):
        back = reverse("publishing:post", args=[post])
    if not form.is_valid():
        messages.error(request, _("Nothing is chosen."))
        return redirect(back)
    left: list[int] = []
    if error := refusal(lambda: left.append(pauses.leave_many(list(form.cleaned_data["deliveries"]), by=request.user))):
        messages.error(request, error)
        return redirect(back)
    words = ngettext("%(n)s publication stays unpublished.", "%(n)s publications stay unpublished.", left[0])
    messages.success(request, words % {"n": left[0]})
    return redirect(back)
