"""People from Excel: upload, preview, and the page that names the new accounts."""

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from accounts import forms
from accounts.models import Invitation, PendingAppointment, PeopleImport, User
from accounts.people import imports
from accounts.people.spreadsheets import Row, read_people, template
from accounts.permissions import Permission
from accounts.step_up import step_up_required
from accounts.views.common import require_administrator
from core import quotas
from core.actions import form_action, form_data
from core.errors import Refused
from units.queries import find_reachable_units

PREVIEW_ROWS = 200


@require_http_methods(["GET", "POST"])
@step_up_required(gettext_lazy("Upload the file"))
def upload(request: HttpRequest) -> HttpResponse:
    require_administrator(request)
    form = forms.UploadPeopleForm(form_data(request), request.FILES or None)
    done = form_action(
        form, lambda: _store_upload(form.cleaned_data["file"], by=request.user), field="file"
    )
    if done:
        return redirect("accounts:import_preview")
    return render(request, "accounts/import.html", {"form": form}, status=done.status)


def _store_upload(file: UploadedFile, *, by: User) -> None:
    quotas.use("import", by=by)
    imports.store_rows(read_people(file, size=file.size), file_name=file.name, by=by)


@require_GET
def import_template(request: HttpRequest) -> HttpResponse:
    require_administrator(request)
    quotas.use("export", by=request.user)
    units = (
        find_reachable_units(request.user, Permission.ACCOUNT_MANAGE)
        .filter(has_police_body=True)
        .select_related("parent")
        .order_by("parent__search", "search")
    )
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    name = _("people-template")
    return HttpResponse(
        template(units),
        content_type=kind,
        headers={"Content-Disposition": f'attachment; filename="{name}.xlsx"'},
    )


@require_http_methods(["GET", "POST"])
@step_up_required(gettext_lazy("Import the people"))
def import_preview(request: HttpRequest) -> HttpResponse:
    """Show what the file would change; confirmed, the page that names the new accounts."""
    require_administrator(request)
    batch = PeopleImport.objects.filter(made_by=request.user, applied_at=None).first()
    if batch is None:
        messages.info(request, _("No file waits for your confirmation. Upload one first."))
        return redirect("accounts:import")
    refused = ""
    if request.method == "POST":
        try:
            made = imports.apply(batch, by=request.user, digest=request.POST.get("digest", ""))
            proposed = PendingAppointment.objects.waiting(timezone.now()).filter(
                asked_by=request.user
            )
            context = {
                "made": made,
                "invited": Invitation.objects.filter(user__in=made).count(),
                "batch": batch,
                "proposed": proposed.filter(asked_at__gte=batch.created_at),
            }
            return render(request, "accounts/import_done.html", context)
        except Refused as error:
            refused = str(error)
    plan = imports.plan([Row(*row) for row in batch.rows], by=request.user)
    wrong = [row for row in plan.rows if row.errors]
    rest = [row for row in plan.rows if not row.errors]
    context = {
        "batch": batch,
        "plan": plan,
        "counts": {str(outcome): plan.counts[outcome] for outcome in imports.Outcome},
        "wrong": wrong[:PREVIEW_ROWS],
        "rows": sorted(rest, key=lambda row: row.outcome == imports.Outcome.SAME)[:PREVIEW_ROWS],
        "left_out": max(0, len(wrong) - PREVIEW_ROWS) + max(0, len(rest) - PREVIEW_ROWS),
        "refused": refused,
    }
    return render(request, "accounts/import_preview.html", context, status=409 if refused else 200)
