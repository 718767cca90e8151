"""Sending a post that stands to everybody who follows its page: one person asks, another confirms."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Case, Value, When
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Permission
from accounts.queries import can
from core.views import refusal
from publishing import broadcast_wording, broadcasts
from publishing.broadcast_forms import AskForm, CallOffForm, ConfirmForm, DecideForm
from publishing.models import Broadcast, Delivery
from publishing.states import BROADCAST_OPEN
from publishing.states import BroadcastState as B
from publishing.wording import moment, page_name

PAGE = 25
RELATED = ("delivery__post", "delivery__revision", "delivery__unit", "channel", "unit", "asked_by", "confirmed_by")


def _address(delivery: Delivery) -> str:
    return f"{reverse('publishing:post', args=[delivery.post.public_id])}#delivery-{delivery.public_id}"


def _broadcast(request: HttpRequest, public_id: uuid.UUID, permission: Permission | None = None) -> Broadcast:
    """The broadcast, of those the person may see; 403 when they may not act on it."""
    found = Broadcast.objects.visible_to(request.user).select_related(*RELATED, "decided_by")
    row = get_object_or_404(found, public_id=public_id)
    if permission and not can(request.user, permission, unit=row.unit):
        raise PermissionDenied
    return row


@require_GET
def broadcast_list(request: HttpRequest) -> HttpResponse:
    """The broadcasts on the person's ground, those that are not over first."""
    if not request.user.reach(Permission.POST_VIEW):
        raise PermissionDenied
    found = (
        Broadcast.objects.visible_to(request.user)
        .select_related("delivery__post", "channel", "unit", "asked_by", "confirmed_by")
        .defer("delivery__post__body", "delivery__post__search", "channel__sealed")
        .order_by(Case(When(state__in=BROADCAST_OPEN, then=Value(0)), default=Value(1)), "-asked_at", "-pk")
    )
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    for row in page:
        row.told = broadcast_wording.told(row)
    return render(request, "publishing/broadcast_list.html", {"page_obj": page})


@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Says what a broadcast is, and asks for it."""
    found = Delivery.objects.visible_to(request.user).select_related("channel", "unit", "post", "revision")
    delivery = get_object_or_404(found, public_id=public_id)
    if not can(request.user, Permission.POST_SCHEDULE, unit=delivery.unit):
        raise PermissionDenied
    form = AskForm(request.POST if request.method == "POST" else None, now=timezone.now())
    made: list[Broadcast] = []
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            given = {"reason": form.cleaned_data["reason"], "wanted_at": form.cleaned_data["wanted_at"]}
            error = refusal(lambda: made.append(broadcasts.plan(delivery, by=request.user, **given)))
            if not error:
                messages.success(request, _("Asked for. A second person has to confirm it before anything is sent."))
                return redirect("publishing:broadcast", public_id=made[0].public_id)
            form.add_error(None, error)
            status = 409
    context = {
        "delivery": delivery,
        "post": delivery.post,
        "form": form,
        "back": _address(delivery),
        **_shown(delivery, delivery.channel.followers),
    }
    return render(request, "publishing/broadcast_ask.html", context, status=status)


def _shown(delivery: Delivery, followers: int | None) -> dict[str, Any]:
    """The article as the followers open it."""
    content, wanted = delivery.revision.content, str(delivery.channel.public_id)
    return {
        "page": page_name(delivery.channel),
        "reach": broadcast_wording.reach(followers),
        "content": content,
        "target": next((target for target in content["channels"] if target["channel"] == wanted), None),
    }


@require_GET
def broadcast(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    return _page(request, _broadcast(request, public_id))


def _page(request: HttpRequest, row: Broadcast, *, status: int = 200, **bound: Form) -> HttpResponse:
    """One broadcast, and what the person may say about it."""
    may_schedule = can(request.user, Permission.POST_SCHEDULE, unit=row.unit)
    may_confirm = can(request.user, Permission.POST_APPROVE, unit=row.unit)
    forms = {
        "confirm": ConfirmForm if row.state == B.PLANNED and may_confirm and row.asked_by != request.user else None,
        "decide": DecideForm if row.state == B.UNKNOWN and may_schedule else None,
        "call_off": CallOffForm if row.state in (B.PLANNED, B.CONFIRMED) and may_schedule else None,
    }
    context = {
        "row": row,
        "post": row.delivery.post,
        "told": broadcast_wording.told(row),
        "waits_for_other": row.state == B.PLANNED and row.asked_by == request.user,
        "wanted": moment(row.wanted_at) if row.wanted_at else "",
        "back": _address(row.delivery),
        "forms": list(bound.values()),
        **{name: bound.get(name) or (form(auto_id=f"{name}_%s") if form else None) for name, form in forms.items()},
        **_shown(row.delivery, row.followers),
    }
    return render(request, "publishing/broadcast.html", context, status=status)


def _act(
    request: HttpRequest, row: Broadcast, name: str, form: Form, act: Callable[[], object], done: str
) -> HttpResponse:
    """Does it and goes back to the broadcast; what was typed survives a refusal."""
    status = 422
    if form.is_valid():
        error = refusal(act)
        if not error:
            messages.success(request, done)
            return redirect("publishing:broadcast", public_id=row.public_id)
        form.add_error(None, error)
        status = 409
        row = _broadcast(request, row.public_id)
    return _page(request, row, status=status, **{name: form})


@require_POST
def confirm(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _broadcast(request, public_id, Permission.POST_APPROVE)
    form = ConfirmForm(request.POST, auto_id="confirm_%s")

    def act() -> None:
        broadcasts.confirm(row, by=request.user, words=form.cleaned_data["words"])

    return _act(request, row, "confirm", form, act, _("Confirmed. It goes to the followers at its time."))


@require_POST
def call_off(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _broadcast(request, public_id, Permission.POST_SCHEDULE)
    form = CallOffForm(request.POST, auto_id="call_off_%s")

    def act() -> None:
        broadcasts.call_off(row, by=request.user, reason=form.cleaned_data["reason"])

    return _act(request, row, "call_off", form, act, _("Called off. Nothing is sent to the followers."))


@require_POST
def decide(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _broadcast(request, public_id, Permission.POST_SCHEDULE)
    form = DecideForm(request.POST, auto_id="decide_%s")

    def act() -> None:
        sent = form.cleaned_data["seen"] == form.SENT
        broadcasts.decide(row, by=request.user, sent=sent, words=form.cleaned_data["words"])

    return _act(request, row, "decide", form, act, _("Noted. Thank you for looking."))
