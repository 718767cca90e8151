"""Acts on reports: begin, take figures anew, write, submit, approve, return, correct; forms."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import batched
from typing import Any

from django.db import transaction
from django.dispatch import Signal
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Appointment, User
from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import holders, require
from audit.services import record
from campaigns.models import Campaign
from core import quotas
from core.errors import NotAllowed, Refused
from core.periods import Period
from core.reasons import require_reason
from core.text import normal
from engagement.reports import periods, queries
from engagement.reports.figures import digest_of, take
from engagement.reports.marks import require_no_mark
from engagement.reports.models import (
    LONGEST_CHANGES,
    Report,
    ReportApproval,
    ReportFile,
    ReportForm,
)
from engagement.reports.queries import content_of, form_for, forms_for, same_report
from engagement.reports.standard import LONGEST_TEXT, problems
from engagement.reports.states import FROZEN, NEXT, OPEN, REGULAR, FileFormat, ReportState
from posts.leak_rules.services import require_publishable
from units.models import Level, Unit

queued = Signal()  # with the key of the ``report``, once its files are there to be made
LONGEST_PERIOD = timedelta(days=366)
AT_ONCE = 200  # units whose figures are taken by one set of queries


@transaction.atomic
def begin(
    unit: Unit, kind: str, period: Period, *, by: User, campaign: Campaign | None = None
) -> Report:
    """Draft the unit's report with its figures of this moment; return the open draft where there is
    one. Raise NotAllowed, Refused, QuotaExceeded.
    """
    _require_in(by, Permission.REPORT_WRITE, unit)
    Unit.objects.select_for_update(of=("self",)).get(pk=unit.pk)
    form = form_for(unit, kind)
    period = _checked(unit, kind, period, campaign, first=form.content["first"])
    there = same_report(unit, kind, period, campaign).order_by("version").last()
    if there is not None and there.state in OPEN:
        return there
    if there is not None:
        raise Refused(
            _("This report was sent already. Open it to correct it: the correction is a new one.")
        )
    quotas.use("report", by=by)
    report = _drafts([unit], kind, period, campaign=campaign, by=by)[0]
    report.writers.add(by)
    record("report.begun", report, by=by, period=str(period))
    return report


def draft_all(
    kind: str, period: Period, *, now: datetime, units: Iterable[Unit] | None = None
) -> int:
    """Draft the reports of all bodies that have none on the period, communes first; return how
    many. Batches commit by themselves: a run that was killed goes on where it stopped.
    """
    day = timezone.localdate(now)
    if units is None:
        rows = Unit.objects.filter(has_police_body=True).current(day).select_related("parent")
        by_level = {level: rows.filter(level=level).order_by("path") for level in Level}
        units = [
            *by_level[Level.COMMUNE],
            *by_level[Level.PROVINCE],
            *by_level[Level.MINISTRY],
        ]
    made = 0
    for some in batched(units, AT_ONCE):
        made += _draft_missing(list(some), kind, period)
    return made


def draft_due(*, now: datetime) -> int:
    """Draft what units above asked for and nobody has begun: of a commune once the period has
    ended, of who adds up others' reports two days before the day, when they have sent. Return how
    many. Nothing is submitted or approved.
    """
    today = timezone.localdate(now)
    rows = Unit.objects.filter(has_police_body=True).current(today).select_related("parent")
    missing: dict[tuple[str, Period], list[Unit]] = {}
    for each in queries.due(list(rows.order_by("path")), today):
        is_time = each.unit.level == Level.COMMUNE or today >= each.remind_on
        if each.report is None and is_time:
            missing.setdefault((each.kind, each.period), []).append(each.unit)
    return sum(
        draft_all(kind, period, now=now, units=units) for (kind, period), units in missing.items()
    )


@transaction.atomic
def _draft_missing(units: list[Unit], kind: str, period: Period) -> int:
    keys = sorted(unit.pk for unit in units)
    list(Unit.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk"))
    rows = Report.objects.filter(
        unit__in=keys, kind=kind, first=period.first, last=period.last, campaign=None
    )
    has = set(rows.values_list("unit", flat=True))
    missing = [unit for unit in units if unit.pk not in has]
    return len(_drafts(missing, kind, period)) if missing else 0


def _drafts(
    units: list[Unit],
    kind: str,
    period: Period,
    *,
    campaign: Campaign | None = None,
    by: User | None = None,
    after: Report | None = None,
    changes: str = "",
) -> list[Report]:
    """Store drafts with figures, for units of one form's period; ``after``: what they correct."""
    now = timezone.now()
    forms = forms_for(units, kind)
    first = forms[units[0].pk].content["first"]
    figures = take(units, kind, period, now=now, first=first, campaign=campaign)
    return Report.objects.bulk_create(
        Report(
            unit=unit,
            kind=kind,
            first=period.first,
            last=period.last,
            due_on=forms[unit.pk].due_on(period),
            campaign=campaign,
            form=forms[unit.pk].row,
            figures=row,
            version=after.version + 1 if after else 1,
            changes=changes,
            texts=after.texts if after else {},
            author=by,
            made_at=now,
            changed_at=now,
        )
        for unit, row in zip(units, figures, strict=True)
    )


def _checked(
    unit: Unit, kind: str, period: Period, campaign: Campaign | None, *, first: int
) -> Period:
    """Return the period on which a report can be made, or raise Refused."""
    today = timezone.localdate()
    if campaign is not None:
        if not unit.path.startswith(campaign.unit.path):
            raise Refused(_("This campaign is not one of yours or of a unit above."))
        period = Period(campaign.starts_on, min(campaign.ends_on, today))
    if period.first > today or period.last < period.first:
        raise Refused(_("Choose days that have begun, the first before the last."))
    if period.last - period.first > LONGEST_PERIOD:
        raise Refused(_("A report covers a year at most."))
    if kind in REGULAR and period != periods.containing(kind, period.first, first):
        raise Refused(_("The form of your superior unit sets other days. Choose from the list."))
    return period


@transaction.atomic
def take_anew(report: Report, *, by: User) -> Report:
    """Take the figures of a draft anew, with what the units below sent meanwhile."""
    row = _locked(report)
    _require_in(by, Permission.REPORT_WRITE, row.unit)
    _require_state(row, ReportState.DRAFT)
    quotas.use("report", by=by)
    now = timezone.now()
    form = form_for(row.unit, row.kind)
    (figures,) = take(
        [row.unit],
        row.kind,
        row.period,
        now=now,
        first=form.content["first"],
        campaign=row.campaign,
    )
    # The form may have a newer version; what was written stands by the keys of its parts.
    row.figures, row.form, row.changed_at = figures, form.row, now
    row.save(update_fields=["figures", "form", "changed_at"])
    _note_writer(row, by)
    record("report.figures_taken", row, by=by, figures_sha256=figures.content_sha256)
    return row


@transaction.atomic
def write(report: Report, texts: Mapping[str, str], *, by: User) -> Report:
    """Store the free texts of a draft, by the keys of its parts. Raise Refused for marks of secrecy
    or urgency, and for what may not be passed on.
    """
    row = _locked(report)
    _require_in(by, Permission.REPORT_WRITE, row.unit)
    _require_state(row, ReportState.DRAFT)
    allowed = {part["key"] for part in content_of(row)["form"]["parts"] if part["text"]}
    words = {key: normal(text).strip() for key, text in texts.items() if key in allowed}
    if any(len(text) > LONGEST_TEXT for text in words.values()):
        raise Refused(_("A text is too long. Shorten it."))
    require_no_mark(words.values())
    require_publishable(words.values(), row.unit)
    quotas.use("report_text", by=by)
    row.texts, row.changed_at = {key: text for key, text in words.items() if text}, timezone.now()
    row.save(update_fields=["texts", "changed_at"])
    _note_writer(row, by)
    return row


def _note_writer(report: Report, by: User) -> None:
    report.writers.add(by)
    if report.author_id is None:
        report.author = by
        report.save(update_fields=["author"])


@transaction.atomic
def submit(report: Report, *, by: User) -> Report:
    """Ask the unit's leaders to approve the draft."""
    row = _locked(report)
    authority = _require_in(by, Permission.REPORT_WRITE, row.unit)
    _move(row, ReportState.IN_REVIEW, submitted_at=timezone.now(), reason="")
    _note_writer(row, by)
    record("report.submitted", row, by=by, position=authority.position)
    people = holders(Permission.REPORT_APPROVE, unit=row.unit, besides=[by.pk])
    notify(people, "report_submitted", address=_address(row), by=by, unit=row.unit.label)
    return row


@transaction.atomic
def approve(report: Report, *, by: User, digest: str) -> ReportApproval:
    """Approve exactly the content of ``digest``, which the leader has seen, and send it to the unit
    above. Nobody approves what they wrote in. Its files are made by a worker.
    """
    row = _locked(report)
    authority = _require_in(by, Permission.REPORT_APPROVE, row.unit)
    if row.state != ReportState.IN_REVIEW:
        raise _moved()
    if row.writers.filter(pk=by.pk).exists():
        raise Refused(_("You wrote in this report. Another leader of the unit approves it."))
    content = content_of(row)
    found = digest_of(content)
    if found != digest:
        raise Refused(_("The report has changed since you opened it. Read it again."))
    now = timezone.now()
    author = row.author or row.writers.order_by("pk")[0]
    approval = ReportApproval.objects.create(
        report=row,
        content=content,
        content_sha256=found,
        author=author,
        approved_by=by,
        position=authority.position,
        approved_at=now,
    )
    _move(row, ReportState.SENT, sent_at=now)
    ReportFile.objects.bulk_create(
        ReportFile(report=row, format=format, queued_at=now) for format in FileFormat
    )
    record("report.sent", row, by=by, position=authority.position, content_sha256=found)
    if row.unit.parent:
        people = holders(Permission.OVERSIGHT_VIEW, unit=row.unit.parent)
        notify(people, "report_sent", address=_address(row), unit=row.unit.label)
    transaction.on_commit(lambda: queued.send(Report, report=row.pk), robust=True)
    return approval


@transaction.atomic
def decline(report: Report, *, by: User, reason: str) -> Report:
    """Give a report back to its author instead of approving it."""
    reason = require_reason(reason, _("Please write what is to be changed."))
    row = _locked(report)
    authority = _require_in(by, Permission.REPORT_APPROVE, row.unit)
    _move(row, ReportState.DRAFT, reason=reason)
    record("report.declined", row, by=by, position=authority.position, reason=reason)
    people = row.writers.exclude(pk=by.pk)
    notify(people, "report_declined", address=_address(row), by=by, reason=reason)
    return row


@transaction.atomic
def return_(report: Report, *, by: User, reason: str) -> Report:
    """Return a report to the unit below that sent it. Its content stays; the unit sends another
    version.
    """
    reason = require_reason(reason, _("Please write why the report is returned."))
    row = _locked(report)
    above = overseeing(by, row.unit)
    if above is None:
        require(by, Permission.OVERSIGHT_VIEW, unit=row.unit)
        raise Refused(_("A report is returned by those above the unit."))
    if same_report(row.unit, row.kind, row.period, row.campaign).filter(
        version__gt=row.version, state__in=sorted(FROZEN)
    ):
        raise Refused(_("The unit has sent a newer version. Return that one."))
    now = timezone.now()
    _move(row, ReportState.RETURNED, reason=reason, returned_by=by, returned_at=now)
    record("report.returned", row, by=by, position=above.position, reason=reason)
    people = holders(Permission.REPORT_WRITE, unit=row.unit)
    notify(people, "report_returned", address=_address(row), unit=above.unit.label, reason=reason)
    return row


def overseeing(user: User, unit: Unit) -> Appointment | None:
    """Return the appointment by which the person watches over the unit from above it."""
    found = user.own_authority(Permission.OVERSIGHT_VIEW, unit=unit)
    return found if found and found.unit_id != unit.pk else None


@transaction.atomic
def correct(report: Report, *, by: User, changes: str) -> Report:
    """Draft the next version of a report that was sent, with its texts and figures taken anew;
    ``changes`` says in it what changed.
    """
    missing = _("Please write what changes.")
    changes = require_reason(changes, missing, most=LONGEST_CHANGES)
    require_no_mark([changes])
    row = _locked(report)
    authority = _require_in(by, Permission.REPORT_WRITE, row.unit)
    Unit.objects.select_for_update(of=("self",)).get(pk=row.unit_id)
    newest = same_report(row.unit, row.kind, row.period, row.campaign).order_by("version").last()
    if row.state not in FROZEN or newest is None or newest.pk != row.pk:
        raise Refused(_("Only the newest version that was sent is corrected."))
    quotas.use("report", by=by)
    (draft,) = _drafts(
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


# --- forms ----------------------------------------------------------------------------------------


@transaction.atomic
def change_form(unit: Unit, kind: str, content: Mapping[str, Any], *, by: User) -> ReportForm:
    """Make the next version of the form that the units below follow. Reports that are begun keep
    theirs until their figures are taken anew. Raise NotAllowed, Refused, QuotaExceeded.
    """
    authority = _require_in(by, Permission.REPORT_APPROVE, unit)
    if unit.level == Level.COMMUNE:
        raise NotAllowed(_("Forms are made by the province and the ministry."))
    own = dict(content)
    if unit.level == Level.PROVINCE and own["first"] != form_for(unit, kind).content["first"]:
        raise Refused(_("The ministry sets the first day, so that sums of provinces add up."))
    if found := problems(kind, own):
        raise Refused(" ".join(found))
    words = _words_of(own)
    require_no_mark(words)
    require_publishable(words, unit)
    quotas.use("report", by=by)
    Unit.objects.select_for_update(of=("self",)).get(pk=unit.pk)
    rows = ReportForm.objects.filter(unit=unit, kind=kind)
    newest = rows.order_by("version").last()
    form = ReportForm.objects.create(
        unit=unit,
        kind=kind,
        version=newest.version + 1 if newest else 1,
        content=own,
        made_by=by,
        position=authority.position,
        made_at=timezone.now(),
    )
    record("report.form_changed", form, by=by, position=authority.position, version=form.version)
    return form


def _words_of(content: Mapping[str, Any]) -> list[str]:
    lines = [content["subject"], *content["recipients"], *content["copies"], *content["opening"]]
    return [*lines, *(part[name] for part in content["parts"] for name in ("heading", "hint"))]


# --- rituals --------------------------------------------------------------------------------------


def _locked(report: Report) -> Report:
    rows = Report.objects.select_for_update(of=("self",))
    return rows.select_related("unit__parent").get(pk=report.pk)


def _require_in(by: User, permission: Permission, unit: Unit) -> Appointment:
    """Return the person's appointment in that very unit: those above write and approve no report of
    a unit below. Raise NotAllowed, Refused.
    """
    require(by, permission, unit=unit)
    found = by.own_authority(permission, unit=unit)
    if found is None or found.unit_id != unit.pk:
        raise Refused(_("Only %(unit)s itself writes and approves its reports.") % {"unit": unit})
    return found


def _require_state(report: Report, state: ReportState) -> None:
    if report.state != state:
        raise _moved()


def _move(report: Report, to: ReportState, **fields: object) -> None:
    """Move a report that is locked; what happened meanwhile is refused."""
    rows = Report.objects.filter(pk=report.pk, state=report.state)
    now = {"changed_at": timezone.now()}
    if to not in NEXT[report.state] or not rows.update(state=to, **fields, **now):
        raise _moved()
    report.refresh_from_db(fields=["state", "changed_at", *fields])


def _moved() -> Refused:
    return Refused(_("The report has moved on meanwhile. Reload the page."))


def _address(report: Report) -> str:
    return reverse("engagement:report", args=[report.public_id])
