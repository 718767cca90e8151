"""Acts on reports: submit, approve, send, give back, return, correct."""

from datetime import date
from hashlib import sha256

from django.core.files import File
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Appointment, User
from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import holders, require
from audit.services import record
from core import jobs, quotas
from core.errors import Refused
from core.models import Job
from core.reasons import require_reason
from engagement.reports.drafts import create_drafts, note_writer
from engagement.reports.figures import compute_digest
from engagement.reports.marks import require_no_mark
from engagement.reports.models import LONGEST_CHANGES, Report, ReportApproval, ReportFile
from engagement.reports.queries import build_content, filter_versions
from engagement.reports.scans import read_scan
from engagement.reports.states import (
    FROZEN,
    MADE,
    WERE_SENT,
    FileFormat,
    ReportState,
)
from engagement.reports.sums import compute_coverage
from engagement.reports.transitions import (
    get_report_address,
    lock_report,
    make_moved_error,
    move_report,
    require_position,
)
from units.models import Unit

ENOUGH = 0.8  # of the units below, for a sum that is sent without a question


@transaction.atomic
def submit(report: Report, *, by: User) -> Report:
    """Ask the unit's leaders to approve the draft."""
    row = lock_report(report)
    authority = require_position(by, Permission.REPORT_WRITE, row.unit)
    move_report(row, ReportState.IN_REVIEW, submitted_at=timezone.now(), reason="")
    note_writer(row, by)
    record("report.submitted", row, by=by, position=authority.position)
    people = holders(Permission.REPORT_APPROVE, unit=row.unit, besides=[by.pk])
    notify(
        people,
        "report_submitted",
        address=get_report_address(row),
        joined_address=reverse("engagement:reports"),
        by=by,
        unit=row.unit.label,
        report=str(row),
    )
    return row


@transaction.atomic
def approve(report: Report, *, by: User, digest: str, with_gaps: bool = False) -> ReportApproval:
    """Approve exactly the content of ``digest``, which the leader has seen, and have a worker make
    the paper to be signed. Nobody approves what they wrote in. ``with_gaps``: also where it holds
    fewer than `ENOUGH` of the units below.
    """
    row = lock_report(report)
    authority = require_position(by, Permission.REPORT_APPROVE, row.unit)
    if row.state != ReportState.IN_REVIEW:
        raise make_moved_error()
    if row.writers.filter(pk=by.pk).exists():
        raise Refused(_("You wrote in this report. Another leader of the unit approves it."))
    content = build_content(row)
    computed = compute_digest(content)
    if computed != digest:
        raise Refused(_("The report has changed since you opened it. Read it again."))
    if not with_gaps and has_gaps(row):
        raise Refused(
            _("Fewer than 80 % of the units are in these figures. Confirm that it is sent so.")
        )
    now = timezone.now()
    author = row.author or row.writers.order_by("pk")[0]
    approval = ReportApproval.objects.create(
        report=row,
        content=content,
        content_sha256=computed,
        author=author,
        approved_by=by,
        position=authority.position,
        approved_at=now,
    )
    move_report(row, ReportState.APPROVED)
    ReportFile.objects.bulk_create(
        ReportFile(report=row, format=format, job=job)
        for format, job in zip(MADE, jobs.enqueue_many("report_file", len(MADE)), strict=True)
    )
    record("report.approved", row, by=by, position=authority.position, content_sha256=computed)
    people = row.writers.exclude(pk=by.pk)
    notify(
        people,
        "report_approved",
        address=get_report_address(row),
        joined_address=reverse("engagement:reports"),
        by=by,
        report=str(row),
    )
    return approval


def send(
    report: Report, *, by: User, number: str, signed_on: date, scan: File | None = None
) -> Report:
    """Send an approved report to the unit above, once its paper is signed and registered under
    ``number``; ``scan`` is the signed paper as a PDF. The files are made again with both. Raise
    NotAllowed, Refused, Busy.
    """
    require_position(by, Permission.REPORT_WRITE, report.unit)
    if scan:
        quotas.use("file", by=by)
    data = read_scan(scan, report.unit) if scan else None
    with transaction.atomic():
        row = lock_report(report)
        authority = require_position(by, Permission.REPORT_WRITE, row.unit)
        if filter_versions(row.unit, row.kind, row.period, row.campaign).filter(
            version__gt=row.version
        ):
            raise Refused(_("A newer version of this report was begun. Send that one."))
        now = timezone.now()
        move_report(row, ReportState.SENT, sent_at=now, number=number, signed_on=signed_on)
        facts = {"number": number, "signed_on": f"{signed_on:%d/%m/%Y}"}
        if data is not None:
            digest = sha256(data).hexdigest()
            ReportFile.objects.create(
                report=row,
                format=FileFormat.SCAN,
                job=jobs.create_done("report_file"),
                made_at=now,
                data=data,
                sha256=digest,
            )
            facts["scan_sha256"] = digest
        jobs.restart(Job.objects.filter(reportfile__report=row, reportfile__format__in=MADE))
        record("report.sent", row, by=by, position=authority.position, **facts)
        if row.unit.parent:
            people = holders(Permission.OVERSIGHT_VIEW, unit=row.unit.parent)
            notify(
                people,
                "report_sent",
                address=get_report_address(row),
                joined_address=reverse("engagement:reports"),
                unit=row.unit.label,
                report=str(row),
            )
    return row


def has_gaps(report: Report) -> bool:
    """Check whether the figures hold fewer than `ENOUGH` of the units below."""
    held, scope = compute_coverage(report.figures.content)
    return held < ENOUGH * scope


@transaction.atomic
def decline(report: Report, *, by: User, reason: str) -> Report:
    """Give a report back to its author instead of approving it."""
    reason = require_reason(reason, _("Please write what is to be changed."))
    row = lock_report(report)
    authority = require_position(by, Permission.REPORT_APPROVE, row.unit)
    move_report(row, ReportState.DRAFT, reason=reason)
    record("report.declined", row, by=by, position=authority.position, reason=reason)
    people = row.writers.exclude(pk=by.pk)
    notify(people, "report_declined", address=get_report_address(row), by=by, reason=reason)
    return row


@transaction.atomic
def return_report(report: Report, *, by: User, reason: str) -> Report:
    """Return a report to the unit below that sent it. Its content stays; the unit sends another
    version.
    """
    reason = require_reason(reason, _("Please write why the report is returned."))
    row = lock_report(report)
    above = find_appointment_above(by, row.unit)
    if above is None:
        require(by, Permission.OVERSIGHT_VIEW, unit=row.unit)
        raise Refused(_("A report is returned by those above the unit."))
    if filter_versions(row.unit, row.kind, row.period, row.campaign).filter(
        version__gt=row.version, state__in=sorted(WERE_SENT)
    ):
        raise Refused(_("The unit has sent a newer version. Return that one."))
    now = timezone.now()
    move_report(row, ReportState.RETURNED, reason=reason, returned_by=by, returned_at=now)
    record("report.returned", row, by=by, position=above.position, reason=reason)
    people = holders(Permission.REPORT_WRITE, unit=row.unit)
    notify(
        people,
        "report_returned",
        address=get_report_address(row),
        unit=above.unit.label,
        reason=reason,
    )
    return row


def find_appointment_above(user: User, unit: Unit) -> Appointment | None:
    """Return the appointment by which the person watches over the unit from above it."""
    authority = user.own_authority(Permission.OVERSIGHT_VIEW, unit=unit)
    return authority if authority and authority.unit_id != unit.pk else None


@transaction.atomic
def correct(report: Report, *, by: User, changes: str) -> Report:
    """Draft the next version of a report that was approved, with its texts and figures taken again;
    ``changes`` says in it what changed.
    """
    missing = _("Please write what changes.")
    changes = require_reason(changes, missing, most=LONGEST_CHANGES)
    require_no_mark([changes])
    row = lock_report(report)
    authority = require_position(by, Permission.REPORT_WRITE, row.unit)
    Unit.objects.select_for_update(of=("self",)).get(pk=row.unit_id)
    newest = (
        filter_versions(row.unit, row.kind, row.period, row.campaign).order_by("version").last()
    )
    if row.state not in FROZEN or newest is None or newest.pk != row.pk:
        raise Refused(_("Only the newest version that was approved is corrected."))
    quotas.use("report", by=by)
    (draft,) = create_drafts(
        [row.unit],
        row.kind,
        row.period,
        campaign=row.campaign,
        by=by,
        after=row,
        changes=changes,
    )
    draft.writers.add(by)
    record("report.corrected", draft, by=by, position=authority.position, version=draft.version)
    return draft
