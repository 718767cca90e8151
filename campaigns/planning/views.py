"""Pages of those who plan a campaign."""

import uuid
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Permission
from campaigns.models import Campaign
from campaigns.planning import services
from campaigns.planning.forms import DocumentForm, ItemForm, PhaseForm, PlanForm
from campaigns.planning.models import ChecklistItem, Document, Phase
from campaigns.queries import editable_by
from core import quotas
from core.actions import FormAction, button_action, form_action
from core.text import parse_uuid

PARTS: dict[str, type[services.Part]] = {
    "phase": Phase,
    "item": ChecklistItem,
    "document": Document,
}


@require_http_methods(["GET", "POST"])
def plan(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show the plan of a campaign with a form for each of its parts, and take one of them."""
    campaign = _editable(request, public_id)
    act = request.POST.get("act", "")
    if act == "remove":
        return _remove(request, campaign)

    def given[F: forms.Form](name: str, form: type[F], **options: Any) -> F:
        data = request.POST if act == name else None
        return form(data, auto_id=f"{name}_%s", **options)

    people = given("plan", PlanForm, campaign=campaign)
    phase, item, document = (
        given("phase", PhaseForm),
        given("item", ItemForm),
        given("document", DocumentForm),
    )
    acts: dict[str, tuple[forms.Form, Callable[[], object], str]] = {
        "plan": (
            people,
            lambda: services.set_plan(campaign, by=request.user, **people.plan()),
            _("Saved."),
        ),
        "phase": (
            phase,
            lambda: services.add_phase(campaign, by=request.user, **phase.cleaned_data),
            _("The phase was added."),
        ),
        "item": (
            item,
            lambda: services.add_item(campaign, by=request.user, **item.cleaned_data),
            _("The item was added to the checklist."),
        ),
        "document": (
            document,
            lambda: services.add_document(campaign, by=request.user, **document.cleaned_data),
            _("The document was added."),
        ),
    }
    done: FormAction[object] = FormAction()
    if act in acts:
        form, service, said = acts[act]
        done = form_action(form, _counted(request, service))
        if done:
            messages.success(request, said)
            return redirect(f"{request.path}#{act}")
    context = {
        "campaign": campaign,
        "plan_form": people,
        "phase_form": phase,
        "item_form": item,
        "document_form": document,
        "wrong": acts[act][0] if act in acts else None,
        "phases": list(campaign.phases.all()),
        "items": list(campaign.checklist.select_related("done_by")),
        "documents": list(campaign.documents.all()),
    }
    return render(request, "campaigns/plan.html", context, status=done.status)


def _remove(request: HttpRequest, campaign: Campaign) -> HttpResponse:
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
        _counted(request, lambda: services.remove(part, by=request.user)),
        said=_("Removed: %(name)s.") % {"name": part},
    )
    return redirect(f"{request.path}#{kind}")


@require_POST
def tick(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Mark an item of the checklist as done, or as open again."""
    if not request.user.reach(Permission.CAMPAIGN_WRITE):
        raise PermissionDenied
    mine = editable_by(request.user).order_by().values("pk")
    helped = request.user.helped_campaigns.order_by().values("pk")
    rows = ChecklistItem.objects.filter(Q(campaign__in=mine) | Q(campaign__in=helped))
    item = get_object_or_404(rows.select_related("campaign__unit"), public_id=public_id)
    is_done = request.POST.get("done") == "1"
    said = _("Done: %(item)s.") if is_done else _("Open again: %(item)s.")
    button_action(
        request,
        _counted(request, lambda: services.tick(item, by=request.user, is_done=is_done)),
        said=said % {"item": item},
    )
    return redirect("engagement:campaign", item.campaign.public_id)


@require_POST
def duplicate(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Copy the campaign to the next year, and open the copy for changes."""
    campaign = _editable(request, public_id)
    copies: list[Campaign] = []
    said = _(
        "This is the campaign for the next year, with the plan of the last one. Check its days."
    )
    act = _counted(request, lambda: copies.append(services.duplicate(campaign, by=request.user)))
    if button_action(request, act, said=said):
        return redirect("campaigns:edit", copies[0].public_id)
    return redirect("engagement:campaign", campaign.public_id)


def _editable(request: HttpRequest, public_id: uuid.UUID) -> Campaign:
    if not request.user.reach(Permission.CAMPAIGN_WRITE):
        raise PermissionDenied
    return get_object_or_404(editable_by(request.user), public_id=public_id)


def _counted[T](request: HttpRequest, service: Callable[[], T]) -> Callable[[], T]:
    """Count the act against the person's quota before it begins."""
    return quotas.counted("campaign", service, by=request.user)
