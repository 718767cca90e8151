"""The list of pauses, and the page of one."""

import uuid
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db.models import Case, F, IntegerField, Q, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.permissions import Permission
from audit.models import Entry
from core.lists import get_page
from publishing.models import Pause
from publishing.pauses.presenters import pause_card, pause_effect
from publishing.pauses.queries import count_units, count_waiting, due_during, undecided_deliveries
from publishing.presenters.record import record_line

PEOPLE = ("created_by", "started_by", "ended_by")


@require_GET
def pause_list(request: HttpRequest) -> HttpResponse:
    """List the active pauses first, then what is planned and prepared, then the past."""
    if not request.user.reach(Permission.POST_VIEW):
        raise PermissionDenied
    now = timezone.now()
    order = Case(
        When(Q(started_at__lte=now) & (Q(ended_at=None) | Q(ended_at__gt=now)), then=Value(0)),
        When(started_at__gt=now, then=Value(1)),
        When(ended_at=None, then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    pauses = Pause.objects.visible_to(request.user).select_related(
        "unit", "channel", "topic", *PEOPLE
    )
    pauses = pauses.defer("channel__sealed").order_by(
        order, F("ended_at").desc(nulls_first=True), "-pk"
    )
    page = get_page(request, pauses)
    ordered = Pause.objects.answered_by(request.user).filter(pk__in=[row.pk for row in page])
    own = set(ordered.values_list("pk", flat=True))
    context = {
        "page_obj": page,
        "cards": [pause_card(row, now=now, may_act=row.pk in own) for row in page],
        "may_pause": bool(request.user.reach(Permission.PUBLISHING_PAUSE)),
    }
    return render(request, "publishing/pauses.html", context)


@require_GET
def pause(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show one pause: what it does, what fell due during it, and its record."""
    pauses = Pause.objects.visible_to(request.user).select_related(
        "unit", "channel", "topic", "authority", *PEOPLE
    )
    row = get_object_or_404(pauses, public_id=public_id)
    now = timezone.now()
    may_act = Pause.objects.answered_by(request.user).filter(pk=row.pk).exists()
    card = pause_card(row, now=now, may_act=may_act)
    about = Entry.objects.filter(object_type="publishing.pause", object_id=str(row.public_id))
    fell_due = due_during(row, now).visible_to(request.user)
    effect = ""
    if card.is_active or card.is_open:
        start = max(row.started_at or now, now)
        effect = describe_effect(row, start=start, end=row.ended_at, now=now)
    context = {
        "card": card,
        "pause": row,
        "effect": effect,
        "fell_due": fell_due.count(),
        "undecided": undecided_deliveries(fell_due).count(),
        "record": [record_line(entry) for entry in about[:50]],
    }
    return render(request, "publishing/pauses_one.html", context)


def describe_effect(pause: Pause, *, start: datetime, end: datetime | None, now: datetime) -> str:
    """Say what the pause does from ``start`` on: to how many units, and to how many publications
    within a day.
    """
    day_later = start + timedelta(days=1)
    until = min(end, day_later) if end else day_later
    return pause_effect(
        pause,
        start=start,
        end=end,
        now=now,
        units=count_units(pause, on=timezone.localdate()),
        waiting=count_waiting(pause, start=start, end=until),
    )
