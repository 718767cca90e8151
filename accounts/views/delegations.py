"""Approval that leaders hand over to deputies of their unit."""

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from accounts.context import current_position
from accounts.forms import DelegateForm
from accounts.models import Appointment, Delegation
from accounts.people import delegations
from accounts.step_up import step_up_required
from core.actions import form_action, form_data
from core.forms import ReasonForm
from core.lists import get_page

STAGES = {
    "coming": ("yellow", "clock", gettext_lazy("Coming up")),
    "running": ("green", "player-play", gettext_lazy("In force now")),
    "over": ("grey", "circle-check", gettext_lazy("Its days are over")),
    "ended": ("grey", "circle-x", gettext_lazy("Ended early")),
}


@require_GET
def delegation_list(request: HttpRequest) -> HttpResponse:
    rows = Delegation.objects.visible_to(request.user).select_related("unit", "chief", "deputy")
    page = get_page(request, rows)
    context = {
        "page_obj": page,
        "rows": [(row, _status_of(row)) for row in page],
        "may_give": bool(delegations.own_approving_posts(request.user)),
    }
    return render(request, "accounts/delegations.html", context)


def _status_of(row: Delegation) -> dict[str, object]:
    return dict(zip(("tone", "icon", "label"), STAGES[row.stage(timezone.now())], strict=True))


@require_http_methods(["GET", "POST"])
@step_up_required(gettext_lazy("Delegate the approval"), only_posts=True)
def delegate(request: HttpRequest) -> HttpResponse:
    """Hand over one's own approval in the unit of the current position."""
    own = _appointment_to_delegate(request)
    form = DelegateForm(
        form_data(request),
        deputies=delegations.possible_deputies(own.unit, besides={request.user.pk}),
        unit=own.unit,
    )
    done = form_action(
        form, lambda: delegations.delegate(unit=own.unit, by=request.user, **form.cleaned_data)
    )
    if done:
        message = _("%(name)s approves in your stead from %(first)s to %(last)s.")
        days = {
            "first": f"{done.result.valid_from:%d/%m/%Y}",
            "last": f"{done.result.valid_to:%d/%m/%Y}",
        }
        messages.success(request, message % {"name": done.result.deputy, **days})
        return redirect("accounts:delegation", done.result.public_id)
    context = {"form": form, "own": own}
    return render(request, "accounts/delegate.html", context, status=done.status)


def _appointment_to_delegate(request: HttpRequest) -> Appointment:
    """Return the appointment whose approval is handed over: the current one, or the first that
    approves.
    """
    posts = delegations.own_approving_posts(request.user)
    if not posts:
        raise PermissionDenied
    position = current_position(request)
    return next((post for post in posts if position and post.unit_id == position.unit_id), posts[0])


def _get_delegation(request: HttpRequest, public_id: uuid.UUID) -> Delegation:
    rows = Delegation.objects.visible_to(request.user)
    rows = rows.select_related("unit__parent", "chief", "deputy", "ended_by")
    return get_object_or_404(rows, public_id=public_id)


@require_http_methods(["GET", "POST"])
@step_up_required(
    gettext_lazy("End the delegation"),
    of=lambda request, public_id: _get_delegation(request, public_id).deputy,
    only_posts=True,
)
def delegation(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show a delegation to those whom it concerns; who may end it early does so here."""
    row = _get_delegation(request, public_id)
    form = ReasonForm(form_data(request), missing=_("Please write why it is ended."))
    done = form_action(form, lambda: delegations.end(row, by=request.user, **form.cleaned_data))
    if done:
        messages.success(request, _("The delegation is ended. Both people are told."))
        return redirect("accounts:delegation", row.public_id)
    now = timezone.now()
    context = {
        "row": row,
        "form": form,
        "status": _status_of(row),
        "waits": row.waits(now),
        "may_end": row.stage(now) in ("coming", "running")
        and bool(delegations.may_end(request.user, row)),
        "rests": row.stage(now) == "running"
        and not Delegation.objects.in_force(now).filter(pk=row.pk).exists(),
    }
    return render(request, "accounts/delegation.html", context, status=done.status)
