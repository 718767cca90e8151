"""Pages of the register of partners."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.context import current_position
from accounts.permissions import DEEP, Permission
from accounts.queries import can
from campaigns.partners import agreements, queries
from campaigns.partners.forms import (
    ContactForm,
    PartnerFilter,
    PartnerForm,
    make_contact_values,
    make_renewal_values,
)
from campaigns.partners.models import SOON, Partner
from core import phones
from core.actions import form_action, form_data
from core.forms import ReasonForm
from core.lists import get_page, render_page
from units.models import Unit


@require_safe
def partner_list(request: HttpRequest) -> HttpResponse:
    """List the partners of the current position's unit and, for a deep role, of those below."""
    position = current_position(request)
    if position is None or not request.user.reach(Permission.CAMPAIGN_VIEW):
        raise PermissionDenied
    today, deep = timezone.localdate(), position.role in DEEP
    form = PartnerFilter(request.GET)
    filters = form.chosen
    listed = queries.find_partners(request.user, position.unit, deep=deep)
    partners = queries.filter_by_state(listed, filters.get("state", ""), on=today)
    partners = partners.search(filters.get("q", "")).prefetch_related("places")
    page = get_page(request, partners)
    names = queries.name_partners(page, request.user)
    context = {
        "page_obj": page,
        "rows": [(row, names[row.pk], describe_status(row)) for row in page],
        "form": form,
        "unit": position.unit,
        "deep": deep,
        "may_write": can(request.user, Permission.PARTNER_WRITE, unit=position.unit),
    }
    return render_page(request, "partners/list.html", context)


def describe_status(partner: Partner) -> dict[str, str]:
    """Return how the agreement is, for a badge."""
    today = timezone.localdate()
    if partner.is_over(today):
        return {"tone": "grey", "icon": "circle-check", "label": _("ended")}
    if partner.starts_on > today:
        return {"tone": "blue", "icon": "clock", "label": _("begins later")}
    if partner.ends_on <= today + SOON:
        return {"tone": "yellow", "icon": "clock-exclamation", "label": _("ends soon")}
    return {"tone": "green", "icon": "circle-check", "label": _("in force")}


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Enter a partner by its document."""
    position = current_position(request)
    if position is None or not can(request.user, Permission.PARTNER_WRITE, unit=position.unit):
        raise PermissionDenied
    return _render_document_page(request, position.unit)


@require_http_methods(["GET", "HEAD", "POST"])
def renew(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Enter the newer document of a partner."""
    row = _get_own_partner(request, public_id)
    return _render_document_page(request, row.unit, renews=row)


def _render_document_page(
    request: HttpRequest, unit: Unit, *, renews: Partner | None = None
) -> HttpResponse:
    initial = (
        make_renewal_values(renews, queries.open_contact(renews, request.user))
        if renews
        else {"notice_board": False}
    )
    form = PartnerForm(form_data(request), initial=initial)
    done = form_action(
        form,
        lambda: agreements.register_partner(
            unit=unit,
            agreement=form.agreement(),
            contact=form.contact(),
            by=request.user,
            renews=renews,
        ),
    )
    if done:
        messages.success(
            request, _("Entered. From now on you can share published posts with this partner.")
        )
        return redirect("partners:partner", done.result.public_id)
    context = {"form": form, "unit": unit, "renews": renews}
    return render(request, "partners/form.html", context, status=done.status)


@require_safe
def partner(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show one partner; its contact to those alone who keep the unit's register."""
    if not request.user.reach(Permission.CAMPAIGN_VIEW):
        raise PermissionDenied
    rows = Partner.objects.visible_to(request.user).select_related("unit", "created_by", "renews")
    row = get_object_or_404(rows, public_id=public_id)
    today = timezone.localdate()
    contact = queries.open_contact(row, request.user)
    context = {
        "partner": row,
        "name": contact.name if contact and row.is_person else str(row),
        "status": describe_status(row),
        "places": row.places.all(),
        "contact": contact,
        "phone": contact and contact.phone and phones.group_digits(contact.phone),
        "is_over": row.is_over(today),
        "renewal": row.renewals.first(),
        "may_write": can(request.user, Permission.PARTNER_WRITE, unit=row.unit),
    }
    return render(request, "partners/partner.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Change whom the unit calls; what the document says changes by a new one."""
    row = _get_own_partner(request, public_id)
    initial: dict[str, Any] = make_contact_values(row, queries.open_contact(row, request.user))
    form = ContactForm(form_data(request), initial=initial)
    done = form_action(
        form,
        lambda: agreements.change_contact(
            row,
            contact=form.contact(),
            filed_at=form.cleaned_data["filed_at"],
            by=request.user,
        ),
    )
    if done:
        messages.success(request, _("Saved."))
        return redirect("partners:partner", row.public_id)
    context = {"form": form, "partner": row}
    return render(request, "partners/edit.html", context, status=done.status)


@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """End an agreement before its last day."""
    row = _get_own_partner(request, public_id)
    form = ReasonForm(
        form_data(request),
        missing=_("Please write why the agreement ends."),
        hint=_("It stays in the record. Write no names of persons."),
    )
    done = form_action(
        form,
        lambda: agreements.end_agreement(row, by=request.user, **form.cleaned_data),
        field="reason",
    )
    if done:
        messages.success(
            request, _("Ended. The contact data is deleted and the share pages are closed.")
        )
        return redirect("partners:partner", row.public_id)
    context = {"form": form, "partner": row}
    return render(request, "partners/end.html", context, status=done.status)


def _get_own_partner(request: HttpRequest, public_id: uuid.UUID) -> Partner:
    """Return a partner of a unit whose register the person keeps."""
    reach = request.user.reach(Permission.PARTNER_WRITE)
    if not reach:
        raise PermissionDenied
    rows = Partner.objects.within(reach).select_related("unit").prefetch_related("places")
    return get_object_or_404(rows, public_id=public_id)
