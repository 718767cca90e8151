"""Lost factors: asked for, confirmed, and stopped by the person's own link."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import FactorReset, User
from accounts.queries import governs
from accounts.second_factors import recovery
from accounts.step_up import step_up_required
from accounts.views.common import (
    render_private,
    require_administrator,
    visible_person,
)
from accounts.views.one_person import run_person_action
from core.actions import button_action, read_typed_reason
from core.errors import Refused
from core.lists import get_page


@require_POST
@step_up_required(gettext_lazy("Ask for the reset of the second factor"), of=visible_person)
def reset_second_factor(request: HttpRequest, public_id: Any) -> HttpResponse:
    row = visible_person(request, public_id)
    reason = read_typed_reason(request)
    message = _(
        "Asked. A second administrator has to confirm it; %(name)s has been told and can stop it."
    )
    return run_person_action(
        request, row, lambda: recovery.request_reset(row, by=request.user, reason=reason), message
    )


def _recoveries(request: HttpRequest) -> QuerySet:
    people = User.objects.visible_to(request.user)
    return FactorReset.objects.filter(user__in=people).select_related(
        "user", "asked_by", "confirmed_by", "stopped_by"
    )


@require_GET
def recoveries(request: HttpRequest) -> HttpResponse:
    """List the lost factors that are to be reset, waiting ones first."""
    require_administrator(request)
    recoveries = (
        _recoveries(request)
        .annotate(is_open=Q(done_at=None, stopped_at=None))
        .order_by("-is_open", "-asked_at")
    )
    page = get_page(request, recoveries)
    for row in page:
        row.may_stop = row.is_open and governs(request.user, row.user) is not None
        row.may_confirm = (
            row.may_stop and not row.confirmed_by_id and row.asked_by_id != request.user.pk
        )
    return render(
        request,
        "accounts/recoveries.html",
        {"page_obj": page, "hours": settings.FACTOR_RESET_HOURS},
    )


def _person_to_recover(request: HttpRequest, public_id: Any) -> User:
    return get_object_or_404(_recoveries(request), public_id=public_id).user


@require_POST
@step_up_required(gettext_lazy("Confirm the reset of the second factor"), of=_person_to_recover)
def confirm_recovery(request: HttpRequest, public_id: Any) -> HttpResponse:
    row = get_object_or_404(_recoveries(request), public_id=public_id)
    message = _("Confirmed. The person has been told and can stop it until then.")
    button_action(
        request, lambda: recovery.confirm(row, by=request.user, now=timezone.now()), message=message
    )
    return redirect("accounts:recoveries")


@require_POST
def stop_recovery_of(request: HttpRequest, public_id: Any) -> HttpResponse:
    row = get_object_or_404(_recoveries(request), public_id=public_id)
    message = _("The recovery is stopped.")
    button_action(
        request, lambda: recovery.stop(row, by=request.user, now=timezone.now()), message=message
    )
    return redirect("accounts:recoveries")


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def stop_recovery(request: HttpRequest, word: str) -> HttpResponse:
    """Stop a reset from the link in notice or mail: one press, without a sign-in."""
    row = recovery.find_by_stop_token(word)
    stopped, refused = False, ""
    if row and request.method == "POST":
        try:
            recovery.stop(row, by=row.user, now=timezone.now())
            stopped = True
        except Refused as error:
            refused = str(error)
    running = row is not None and row.done_at is None and row.stopped_at is None and not stopped
    context = {"reset": row, "running": running, "stopped": stopped, "refused": refused}
    status = 400 if row is None else 409 if refused else 200
    return render_private(render(request, "accounts/stop_recovery.html", context, status=status))
