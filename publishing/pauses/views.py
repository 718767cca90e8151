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

from accounts.context import current_position
from accounts.permissions import Permission
from accounts.queries import can
from accounts.step_up import step_up_required
from audit.models import Entry
from core.actions import FormAction, form_action, form_data
from core.text import parse_uuid
from publishing.models import Delivery, Pause
from publishing.pauses import services as pauses
from publishing.pauses.cards import UndecidedCard, pause_card
from publishing.pauses.context import pauses_of
from publishing.pauses.forms import KeepUnpublishedForm, PauseForm, ScopeForm, TimesForm
from publishing.pauses.presenters import (
    decided_status,
    fell_due_sentence,
    pause_effect,
    pause_scope,
    pause_status,
)
from publishing.pauses.queries import due_during, undecided_deliveries, units_under, waiting_under
from publishing.presenters.delivery import delivery_status
from publishing.presenters.record import record_line
from publishing.states import PauseStage
from units.models import Level, Unit
from units.queries import reach_of

PAGE = 25
PEOPLE = ("created_by", "started_by", "ended_by")


# --- Seeing ---------------------------------------------------------------------------------------


@require_GET
def pause_list(request: HttpRequest) -> HttpResponse:
    """List the active pauses first, then what is planned and prepared, then the past."""
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
    found = Pause.objects.visible_to(request.user).select_related(
        "unit", "channel", "topic", *PEOPLE
    )
    found = found.defer("channel__sealed").order_by(
        order, F("ended_at").desc(nulls_first=True), "-pk"
    )
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    ordered = Pause.objects.answered_by(request.user).filter(pk__in=[row.pk for row in page])
    own = set(ordered.values_list("pk", flat=True))
    context = {
        "page_obj": page,
        "cards": [pause_card(row, now=now, may_act=row.pk in own) for row in page],
        "may_pause": bool(request.user.reach(Permission.PUBLISHING_PAUSE)),
    }
    return render(request, "publishing/pauses.html", context)


@require_GET
def pause(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    found = Pause.objects.visible_to(request.user).select_related(
        "unit", "channel", "topic", "authority", *PEOPLE
    )
    row = get_object_or_404(found, public_id=public_id)
    now = timezone.now()
    may_act = Pause.objects.answered_by(request.user).filter(pk=row.pk).exists()
    card = pause_card(row, now=now, may_act=may_act)
    about = Entry.objects.filter(object_type="publishing.pause", object_id=str(row.public_id))
    fell_due = due_during(row, now).visible_to(request.user)
    start = max(row.started_at or now, now)
    context = {
        "card": card,
        "pause": row,
        "effect": _effect(row, start=start, end=row.ended_at, now=now)
        if card.is_active or card.is_open
        else "",
        "fell_due": fell_due.count(),
        "undecided": undecided_deliveries(fell_due).count(),
        "record": [record_line(entry) for entry in about[:50]],
    }
    return render(request, "publishing/pauses_one.html", context)


def _effect(pause: Pause, *, start: datetime, end: datetime | None, now: datetime) -> str:
    """Say what the pause does from ``start``, or from now
    on: to how many units and publications."""
    until = min(end, start + timedelta(days=1)) if end else start + timedelta(days=1)
    return pause_effect(
        pause,
        start=start,
        end=end,
        now=now,
        units=units_under(pause, on=timezone.localdate()),
        waiting=waiting_under(pause, start=start, end=until),
    )


def _chooses_many_units(request: HttpRequest) -> bool:
    """Tell whether the pause asked for covers a province or more: that stops the warnings of many
    communes.
    """
    return (
        _chosen_unit(request, reach_of(request.user, Permission.PUBLISHING_PAUSE))[1].level
        != Level.COMMUNE
    )


def _covers_many_units(request: HttpRequest, public_id: uuid.UUID) -> bool:
    """Tell whether an existing pause that this person may change covers a province or more."""
    own = Pause.objects.answered_by(request.user).exclude(unit__level=Level.COMMUNE)
    return own.filter(public_id=public_id).exists()


# --- A new one ------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@vary_on_headers("HX-Request")
@step_up_required(only_posts=True, when=_chooses_many_units)
def pause_new(request: HttpRequest) -> HttpResponse:
    """Ask what to pause, why and when.

    For HTMX: what would happen with the form as it is filled in now.
    """
    units = reach_of(request.user, Permission.PUBLISHING_PAUSE)
    scope, unit = _chosen_unit(request, units)
    now = timezone.now()
    given = request.GET if request.htmx and request.method == "GET" else form_data(request)
    form = PauseForm(given, unit=unit, now=now, initial=_initial(request))
    outcome: FormAction[Pause] = FormAction()
    if request.method == "POST":
        outcome = form_action(form, lambda: _make(form, unit, request))
    if outcome:
        messages.success(request, _report(outcome.result, now))
        return redirect("publishing:pause", outcome.result.public_id)
    requested, start, end = form.requested()
    # Before a planned start is entered there is nothing to tell of it.
    has_no_start = form.is_planned and start == now
    context = {
        "form": form,
        "scope": scope,
        "unit": unit,
        "effect": _("Please enter when the pause begins.")
        if has_no_start
        else _effect(requested, start=start, end=end, now=now),
        "when": form["when"].value(),
        "in_the_way": _in_the_way(outcome),
    }
    name = "publishing/pauses_new.html#effect" if request.htmx else "publishing/pauses_new.html"
    return render(request, name, context, status=200 if request.htmx else outcome.status)


def _chosen_unit(request: HttpRequest, units: Any) -> tuple[ScopeForm | None, Unit]:
    """Return the unit that the address names, in words or by its key; else the current position's.

    The form is there when there is a choice.
    """
    own = list(units.order_by("path")[:2])
    if not own:
        raise PermissionDenied
    position = current_position(request)
    unit = position.unit if position and units.filter(pk=position.unit_id).exists() else own[0]
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


def _initial(request: HttpRequest) -> dict[str, Any]:
    """Return what the calendar's link to a blackout fills in."""
    if request.GET.get("blackout") != "1":
        return {"when": PauseForm.NOW}
    return {"is_blackout": True, "when": PauseForm.PLANNED}


def _in_the_way(outcome: FormAction) -> Pause | None:
    """Return the pause that is there already, if that is why the service refused."""
    return outcome.refused.pause if isinstance(outcome.refused, pauses.AlreadyPaused) else None


def _make(form: PauseForm, unit: Unit, request: HttpRequest) -> Pause:
    given = form.cleaned_data
    return pauses.make(
        unit,
        by=request.user,
        reason=given["reason"],
        channel=given.get("channel"),
        topic=given["topic"],
        urgent_passes=given["urgent_passes"],
        is_blackout=given["is_blackout"],
        at_once=given["when"] == PauseForm.NOW,
        starts_at=given["starts_at"],
        ends_at=given["ends_at"],
    )


def _report(pause: Pause, now: datetime) -> str:
    scope = {"scope": pause_scope(pause)}
    match pause.stage(
        now if pause.started_at is None else max(now, min(pause.started_at, timezone.now()))
    ):
        case PauseStage.PREPARED:
            return _("Prepared. Nothing is paused yet; one act starts it: %(scope)s.") % scope
        case PauseStage.PLANNED:
            return _("Planned: %(scope)s, %(times)s.") % {
                **scope,
                "times": pause_status(pause, now).sentence,
            }
        case _:
            return _("Publishing is paused: %(scope)s.") % scope


# --- Actions on one -------------------------------------------------------------------------------


def _own(request: HttpRequest, public_id: uuid.UUID) -> Pause:
    """Return the pause, of those that this person may start, change and end."""
    own = Pause.objects.answered_by(request.user).select_related(
        "unit", "channel", "topic", "authority"
    )
    return get_object_or_404(own, public_id=public_id)


def _action_page(
    request: HttpRequest,
    pause: Pause,
    form: Form,
    action: Callable[[], object],
    *,
    done: Callable[[], str],
    **words: str,
) -> HttpResponse:
    """Say what an action will do, ask what it needs, do it, and go back to the pause."""
    outcome = form_action(form, action)
    if outcome:
        messages.success(request, done())
        return redirect("publishing:pause", pause.public_id)
    in_the_way = _in_the_way(outcome)
    context = {
        "pause": pause,
        "scope": pause_scope(pause),
        "form": form,
        "in_the_way": in_the_way,
        **words,
    }
    return render(request, "publishing/pauses_act.html", context, status=outcome.status)


@require_http_methods(["GET", "POST"])
@step_up_required(when=_covers_many_units)
def pause_start(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _own(request, public_id)
    now = timezone.now()
    form = TimesForm(form_data(request), now=now, begins=False, initial={"ends_at": row.ended_at})
    end = row.ended_at if row.ended_at and row.ended_at > now else None
    return _action_page(
        request,
        row,
        form,
        lambda: pauses.start(row, by=request.user, ends_at=form.cleaned_data["ends_at"]),
        done=lambda: _report(row, timezone.now()),
        heading=_("Start the pause"),
        lead=_effect(row, start=now, end=end, now=now),
        label=_("Pause publishing now"),
        tone="danger",
        icon="player-pause",
    )


@require_http_methods(["GET", "POST"])
@step_up_required(when=_covers_many_units)
def pause_change(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Set other times: both while it has not begun, the end alone while it lasts."""
    row = _own(request, public_id)
    now = timezone.now()
    begins = not row.lasts(now)
    form = TimesForm(
        form_data(request),
        now=now,
        begins=begins,
        initial={"starts_at": row.started_at, "ends_at": row.ended_at},
    )

    def action() -> None:
        times = form.cleaned_data
        if begins:
            pauses.plan(
                row, by=request.user, starts_at=times["starts_at"], ends_at=times["ends_at"]
            )
        else:
            pauses.set_end(row, by=request.user, ends_at=times["ends_at"])

    return _action_page(
        request,
        row,
        form,
        action,
        done=lambda: (
            _("The times are set: %(times)s.")
            % {"times": pause_status(row, timezone.now()).sentence}
        ),
        heading=_("Set the times of the pause"),
        lead=_(
            "It begins and ends by itself at these times. Until it begins it can be "
            "changed or called off."
        )
        if begins
        else _("It goes on until then. It can be ended sooner at any time."),
        label=_("Set the times"),
        icon="calendar-time",
    )


@require_http_methods(["GET", "POST"])
@step_up_required(when=_covers_many_units)
def pause_end(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _own(request, public_id)
    meanwhile = fell_due_sentence(due_during(row, timezone.now()).count())
    return _action_page(
        request,
        row,
        Form(form_data(request)),
        lambda: pauses.end(row, by=request.user),
        done=lambda: f"{_('The pause has ended.')} {meanwhile}",
        heading=_("End the pause"),
        lead=_("Publishing goes on with what falls due from now on: %(scope)s.")
        % {"scope": pause_scope(row)}
        + f" {meanwhile}",
        label=_("End the pause"),
        icon="player-play",
    )


@require_http_methods(["GET", "POST"])
@step_up_required(when=_covers_many_units)
def pause_discard(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _own(request, public_id)
    return _action_page(
        request,
        row,
        Form(form_data(request)),
        lambda: pauses.discard(row, by=request.user),
        done=lambda: _("The pause is called off. Nothing was held."),
        heading=_("Call the pause off"),
        lead=_("It will not begin. It stays on record as called off."),
        label=_("Call off"),
        tone="danger",
        icon="ban",
    )


# --- What it kept back ----------------------------------------------------------------------------


@require_GET
def undecided_list(request: HttpRequest) -> HttpResponse:
    """List what fell due during pauses and waits for a decision.

    Of one pause also what has been decided.
    """
    if not request.user.reach(Permission.POST_VIEW):
        raise PermissionDenied
    pause = None
    if asked := request.GET.get("pause"):
        seen = Pause.objects.visible_to(request.user).select_related("unit", "channel", "topic")
        pause = get_object_or_404(seen, public_id=parse_uuid(asked))
        found = due_during(pause, timezone.now()).visible_to(request.user)
    else:
        found = undecided_deliveries(Delivery.objects.visible_to(request.user))
    rows = found.select_related("post", "unit", "channel").defer(
        "channel__sealed", "post__body", "post__search"
    )
    page = Paginator(rows.order_by("-due_at", "pk"), PAGE).get_page(request.GET.get("page"))
    cards = _undecided_cards(request, list(page))
    context = {
        "page_obj": page,
        "cards": cards,
        "pause": pause,
        "scope": pause_scope(pause) if pause else "",
        "may_decide": any(card.can_be_decided for card in cards),
        "several_units": len({row.unit_id for row in page}) > 1,
    }
    return render(request, "publishing/pauses_held.html", context)


def _undecided_cards(request: HttpRequest, rows: list[Delivery]) -> list[UndecidedCard]:
    undecided = undecided_deliveries(Delivery.objects.filter(pk__in=[row.pk for row in rows]))
    open_pks = set(undecided.values_list("pk", flat=True))
    cards = []
    for row in rows:
        is_decided = row.awaits_decision and row.pk not in open_pks
        status = decided_status(row) if is_decided else delivery_status(row, pauses_of(request))
        can_be_decided = row.pk in open_pks and can(
            request.user, Permission.POST_SCHEDULE, unit=row.unit
        )
        cards.append(UndecidedCard(row, status, can_be_decided))
    return cards


@require_POST
def keep_unpublished(request: HttpRequest) -> HttpResponse:
    """Decide that the chosen deliveries stay unpublished."""
    if not request.user.reach(Permission.POST_SCHEDULE):
        raise PermissionDenied
    among = Delivery.objects.visible_to(request.user).select_related("unit", "post", "channel")
    form = KeepUnpublishedForm(request.POST, among=among)
    post = parse_uuid(request.POST.get("post", ""))
    back = reverse("publishing:post", args=[post]) if post else reverse("publishing:held")
    outcome = form_action(
        form,
        lambda: pauses.keep_unpublished(list(form.cleaned_data["deliveries"]), by=request.user),
    )
    if outcome:
        n = outcome.result
        words = ngettext(
            "%(n)s publication stays unpublished.", "%(n)s publications stay unpublished.", n
        )
        messages.success(request, words % {"n": n})
    else:
        messages.error(request, str(outcome.refused or _("Nothing is chosen.")))
    return redirect(back)
