"""The library: templates to begin a post from, and snippets to insert into one."""

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.context import current_position
from accounts.models import Appointment
from accounts.permissions import DEEP, Permission
from accounts.queries import can
from core.actions import button_action, form_action, form_data
from core.lists import get_page, render_page
from posts.canonical.legal_basis import describe_legal_basis, legal_basis_text
from posts.context import unit_begun_in, unit_to_write_in, units_to_write_in
from posts.library import texts
from posts.library.forms import LibraryFilter, PlaceholdersForm, SnippetForm, TemplateForm
from posts.library.models import Template, TemplateKind
from posts.library.placeholders import BUILT_IN, fill_readably, fill_template
from posts.library.queries import order_by_kind, order_by_season, templates_at
from posts.library.reach import sum_views_of_templates
from units.queries import list_fact_values

PAGE = 12  # whole lines of a desk's three columns, and few screens of a phone


@require_GET
def library(request: HttpRequest, *, snippets: bool = False) -> HttpResponse:
    """List the templates of the current position, those that fit today first; or the snippets. From
    the composer, which names its ``unit``, each template begins a post there at one tap.
    """
    position, today = _get_position(request), timezone.localdate()
    form = LibraryFilter(request.GET)
    texts = _filter_templates(request, position, form)
    rows = order_by_kind(texts.snippets()) if snippets else order_by_season(texts.posts(), on=today)
    begins_in = unit_begun_in(request)
    page = get_page(request, rows, PAGE)
    views = sum_views_of_templates([row.pk for row in page])
    values = list_fact_values(begins_in or position.unit, on=today)
    context = {
        "snippets": snippets,
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
        "may_use": bool(units_to_write_in(request.user)),
        "begins_in": begins_in,
        "page_obj": page,
        "form": form,
        "may_write": can(request.user, Permission.LIBRARY_WRITE, unit=position.unit),
    }
    return render_page(request, "posts/library/list.html", context)


def _get_position(request: HttpRequest) -> Appointment:
    position = current_position(request)
    if position is None or not request.user.reach(Permission.POST_VIEW):
        raise PermissionDenied
    return position


def _filter_templates(
    request: HttpRequest, position: Appointment, form: LibraryFilter
) -> QuerySet[Template]:
    wanted = form.chosen
    rows = templates_at(request.user, position.unit, deep=position.role in DEEP)
    if topic := wanted.get("topic"):
        rows = rows.filter(topic=topic)
    if wanted.get("show") == "own":
        rows = rows.filter(unit=position.unit)
    rows = rows.filter(archived_at__isnull=wanted.get("show") != "archived")
    return rows.search(wanted.get("q", ""))


@require_GET
def template(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show a template as it would begin a post of the current unit, and ask for what it leaves
    open.
    """
    seen = Template.objects.visible_to(request.user).select_related("unit", "topic", "changed_by")
    row = get_object_or_404(seen, public_id=public_id)
    if row.is_snippet:
        return redirect("posts:snippets")
    writes = bool(units_to_write_in(request.user))
    unit = unit_to_write_in(request) if writes else _get_position(request).unit
    filled = fill_template(row, unit, on=timezone.localdate())
    context = {
        "template": row,
        "filled": filled.with_readable_placeholders(),
        "legal": legal_basis_text(describe_legal_basis(row)),
        "unit": unit,
        "form": PlaceholdersForm(placeholders=filled.placeholders),
        "misses_fact": any(placeholder.is_fact for placeholder in filled.placeholders),
        "views": sum_views_of_templates([row.pk]).get(row.pk),
        "may_use": writes and row.archived_at is None and unit.path.startswith(row.unit.path),
        "may_write": can(request.user, Permission.LIBRARY_WRITE, unit=row.unit),
    }
    return render(request, "posts/library/template.html", context)


@require_http_methods(["GET", "POST"])
def new_template(request: HttpRequest, *, kind: str = TemplateKind.POST) -> HttpResponse:
    position = current_position(request)
    if position is None or not can(request.user, Permission.LIBRARY_WRITE, unit=position.unit):
        raise PermissionDenied
    row = Template(unit=position.unit, kind=kind)
    form = _make_form(request, row)
    done = form_action(
        form,
        lambda: texts.create_template(
            unit=row.unit, fields=form.template_fields(), by=request.user
        ),
    )
    if not done:
        return _render_form(request, form, done.status, row)
    if done.result.is_snippet:
        messages.success(request, _("The piece stands in the library now."))
    else:
        messages.success(request, _("The template stands in the library now."))
    return redirect("posts:template", done.result.public_id)


@require_http_methods(["GET", "POST"])
def edit_template(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _get_to_change(request, public_id)
    form = _make_form(request, row)
    done = form_action(
        form,
        lambda: texts.change_template(
            row, form.template_fields(), by=request.user, version=form.cleaned_data["version"]
        ),
    )
    if not done:
        return _render_form(request, form, done.status, row)
    if row.is_snippet:
        messages.success(request, _("Saved."))
    else:
        messages.success(request, _("Saved. Posts that began from it before stay as they are."))
    return redirect("posts:template", row.public_id)


def _make_form(request: HttpRequest, row: Template) -> SnippetForm:
    form = SnippetForm if row.is_snippet else TemplateForm
    return form(form_data(request), template=row)


def _render_form(
    request: HttpRequest, form: SnippetForm, status: int, row: Template
) -> HttpResponse:
    context = {"form": form, "template": row, "built_in": BUILT_IN.items()}
    return render(request, "posts/library/form.html", context, status=status)


@require_POST
def archive_template(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Archive the text, or take it into use again: as ``act`` says."""
    row = _get_to_change(request, public_id)
    if request.POST.get("act") == "restore":
        message = _("“%(name)s” is in use again.") % {"name": row}
        button_action(request, lambda: texts.restore(row, by=request.user), message=message)
    else:
        message = _("“%(name)s” is archived. Posts that began from it stay.") % {"name": row}
        button_action(request, lambda: texts.archive(row, by=request.user), message=message)
    return redirect("posts:template", row.public_id)


def _get_to_change(request: HttpRequest, public_id: uuid.UUID) -> Template:
    reach = request.user.reach(Permission.LIBRARY_WRITE)
    if not reach:
        raise PermissionDenied
    rows = Template.objects.within(reach).select_related("unit", "topic")
    return get_object_or_404(rows, public_id=public_id)
