"""Pages on which a pause is started, set to other times, ended or called off."""

import uuid
from collections.abc import Callable

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.step_up import step_up_required
from core.actions import form_action, form_data
from publishing.models import Pause
from publishing.pauses import pausing
from publishing.pauses.forms import TimesForm
from publishing.pauses.presenters import fell_due_sentence, pause_scope, pause_status
from publishing.pauses.queries import due_during
from publishing.pauses.views.new import describe_outcome, existing_pause
from publishing.pauses.views.pages import describe_effect
from units.models import Level


def _covers_many_units(request: HttpRequest, public_id: uuid.UUID) -> bool:
    """Check whether an existing pause that this person may change covers a province or more."""
    own = Pause.objects.answered_by(request.user).exclude(unit__level=Level.COMMUNE)
    return own.filter(public_id=public_id).exists()


def _changeable(request: HttpRequest, public_id: uuid.UUID) -> Pause:
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
    **texts: str,
) -> HttpResponse:
    """Say what an action will do, ask what it needs, do it, and go back to the pause."""
    outcome = form_action(form, action)
    if outcome:
        messages.success(request, done())
        return redirect("publishing:pause", pause.public_id)
    context = {
        "pause": pause,
        "scope": pause_scope(pause),
        "form": form,
        "in_the_way": existing_pause(outcome),
        **texts,
    }
    return render(request, "publishing/pauses_act.html", context, status=outcome.status)


@require_http_methods(["GET", "POST"])
@step_up_required(gettext_lazy("Pause publishing now"), of=_changeable, when=_covers_many_units)
def pause_start(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _changeable(request, public_id)
    now = timezone.now()
    form = TimesForm(form_data(request), now=now, begins=False, initial={"ends_at": row.ended_at})
    end = row.ended_at if row.ended_at and row.ended_at > now else None
    return _action_page(
        request,
        row,
        form,
        lambda: pausing.start(row, by=request.user, ends_at=form.cleaned_data["ends_at"]),
        done=lambda: describe_outcome(row, timezone.now()),
        heading=_("Start the pause"),
        lead=describe_effect(row, start=now, end=end, now=now),
        label=_("Pause publishing now"),
        tone="danger",
        icon="player-pause",
    )


@require_http_methods(["GET", "POST"])
@step_up_required(
    gettext_lazy("Set the times of the pause"), of=_changeable, when=_covers_many_units
)
def pause_change(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Set other times: both while it has not begun, the end alone while it lasts."""
    row = _changeable(request, public_id)
    now = timezone.now()
    begins = not row.lasts(now)
    form = TimesForm(
        form_data(request),
        now=now,
        begins=begins,
        initial={"starts_at": row.started_at, "ends_at": row.ended_at},
    )

    lead = _("It goes on until then. It can be ended sooner at any time.")
    if begins:
        lead = _(
            "It begins and ends by itself at these times. Until it begins it can be "
            "changed or called off."
        )

    def action() -> None:
        times = form.cleaned_data
        if begins:
            pausing.plan(
                row, by=request.user, starts_at=times["starts_at"], ends_at=times["ends_at"]
            )
        else:
            pausing.set_end(row, by=request.user, ends_at=times["ends_at"])

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
        lead=lead,
        label=_("Set the times"),
        icon="calendar-time",
    )


@require_http_methods(["GET", "POST"])
@step_up_required(gettext_lazy("End the pause"), of=_changeable, when=_covers_many_units)
def pause_end(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _changeable(request, public_id)
    meanwhile = fell_due_sentence(due_during(row, timezone.now()).count())
    goes_on = _("Publishing goes on with what falls due from now on: %(scope)s.")
    goes_on %= {"scope": pause_scope(row)}
    return _action_page(
        request,
        row,
        Form(form_data(request)),
        lambda: pausing.end(row, by=request.user),
        done=lambda: f"{_('The pause has ended.')} {meanwhile}",
        heading=_("End the pause"),
        lead=f"{goes_on} {meanwhile}",
        label=_("End the pause"),
        icon="player-play",
    )


@require_http_methods(["GET", "POST"])
@step_up_required(gettext_lazy("Discard the pause"), of=_changeable, when=_covers_many_units)
def pause_discard(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _changeable(request, public_id)
    return _action_page(
        request,
        row,
        Form(form_data(request)),
        lambda: pausing.discard(row, by=request.user),
        done=lambda: _("The pause is called off. Nothing was held."),
        heading=_("Call the pause off"),
        lead=_("It will not begin. It stays on record as called off."),
        label=_("Call the pause off"),
        tone="danger",
        icon="ban",
    )
