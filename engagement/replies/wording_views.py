"""The approved answers of a unit's reply desk, and who may answer in their own words today."""

import uuid
from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.context import current_position
from accounts.permissions import Permission
from accounts.queries import can, holders
from accounts.step_up import step_up_required
from core.actions import button_action, form_action, form_data
from core.text import parse_uuid
from engagement.models import ReplyPhrase, ReplyRelease
from engagement.replies import wording
from engagement.replies.forms import PhraseForm
from units.models import Unit


def _get_unit(request: HttpRequest) -> Unit:
    position = current_position(request)
    if position is None or not can(request.user, Permission.POST_SCHEDULE, unit=position.unit):
        raise PermissionDenied
    return position.unit


@require_http_methods(["GET", "HEAD", "POST"])
def reply_words(request: HttpRequest) -> HttpResponse:
    """Show the answers and the releases of the current position's unit, and take a new answer."""
    unit = _get_unit(request)
    form = PhraseForm(form_data(request))
    done = form_action(
        form,
        lambda: wording.propose_phrase(unit=unit, by=request.user, **form.cleaned_data),
        field="text",
    )
    if done:
        messages.success(request, _("Proposed. A leader of the unit reads and approves it."))
        return redirect("engagement:reply_words")
    now = timezone.now()
    may_approve = can(request.user, Permission.POST_APPROVE, unit=unit)
    releases = ReplyRelease.objects.in_force(now).filter(unit=unit)
    context = {
        "unit": unit,
        "form": form,
        "phrases": wording.find_phrases(unit).select_related("unit", "approved_by"),
        "waiting": ReplyPhrase.objects.filter(
            unit=unit, approved_at=None, ended_at=None
        ).select_related("proposed_by"),
        "releases": releases.select_related("person", "released_by"),
        "is_released": wording.find_release(request.user, unit=unit) is not None,
        "may_approve": may_approve,
        "people": holders(Permission.POST_SCHEDULE, unit=unit, besides=[request.user.pk])
        if may_approve
        else [],
    }
    return render(request, "engagement/reply_words.html", context, status=done.status)


def _do(request: HttpRequest, service: Callable[[], object], message: str) -> HttpResponse:
    button_action(request, service, message=message)
    return redirect("engagement:reply_words")


def _get_phrase(request: HttpRequest, public_id: uuid.UUID) -> ReplyPhrase:
    rows = ReplyPhrase.objects.visible_to(request.user).select_related("unit", "proposed_by")
    return get_object_or_404(rows, public_id=public_id)


@require_POST
@step_up_required(gettext_lazy("Approve the answer"), of=_get_phrase)
def approve_phrase(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _get_phrase(request, public_id)
    return _do(
        request,
        lambda: wording.approve_phrase(row, by=request.user),
        _("Approved. It can be given at once."),
    )


@require_POST
def end_phrase(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _get_phrase(request, public_id)
    return _do(request, lambda: wording.end_phrase(row, by=request.user), _("Removed."))


@require_POST
def ask_release(request: HttpRequest) -> HttpResponse:
    unit = _get_unit(request)
    return _do(
        request,
        lambda: wording.ask_release(unit, by=request.user),
        _("The unit's leaders have been asked."),
    )


@require_POST
@step_up_required(gettext_lazy("Release the officer's own words for a day"))
def give_release(request: HttpRequest) -> HttpResponse:
    unit = _get_unit(request)
    if not can(request.user, Permission.POST_APPROVE, unit=unit):
        raise PermissionDenied
    chosen = parse_uuid(request.POST.get("person", ""))
    people = holders(Permission.POST_SCHEDULE, unit=unit, besides=[request.user.pk])
    person = next((person for person in people if person.public_id == chosen), None)
    if person is None:
        messages.error(request, _("Choose who may answer in their own words."))
        return redirect("engagement:reply_words")
    return _do(
        request,
        lambda: wording.give_release(unit, person, by=request.user),
        _("Released for 24 hours."),
    )


@require_POST
def end_release(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    rows = ReplyRelease.objects.visible_to(request.user).select_related("unit", "person")
    row = get_object_or_404(rows, public_id=public_id)
    return _do(
        request, lambda: wording.end_release(row, by=request.user), _("The release is over.")
    )
