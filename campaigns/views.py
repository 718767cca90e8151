import uuid

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

from accounts.context import desk_of
from accounts.permissions import DEEP, Permission
from accounts.queries import can
from campaigns import services
from campaigns.forms import CampaignFilter, CampaignForm
from campaigns.models import Campaign
from campaigns.queries import campaigns_at, editable_by, stage_filter
from core.errors import NotAllowed, Refused

PAGE = 25
LOOKS = {
    "running": ("green", "player-play", lambda: _("Running")),
    "coming": ("yellow", "clock", lambda: _("Coming up")),
    "past": ("grey", "circle-check", lambda: _("Ended")),
}


@require_GET
@vary_on_headers("HX-Request")
def campaign_list(request: HttpRequest) -> HttpResponse:
    if not request.user.reach(Permission.CAMPAIGN_VIEW):
        raise PermissionDenied
    desk, today = desk_of(request), timezone.localdate()
    at_desk = campaigns_at(request.user, desk.unit, deep=desk.role in DEEP)
    form = CampaignFilter(request.GET or None)
    wanted = form.cleaned_data if form.is_valid() else {}
    found = stage_filter(at_desk, wanted.get("stage", ""), on=today).search(wanted.get("q", ""))
    page = Paginator(found.prefetch_related("topics"), PAGE).get_page(request.GET.get("page"))
    for campaign in page:
        campaign.look = _look(campaign)
    context = {
        "page_obj": page,
        "form": form,
        "filtered": any(wanted.values()),
        "may_write": can(request.user, Permission.CAMPAIGN_WRITE, unit=desk.unit),
    }
    template = "campaigns/list.html#rows" if request.htmx and not request.htmx.boosted else "campaigns/list.html"
    return render(request, template, context)


def _look(campaign: Campaign) -> dict[str, str]:
    tone, symbol, label = LOOKS[campaign.stage(timezone.localdate())]
    return {"tone": tone, "icon": symbol, "label": label()}


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    desk = desk_of(request)
    if desk is None or not can(request.user, Permission.CAMPAIGN_WRITE, unit=desk.unit):
        raise PermissionDenied
    form = CampaignForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            campaign = services.begin(unit=desk.unit, by=request.user, **form.cleaned_data)
        except NotAllowed as error:
            raise PermissionDenied(str(error)) from None
        except Refused as error:
            form.add_error(None, str(error))
        else:
            messages.success(
                request,
                _("“%(name)s” is open. Officers can now choose it when they write a post.") % {"name": campaign},
            )
            return redirect("engagement:campaign", campaign.public_id)
    return _form_page(request, form, unit=desk.unit, back=reverse("campaigns:list"))


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    if not request.user.reach(Permission.CAMPAIGN_WRITE):
        raise PermissionDenied
    campaign = get_object_or_404(editable_by(request.user), public_id=public_id)
    back = reverse("engagement:campaign", args=[campaign.public_id])
    form = CampaignForm(request.POST or None, instance=campaign)
    if request.method == "POST" and form.is_valid():
        try:
            services.change(campaign, by=request.user, **form.cleaned_data)
        except NotAllowed as error:
            raise PermissionDenied(str(error)) from None
        except Refused as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The campaign was changed."))
            return redirect(back)
    return _form_page(request, form, unit=campaign.unit, back=back)


def _form_page(request: HttpRequest, form: CampaignForm, *, unit: object, back: str) -> HttpResponse:
    context = {"form": form, "unit": unit, "back": back}
    return render(request, "campaigns/form.html", context, status=422 if form.is_bound else 200)
