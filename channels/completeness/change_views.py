"""Words for a page: proposed, read beside what stands there, approved or not."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission
from accounts.queries import can
from accounts.step_up import step_up_required
from channels.completeness import changes, presenters, queries
from channels.completeness.forms import ProposeForm
from channels.completeness.writing import describe_failure
from channels.context import channel_or_404
from channels.models import PageChange
from channels.states import ChangeState
from core.actions import button_action, form_action, form_data
from core.forms import ReasonForm


def _approves(request: HttpRequest, **_: Any) -> bool:
    """Tell whether the request approves words, which then appear before residents."""
    return request.method == "POST" and request.POST.get("act") == "approve"


@require_http_methods(["GET", "POST"])
def propose(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Propose texts of one page."""
    channel = channel_or_404(request, public_id, Permission.POST_WRITE)
    limits = queries.writable_lengths(channel)
    if not limits:
        messages.error(request, _("The portal cannot write on this page; people change it there."))
        return redirect("channels:profile", channel.public_id)
    check = presenters.check_of(channel)
    present = check.texts if check else {}
    numbers = changes.public_numbers(channel)
    form = ProposeForm(form_data(request), limits=limits, present=present, numbers=numbers)
    done = form_action(form, lambda: changes.propose(channel, by=request.user, texts=form.texts()))
    if done:
        messages.success(
            request, _("A leader of the unit now reads your words. Nothing is changed before.")
        )
        return redirect("channels:change", done.result.public_id)
    context = {"channel": channel, "form": form, "present": presenters.present_texts(check, limits)}
    return render(request, "channels/propose.html", context, status=done.status)


def _get_change(request: HttpRequest, public_id: uuid.UUID) -> PageChange:
    seen = PageChange.objects.visible_to(request.user)
    rows = seen.select_related("channel__unit", "unit", "proposed_by", "decided_by")
    return get_object_or_404(rows, public_id=public_id)


@require_http_methods(["GET", "POST"])
@step_up_required(
    gettext_lazy("Approve the change of the page's details"), of=_get_change, when=_approves
)
def change(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show proposed words beside those that stand there; approve, refuse or withdraw them."""
    row = _get_change(request, public_id)
    act = request.POST.get("act", "") if request.method == "POST" else ""
    form = ReasonForm(request.POST if act == "refuse" else None)
    if act in ("approve", "withdraw"):
        service, message = _chosen_action(request, row, act)
        button_action(request, service, message=message)
        return redirect("channels:change", row.public_id)
    done = form_action(form, lambda: changes.refuse(row, by=request.user, **form.cleaned_data))
    if done:
        messages.success(request, _("The colleague reads your reason."))
        return redirect("channels:change", row.public_id)
    waits = row.state == ChangeState.PROPOSED
    own = row.proposed_by_id == request.user.pk
    context = {
        "change": row,
        "channel": row.channel,
        "texts": presenters.list_changes(row),
        "look": presenters.CHANGE_LOOKS[ChangeState(row.state)],
        "why": describe_failure(row) if row.state == ChangeState.FAILED else "",
        "form": form,
        "may_decide": waits and not own and _may_act(request, Permission.POST_APPROVE, row),
        "may_withdraw": waits and own and _may_act(request, Permission.POST_WRITE, row),
        "waits_for_another": waits and own,
    }
    return render(request, "channels/change.html", context, status=done.status)


def _may_act(request: HttpRequest, permission: Permission, row: PageChange) -> bool:
    return can(request.user, permission, unit=row.unit)


def _chosen_action(
    request: HttpRequest, row: PageChange, act: str
) -> tuple[Callable[[], Any], str]:
    if act == "withdraw":
        return lambda: changes.withdraw(row, by=request.user), _("The proposal is withdrawn.")
    sha256 = request.POST.get("sha256", "")
    message = _("Approved. The portal writes the words on the page within a minute.")
    return lambda: changes.approve(row, by=request.user, content_sha256=sha256), message
