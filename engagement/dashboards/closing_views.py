"""The end of a campaign: its frozen result, and a summary that everybody may read."""

import uuid
from datetime import date, datetime

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import Permission
from accounts.step_up import step_up_required
from campaigns.models import Campaign
from campaigns.planning import plans
from campaigns.planning.models import PublicSummary
from campaigns.queries import find_editable_campaigns
from core import quotas
from core.actions import button_action, form_action, form_data
from engagement.dashboards import closing
from engagement.dashboards.context import make_whole_period
from engagement.dashboards.forms import CloseForm

# Read by everybody: proxies and browsers may keep it for so many seconds, also after it is revoked.
KEPT_FOR = 300


@require_http_methods(["GET", "POST"])
def close(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show the figures that would be frozen, and close the campaign with them."""
    campaign = _get_editable_campaign(request, public_id)
    back = reverse("engagement:campaign", args=[campaign.public_id])
    if campaign.closed_at:
        messages.info(request, _("The campaign is closed already."))
        return redirect(back)
    content = closing.freeze_content(campaign, make_whole_period(campaign))
    form = CloseForm(form_data(request))

    def act() -> object:
        quotas.use("campaign", by=request.user)
        lessons = form.cleaned_data["lessons"]
        return plans.close_campaign(campaign, by=request.user, lessons=lessons, content=content)

    done = form_action(form, act)
    if done:
        messages.success(request, _("The campaign is closed. Its figures are frozen."))
        return redirect(back)
    context = {"campaign": campaign, "content": content, "form": form, "back": back}
    return render(request, "engagement/close.html", context, status=done.status)


def _get_editable_campaign(request: HttpRequest, public_id: uuid.UUID) -> Campaign:
    if not request.user.reach(Permission.CAMPAIGN_WRITE):
        raise PermissionDenied
    return get_object_or_404(find_editable_campaigns(request.user), public_id=public_id)


def _shows(request: HttpRequest, public_id: uuid.UUID) -> bool:
    return request.POST.get("act") == "show"


@require_POST
@step_up_required(gettext_lazy("Make the summary public"), of=_get_editable_campaign, when=_shows)
def summary(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Make the summary of a closed campaign public, or take it back."""
    campaign = _get_editable_campaign(request, public_id)
    user = request.user
    back = redirect("engagement:campaign", campaign.public_id)
    quotas.use("campaign", by=user)
    if request.POST.get("act") == "revoke":
        button_action(
            request,
            lambda: plans.revoke_summary(campaign, by=user),
            message=_("The summary is no longer public. Copies vanish within five minutes."),
        )
    elif request.POST.get("act") == "show":
        names = closing.choose_posts_to_name(campaign, make_whole_period(campaign))
        button_action(
            request,
            lambda: plans.show_summary(campaign, by=user, deliveries=names),
            message=_("The summary is public. Its address stands on this page."),
        )
    return back


@login_not_required
@require_safe
def public_summary(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show the summary of a closed campaign to everybody. It is the same for all, always in
    Vietnamese, so that it may be cached.
    """
    rows = PublicSummary.objects.filter(revoked_at=None).select_related("campaign__result")
    row = get_object_or_404(rows, public_id=public_id)
    content = row.campaign.result.content
    as_of = content["as_of"]
    with translation.override(settings.LANGUAGE_CODE):
        page = render_to_string(
            "engagement/public_summary.html",
            {
                "content": content,
                "first": date.fromisoformat(content["from"]),
                "last": date.fromisoformat(content["to"]),
                "as_of": datetime.fromisoformat(as_of) if as_of else None,
                "posts": closing.find_named_posts(row.deliveries),
                "LANGUAGE_CODE": settings.LANGUAGE_CODE,
            },
        )
    return HttpResponse(page, headers={"Cache-Control": f"public, max-age={KEPT_FOR}"})
