"""Pages on which a sheet becomes drafts: upload, preview, result and submission."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.context import current_position
from accounts.permissions import GRANTS, Permission
from campaigns.models import Topic
from channels.queries import channels_for
from core import quotas
from core.actions import form_action, form_data, refusal
from posts.bulk_import import importing
from posts.bulk_import.forms import ApplyForm, PicturesForm, SheetForm
from posts.bulk_import.plans import Outcome, plan
from posts.bulk_import.sheets import KIND, build_workbook, example_rows, read_rows
from posts.canonical import content
from posts.findings import find_findings
from posts.models import BulkImport, Post
from posts.states import EDITABLE, ImportState
from units.models import Unit


def _units_to_write_in(request: HttpRequest) -> list[Unit]:
    """Return the units in which the person may write, the current one first. Raise
    PermissionDenied.
    """
    units = {
        a.unit.pk: a.unit
        for a in request.user.current_appointments
        if Permission.POST_WRITE in GRANTS[a.role]
    }
    if not units:
        raise PermissionDenied
    current = current_position(request).unit.pk
    return sorted(units.values(), key=lambda unit: unit.pk != current)


def _batch(request: HttpRequest, public_id: uuid.UUID) -> BulkImport:
    """Return the person's own sheet (else 404), as long as they may write in its unit (else
    403).
    """
    units = _units_to_write_in(request)
    batch = get_object_or_404(
        BulkImport.objects.select_related("unit", "made_by", "job"),
        public_id=public_id,
        made_by=request.user,
    )
    if batch.unit not in units:
        raise PermissionDenied
    return batch


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    units = _units_to_write_in(request)
    form = SheetForm(
        form_data(request), request.FILES or None, units=units, initial={"unit": units[0].key}
    )
    done = form_action(form, lambda: _store_sheet(request, **form.cleaned_data))
    if done:
        importing.run_or_send(done.result, at_once=importing.PICTURES_AT_ONCE)
        return redirect("posts:import_one", done.result.public_id)
    earlier = BulkImport.objects.filter(made_by=request.user).order_by("-pk")[:5]
    context = {"form": form, "units": units, "earlier": earlier}
    return render(request, "posts/import.html", context, status=done.status)


def _store_sheet(request: HttpRequest, *, unit: Unit, file: Any, pictures: list[Any]) -> BulkImport:
    quotas.use("import", by=request.user)
    rows = read_rows(file, size=file.size)
    return importing.store_import(rows, pictures, unit=unit, file_name=file.name, by=request.user)


@require_GET
def template(request: HttpRequest) -> HttpResponse:
    """Return the empty sheet of a unit, with its channels and the topics to choose from."""
    units = _units_to_write_in(request)
    unit = next((unit for unit in units if unit.key == request.GET.get("unit")), units[0])
    quotas.use("export", by=request.user)
    channels, topics = channels_for(unit), list(Topic.objects.all())
    rows = example_rows(channels, topics, timezone.localdate())
    data = build_workbook(rows, channels=channels, topics=topics)
    name = _("plan-template")
    return HttpResponse(
        data,
        content_type=KIND,
        headers={"Content-Disposition": f'attachment; filename="{name}.xlsx"'},
    )


@require_GET
def import_page(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show how far the work is, the preview, or what became of the drafts."""
    batch = _batch(request, public_id)
    if batch.state in (ImportState.READING, ImportState.SUBMITTING):
        context = {"batch": batch, "is_lost": importing.is_lost(batch, now=timezone.now())}
        part = "#progress" if request.headers.get("HX-Request") else ""
        return render(request, f"posts/import_progress.html{part}", context)
    if request.headers.get("HX-Request"):  # the page that waited shows what comes next
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    if batch.state == ImportState.READY:
        return _show_preview(request, batch)
    return _show_result(request, batch)


def _show_preview(
    request: HttpRequest, batch: BulkImport, *, refused: str = "", status: int = 200
) -> HttpResponse:
    todo = plan(batch, by=request.user)
    context = {
        "batch": batch,
        "plan": todo,
        "counts": {str(outcome): todo.counts[outcome] for outcome in Outcome},
        "wrong": todo.of(Outcome.ERROR),
        "known": todo.of(Outcome.KNOWN),
        "rows": todo.to_make,
        "pictures_form": PicturesForm(),
        "refused": refused,
    }
    return render(request, "posts/import_preview.html", context, status=status)


@require_POST
def apply(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    batch = _batch(request, public_id)
    form = ApplyForm(request.POST)

    def service() -> list[Post]:
        importing.use_quota(by=request.user)
        return importing.apply(batch, by=request.user, **form.cleaned_data)

    done = form_action(form, service)
    if not done:
        batch.refresh_from_db()
        if batch.state != ImportState.READY:
            return redirect("posts:import_one", batch.public_id)
        refused = str(done.refused or _("Please look again, then press once more."))
        return _show_preview(request, batch, refused=refused, status=done.status)
    n = len(done.result)
    message = ngettext("%(n)s draft is made.", "%(n)s drafts are made.", n)
    messages.success(request, message % {"n": n})
    return redirect("posts:import_one", batch.public_id)


@require_POST
def add_pictures(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    batch = _batch(request, public_id)
    form = PicturesForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, _("No file arrived. Choose it again."))
    elif refused := refusal(
        lambda: importing.add_pictures(batch, form.cleaned_data["pictures"], by=request.user)
    ):
        messages.error(request, refused)
    else:
        importing.run_or_send(batch, at_once=importing.PICTURES_AT_ONCE)
    return redirect("posts:import_one", batch.public_id)


@require_POST
def submit(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Submit all drafts of the sheet that lack nothing."""
    batch = _batch(request, public_id)
    if refused := refusal(lambda: importing.begin_submission(batch, by=request.user)):
        messages.error(request, refused)
    else:
        importing.run_or_send(batch, at_once=importing.POSTS_AT_ONCE)
    return redirect("posts:import_one", batch.public_id)


@require_POST
def resume(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take up work that nobody does any more; harmless where somebody does."""
    batch = _batch(request, public_id)
    importing.resume(batch)
    return redirect("posts:import_one", batch.public_id)


def _show_result(request: HttpRequest, batch: BulkImport) -> HttpResponse:
    rows = [
        _describe_draft(post)
        for post in importing.drafts_of(batch).prefetch_related(
            "targets__channel", "pictures__media"
        )
    ]
    open_rows = [row for row in rows if row["is_open"]]
    context = {
        "batch": batch,
        "rows": rows,
        "complete": [row for row in open_rows if not row["missing"]],
        "incomplete": [row for row in open_rows if row["missing"]],
        "submitted": len(rows) - len(open_rows),
        "may_review": bool(request.user.reach(Permission.POST_APPROVE)),
        "again": SheetForm(units=[batch.unit]),
    }
    return render(request, "posts/import_result.html", context)


def _describe_draft(post: Post) -> dict[str, Any]:
    is_open = post.state in EDITABLE
    missing = []
    if is_open:
        composed = content.compose(post, targets=post.targets.all(), pictures=post.pictures.all())
        missing = [f for f in find_findings(post, composed) if f.needs_author]
    return {"post": post, "is_open": is_open, "missing": missing}
