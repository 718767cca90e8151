"""Sending a live post to everybody who follows its page: one person asks, another confirms."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, Value, When
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Permission
from accounts.queries import can
from accounts.step_up import step_up_required
from core.actions import form_action, form_data
from core.lists import get_page
from posts.canonical import content
from publishing.broadcasts import broadcasting
from publishing.broadcasts.forms import AskForm, CallOffForm, ConfirmForm, DecideForm
from publishing.broadcasts.presenters import broadcast_status, follower_sentence
from publishing.models import Broadcast, Delivery
from publishing.presenters.text import format_moment, page_name
from publishing.states import BROADCAST_CANCELLABLE, BROADCAST_OPEN, BroadcastState

RELATED = (
    "delivery__post",
    "delivery__revision",
    "delivery__unit",
    "channel",
    "unit",
    "asked_by",
    "confirmed_by",
)


def _address(delivery: Delivery) -> str:
    return f"{reverse('publishing:post', args=[delivery.post.public_id])}#delivery-{
        delivery.public_id
    }"


def _broadcast(
    request: HttpRequest, public_id: uuid.UUID, permission: Permission | None = None
) -> Broadcast:
    """Return the broadcast, of those the person may see; 403 when they may not act on it."""
    broadcasts = Broadcast.objects.visible_to(request.user).select_related(*RELATED, "decided_by")
    row = get_object_or_404(broadcasts, public_id=public_id)
    if permission and not can(request.user, permission, unit=row.unit):
        raise PermissionDenied
    return row


@require_GET
def broadcast_list(request: HttpRequest) -> HttpResponse:
    """List the broadcasts in the person's scope, those that are not over first."""
    if not request.user.reach(Permission.POST_VIEW):
        raise PermissionDenied
    broadcasts = (
        Broadcast.objects.visible_to(request.user)
        .select_related("delivery__post", "channel", "unit", "asked_by", "confirmed_by")
        .defer("delivery__post__body", "delivery__post__search", "channel__sealed")
        .order_by(
            Case(When(state__in=BROADCAST_OPEN, then=Value(0)), default=Value(1)),
            "-asked_at",
            "-pk",
        )
    )
    page = get_page(request, broadcasts)
    rows = [(row, broadcast_status(row)) for row in page]
    return render(request, "publishing/broadcast_list.html", {"page_obj": page, "rows": rows})


def _get_delivery(request: HttpRequest, public_id: uuid.UUID) -> Delivery:
    deliveries = Delivery.objects.visible_to(request.user).select_related(
        "channel", "unit", "post", "revision"
    )
    return get_object_or_404(deliveries, public_id=public_id)


@require_http_methods(["GET", "POST"])
@step_up_required(gettext_lazy("Ask for the broadcast"), of=_get_delivery)
def ask(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Say what a broadcast is, and ask for it."""
    delivery = _get_delivery(request, public_id)
    if not can(request.user, Permission.POST_SCHEDULE, unit=delivery.unit):
        raise PermissionDenied
    form = AskForm(form_data(request), now=timezone.now())

    def action() -> Broadcast:
        given = form.cleaned_data
        return broadcasting.plan(
            delivery,
            by=request.user,
            reason=given["reason"],
            requested_time=given["requested_time"],
        )

    outcome = form_action(form, action)
    if outcome:
        messages.success(
            request, _("Asked for. A second person has to confirm it before anything is sent.")
        )
        return redirect("publishing:broadcast", public_id=outcome.result.public_id)
    context = {
        "delivery": delivery,
        "post": delivery.post,
        "form": form,
        "back": _address(delivery),
        **_preview_context(delivery, delivery.channel.followers),
    }
    return render(request, "publishing/broadcast_ask.html", context, status=outcome.status)


def _preview_context(delivery: Delivery, followers: int | None) -> dict[str, Any]:
    """Return the article as the followers open it."""
    approved = delivery.revision.content
    return {
        "page": page_name(delivery.channel),
        "reach": follower_sentence(followers),
        "content": approved,
        "target": content.target_of(approved, delivery.channel.public_id),
    }


@require_GET
def broadcast(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    return _page(request, _broadcast(request, public_id))


def _page(
    request: HttpRequest, row: Broadcast, *, status: int = 200, **bound: Form
) -> HttpResponse:
    """Show one broadcast, and what the person may say about it."""
    may_schedule = can(request.user, Permission.POST_SCHEDULE, unit=row.unit)
    may_confirm = can(request.user, Permission.POST_APPROVE, unit=row.unit)
    forms = {
        "confirm": ConfirmForm
        if row.state == BroadcastState.PLANNED and may_confirm and row.asked_by != request.user
        else None,
        "decide": DecideForm if row.state == BroadcastState.UNKNOWN and may_schedule else None,
        "call_off": CallOffForm if row.state in BROADCAST_CANCELLABLE and may_schedule else None,
    }
    context = {
        "row": row,
        "post": row.delivery.post,
        "status": broadcast_status(row),
        "waits_for_other": row.state == BroadcastState.PLANNED and row.asked_by == request.user,
        "requested": format_moment(row.requested_time) if row.requested_time else "",
        "back": _address(row.delivery),
        "forms": list(bound.values()),
        **{
            name: bound.get(name) or (form(auto_id=f"{name}_%s") if form else None)
            for name, form in forms.items()
        },
        **_preview_context(row.delivery, row.followers),
    }
    return render(request, "publishing/broadcast.html", context, status=status)


def _action(
    request: HttpRequest,
    row: Broadcast,
    name: str,
    form: Form,
    action: Callable[[], object],
    done: str,
) -> HttpResponse:
    """Run ``action`` and go back to the broadcast; what was typed survives a refusal."""
    outcome = form_action(form, action)
    if outcome:
        messages.success(request, done)
        return redirect("publishing:broadcast", public_id=row.public_id)
    if outcome.refused:
        row = _broadcast(request, row.public_id)
    return _page(request, row, status=outcome.status, **{name: form})


@require_POST
@step_up_required(gettext_lazy("Confirm the broadcast"), of=_broadcast)
def confirm(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _broadcast(request, public_id, Permission.POST_APPROVE)
    form = ConfirmForm(request.POST, auto_id="confirm_%s")

    def action() -> None:
        broadcasting.confirm(row, by=request.user, reason=form.cleaned_data["words"])

    return _action(
        request, row, "confirm", form, action, _("Confirmed. It goes to the followers at its time.")
    )


@require_POST
def call_off(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _broadcast(request, public_id, Permission.POST_SCHEDULE)
    form = CallOffForm(request.POST, auto_id="call_off_%s")

    def action() -> None:
        broadcasting.call_off(row, by=request.user, reason=form.cleaned_data["reason"])

    return _action(
        request, row, "call_off", form, action, _("Called off. Nothing is sent to the followers.")
    )


@require_POST
def decide(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _broadcast(request, public_id, Permission.POST_SCHEDULE)
    form = DecideForm(request.POST, auto_id="decide_%s")

    def action() -> None:
        sent = form.cleaned_data["seen"] == form.SENT
        broadcasting.decide(row, by=request.user, sent=sent, reason=form.cleaned_data["words"])

    return _action(request, row, "decide", form, action, _("Noted. Thank you for looking."))
