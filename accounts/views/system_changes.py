"""Changes of the ministry's administrators and of system operators, decided by two of them."""

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts import forms
from accounts.models import SystemChange
from accounts.people import system_changes as changes
from accounts.queries import ministry_administrators, system_operators
from accounts.step_up import step_up_required
from core.actions import button_action, form_action, refusal
from core.lists import get_page


def _require_may_change(request: HttpRequest) -> None:
    refusal(lambda: changes.require_may_change(request.user))


@require_http_methods(["GET", "POST"])
@step_up_required(gettext_lazy("Propose the change"), only_posts=True)
def system_changes(request: HttpRequest) -> HttpResponse:
    """List the changes, those that wait first, and propose one."""
    _require_may_change(request)
    form = forms.SystemChangeForm(request.POST or None)
    done = form_action(form, lambda: changes.propose(by=request.user, **form.cleaned_data))
    if done:
        messages.success(request, _("Proposed. A second person has seven days to confirm it."))
        return redirect("accounts:system_changes")
    now = timezone.now()
    is_open = Q(pk__in=SystemChange.objects.open(now).values("pk"))
    rows = SystemChange.objects.annotate(is_open=is_open).order_by("-is_open", "-asked_at")
    rows = rows.select_related("user", "asked_by", "confirmed_by", "stopped_by")
    context = {
        "form": form,
        "page_obj": get_page(request, rows),
        "operators": system_operators().order_by("search"),
        "administrators": ministry_administrators().order_by("search"),
    }
    return render(request, "accounts/system_changes.html", context, status=done.status)


def _get_change(request: HttpRequest, public_id: Any) -> SystemChange:
    _require_may_change(request)
    return get_object_or_404(SystemChange.objects.select_related("user"), public_id=public_id)


@require_POST
@step_up_required(gettext_lazy("Confirm the change"), of=_get_change)
def confirm_system_change(request: HttpRequest, public_id: Any) -> HttpResponse:
    row = _get_change(request, public_id)
    message = _("Confirmed and done. Everybody concerned is told.")
    button_action(request, lambda: changes.confirm(row, by=request.user), message=message)
    return redirect("accounts:system_changes")


@require_POST
@step_up_required(gettext_lazy("Stop the change"), of=_get_change)
def stop_system_change(request: HttpRequest, public_id: Any) -> HttpResponse:
    row = _get_change(request, public_id)
    message = _("Stopped. Everybody concerned is told.")
    button_action(request, lambda: changes.stop(row, by=request.user), message=message)
    return redirect("accounts:system_changes")
