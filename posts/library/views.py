"""The library: templates to begin a post from, and pieces to insert."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.context import current_position
from accounts.models import Appointment
from accounts.permissions import DEEP, Permission
from accounts.queries import can
from core.actions import button_action, form_action, form_data
from core.templatetags.ui import is_filtered
from posts.canonical.grounds import describe_legal_basis, legal_basis_text
from posts.context import unit_to_write_in, units_to_write_in
from posts.library import texts
from posts.library.filling import BUILT_IN, fill_readably, fill_template
from posts.library.forms import GapsForm, LibraryFilter, SnippetForm, TemplateForm
from posts.library.models import LibraryText, Snippet, Template
from posts.library.queries import filter_editable, order_by_season, snippets_at, templates_at
from posts.library.reach import sum_views_of_templates
from units.queries import list_fact_values

PAGE = 12  # whole lines of a desk's three columns, and few screens of a phone


@require_GET
@vary_on_headers("HX-Request")
def templates(request: HttpRequest) -> HttpResponse:
    """List the templates of the current position, those that fit today first. From the composer,
    which names its ``unit``, each begins a post there at one tap.
    """
    position = _position(request)
    found, form = _filter_rows(request, position, templates_at)
    may_use = bool(units_to_write_in(request.user))
    begins_in = unit_to_write_in(request) if may_use and request.GET.get("unit") else None
    page = Paginator(order_by_season(found, on=timezone.localdate()), PAGE).get_page(
        request.GET.get("page")
    )
    views = sum_views_of_templates([row.pk for row in page])
    today = timezone.localdate()
    values = list_fact_values(begins_in or position.unit, on=today)
    context = {
        "rows": [
            (
                row,
                fill_readably(row.title, values, labels=row.labels),
                fill_readably(row.text, values, labels=row.labels),
                views.get(row.pk),
                row.fits_in(today.month),
            )
            for row in page
        ],
        "may_use": may_use,
        "begins_in": begins_in,
        **_list(request, position, page, form),
    }
    return render(request, _template_part(request, "posts/library/templates.html"), context)


@require_GET
@vary_on_headers("HX-Request")
def snippets(request: HttpRequest) -> HttpResponse:
    """List the pieces of the current position."""
    position = _position(request)
    found, form = _filter_rows(request, position, snippets_at)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    values = list_fact_values(position.unit, on=timezone.localdate())
    context = {
        "rows": [(row, fill_readably(row.text, values)) for row in page],
        **_list(request, position, page, form),
    }
    return render(request, _template_part(request, "posts/library/snippets.html"), context)


def _position(request: HttpRequest) -> Appointment:
    position = current_position(request)
    if position is None or not request.user.reach(Permission.POST_VIEW):
        raise PermissionDenied
    return position


def _filter_rows(
    request: HttpRequest, position: Appointment, rows: Callable[..., QuerySet]
) -> tuple[QuerySet, LibraryFilter]:
    form = LibraryFilter(request.GET or None)
    wanted: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
    found = rows(request.user, position.unit, deep=position.role in DEEP)
    if topic := wanted.get("topic"):
        found = found.filter(topic=topic)
    if wanted.get("show") == "own":
        found = found.filter(unit=position.unit)
    found = found.filter(archived_at__isnull=wanted.get("show") != "archived")
    return found.search(wanted.get("q", "")), form


def _list(
    request: HttpRequest, position: Appointment, page: Page, form: LibraryFilter
) -> dict[str, Any]:
    return {
        "page_obj": page,
        "form": form,
        "filtered": is_filtered(form),
        "may_write": can(request.user, Permission.LIBRARY_WRITE, unit=position.unit),
    }


def _template_part(request: HttpRequest, page: str) -> str:
    return f"{page}#rows" if request.htmx and not request.htmx.boosted else page


@require_GET
def template(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show a template as it would begin a post of the current unit, and ask for its gaps."""
    seen = Template.objects.visible_to(request.user).select_related("unit", "topic", "changed_by")
    row = get_object_or_404(seen, public_id=public_id)
    writes = bool(units_to_write_in(request.user))
    unit = unit_to_write_in(request) if writes else _position(request).unit
    filled = fill_template(row, unit, on=timezone.localdate())
    context = {
        "template": row,
        "filled": filled.with_readable_gaps(),
        "legal": legal_basis_text(describe_legal_basis(row)),
        "unit": unit,
        "form": GapsForm(gaps=filled.gaps),
        "lacks_fact": any(gap.is_fact for gap in filled.gaps),
        "views": sum_views_of_templates([row.pk]).get(row.pk),
        "may_use": writes and row.archived_at is None and unit.path.startswith(row.unit.path),
        "may_write": can(request.user, Permission.LIBRARY_WRITE, unit=row.unit),
    }
    return render(request, "posts/library/template.html", context)


@require_http_methods(["GET", "POST"])
def new_template(request: HttpRequest) -> HttpResponse:
    unit = _require_writer(request)
    form = TemplateForm(form_data(request))
    done = form_action(
        form,
        lambda: texts.create_template(unit=unit, fields=form.template_fields(), by=request.user),
    )
    if done:
        messages.success(request, _("The template stands in the library now."))
        return redirect("posts:template", done.result.public_id)
    return _template_page(request, form, status=done.status, unit=unit)


@require_http_methods(["GET", "POST"])
def edit_template(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _get_to_change(request, Template, public_id)
    form = TemplateForm(form_data(request), template=row)
    done = form_action(
        form,
        lambda: texts.change_template(
            row, form.template_fields(), by=request.user, version=form.cleaned_data["version"]
        ),
    )
    if done:
        messages.success(request, _("Saved. Posts that began from it before stay as they are."))
        return redirect("posts:template", row.public_id)
    return _template_page(request, form, status=done.status, unit=row.unit, template=row)


def _template_page(
    request: HttpRequest, form: TemplateForm, *, status: int, **context: Any
) -> HttpResponse:
    context |= {"form": form, "built_in": BUILT_IN.items()}
    return render(request, "posts/library/template_form.html", context, status=status)


@require_http_methods(["GET", "POST"])
def new_snippet(request: HttpRequest) -> HttpResponse:
    unit = _require_writer(request)
    form = SnippetForm(form_data(request))
    done = form_action(
        form,
        lambda: texts.create_snippet(unit=unit, fields=form.snippet_fields(), by=request.user),
    )
    if done:
        messages.success(request, _("The piece stands in the library now."))
        return redirect("posts:snippets")
    context = {"form": form, "unit": unit}
    return render(request, "posts/library/snippet_form.html", context, status=done.status)


@require_http_methods(["GET", "POST"])
def edit_snippet(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _get_to_change(request, Snippet, public_id)
    form = SnippetForm(form_data(request), snippet=row)
    done = form_action(
        form,
        lambda: texts.change_snippet(
            row, form.snippet_fields(), by=request.user, version=form.cleaned_data["version"]
        ),
    )
    if done:
        messages.success(request, _("Saved."))
        return redirect("posts:snippets")
    context = {"form": form, "unit": row.unit, "snippet": row}
    return render(request, "posts/library/snippet_form.html", context, status=done.status)


@require_POST
def archive_template(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Archive the template, or take it into use again: as ``act`` says."""
    row = _get_to_change(request, Template, public_id)
    _archive_or_restore(request, row)
    return redirect("posts:template", row.public_id)


@require_POST
def archive_snippet(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Archive the piece, or take it into use again: as ``act`` says."""
    _archive_or_restore(request, _get_to_change(request, Snippet, public_id))
    return redirect("posts:snippets")


def _archive_or_restore(request: HttpRequest, row: LibraryText) -> None:
    if request.POST.get("act") == "restore":
        message = _("“%(name)s” is in use again.") % {"name": row}
        button_action(request, lambda: texts.restore(row, by=request.user), message=message)
    else:
        message = _("“%(name)s” is archived. Posts that began from it stay.") % {"name": row}
        button_action(request, lambda: texts.archive(row, by=request.user), message=message)


def _require_writer(request: HttpRequest) -> Any:
    position = current_position(request)
    if position is None or not can(request.user, Permission.LIBRARY_WRITE, unit=position.unit):
        raise PermissionDenied
    return position.unit


def _get_to_change(request: HttpRequest, model: type[LibraryText], public_id: uuid.UUID) -> Any:
    if not request.user.reach(Permission.LIBRARY_WRITE):
        raise PermissionDenied
    return get_object_or_404(
        filter_editable(request.user, model.objects.all()), public_id=public_id
    )
