import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods
from django.views.decorators.vary import vary_on_headers

from accounts.permissions import Permission
from accounts.queries import can
from channels.queries import facts_of
from channels.states import Health
from core.actions import form_action, form_data
from core.fields import DayAndClockField
from core.lists import get_page
from posts.canonical import content
from publishing.manual import manual_posting
from publishing.manual.queries import manual_tasks
from publishing.models import Delivery
from publishing.presenters.delivery import delivery_sentence, delivery_status
from publishing.presenters.text import page_name, time_left
from publishing.states import State


class ProofForm(forms.Form):
    """The proof that a post is live on a page to which people post themselves."""

    permalink = forms.URLField(
        label=gettext_lazy("Link of the post on the page"),
        max_length=500,
        assume_scheme="https",
        widget=forms.URLInput(
            attrs={"placeholder": "https://", "autocomplete": "off", "inputmode": "url"}
        ),
        help_text=gettext_lazy("Open the post on the page, copy its link and paste it here."),
        error_messages={
            "required": gettext_lazy("Please enter the link of the post."),
            "invalid": gettext_lazy(
                "This is not a link. Copy the whole address, from https:// on."
            ),
        },
    )
    published_at = DayAndClockField(
        label=gettext_lazy("Time of posting"),
        required=False,
        help_text=gettext_lazy("Leave empty if you have posted it just now."),
    )

    def clean_permalink(self) -> str:
        return self.cleaned_data["permalink"].strip()


@dataclass(frozen=True, slots=True)
class TaskCard:
    """A task by hand, due or to come.

    ``is_stopped``: it is due, and may not be posted now. ``time_left``: in words, of one that is
    due.
    """

    delivery: Delivery
    is_due: bool
    is_stopped: bool
    time_left: str
    may_do: bool


@require_GET
def task_list(request: HttpRequest) -> HttpResponse:
    """List what people post themselves: what is due first, then what comes."""
    if not request.user.reach(Permission.POST_VIEW):
        raise PermissionDenied
    page = get_page(request, manual_tasks(request.user))
    rows, now = list(page), timezone.now()
    # One query for all rows.
    due = Delivery.objects.filter(pk__in=[row.pk for row in rows]).manual_due(now)
    doable = set(due.values_list("pk", flat=True))
    cards = []
    for row in rows:
        is_due = row.state == State.MANUAL
        left = time_left(row.manual_deadline, now) if is_due else ""
        may_do = can(request.user, Permission.POST_SCHEDULE, unit=row.unit)
        cards.append(TaskCard(row, is_due, is_due and row.pk not in doable, left, may_do))
    context = {
        "page_obj": page,
        "cards": cards,
        "several_units": len({row.unit_id for row in page}) > 1,
    }
    return render(request, "publishing/manual_tasks.html", context)


@require_http_methods(["GET", "POST"])
@vary_on_headers("HX-Request")
def task(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show one screen with all that posting by hand takes.

    For HTMX: how much time is left, or the page again once that is no longer the question.
    """
    related = ("channel", "unit", "post", "revision")
    row = get_object_or_404(
        Delivery.objects.visible_to(request.user).select_related(*related), public_id=public_id
    )
    if not can(request.user, Permission.POST_SCHEDULE, unit=row.unit):
        raise PermissionDenied
    is_to_come = row.state == State.SCHEDULED and row.channel.health == Health.MANUAL
    if row.state != State.MANUAL and not is_to_come:
        if request.htmx:
            return HttpResponse(headers={"HX-Refresh": "true"})
        messages.info(request, delivery_sentence(row))
        return redirect(_place(row))
    now = timezone.now()
    stopped = manual_posting.describe_refusal(row, now=now) if not is_to_come else ""
    if request.htmx:
        if stopped or is_to_come:
            return HttpResponse(headers={"HX-Refresh": "true"})
        context = {"row": row, "left": time_left(row.manual_deadline, now)}
        return render(request, "publishing/manual_task.html#left", context)
    form = ProofForm(form_data(request))
    field = None if stopped or is_to_come else "permalink"  # where the form says why it was refused
    outcome = form_action(
        form, lambda: manual_posting.close(row, by=request.user, **form.cleaned_data), field=field
    )
    if outcome:
        messages.success(request, delivery_sentence(row))
        return redirect(_place(row))
    context = _context(row, is_to_come=is_to_come, stopped=stopped, now=now)
    return render(
        request, "publishing/manual_task.html", {**context, "form": form}, status=outcome.status
    )


def _place(row: Delivery) -> str:
    return f"{reverse('publishing:post', args=[row.post.public_id])}#delivery-{row.public_id}"


def _has_title(platform: str, target: Mapping[str, Any] | None) -> bool:
    facts = facts_of(platform)
    try:
        return facts.format((target or {}).get("format", "")).max_title > 0
    except KeyError:  # the platform has this format no longer
        return False


def _context(row: Delivery, *, is_to_come: bool, stopped: str, now: datetime) -> dict[str, Any]:
    message = manual_posting.approved_message(row) if not stopped else None
    if message is None and not stopped:
        stopped = _(
            "The stored text or a picture is no longer what was approved. Do not post it; report "
            "this to the system administrator at once."
        )
    approved = row.revision.content
    target = content.target_of(approved, row.channel.public_id)
    media = content.media_for(approved, target) if target else []
    return {
        "row": row,
        "post": row.post,
        "is_to_come": is_to_come,
        "stopped": stopped,
        "message": message,
        "content": approved,
        "target": target,
        # Where title and text are typed into different boxes.
        "apart": _has_title(row.platform, target),
        "pictures": media,
        "videos": sum("video" in medium for medium in media),
        "page": page_name(row.channel),
        "status": delivery_status(row),
        "left": "" if is_to_come else time_left(row.manual_deadline, now),
    }
