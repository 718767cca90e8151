"""Deliveries that fell due during pauses, and the decision that they stay unpublished."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.permissions import Permission
from accounts.queries import can
from core.actions import form_action
from core.lists import get_page
from core.text import parse_uuid
from publishing.models import Delivery, Pause
from publishing.pauses import pausing
from publishing.pauses.context import pauses_of
from publishing.pauses.forms import KeepUnpublishedForm
from publishing.pauses.presenters import UndecidedCard, decided_status, pause_scope
from publishing.pauses.queries import due_during, undecided_deliveries
from publishing.presenters.delivery import delivery_status


@require_GET
def undecided_list(request: HttpRequest) -> HttpResponse:
    """List what fell due during pauses and waits for a decision.

    Of one pause also what has been decided.
    """
    if not request.user.reach(Permission.POST_VIEW):
        raise PermissionDenied
    pause, asked = None, request.GET.get("pause")
    if asked:
        seen = Pause.objects.visible_to(request.user).select_related("unit", "channel", "topic")
        pause = get_object_or_404(seen, public_id=parse_uuid(asked))
        deliveries = due_during(pause, timezone.now()).visible_to(request.user)
    else:
        deliveries = undecided_deliveries(Delivery.objects.visible_to(request.user))
    rows = deliveries.select_related("post", "unit", "channel").defer(
        "channel__sealed", "post__body", "post__search"
    )
    page = get_page(request, rows.order_by("-due_at", "pk"))
    cards = _undecided_cards(request, list(page))
    context = {
        "page_obj": page,
        "cards": cards,
        "pause": pause,
        "scope": pause_scope(pause) if pause else "",
        "may_decide": any(card.can_be_decided for card in cards),
        "several_units": len({row.unit_id for row in page}) > 1,
    }
    return render(request, "publishing/pauses_held.html", context)


def _undecided_cards(request: HttpRequest, rows: list[Delivery]) -> list[UndecidedCard]:
    undecided = undecided_deliveries(Delivery.objects.filter(pk__in=[row.pk for row in rows]))
    open_pks = set(undecided.values_list("pk", flat=True))
    cards = []
    for row in rows:
        is_decided = row.awaits_decision and row.pk not in open_pks
        status = decided_status(row) if is_decided else delivery_status(row, pauses_of(request))
        can_be_decided = row.pk in open_pks and can(
            request.user, Permission.POST_SCHEDULE, unit=row.unit
        )
        cards.append(UndecidedCard(row, status, can_be_decided))
    return cards


@require_POST
def keep_unpublished(request: HttpRequest) -> HttpResponse:
    """Decide that the chosen deliveries stay unpublished."""
    if not request.user.reach(Permission.POST_SCHEDULE):
        raise PermissionDenied
    among = Delivery.objects.visible_to(request.user).select_related("unit", "post", "channel")
    form = KeepUnpublishedForm(request.POST, among=among)
    post = parse_uuid(request.POST.get("post", ""))
    back = reverse("publishing:post", args=[post]) if post else reverse("publishing:held")
    outcome = form_action(
        form,
        lambda: pausing.keep_unpublished(list(form.cleaned_data["deliveries"]), by=request.user),
    )
    if outcome:
        n = outcome.result
        message = ngettext(
            "%(n)s publication stays unpublished.", "%(n)s publications stay unpublished.", n
        )
        messages.success(request, message % {"n": n})
    else:
        messages.error(request, str(outcome.refused or _("Nothing is chosen.")))
    return redirect(back)
