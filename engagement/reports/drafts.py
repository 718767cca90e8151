"""Drafts of reports: begun by a person or by night, their figures and texts."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import batched

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from audit.services import record
from campaigns.models import Campaign
from core import quotas
from core.errors import Refused
from core.periods import Period
from core.text import normalise
from engagement.reports import periods, queries
from engagement.reports.figures import freeze_figures
from engagement.reports.marks import require_no_mark
from engagement.reports.models import Report
from engagement.reports.queries import build_content, filter_versions, find_form, find_forms
from engagement.reports.standard import LONGEST_TEXT
from engagement.reports.states import OPEN, REGULAR, ReportState
from engagement.reports.sums import count_own_filled
from engagement.reports.transitions import lock_report, require_position, require_state
from posts.leak_rules.enforcement import require_publishable
from units.models import Level, Unit

LONGEST_PERIOD = timedelta(days=366)
UNITS_PER_TRANSACTION = 200  # whose figures are frozen by one set of queries


@transaction.atomic
def begin(
    unit: Unit, kind: str, period: Period, *, by: User, campaign: Campaign | None = None
) -> Report:
    """Draft the unit's report with its figures of this moment; return the open draft where there is
    one. Raise NotAllowed, Refused, QuotaExceeded.
    """
    require_position(by, Permission.REPORT_WRITE, unit)
    Unit.objects.select_for_update(of=("self",)).get(pk=unit.pk)
    form = find_form(unit, kind)
    period = _check_period(unit, kind, period, campaign, first=form.content["first"])
    existing = filter_versions(unit, kind, period, campaign).order_by("version").last()
    if existing is not None and existing.state in OPEN:
        return existing
    if existing is not None:
        raise Refused(
            _("This report was sent already. Open it to correct it: the correction is a new one.")
        )
    quotas.use("report", by=by)
    report = create_drafts([unit], kind, period, campaign=campaign, by=by)[0]
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
    for some in batched(units, UNITS_PER_TRANSACTION):
        made += _draft_missing(list(some), kind, period)
    return made


def draft_due(*, now: datetime) -> int:
    """Draft what units above asked for and nobody has begun: of a commune once the period has
    ended, of units that add up others' reports two days before the day, when these have sent.
    Return how many. Nothing is submitted or approved.
    """
    today = timezone.localdate(now)
    rows = Unit.objects.filter(has_police_body=True).current(today).select_related("parent")
    missing: dict[tuple[str, Period], list[Unit]] = {}
    for due in queries.find_due(list(rows.order_by("path")), today):
        is_time = due.unit.level == Level.COMMUNE or today >= due.remind_on
        if due.report is None and is_time:
            missing.setdefault((due.kind, due.period), []).append(due.unit)
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
    with_report = set(rows.values_list("unit", flat=True))
    missing = [unit for unit in units if unit.pk not in with_report]
    return len(create_drafts(missing, kind, period)) if missing else 0


def create_drafts(
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
    forms = find_forms(units, kind)
    first = forms[units[0].pk].content["first"]
    figures = freeze_figures(
        units,
        kind,
        period,
        now=now,
        first=first,
        campaign=campaign,
        fill=after is not None and count_own_filled(after.figures.content) > 0,
    )
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


def _check_period(
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
    if kind in REGULAR and period != periods.find_containing_period(kind, period.first, first):
        raise Refused(_("The form of your superior unit sets other days. Choose from the list."))
    return period


@transaction.atomic
def retake_figures(report: Report, *, by: User, fill: bool | None = None) -> Report:
    """Freeze the figures of a draft again, with what the units below sent meanwhile; with ``fill``
    also with what the portal counted of those that sent nothing. None: as before.
    """
    row = lock_report(report)
    require_position(by, Permission.REPORT_WRITE, row.unit)
    require_state(row, ReportState.DRAFT)
    quotas.use("report", by=by)
    now = timezone.now()
    if fill is None:
        fill = count_own_filled(row.figures.content) > 0
    form = find_form(row.unit, row.kind)
    (figures,) = freeze_figures(
        [row.unit],
        row.kind,
        row.period,
        now=now,
        first=form.content["first"],
        campaign=row.campaign,
        fill=fill,
    )
    # The form may have a newer version; what was written stands by the keys of its parts.
    row.figures, row.form, row.changed_at = figures, form.row, now
    row.save(update_fields=["figures", "form", "changed_at"])
    note_writer(row, by)
    record("report.figures_taken", row, by=by, figures_sha256=figures.content_sha256)
    return row


@transaction.atomic
def write(report: Report, texts: Mapping[str, str], *, by: User) -> Report:
    """Store the free texts of a draft, by the keys of its parts. Raise Refused for marks of secrecy
    or urgency, and for what may not be passed on.
    """
    row = lock_report(report)
    require_position(by, Permission.REPORT_WRITE, row.unit)
    require_state(row, ReportState.DRAFT)
    allowed = {part["key"] for part in build_content(row)["form"]["parts"] if part["text"]}
    cleaned = {key: normalise(text).strip() for key, text in texts.items() if key in allowed}
    if any(len(text) > LONGEST_TEXT for text in cleaned.values()):
        raise Refused(_("A text is too long. Shorten it."))
    require_no_mark(cleaned.values())
    require_publishable(cleaned.values(), row.unit)
    quotas.use("report_text", by=by)
    row.texts, row.changed_at = {key: text for key, text in cleaned.items() if text}, timezone.now()
    row.save(update_fields=["texts", "changed_at"])
    note_writer(row, by)
    return row


def note_writer(report: Report, by: User) -> None:
    report.writers.add(by)
    if report.author_id is None:
        report.author = by
        report.save(update_fields=["author"])
