import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from accounts.context import current_position
from accounts.permissions import DEEP, Permission
from accounts.queries import can
from accounts.step_up import step_up_required
from campaigns import editing
from campaigns.forms import CampaignFilter, CampaignForm, TopicRuleForm
from campaigns.models import Campaign, TopicRule
from campaigns.queries import filter_by_stage, find_campaigns, find_editable_campaigns
from campaigns.topic_rules import end_rule, set_rule
from core.actions import form_action, form_data
from core.forms import ReasonForm
from core.lists import get_page, render_page

STAGES = {
    "running": ("green", "player-play", lambda: _("Running")),
    "coming": ("yellow", "clock", lambda: _("Coming up")),
    "past": ("grey", "circle-check", lambda: _("Ended")),
}


@require_GET
def campaign_list(request: HttpRequest) -> HttpResponse:
    if not request.user.reach(Permission.CAMPAIGN_VIEW):
        raise PermissionDenied
    position, today = current_position(request), timezone.localdate()
    listed = find_campaigns(request.user, position.unit, deep=position.role in DEEP)
    form = CampaignFilter(request.GET)
    filters = form.chosen
    campaigns = filter_by_stage(listed, filters.get("stage", ""), on=today).search(
        filters.get("q", "")
    )
    page = get_page(request, campaigns.prefetch_related("topics"))
    context = {
        "page_obj": page,
        "rows": [(campaign, _describe_status(campaign)) for campaign in page],
        "form": form,
        "may_write": can(request.user, Permission.CAMPAIGN_WRITE, unit=position.unit),
    }
    return render_page(request, "campaigns/list.html", context)


def _describe_status(campaign: Campaign) -> dict[str, str]:
    tone, symbol, label = STAGES[campaign.stage(timezone.localdate())]
    return {"tone": tone, "icon": symbol, "label": label()}


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    position = current_position(request)
    if position is None or not can(request.user, Permission.CAMPAIGN_WRITE, unit=position.unit):
        raise PermissionDenied
    form = CampaignForm(request.POST or None)
    done = form_action(
        form,
        lambda: editing.begin_campaign(unit=position.unit, by=request.user, **form.cleaned_data),
    )
    if done:
        message = _("“%(name)s” is open. Officers can now choose it when they write a post.")
        messages.success(request, message % {"name": done.result})
        return redirect("engagement:campaign", done.result.public_id)
    context = {"form": form, "unit": position.unit, "back": reverse("campaigns:list")}
    return render(request, "campaigns/form.html", context, status=done.status)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    if not request.user.reach(Permission.CAMPAIGN_WRITE):
        raise PermissionDenied
    campaign = get_object_or_404(find_editable_campaigns(request.user), public_id=public_id)
    back = reverse("engagement:campaign", args=[campaign.public_id])
    form = CampaignForm(request.POST or None, instance=campaign)
    done = form_action(
        form, lambda: editing.change_campaign(campaign, by=request.user, **form.cleaned_data)
    )
    if done:
        messages.success(request, _("The campaign was changed."))
        return redirect(back)
    context = {"form": form, "unit": campaign.unit, "back": back}
    return render(request, "campaigns/form.html", context, status=done.status)


@require_GET
def topic_rules(request: HttpRequest) -> HttpResponse:
    """Show what posts on each topic need, in the units that the person sees."""
    if not request.user.reach(Permission.CAMPAIGN_VIEW):
        raise PermissionDenied
    position, today = current_position(request), timezone.localdate()
    rules = TopicRule.objects.visible_to(request.user).select_related("topic", "unit", "set_by")
    page = get_page(request, rules.open_on(today))
    for rule in page:
        rule.is_coming = rule.valid_from > today
        rule.may_end = can(request.user, Permission.TOPIC_RULE, unit=rule.unit)
    may_set = can(request.user, Permission.TOPIC_RULE, unit=position.unit)
    return render(request, "campaigns/topic_rules.html", {"page_obj": page, "may_set": may_set})


@require_http_methods(["GET", "POST"])
@step_up_required(gettext_lazy("Set the rule"), only_posts=True)
def topic_rule_new(request: HttpRequest) -> HttpResponse:
    position = current_position(request)
    if position is None or not can(request.user, Permission.TOPIC_RULE, unit=position.unit):
        raise PermissionDenied
    form = TopicRuleForm(form_data(request))
    done = form_action(
        form, lambda: set_rule(unit=position.unit, by=request.user, **form.cleaned_data)
    )
    if done:
        messages.success(request, _("Set: %(rule)s.") % {"rule": done.result})
        return redirect("campaigns:topic_rules")
    context = {"form": form, "unit": position.unit}
    return render(request, "campaigns/topic_rule_new.html", context, status=done.status)


def _get_rule(request: HttpRequest, public_id: uuid.UUID) -> TopicRule:
    rules = TopicRule.objects.within(request.user.reach(Permission.TOPIC_RULE))
    if not request.user.reach(Permission.TOPIC_RULE):
        raise PermissionDenied
    return get_object_or_404(rules.select_related("topic", "unit"), public_id=public_id)


@require_http_methods(["GET", "POST"])
@step_up_required(gettext_lazy("End the rule"), of=_get_rule, only_posts=True)
def topic_rule_end(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    rule = _get_rule(request, public_id)
    form = ReasonForm(form_data(request), missing=_("Please write why it is ended."))
    done = form_action(form, lambda: end_rule(rule, by=request.user, **form.cleaned_data))
    if done:
        message = _("The rule is ended.")
        if rule.asks == TopicRule.Asks.SECOND_APPROVAL:
            message = _("The rule is ended. Posts that wait already still need it.")
        messages.success(request, message)
        return redirect("campaigns:topic_rules")
    context = {"form": form, "rule": rule}
    return render(request, "campaigns/topic_rule_end.html", context, status=done.status)
