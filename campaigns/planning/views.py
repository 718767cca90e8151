"""Pages of those who plan a campaign."""

import uuid
from collections.abc import Callable
from typing import NamedTuple

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Permission
from campaigns.laws import list_warnings
from campaigns.models import Campaign
from campaigns.planning import plans
from campaigns.planning.forms import DocumentForm, ItemForm, PhaseForm, PlanForm
from campaigns.planning.models import ChecklistItem, Document, Phase
from campaigns.queries import find_editable_campaigns
from core import quotas
from core.actions import FormAction, button_action, form_action
from core.text import parse_uuid

PARTS: dict[str, type[plans.Part]] = {
    "phase": Phase,
    "item": ChecklistItem,
    "document": Document,
}


@require_http_methods(["GET", "POST"])
def plan(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show the plan of a campaign with a form for each of its parts, and take one of them."""
    campaign = _get_editable_campaign(request, public_id)
    act = request.POST.get("act", "")
    if act == "remove":
        return _remove_part(request, campaign)
    if act == "law":
        return _replace_repealed_law(request, campaign)

    parts = _make_plan_parts(request, campaign, act)
    done: FormAction[object] = FormAction()
    if act in parts:
        part = parts[act]
        done = form_action(part.form, _count_against_quota(request, part.save))
        if done:
            messages.success(request, part.said)
            return redirect(f"{request.path}#{act}")
    context = {
        "campaign": campaign,
        "plan_form": parts["plan"].form,
        "phase_form": parts["phase"].form,
        "item_form": parts["item"].form,
        "document_form": parts["document"].form,
        "wrong": parts[act].form if act in parts else None,
        "phases": list(campaign.phases.all()),
        "items": list(campaign.checklist.select_related("done_by")),
        "documents": [
            (
                document,
                list_warnings(
                    [document.name, document.number, document.text], on=timezone.localdate()
                ),
            )
            for document in campaign.documents.all()
        ],
    }
    return render(request, "campaigns/plan.html", context, status=done.status)


class _PlanPart(NamedTuple):
    """A form of the page, the service that takes it, and the words once that is done."""

    form: forms.Form
    save: Callable[[], object]
    said: str


def _make_plan_parts(request: HttpRequest, campaign: Campaign, act: str) -> dict[str, _PlanPart]:
    """Return the forms of the page by name; the one called ``act`` is bound to what was sent."""

    def data_for(name: str) -> QueryDict | None:
        return request.POST if act == name else None

    people = PlanForm(data_for("plan"), auto_id="plan_%s", campaign=campaign)
    phase = PhaseForm(data_for("phase"), auto_id="phase_%s")
    item = ItemForm(data_for("item"), auto_id="item_%s")
    document = DocumentForm(data_for("document"), auto_id="document_%s")
    by = request.user
    return {
        "plan": _PlanPart(
            people,
            lambda: plans.set_plan(campaign, by=by, **people.plan()),
            _("Saved."),
        ),
        "phase": _PlanPart(
            phase,
            lambda: plans.add_phase(campaign, by=by, **phase.cleaned_data),
            _("The phase was added."),
        ),
        "item": _PlanPart(
            item,
            lambda: plans.add_item(campaign, by=by, **item.cleaned_data),
            _("The item was added to the checklist."),
        ),
        "document": _PlanPart(
            document,
            lambda: plans.add_document(campaign, by=by, **document.cleaned_data),
            _("The document was added."),
        ),
    }


def _replace_repealed_law(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    document = get_object_or_404(
        Document.objects.filter(campaign=campaign),
        public_id=parse_uuid(request.POST.get("id", "")),
    )
    document.campaign = campaign
    button_action(
        request,
        _count_against_quota(
            request, lambda: plans.replace_repealed_law(document, by=request.user)
        ),
        message=_("The law in force stands there now. Check the link, too."),
    )
    return redirect(f"{request.path}#document")


def _remove_part(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    kind = request.POST.get("kind", "")
    if kind not in PARTS:
        raise Http404
    part = get_object_or_404(
        PARTS[kind].objects.filter(campaign=campaign),
        public_id=parse_uuid(request.POST.get("id", "")),
    )
    part.campaign = campaign
    button_action(
        request,
        _count_against_quota(request, lambda: plans.remove_part(part, by=request.user)),
        message=_("Removed: %(name)s.") % {"name": part},
    )
    return redirect(f"{request.path}#{kind}")


@require_POST
def tick(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Mark an item of the checklist as done, or as open again."""
    if not request.user.reach(Permission.CAMPAIGN_WRITE):
        raise PermissionDenied
    mine = find_editable_campaigns(request.user).order_by().values("pk")
    helped = request.user.helped_campaigns.order_by().values("pk")
    rows = ChecklistItem.objects.filter(Q(campaign__in=mine) | Q(campaign__in=helped))
    item = get_object_or_404(rows.select_related("campaign__unit"), public_id=public_id)
    is_done = request.POST.get("done") == "1"
    message = _("Done: %(item)s.") if is_done else _("Open again: %(item)s.")
    button_action(
        request,
        _count_against_quota(
            request, lambda: plans.tick_item(item, by=request.user, is_done=is_done)
        ),
        message=message % {"item": item},
    )
    return redirect("engagement:campaign", item.campaign.public_id)


@require_POST
def duplicate(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Copy the campaign to the next year, and open the copy for changes."""
    campaign = _get_editable_campaign(request, public_id)
    copies: list[Campaign] = []
    message = _(
        "This is the campaign for the next year, with the plan of the last one. Check its days."
    )
    act = _count_against_quota(
        request, lambda: copies.append(plans.copy_campaign(campaign, by=request.user))
    )
    if button_action(request, act, message=message):
        return redirect("campaigns:edit", copies[0].public_id)
    return redirect("engagement:campaign", campaign.public_id)


def _get_editable_campaign(request: HttpRequest, public_id: uuid.UUID) -> Campaign:
    if not request.user.reach(Permission.CAMPAIGN_WRITE):
        raise PermissionDenied
    return get_object_or_404(find_editable_campaigns(request.user), public_id=public_id)


def _count_against_quota[T](request: HttpRequest, service: Callable[[], T]) -> Callable[[], T]:
    """Count the act against the person's quota before it begins."""
    return quotas.with_quota("campaign", service, by=request.user)
