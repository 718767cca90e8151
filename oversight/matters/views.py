"""Matters between a unit and those who oversee it: a list for both sides, and a page for each."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Permission
from accounts.queries import can
from core.actions import FormAction, form_action, form_data
from core.lists import get_page, render_page
from oversight.matters import asking, queries
from oversight.matters.forms import AnswerForm, AskAgainForm, AskForm, CloseForm, MatterFilters
from oversight.matters.models import Matter
from oversight.queries import find_overseen_units
from units.models import Unit


@require_GET
def matters(request: HttpRequest) -> HttpResponse:
    """List the matters that the person sees, those that wait first."""
    rights = (Permission.OVERSIGHT_VIEW, Permission.POST_WRITE, Permission.POST_APPROVE)
    if not any(request.user.reach(right) for right in rights):
        raise PermissionDenied
    form = MatterFilters(request.GET)
    chosen = form.chosen
    today = timezone.localdate()
    rows = Matter.objects.visible_to(request.user)
    rows = queries.filter_by_name(rows, chosen.get("show", ""), on=today)
    if query := chosen.get("q", ""):
        rows = rows.filter(unit__in=Unit.objects.search(query).order_by().values("pk"))
    page = get_page(request, queries.sort_for_list(rows))
    context = {
        "page_obj": page,
        "form": form,
        "may_ask": _may_ask(request),
    }
    return render_page(request, "oversight/matters.html", context)


@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Open a matter with a unit; the address may name the unit and what it is about."""
    if not _may_ask(request):
        raise PermissionDenied
    units = (
        find_overseen_units(request.user)
        .filter(valid_to=None)
        .exclude(pk__in=[appointment.unit_id for appointment in request.user.current_appointments])
    )
    given = {name: request.GET.get(name, "") for name in ("unit", "subject", "about")}
    unit = units.select_related("parent").filter(key=given["unit"]).first()
    form = AskForm(form_data(request), units=units, initial={**given, "unit": unit or ""})
    done: FormAction[Matter] = form_action(
        form,
        lambda: asking.ask_unit(form.cleaned_data["unit"], form.question(), by=request.user),
    )
    if done:
        messages.success(
            request,
            _("Sent: the officers and leaders of the unit are notified in the portal and by mail."),
        )
        return redirect("oversight:matter", done.result.public_id)
    return render(
        request,
        "oversight/matter_new.html",
        {"form": form, "about": _find_about(request, form)},
        status=done.status,
    )


@require_GET
def matter(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    return _render_page(request, _get_matter(request, public_id))


@require_POST
def answer(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _get_matter(request, public_id)
    if not can(request.user, Permission.POST_WRITE, unit=row.unit):
        raise PermissionDenied
    form = AnswerForm(request.POST)
    done = form_action(
        form,
        lambda: asking.answer_matter(row, form.cleaned_data["text"], by=request.user),
        field="text",
    )
    return _answer_after_act(
        request, row, done, _("Sent: those who asked are notified."), answer_form=form
    )


@require_POST
def ask_again(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _get_matter_below(request, public_id)
    form = AskAgainForm(request.POST)
    done = form_action(
        form, lambda: asking.ask_again(row, **form.cleaned_data, by=request.user), field="text"
    )
    return _answer_after_act(request, row, done, _("Sent: the unit is notified."), again_form=form)


@require_POST
def close(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _get_matter_below(request, public_id)
    form = CloseForm(request.POST)
    done = form_action(
        form,
        lambda: asking.close_matter(row, form.cleaned_data["text"], by=request.user),
        field="text",
    )
    message = _("Closed. The unit is notified; you can ask again at any time.")
    return _answer_after_act(request, row, done, message, close_form=form)


def _may_ask(request: HttpRequest) -> bool:
    """Check whether the person oversees units below their own."""
    return any(
        part.deep and Unit.objects.filter(path=part.path).exclude(level="commune").exists()
        for part in request.user.reach(Permission.OVERSIGHT_VIEW)
    )


def _get_matter(request: HttpRequest, public_id: uuid.UUID) -> Matter:
    rows = Matter.objects.visible_to(request.user)
    related = ("unit__parent", "asked_from", "asked_by")
    return get_object_or_404(rows.select_related(*related), public_id=public_id)


def _get_matter_below(request: HttpRequest, public_id: uuid.UUID) -> Matter:
    """Return a matter that the person sees (else 404) from above its unit (else 403)."""
    row = _get_matter(request, public_id)
    if queries.find_overseeing_appointment(request.user, row.unit) is None:
        raise PermissionDenied
    return row


def _find_about(request: HttpRequest, form: AskForm) -> queries.About | None:
    """Return what the address names, to be shown above the form."""
    unit = form.initial.get("unit") or None
    try:
        object_id = uuid.UUID(str(form["about"].value() or ""))
    except (ValueError, ValidationError):
        return None
    if not isinstance(unit, Unit):
        return None
    subject = str(form["subject"].value() or "")
    return queries.find_about(subject, object_id, unit=unit, reader=request.user)


def _answer_after_act(
    request: HttpRequest, row: Matter, done: FormAction[Any], message: str, **forms: Form
) -> HttpResponse:
    if done:
        messages.success(request, message)
        return redirect("oversight:matter", row.public_id)
    return _render_page(request, row, status=done.status, **forms)


def _render_page(
    request: HttpRequest, row: Matter, *, status: int = 200, **forms: Form
) -> HttpResponse:
    is_above = queries.find_overseeing_appointment(request.user, row.unit) is not None
    may_answer = can(request.user, Permission.POST_WRITE, unit=row.unit)
    is_closed = row.state == "closed"
    context = {
        "matter": row,
        "notes": row.notes.select_related("author"),
        "about": queries.find_about(row.subject, row.object_id, unit=row.unit, reader=request.user),
        "is_above": is_above,
        "answer_form": AnswerForm(auto_id="answer_%s") if may_answer and not is_closed else None,
        "again_form": AskAgainForm() if is_above and row.unit.is_current else None,
        "close_form": CloseForm(auto_id="close_%s") if is_above and not is_closed else None,
        **forms,
    }
    return render(request, "oversight/matter.html", context, status=status)
