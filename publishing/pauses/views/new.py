"""The page on which publishing is paused, at once, later, or prepared."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.context import current_position
from accounts.permissions import Permission
from accounts.step_up import step_up_required
from core.actions import FormAction, form_action, form_data
from core.lists import render_page
from publishing.models import Pause
from publishing.pauses import pausing
from publishing.pauses.forms import PauseForm, ScopeForm
from publishing.pauses.presenters import pause_scope, pause_status
from publishing.pauses.views.pages import describe_effect
from publishing.states import PauseStage
from units.models import Level, Unit
from units.queries import find_reachable_units


def _chooses_many_units(request: HttpRequest) -> bool:
    """Check whether the pause asked for covers a province or more: that stops the warnings of many
    communes.
    """
    units = find_reachable_units(request.user, Permission.PUBLISHING_PAUSE)
    _form, unit = _chosen_unit(request, units)
    return unit.level != Level.COMMUNE


@require_http_methods(["GET", "POST"])
@step_up_required(gettext_lazy("Set up the pause"), only_posts=True, when=_chooses_many_units)
def pause_new(request: HttpRequest) -> HttpResponse:
    """Ask what to pause, why and when.

    For HTMX: what would happen with the form as it is filled in now.
    """
    units = find_reachable_units(request.user, Permission.PUBLISHING_PAUSE)
    scope, unit = _chosen_unit(request, units)
    now = timezone.now()
    given = request.GET if request.htmx and request.method == "GET" else form_data(request)
    form = PauseForm(given, unit=unit, now=now, initial=_initial(request))
    outcome: FormAction[Pause] = FormAction()
    if request.method == "POST":
        outcome = form_action(form, lambda: _create_from_form(form, unit, request))
    if outcome:
        messages.success(request, describe_outcome(outcome.result, now))
        return redirect("publishing:pause", outcome.result.public_id)
    requested, start, end = form.requested()
    if form.is_planned and start == now:  # no start is entered yet
        effect = _("Please enter when the pause begins.")
    else:
        effect = describe_effect(requested, start=start, end=end, now=now)
    context = {
        "form": form,
        "scope": scope,
        "unit": unit,
        "effect": effect,
        "when": form["when"].value(),
        "in_the_way": existing_pause(outcome),
    }
    return render_page(
        request, "publishing/pauses_new.html", context, part="effect", status=outcome.status
    )


def _chosen_unit(request: HttpRequest, units: Any) -> tuple[ScopeForm | None, Unit]:
    """Return the unit that the address names, in words or by its key; else the current position's.

    The form is there when there is a choice.
    """
    first_two = list(units.order_by("path")[:2])
    if not first_two:
        raise PermissionDenied
    has_choice = len(first_two) > 1
    asked = request.GET.get("unit", "")
    unit = units.filter(key=asked).first() if asked else None
    if unit is None and asked and request.method == "POST":
        raise Http404  # never another scope than the one that stood on the screen
    if unit is None:
        position = current_position(request)
        is_own = position is not None and units.filter(pk=position.unit_id).exists()
        unit = position.unit if is_own else first_two[0]
        if asked and has_choice:
            form = ScopeForm(request.GET, units=units)
            return form, form.cleaned_data["unit"] if form.is_valid() else unit
    return (ScopeForm(units=units, initial={"unit": unit}) if has_choice else None), unit


def _initial(request: HttpRequest) -> dict[str, Any]:
    """Return what the calendar's link to a blackout fills in."""
    if request.GET.get("blackout") != "1":
        return {"when": PauseForm.NOW}
    return {"is_blackout": True, "when": PauseForm.PLANNED}


def existing_pause(outcome: FormAction) -> Pause | None:
    """Return the pause that is there already, if that is why the service refused."""
    return outcome.refused.pause if isinstance(outcome.refused, pausing.AlreadyPaused) else None


def _create_from_form(form: PauseForm, unit: Unit, request: HttpRequest) -> Pause:
    given = form.cleaned_data
    return pausing.create(
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


def describe_outcome(pause: Pause, now: datetime) -> str:
    """Say what became of the pause: it is prepared, is planned, or lasts already. ``now`` is when
    it was asked for: one that started a moment later lasts.
    """
    scope = {"scope": pause_scope(pause)}
    moment = now
    if pause.started_at:
        moment = max(now, min(pause.started_at, timezone.now()))
    match pause.stage(moment):
        case PauseStage.PREPARED:
            return _("Prepared. Nothing is paused yet; one act starts it: %(scope)s.") % scope
        case PauseStage.PLANNED:
            return _("Planned: %(scope)s, %(times)s.") % {
                **scope,
                "times": pause_status(pause, now).sentence,
            }
        case _:
            return _("Publishing is paused: %(scope)s.") % scope
