import uuid
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.context import current_position
from accounts.permissions import Permission
from accounts.queries import can
from accounts.step_up import step_up_required
from core.actions import button_action, form_action, form_data
from core.lists import get_page, render_page
from links import services
from links.forms import LinkFilter, LinkForm, StopForm, TargetForm, VersionForm
from links.models import Link, StopReason
from links.qr_codes import draw_qr_code
from links.queries import Clicks, count_clicks, count_clicks_by_day, find_links, get_short_address
from media.codes import qr_svg
from media.models import Logo
from units.models import Unit

PAGE = 50
DAYS_SHOWN = 30


@require_safe
def link_list(request: HttpRequest) -> HttpResponse:
    """List the short links of the current position's unit."""
    unit = _get_unit(request)
    form = LinkFilter(request.GET)
    filters = form.chosen
    links = find_links(unit, query=filters.get("q", ""), state=filters.get("state", ""))
    page = get_page(request, links, PAGE)
    counted = count_clicks(page, on=timezone.localdate())
    context = {
        "page_obj": page,
        "rows": [(row, get_short_address(row), counted.get(row.pk, Clicks())) for row in page],
        "form": form,
        "unit": unit,
        "may_write": can(request.user, Permission.POST_WRITE, unit=unit),
    }
    return render_page(request, "links/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    unit = _get_unit(request)
    if not can(request.user, Permission.POST_WRITE, unit=unit):
        raise PermissionDenied
    form = LinkForm(form_data(request))
    done = form_action(
        form, lambda: services.create_link(unit=unit, by=request.user, **form.cleaned_data)
    )
    if done:
        messages.success(request, _("The short link works now."))
        return redirect("links:link", public_id=done.result.public_id)
    return render(request, "links/new.html", {"form": form, "unit": unit}, status=done.status)


def _get_link(request: HttpRequest, public_id: uuid.UUID) -> Link:
    rows = Link.objects.visible_to(request.user).select_related("unit", "created_by")
    return get_object_or_404(rows, public_id=public_id)


@require_safe
def link(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show one link: its address, its code, how often it was followed, and what may be done."""
    row = _get_link(request, public_id)
    return _render_page(request, row)


@require_POST
@step_up_required(gettext_lazy("Change where the link leads"), of=_get_link)
def change_target(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _get_link(request, public_id)
    form = TargetForm(request.POST)
    done = form_action(
        form,
        lambda: services.change_target(row, by=request.user, **form.cleaned_data),
        field="target",
    )
    if done:
        messages.success(request, _("The link leads there within ten seconds."))
        return redirect("links:link", public_id=public_id)
    return _render_page(request, row, target_form=form, status=done.status)


def _stops_in_own_words(request: HttpRequest, public_id: uuid.UUID) -> bool:
    return request.POST.get("kind") == StopReason.OWN


@require_POST
@step_up_required(gettext_lazy("Stop the link"), of=_get_link, when=_stops_in_own_words)
def stop_link(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _get_link(request, public_id)
    own = can(request.user, Permission.POST_APPROVE, unit=row.unit)
    form = StopForm(request.POST, own=own)
    done = form_action(form, lambda: services.stop_link(row, by=request.user, **form.cleaned_data))
    if done:
        messages.success(request, _("Stopped. Within ten seconds the link shows the reason."))
        return redirect("links:link", public_id=public_id)
    return _render_page(request, row, stop_form=form, status=done.status)


@require_POST
def resume_link(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _get_link(request, public_id)
    form = VersionForm(request.POST)
    if form.is_valid():
        button_action(
            request,
            lambda: services.resume_link(row, by=request.user, **form.cleaned_data),
            message=_("The link leads on."),
        )
    return redirect("links:link", public_id=public_id)


@require_safe
def qr_code(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Return the code for print, with the unit's logo in its middle."""
    row = _get_link(request, public_id)
    logo = Logo.objects.filter(unit=row.unit).select_related("media").first()
    return HttpResponse(
        draw_qr_code(get_short_address(row), badge=logo and logo.media),
        content_type="image/png",
        headers={"Content-Disposition": f'attachment; filename="qr-{row.code}.png"'},
    )


@login_not_required
@require_safe
def follow(request: HttpRequest, code: str) -> HttpResponse:
    """Say why a stopped link leads nowhere, and that another one is unknown. Those that lead
    somewhere never come here, see `links.middleware`.
    """
    row = Link.objects.select_related("unit").filter(code=code).first()
    if row is None:
        raise Http404
    if not row.is_stopped:  # opened again this very moment
        return redirect(row.target)
    return render(request, "links/stopped.html", {"link": row}, status=410)


def _get_unit(request: HttpRequest) -> Unit:
    position = current_position(request)
    if position is None or not can(request.user, Permission.POST_VIEW, unit=position.unit):
        raise PermissionDenied
    return position.unit


def _render_page(
    request: HttpRequest, row: Link, *, status: int = 200, **forms: Any
) -> HttpResponse:
    address, today = get_short_address(row), timezone.localdate()
    first = today - timedelta(days=DAYS_SHOWN - 1)
    by_day = count_clicks_by_day(row, first=first, last=today)
    seen = {"version": row.version}
    may_approve = can(request.user, Permission.POST_APPROVE, unit=row.unit)
    context = {
        "link": row,
        "address": address,
        "qr": qr_svg(address),
        "clicks": count_clicks([row], on=today).get(row.pk, Clicks()),
        "by_day": by_day,
        "most": max(by_day.values()),
        "may_write": can(request.user, Permission.POST_WRITE, unit=row.unit),
        "may_approve": may_approve,
        "target_form": TargetForm(initial=seen | {"target": row.target}),
        "stop_form": StopForm(initial=seen, own=may_approve),
        **forms,
    }
    return render(request, "links/link.html", context, status=status)
