import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods
from django.views.decorators.vary import vary_on_headers

from accounts.permissions import Permission
from accounts.queries import can
from channels.queries import facts_of
from channels.states import Health
from core.views import refusal
from posts import content
from publishing import by_hand, queries, wording
from publishing.forms import ProofForm
from publishing.models import Delivery
from publishing.states import State

PAGE = 25


@require_GET
def tasks(request: HttpRequest) -> HttpResponse:
    """What people post themselves: what is due first, then what comes."""
    if not request.user.reach(Permission.POST_VIEW):
        raise PermissionDenied
    found = queries.tasks_by_hand(request.user)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    show(page.object_list, request, now=timezone.now())
    context = {"page_obj": page, "several_units": len({row.unit_id for row in page}) > 1}
    return render(request, "publishing/by_hand.html", context)


def show(rows: Any, request: HttpRequest, *, now: datetime) -> None:
    """What a row of a list of tasks shows. One query for all of them."""
    rows = list(rows)
    doable = set(Delivery.objects.filter(pk__in=[row.pk for row in rows]).postable(now).values_list("pk", flat=True))
    for row in rows:
        row.open = row.state == State.BY_HAND
        row.stopped = row.open and row.pk not in doable
        row.left = wording.left(row.hand_until, now) if row.open else ""
        row.may_do = can(request.user, Permission.POST_SCHEDULE, unit=row.unit)


@require_http_methods(["GET", "POST"])
@vary_on_headers("HX-Request")
def task(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """One screen with all that posting by hand takes. For HTMX: how much time is left, or the page anew once that is
    no longer the question."""
    related = ("channel", "unit", "post", "revision")
    row = get_object_or_404(Delivery.objects.visible_to(request.user).select_related(*related), public_id=public_id)
    if not can(request.user, Permission.POST_SCHEDULE, unit=row.unit):
        raise PermissionDenied
    coming = row.state == State.SCHEDULED and row.channel.health == Health.BY_HAND
    if row.state != State.BY_HAND and not coming:
        if request.htmx:
            return HttpResponse(headers={"HX-Refresh": "true"})
        messages.info(request, wording.sentence(row))
        return redirect(_place(row))
    now = timezone.now()
    stopped = by_hand.why_not(row, now=now) if not coming else ""
    if request.htmx:
        if stopped or coming:
            return HttpResponse(headers={"HX-Refresh": "true"})
        context = {"row": row, "left": wording.left(row.hand_until, now)}
        return render(request, "publishing/by_hand_task.html#left", context)
    form = ProofForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            given = form.cleaned_data
            error = refusal(lambda: by_hand.close(row, by=request.user, **given))
            if not error:
                messages.success(request, wording.sentence(row))
                return redirect(_place(row))
            form.add_error(None if stopped or coming else "permalink", error)
            status = 409
    context = _context(row, coming=coming, stopped=stopped, now=now)
    return render(request, "publishing/by_hand_task.html", {**context, "form": form}, status=status)


def _place(row: Delivery) -> str:
    return f"{reverse('publishing:post', args=[row.post.public_id])}#delivery-{row.public_id}"


def _has_title(platform: str, target: Mapping[str, Any] | None) -> bool:
    facts = facts_of(platform)
    try:
        return facts.format((target or {}).get("format", "")).max_title > 0
    except KeyError:  # the platform has this format no longer
        return False


def _context(row: Delivery, *, coming: bool, stopped: str, now: datetime) -> dict[str, Any]:
    message = by_hand.what_to_post(row) if not stopped else None
    if message is None and not stopped:
        stopped = _(
            "The stored text or a picture is no longer what was approved. Do not post it; report this to the system "
            "administrator at once."
        )
    approved, wanted = row.revision.content, str(row.channel.public_id)
    target = next((target for target in approved["channels"] if target["channel"] == wanted), None)
    media = content.media_for(approved, target) if target else []
    return {
        "row": row,
        "post": row.post,
        "coming": coming,
        "stopped": stopped,
        "message": message,
        "content": approved,
        "target": target,
        # Where title and text are typed into different boxes.
        "apart": _has_title(row.platform, target),
        "pictures": media,
        "films": sum("video" in medium for medium in media),
        "page": wording.page_name(row.channel),
        "told": wording.told(row),
        "left": "" if coming else wording.left(row.hand_until, now),
    }
