"""Reports: the list, making one, its page, and what people do with it."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.context import current_position
from accounts.permissions import Permission
from accounts.queries import can
from campaigns.models import Campaign
from core import quotas
from core.actions import button_action, form_action, form_data
from core.expensive import one_at_a_time
from core.lists import PAGE, get_page, render_page
from core.models import JobState
from core.scope import list_ancestors
from engagement.reports import decisions, drafts, files, periods, queries
from engagement.reports.files import CONTENT_TYPES
from engagement.reports.forms import (
    MOST_CAMPAIGNS,
    ApproveForm,
    BeginForm,
    ChangesForm,
    ReasonForm,
    ReportFilter,
    SendForm,
    TextsForm,
)
from engagement.reports.models import Report, ReportFile, ReportQuerySet
from engagement.reports.states import REGULAR, FileFormat, ReportState
from engagement.reports.sums import compute_coverage, count_own_filled
from units.models import Level, Unit


@require_GET
def reports(request: HttpRequest) -> HttpResponse:
    """List the reports of the person's own units, or of those below, the newest first."""
    form = ReportFilter(request.GET)
    chosen = form.chosen
    rows = _find_readable_reports(request)
    own = [appointment.unit_id for appointment in request.user.current_appointments]
    below = chosen.get("show") == "below"
    rows = rows.exclude(unit__in=own) if below else rows.filter(unit__in=own)
    for name in ("kind", "state"):
        if value := chosen.get(name):
            rows = rows.filter(**{name: value})
    rows = rows.select_related("unit__parent").order_by("-last", "unit__path", "kind", "-version")
    page = get_page(request, rows)
    units = queries.find_units_of_writer(request.user)
    due = queries.find_due(units, timezone.localdate())
    context = {
        "page_obj": page,
        "due": due,
        "to_correct": queries.find_to_correct(units, due)[:PAGE],
        "form": form,
        "may_begin": bool(units),
        "may_oversee": bool(request.user.reach(Permission.OVERSIGHT_VIEW)),
        "may_form": any(
            unit.level != Level.COMMUNE
            for unit in queries.find_units_of_writer(request.user, Permission.REPORT_APPROVE)
        ),
    }
    return render_page(request, "engagement/reports/list.html", context)


def _find_readable_reports(request: HttpRequest) -> ReportQuerySet:
    if not request.user.reach(Permission.FIGURES_VIEW):
        raise PermissionDenied
    return Report.objects.visible_to(request.user)


def _get_report(request: HttpRequest, public_id: uuid.UUID) -> Report:
    related = (
        "unit__parent",
        "figures",
        "form",
        "campaign",
        "approval__approved_by",
        "returned_by",
    )
    return get_object_or_404(
        _find_readable_reports(request).select_related(*related), public_id=public_id
    )


def _get_report_to_change(
    request: HttpRequest, public_id: uuid.UUID, permission: Permission
) -> Report:
    """Return the report that the person sees (else 404), for those who hold the right (else
    403).
    """
    row = _get_report(request, public_id)
    if not can(request.user, permission, unit=row.unit):
        raise PermissionDenied
    return row


def _get_unit(request: HttpRequest) -> Unit:
    """Return the unit that the person reports for: that of the address, else that of the current
    position, else the first.
    """
    units = queries.find_units_of_writer(request.user)
    if not units:
        raise PermissionDenied
    if key := request.GET.get("unit"):
        for unit in units:
            if unit.key == key:
                return unit
        raise Http404
    position = current_position(request)
    by_key = {unit.pk: unit for unit in units}
    return by_key.get(position.unit_id, units[0]) if position else units[0]


@require_http_methods(["GET", "POST"])
def begin(request: HttpRequest) -> HttpResponse:
    """Choose what the report is about; it is drafted with its figures at once."""
    unit = _get_unit(request)
    today = timezone.localdate()
    offered = {
        kind: periods.list_recent_periods(
            kind, today, queries.find_form(unit, kind).content["first"]
        )
        for kind in REGULAR
    }
    campaigns = Campaign.objects.filter(
        unit__path__in=list_ancestors(unit.path), starts_on__lte=today
    ).order_by("-ends_on", "name")[:MOST_CAMPAIGNS]
    month = offered["month"][0]
    usual = f"month:{month.first.isoformat()}:{month.last.isoformat()}"
    usual = request.GET.get("about", usual)  # what is no choice selects nothing
    form = BeginForm(
        form_data(request), periods=offered, campaigns=campaigns, initial={"about": usual}
    )

    def make() -> Report:
        kind, period, campaign = form.get_choice()
        return drafts.begin(unit, kind, period, by=request.user, campaign=campaign)

    done = form_action(form, make)
    if done:
        return redirect("engagement:report", done.result.public_id)
    context = {"form": form, "unit": unit}
    return render(request, "engagement/reports/begin.html", context, status=done.status)


@require_GET
def report(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show a report as its paper will read, with what the person may do now."""
    row = _get_report(request, public_id)
    context = _make_context(request, row)
    if context["files_wait"]:
        files.note_watched(row)
    return render_page(request, "engagement/reports/report.html", context, part="files")


def _make_context(request: HttpRequest, row: Report) -> dict[str, Any]:
    user = request.user
    document = queries.build_document(row)
    writes = row.unit in queries.find_units_of_writer(user)
    approves = row.unit in queries.find_units_of_writer(user, Permission.REPORT_APPROVE)
    waits = row.state == ReportState.IN_REVIEW
    wrote = row.writers.filter(pk=user.pk).exists()
    may_approve = approves and waits and not wrote
    versions = list(queries.find_versions(row))
    kept = list(row.files.defer("data").select_related("job"))
    is_newest = versions[0].pk == row.pk
    may_act = writes or (approves and waits)
    may_send = writes and is_newest and row.state == ReportState.APPROVED
    held, scope = compute_coverage(row.figures.content)
    return {
        "report": row,
        "document": document,
        "approval": getattr(row, "approval", None),
        "versions": versions if len(versions) > 1 else [],
        "files": kept,
        "files_wait": any(not file.is_over for file in kept),
        "files_failed": [file for file in kept if file.state == JobState.FAILED],
        "files_done": sum(file.state == JobState.DONE for file in kept),
        "may_write": writes and row.state == ReportState.DRAFT,
        "may_approve": may_approve,
        "may_decline": approves and waits,
        "has_written": approves and waits and wrote,
        "may_return": row.state == ReportState.SENT
        and is_newest
        and decisions.find_appointment_above(user, row.unit) is not None,
        "may_correct": writes and row.is_frozen and is_newest,
        "send_form": SendForm(initial={"signed_on": timezone.localdate()}) if may_send else None,
        "signature": queries.build_signature(user, row) if may_approve else document.signature,
        "approve_form": ApproveForm(initial={"digest": document.digest}),
        "has_gaps": may_approve and decisions.has_gaps(row),
        "units_missing": scope - held,
        "may_fill": writes and row.state == ReportState.DRAFT and held < scope,
        "units_filled": count_own_filled(row.figures.content),
        "since": queries.find_changes_since_taken(row) if may_act and is_newest else None,
    }


@require_GET
def download_file(request: HttpRequest, public_id: uuid.UUID, format: str) -> HttpResponse:
    """Download a file of an approved report; a 404 until it is there."""
    row = _get_report(request, public_id)
    kept = get_object_or_404(
        ReportFile.objects.filter(report=row, job__state=JobState.DONE), format=format
    )
    quotas.use("export", by=request.user)
    return _answer_file(row, kept.format, bytes(kept.data or b""))


@require_GET
@one_at_a_time
def download_draft(request: HttpRequest, public_id: uuid.UUID, format: str) -> HttpResponse:
    """Download the paper of a report as it reads now, before anybody has approved it."""
    row = _get_report(request, public_id)
    if row.is_frozen or format not in {FileFormat.WORD, FileFormat.PDF}:
        raise Http404
    quotas.use("export", by=request.user)
    return _answer_file(row, format, files.make_draft(row, format), prefix="BAN-THAO-")


def _answer_file(row: Report, format: str, data: bytes, *, prefix: str = "") -> HttpResponse:
    name = f"{prefix}{files.name_file(row, format)}"
    return HttpResponse(
        data,
        content_type=CONTENT_TYPES[FileFormat(format)],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_POST
def retry_files(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Have the files made again that could not be made."""
    row = _get_report_to_change(request, public_id, Permission.REPORT_WRITE)
    message = _("The files are being made again; you can leave this page.")
    button_action(request, lambda: files.retry_failed(row.pk), message=message)
    return redirect("engagement:report", row.public_id)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Write the texts of a draft."""
    row = _get_report_to_change(request, public_id, Permission.REPORT_WRITE)
    form_content = queries.build_content(row)["form"]
    parts = [part for part in form_content["parts"] if part["text"]]
    form = TextsForm(form_data(request), parts=parts, initial=row.texts)
    done = form_action(form, lambda: drafts.write(row, form.cleaned_data, by=request.user))
    if done:
        messages.success(request, _("Saved. The report reads as below."))
        return redirect("engagement:report", row.public_id)
    context = {"report": row, "form": form, "returned": queries.find_return_reason(row)}
    return render(request, "engagement/reports/edit.html", context, status=done.status)


@require_POST
def retake_figures(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take the figures of a draft again."""
    row = _get_report_to_change(request, public_id, Permission.REPORT_WRITE)
    fill = {"1": True, "0": False}.get(request.POST.get("fill", ""))
    message = _("The figures are those of this moment.")
    button_action(
        request, lambda: drafts.retake_figures(row, by=request.user, fill=fill), message=message
    )
    return redirect("engagement:report", row.public_id)


@require_POST
def submit(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Submit a draft to the unit's leaders."""
    row = _get_report_to_change(request, public_id, Permission.REPORT_WRITE)
    message = _("Submitted: the unit’s leaders are notified in the portal and by mail.")
    button_action(request, lambda: decisions.submit(row, by=request.user), message=message)
    return redirect("engagement:report", row.public_id)


@require_POST
def approve(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Approve what the page showed."""
    row = _get_report_to_change(request, public_id, Permission.REPORT_APPROVE)
    form = ApproveForm(request.POST)
    seen = form.cleaned_data if form.is_valid() else {"digest": ""}
    message = _("Approved. Word and PDF to be signed are being made; you can leave this page.")
    done = button_action(
        request, lambda: decisions.approve(row, by=request.user, **seen), message=message
    )
    address = reverse("engagement:report", args=[row.public_id])
    return redirect(address if done else f"{address}#approve")


@require_POST
@one_at_a_time
def send(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Send a report whose paper is signed and registered; what was typed stays where it fails."""
    row = _get_report_to_change(request, public_id, Permission.REPORT_WRITE)
    form = SendForm(request.POST, request.FILES)
    done = form_action(form, lambda: decisions.send(row, by=request.user, **form.cleaned_data))
    if done:
        messages.success(request, _("Sent, with its number and day."))
        return redirect("engagement:report", row.public_id)
    context = _make_context(request, row) | {"send_form": form}
    return render(request, "engagement/reports/report.html", context, status=done.status)


@require_http_methods(["GET", "POST"])
def decline(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Give a report back to its author with a reason."""
    row = _get_report_to_change(request, public_id, Permission.REPORT_APPROVE)
    form = ReasonForm(form_data(request), hint=_("The author reads it."))
    done = form_action(form, lambda: decisions.decline(row, by=request.user, **form.cleaned_data))
    if done:
        messages.success(request, _("Given back to its author with your reason."))
        return redirect("engagement:report", row.public_id)
    return _answer_reason_form(request, row, form, "decline", status=done.status)


@require_http_methods(["GET", "POST"])
def return_(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Return a report to the unit below with a reason."""
    row = _get_report_to_change(request, public_id, Permission.OVERSIGHT_VIEW)
    form = ReasonForm(form_data(request), hint=_("The unit reads it, and sends another version."))
    done = form_action(
        form, lambda: decisions.return_report(row, by=request.user, **form.cleaned_data)
    )
    if done:
        messages.success(request, _("Returned to its unit with your reason."))
        return redirect("engagement:report", row.public_id)
    return _answer_reason_form(request, row, form, "return", status=done.status)


@require_http_methods(["GET", "POST"])
def correct(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Begin the next version of a report that was sent."""
    row = _get_report_to_change(request, public_id, Permission.REPORT_WRITE)
    form = ChangesForm(form_data(request))
    done = form_action(
        form,
        lambda: decisions.correct(row, by=request.user, changes=form.cleaned_data["reason"]),
    )
    if done:
        messages.success(request, _("This is the new version. What was sent stays as it is."))
        return redirect("engagement:report", done.result.public_id)
    return _answer_reason_form(request, row, form, "correct", status=done.status)


def _answer_reason_form(
    request: HttpRequest, row: Report, form: Any, act: str, *, status: int
) -> HttpResponse:
    context = {"report": row, "form": form, "act": act}
    return render(request, "engagement/reports/reason.html", context, status=status)
