"""Find reports, the form that counts, and where the units below stand."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import Case, CharField, F, OuterRef, QuerySet, Subquery, Value, When

from accounts.models import User
from accounts.permissions import GRANTS, Permission
from campaigns.models import Campaign
from core.periods import Period
from core.scope import ancestors
from engagement.reports import periods
from engagement.reports.compose import compose, letterhead_of
from engagement.reports.document import Document
from engagement.reports.figures import digest_of
from engagement.reports.models import Report, ReportForm
from engagement.reports.standard import standard_form
from engagement.reports.states import ReportState
from units.models import Level, Unit

DAYS_AHEAD = 2  # of a reminder; on the day itself, where the form gives less time
FORMAT = 1  # of an approved content; rises when its fields change


class Form(NamedTuple):
    """The form that counts for a unit; ``row`` is None for the portal's own."""

    content: dict[str, Any]
    row: ReportForm | None

    def due_on(self, period: Period) -> date:
        return periods.due_on(period, self.content["due_after"])


def forms_for(units: Iterable[Unit], kind: str) -> dict[int, Form]:
    """Return by unit the form that counts: a commune's that of its province, else the ministry's;
    for the others the ministry's. One query.
    """
    newest: dict[str, ReportForm] = {}
    for row in ReportForm.objects.filter(kind=kind).select_related("unit").order_by("version"):
        newest[row.unit.path] = row
    standard = Form(standard_form(kind), None)
    found = {}
    for unit in units:
        line = ancestors(unit.path)
        owners = line[:-1] if unit.level == Level.COMMUNE else line[:1]
        rows = [newest[path] for path in owners if path in newest]
        found[unit.pk] = Form(rows[-1].content, rows[-1]) if rows else standard
    return found


def form_for(unit: Unit, kind: str) -> Form:
    return forms_for([unit], kind)[unit.pk]


def content_of(report: Report) -> dict[str, Any]:
    """Return what a leader approves of a report: all that its paper shows, but who signs."""
    unit = report.unit
    form = report.form.content if report.form else standard_form(report.kind)
    return {
        "format": FORMAT,
        "report": str(report.public_id),
        "unit": unit.key,
        "unit_name": unit.name,
        "above": unit.parent.name if unit.parent else "",
        "letterhead": letterhead_of(unit),
        "kind": report.kind,
        "first": report.first.isoformat(),
        "last": report.last.isoformat(),
        "version": report.version,
        "changes": report.changes,
        "form": form,
        "texts": report.texts,
        "figures": report.figures.content,
        "figures_sha256": report.figures.content_sha256,
    }


def document_of(report: Report) -> Document:
    """Return the report as a paper: the approved content where there is one, else the draft's."""
    approval = getattr(report, "approval", None)
    if approval is not None:
        return compose(
            approval.content,
            digest=approval.content_sha256,
            as_of=datetime.fromisoformat(approval.content["figures"]["taken"]),
            position=approval.position,
        )
    content = content_of(report)
    return compose(content, digest=digest_of(content), as_of=report.figures.as_of)


def units_to_report_for(user: User, permission: Permission = Permission.REPORT_WRITE) -> list[Unit]:
    """Return the units in which the person holds a position that writes, or approves, reports."""
    held = [a.unit for a in user.current_appointments if permission in GRANTS[a.role]]
    return list({unit.pk: unit for unit in held}.values())


def versions_of(report: Report) -> QuerySet[Report]:
    """Return all versions of the report, the newest first."""
    return same_report(report.unit, report.kind, report.period, report.campaign).order_by(
        "-version"
    )


def same_report(
    unit: Unit, kind: str, period: Period, campaign: Campaign | None
) -> QuerySet[Report]:
    rows = Report.objects.filter(unit=unit, kind=kind)
    if campaign is not None:
        return rows.filter(campaign=campaign)
    return rows.filter(first=period.first, last=period.last, campaign=None)


def waiting_for(user: User) -> QuerySet[Report]:
    """Return the reports that wait for this person's approval, the earliest day first."""
    units = [unit.pk for unit in units_to_report_for(user, Permission.REPORT_APPROVE)]
    rows = Report.objects.filter(state=ReportState.IN_REVIEW, unit__in=units)
    return rows.exclude(writers=user).select_related("unit").order_by("due_on", "pk")


# Of the overview, in the order of the filter.
STATUSES = ("sent", "late", "returned", "draft", "none")


def standings(units: QuerySet[Unit], kind: str, period: Period) -> QuerySet[Unit]:
    """Annotate units with ``status``, ``report_id``, ``report_sent`` and ``report_due`` of their
    newest report on the period. A unit that corrects what it sent counts as having sent.
    """
    of_unit = Report.objects.filter(
        unit=OuterRef("pk"), kind=kind, first=period.first, last=period.last, campaign=None
    )
    frozen = of_unit.frozen().order_by("-version")
    newest = of_unit.order_by("-version")
    return units.annotate(
        frozen_state=Subquery(frozen.values("state")[:1]),
        report_id=Subquery(frozen.values("public_id")[:1]),
        # A correction makes nothing late that was sent in time.
        report_sent=Subquery(frozen.order_by("version").values("sent_at")[:1]),
        report_due=Subquery(frozen.values("due_on")[:1]),
        open_state=Subquery(newest.values("state")[:1]),
        status=Case(
            When(frozen_state=ReportState.RETURNED, then=Value("returned")),
            When(
                frozen_state=ReportState.SENT,
                report_sent__date__gt=F("report_due"),
                then=Value("late"),
            ),
            When(frozen_state=ReportState.SENT, then=Value("sent")),
            When(open_state__isnull=False, then=Value("draft")),
            default=Value("none"),
            output_field=CharField(),
        ),
    )


def reporting_below(unit: Unit, *, on: date, communes: bool = False) -> QuerySet[Unit]:
    """Return the bodies whose reports come to the unit, or with ``communes`` all below it."""
    rows = Unit.objects.filter(has_police_body=True).current(on)
    if communes:
        return rows.under(unit).filter(level=Level.COMMUNE)
    return rows.filter(parent=unit)


def not_sent(units: Collection[Unit], kind: str, today: date) -> list[tuple[Unit, Period, date]]:
    """Return which of ``units`` have not sent the regular report on the last period that ended,
    where a form of a superior unit asks for it, on the days on which they are reminded: with the
    period and the day by which it was due. Two queries, and one more for each form of a province.
    """
    forms = forms_for(units, kind)
    by_period: dict[Period, list[Unit]] = {}
    for unit in units:
        form = forms[unit.pk]
        period = periods.recent(kind, today, form.content["first"])[0]
        left = (form.due_on(period) - today).days
        ahead = min(DAYS_AHEAD, form.content["due_after"] - 1)
        if form.row is not None and unit.parent_id and left in {ahead, -1}:
            by_period.setdefault(period, []).append(unit)
    found: list[tuple[Unit, Period, date]] = []
    for period, some in by_period.items():
        rows = Report.objects.filter(kind=kind, first=period.first, last=period.last)
        sent = set(rows.filter(state=ReportState.SENT).values_list("unit", flat=True))
        found += [
            (unit, period, forms[unit.pk].due_on(period)) for unit in some if unit.pk not in sent
        ]
    return found
