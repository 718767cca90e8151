import uuid
from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods
from django.views.decorators.vary import vary_on_headers

from accounts.context import current_position
from accounts.permissions import Permission
from accounts.queries import can
from accounts.step_up import step_up_required
from campaigns.models import Campaign
from core.actions import form_action, form_data
from core.lists import get_page, render_page
from publishing.models import Broadcast, Delivery, Recall
from publishing.presenters.delivery import delivery_status
from publishing.presenters.status import StatusView
from publishing.recalls import recalling, report
from publishing.recalls.forms import RecallForm
from publishing.recalls.report import PageOutcome
from publishing.states import ENDED, MAY_HAVE_BEEN_SENT, State


@dataclass(frozen=True, slots=True)
class PageCard:
    """A page and its outcome; ``sent_broadcast`` had told the followers of the post."""

    delivery: Delivery
    status: StatusView
    outcome: PageOutcome
    sent_broadcast: Broadcast | None
    can_be_decided: bool


PAGES_OF_REPORT = 50


@require_GET
def recall_list(request: HttpRequest) -> HttpResponse:
    """List the recalls in the person's scope, those not finished first."""
    if not request.user.reach(Permission.POST_VIEW):
        raise PermissionDenied
    overdue = Delivery.objects.filter(
        recall=OuterRef("pk"), state=State.NEEDS_PERSON, manual_deadline__lte=timezone.now()
    )
    recalls = (
        Recall.objects.visible_to(request.user)
        .select_related("unit", "post", "campaign", "kit", "by")
        .defer("post__body", "post__search")
        .annotate(
            pages=Count("deliveries"),
            done=Count("deliveries", filter=Q(deliveries__state__in=ENDED)),
            manual=Count("deliveries", filter=Q(deliveries__state=State.NEEDS_PERSON)),
            overdue=Exists(overdue),
        )
        .order_by("-started_at", "-pk")
    )
    page = get_page(request, recalls)
    return render(request, "publishing/recall_list.html", {"page_obj": page})


@require_GET
@vary_on_headers("HX-Request")
def recall_report(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show what became of each page.

    For HTMX the moving part alone, or 204 while nothing has changed.
    """
    recalls = Recall.objects.visible_to(request.user).select_related(
        "unit", "post__unit", "campaign", "kit", "by"
    )
    recall = get_object_or_404(recalls, public_id=public_id)
    now = timezone.now()
    rows = report.report_rows(recall, request.user, now=now)
    counts = report.report_counts(rows)
    stamp = "-".join(f"{key}{n}" for key, n in counts.items()) or "none"
    polls = request.htmx and "seen" in request.GET
    if polls and request.GET["seen"] == stamp:
        return HttpResponse(status=204)
    request.GET = request.GET.copy()
    request.GET.pop("seen", None)  # the page's links are those of the page, not of the poll
    chosen = request.GET.get("outcome", "")
    chosen = chosen if chosen in report.OUTCOMES else ""
    filtered = rows.filter(outcome=chosen) if chosen else rows
    filtered = (
        filtered.select_related("channel", "unit", "post")
        .prefetch_related("broadcasts")
        .defer("post__body", "post__search", "channel__sealed")
    )
    page = get_page(request, filtered.order_by(*report.ORDER), PAGES_OF_REPORT)
    outcomes = [(report.OUTCOMES[key], n) for key, n in counts.items()]
    total = sum(counts.values())
    context = {
        "recall": recall,
        "page_obj": page,
        "cards": [_card(request, row) for row in page],
        "outcomes": outcomes,
        "chosen": chosen,
        "total": total,
        "done": sum(n for outcome, n in outcomes if outcome.ended),
        "working": any(outcome.open for outcome, _n in outcomes),
        "left": total - sum(n for outcome, n in outcomes if outcome.ended),
        "overdue": counts.get("overdue", 0),
        "stamp": stamp,
    }
    return render_page(request, "publishing/recall_ledger.html", context, part="ledger")


def _card(request: HttpRequest, row: Delivery) -> PageCard:
    can_be_decided = row.state == State.NEEDS_PERSON and can(
        request.user, Permission.POST_SCHEDULE, unit=row.unit
    )
    return PageCard(
        row,
        delivery_status(row),
        report.OUTCOMES[row.outcome],
        next(
            (
                broadcast
                for broadcast in row.broadcasts.all()
                if broadcast.state in MAY_HAVE_BEEN_SENT
            ),
            None,
        ),
        can_be_decided,
    )


def _get_campaign(request: HttpRequest, public_id: uuid.UUID) -> Campaign:
    campaigns = Campaign.objects.visible_to(request.user).select_related("unit")
    return get_object_or_404(campaigns, public_id=public_id)


@require_http_methods(["GET", "POST"])
@step_up_required(gettext_lazy("Recall the posts of the campaign"), of=_get_campaign)
def recall_campaign(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Ask for the reason and say how far the recall reaches, then go to its report."""
    unit = current_position(request).unit if current_position(request) else None
    if unit is None or not can(request.user, Permission.POST_WITHDRAW, unit=unit):
        raise PermissionDenied
    campaign = _get_campaign(request, public_id)
    posts, deliveries = recalling.posts_and_deliveries_of_campaign(
        campaign, unit=unit, by=request.user
    )
    form = RecallForm(form_data(request))

    def action() -> Recall:
        return recalling.recall_campaign(
            campaign, unit=unit, by=request.user, reason=form.cleaned_data["reason"]
        )

    outcome = form_action(form, action)
    if outcome:
        messages.success(request, _("The recall has begun. You may leave this page; it goes on."))
        return redirect("publishing:recall_ledger", public_id=outcome.result.public_id)
    reach = deliveries.aggregate(
        pages=Count("pk"),
        live=Count("pk", filter=Q(state=State.PUBLISHED)),
    )
    units = {*posts.values_list("unit", flat=True), *deliveries.values_list("unit", flat=True)}
    context = {
        "campaign": campaign,
        "unit": unit,
        "form": form,
        "posts": posts.count(),
        "units": len(units),
        **reach,
    }
    context["on_their_way"] = reach["pages"] - reach["live"]
    return render(request, "publishing/recall_campaign.html", context, status=outcome.status)
