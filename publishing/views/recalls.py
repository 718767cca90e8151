import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods
from django.views.decorators.vary import vary_on_headers

from accounts.context import desk_of
from accounts.permissions import Permission
from accounts.queries import can
from campaigns.models import Campaign
from core.views import refusal
from publishing import ledger, recalls, wording
from publishing.forms import ReasonForm
from publishing.models import Delivery, Recall
from publishing.states import ENDED, MAY_HAVE_BEEN_SENT, State

PAGE = 25
PAGES_OF_LEDGER = 50


@require_GET
def recall_list(request: HttpRequest) -> HttpResponse:
    """The recalls on the person's ground, those not finished first."""
    if not request.user.reach(Permission.POST_VIEW):
        raise PermissionDenied
    found = (
        Recall.objects.visible_to(request.user)
        .select_related("unit", "post", "campaign", "by")
        .defer("post__body", "post__search")
        .annotate(
            pages=Count("deliveries"),
            done=Count("deliveries", filter=Q(deliveries__state__in=ENDED)),
            by_hand=Count("deliveries", filter=Q(deliveries__state=State.NEEDS_PERSON)),
            overdue=Exists(_overdue(timezone.now())),
        )
        .order_by("-started_at", "-pk")
    )
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    return render(request, "publishing/recall_list.html", {"page_obj": page})


def _overdue(now: object) -> object:
    return Delivery.objects.filter(recall=OuterRef("pk"), state=State.NEEDS_PERSON, hand_until__lte=now)


@require_GET
@vary_on_headers("HX-Request")
def recall_ledger(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """What became of each page. For HTMX the moving part alone, or 204 while nothing has changed."""
    found = Recall.objects.visible_to(request.user).select_related("unit", "post__unit", "campaign", "by")
    recall = get_object_or_404(found, public_id=public_id)
    now = timezone.now()
    rows = ledger.rows(recall, request.user, now=now)
    counts = ledger.counts(rows)
    stamp = "-".join(f"{key}{n}" for key, n in counts.items()) or "none"
    polls = request.htmx and "seen" in request.GET
    if polls and request.GET["seen"] == stamp:
        return HttpResponse(status=204)
    request.GET = request.GET.copy()
    request.GET.pop("seen", None)  # the page's links are those of the page, not of the poll
    chosen = request.GET.get("outcome", "")
    chosen = chosen if chosen in ledger.OUTCOMES else ""
    shown = rows.filter(outcome=chosen) if chosen else rows
    shown = (
        shown.select_related("channel", "unit", "post")
        .prefetch_related("broadcasts")
        .defer("post__body", "post__search", "channel__sealed")
    )
    page = Paginator(shown.order_by(*ledger.ORDER), PAGES_OF_LEDGER).get_page(request.GET.get("page"))
    for row in page:
        row.told = wording.told(row)
        row.sent_to_followers = next((each for each in row.broadcasts.all() if each.state in MAY_HAVE_BEEN_SENT), None)
        row.what = ledger.OUTCOMES[row.outcome]
        row.decidable = row.state == State.NEEDS_PERSON and can(request.user, Permission.POST_SCHEDULE, unit=row.unit)
    outcomes = [(ledger.OUTCOMES[key], n) for key, n in counts.items()]
    total = sum(counts.values())
    context = {
        "recall": recall,
        "page_obj": page,
        "outcomes": outcomes,
        "chosen": chosen,
        "total": total,
        "done": sum(n for outcome, n in outcomes if outcome.ended),
        "working": any(outcome.open for outcome, _n in outcomes),
        "left": total - sum(n for outcome, n in outcomes if outcome.ended),
        "overdue": counts.get("overdue", 0),
        "stamp": stamp,
    }
    fragment = request.htmx and not request.htmx.boosted
    return render(request, f"publishing/recall_ledger.html{'#ledger' if fragment else ''}", context)


@require_http_methods(["GET", "POST"])
def recall_campaign(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Asks for the reason and says how far the recall reaches, then goes to its ledger."""
    unit = desk_of(request).unit if desk_of(request) else None
    if unit is None or not can(request.user, Permission.POST_WITHDRAW, unit=unit):
        raise PermissionDenied
    campaign = get_object_or_404(Campaign.objects.visible_to(request.user).select_related("unit"), public_id=public_id)
    posts, deliveries = recalls.of_campaign(campaign, unit=unit, by=request.user)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    made: list[Recall] = []
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            reason = form.cleaned_data["reason"]
            error = refusal(
                lambda: made.append(recalls.recall_campaign(campaign, unit=unit, by=request.user, reason=reason))
            )
            if not error:
                messages.success(request, _("The recall has begun. You may leave this page; it goes on."))
                return redirect("publishing:recall_ledger", public_id=made[0].public_id)
            form.add_error(None, error)
            status = 409
    reach = deliveries.aggregate(
        pages=Count("pk"),
        stands=Count("pk", filter=Q(state=State.PUBLISHED)),
    )
    units = {*posts.values_list("unit", flat=True), *deliveries.values_list("unit", flat=True)}
    context = {"campaign": campaign, "unit": unit, "form": form, "posts": posts.count(), "units": len(units), **reach}
    context["on_their_way"] = reach["pages"] - reach["stands"]
    return render(request, "publishing/recall_campaign.html", context, status=status)
