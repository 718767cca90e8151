"""Find reports, the form that counts, and where the units below stand."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import (
    Case,
    CharField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.utils import timezone

from accounts.models import User
from accounts.permissions import GRANTS, Permission
from campaigns.models import Campaign
from core.periods import Period
from core.scope import list_ancestors
from engagement.reports import periods
from engagement.reports.compose import compose_document, make_letterhead, make_signature
from engagement.reports.document import Document, Signature
from engagement.reports.figures import (
    compute_digest,
    exclude_founded_later,
    find_reporting_bodies,
    find_sent_approvals,
)
from engagement.reports.models import Report, ReportForm
from engagement.reports.standard import make_standard_form
from engagement.reports.states import OPEN, REGULAR, ReportKind, ReportState
from units.models import Level, Unit

DAYS_AHEAD = 2  # of a reminder; on the day itself, where the form gives less time
FORMAT = 1  # of an approved content; rises when its fields change
_UNSENT = sorted({*OPEN, ReportState.APPROVED, ReportState.RETURNED})


class Form(NamedTuple):
    """The form that counts for a unit; ``row`` is None for the portal's own, which asks nobody.
    ``since``: the day on which a unit above asked for its kind first.
    """

    content: dict[str, Any]
    row: ReportForm | None
    since: date | None = None

    def due_on(self, period: Period) -> date:
        return periods.compute_due_day(period, self.content["due_after"])


def find_forms(units: Iterable[Unit], kind: str) -> dict[int, Form]:
    """Return by unit the form that counts: a commune's that of its province, else the ministry's;
    for the others the ministry's. One query.
    """
    return find_forms_of_kinds(list(units), [kind])[kind]


def find_forms_of_kinds(
    units: Collection[Unit], kinds: Collection[str]
) -> dict[str, dict[int, Form]]:
    """Return by kind what `find_forms` returns, by one query for all kinds."""
    above = {unit.pk: _list_paths_of_form_owners(unit) for unit in units}
    paths = {path for owners in above.values() for path in owners}
    rows = ReportForm.objects.filter(kind__in=kinds, unit__path__in=paths).select_related("unit")
    newest: dict[tuple[str, str], ReportForm] = {}
    begun: dict[tuple[str, str], date] = {}
    for row in rows.order_by("version"):
        newest[row.kind, row.unit.path] = row
        begun.setdefault((row.kind, row.unit.path), timezone.localdate(row.made_at))
    forms: dict[str, dict[int, Form]] = {}
    for kind in kinds:
        standard = Form(make_standard_form(kind), None)
        forms[kind] = dict.fromkeys(above, standard)
        for unit, owners in above.items():
            if asking := [(kind, path) for path in owners if (kind, path) in newest]:
                row = newest[asking[-1]]
                forms[kind][unit] = Form(row.content, row, min(begun[kind] for kind in asking))
    return forms


def _list_paths_of_form_owners(unit: Unit) -> list[str]:
    line = list_ancestors(unit.path)
    return line[:-1] if unit.level == Level.COMMUNE else line[:1]


def find_form(unit: Unit, kind: str) -> Form:
    return find_forms([unit], kind)[unit.pk]


def build_content(report: Report) -> dict[str, Any]:
    """Return what a leader approves of a report: all that its paper shows, but who signs."""
    unit = report.unit
    form = report.form.content if report.form else make_standard_form(report.kind)
    return {
        "format": FORMAT,
        "report": str(report.public_id),
        "unit": unit.key,
        "unit_name": unit.name,
        "above": unit.parent.name if unit.parent else "",
        "letterhead": make_letterhead(unit),
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


def build_document(report: Report) -> Document:
    """Return the report as a paper: the approved content where there is one, else the draft's."""
    approval = getattr(report, "approval", None)
    if approval is not None:
        return compose_document(
            approval.content,
            digest=approval.content_sha256,
            as_of=datetime.fromisoformat(approval.content["figures"]["taken"]),
            position=approval.position,
            name=approval.approved_by.full_name,
            number=report.number,
            signed_on=report.signed_on,
        )
    content = build_content(report)
    return compose_document(content, digest=compute_digest(content), as_of=report.figures.as_of)


class SinceTaken(NamedTuple):
    """Names of the units below whose reports a sum does not hold as they are now."""

    came: list[str]
    corrected: list[str]
    returned: list[str]


def find_changes_since_taken(report: Report) -> SinceTaken | None:
    """Return what the units below sent, corrected or had returned since the figures of the report
    were taken; None where the sum is as it would be now. One query for whoever adds up others.
    """
    if report.unit.level == Level.COMMUNE:
        return None
    held = {unit_figures["unit"]: unit_figures for unit_figures in report.figures.content["units"]}
    below = find_reporting_bodies(report.unit, on=timezone.localdate())
    rows = find_sent_approvals(below, report.kind, report.period, report.campaign)
    values = rows.values_list("report__unit__key", "report__unit__name", "report__public_id")
    now = {key: (name, str(public_id)) for key, name, public_id in values}
    changes = SinceTaken(
        came=[name for key, (name, _id) in now.items() if key not in held],
        corrected=[
            name for key, (name, sent) in now.items() if key in held and held[key]["report"] != sent
        ],
        returned=[unit_figures["name"] for key, unit_figures in held.items() if key not in now],
    )
    return changes if any(changes) else None


def build_signature(user: User, report: Report) -> Signature | None:
    """Return the block of the signature that the person's approval would give."""
    held = user.own_authority(Permission.REPORT_APPROVE, unit=report.unit)
    head = make_letterhead(report.unit)["head"]
    return make_signature(head, held.position, user.full_name) if held else None


def find_units_of_writer(
    user: User, permission: Permission = Permission.REPORT_WRITE
) -> list[Unit]:
    """Return the units in which the person holds a position that writes, or approves, reports."""
    held = [a.unit for a in user.current_appointments if permission in GRANTS[a.role]]
    return list({unit.pk: unit for unit in held}.values())


def find_versions(report: Report) -> QuerySet[Report]:
    """Return all versions of the report, the newest first."""
    return filter_versions(report.unit, report.kind, report.period, report.campaign).order_by(
        "-version"
    )


def find_return_reason(report: Report) -> str:
    """Say why the version before was returned by the unit above; empty when it was not."""
    before = find_versions(report).filter(version=report.version - 1, state=ReportState.RETURNED)
    return before.values_list("reason", flat=True).first() or ""


def filter_versions(
    unit: Unit, kind: str, period: Period, campaign: Campaign | None
) -> QuerySet[Report]:
    rows = Report.objects.filter(unit=unit, kind=kind)
    if campaign is not None:
        return rows.filter(campaign=campaign)
    return rows.filter(first=period.first, last=period.last, campaign=None)


def find_unsent(user: User) -> QuerySet[Report]:
    """Return the reports of the person's units on which it is the person's ``turn``, annotated:
    to "write" what is a draft, is approved and not sent, or was returned, to "approve" what others
    wrote and submitted.
    """
    writes = find_units_of_writer(user)
    approves = find_units_of_writer(user, Permission.REPORT_APPROVE)
    wrote = Report.writers.through.objects.filter(report=OuterRef("pk"), user=user)
    in_review = Q(state=ReportState.IN_REVIEW)
    others = in_review & Q(unit__in=approves) & ~Exists(wrote)
    rows = _exclude_replaced(Report.objects.filter(unit__in=writes, state__in=_UNSENT))
    return rows.filter(~in_review | others).annotate(
        turn=Case(When(in_review, then=Value("approve")), default=Value("write"))
    )


# Of the overview, in the order of the filter.
STATUSES = ("sent", "late", "returned", "approved", "draft", "none")


def annotate_status(units: QuerySet[Unit], kind: str, period: Period) -> QuerySet[Unit]:
    """Annotate units with ``status``, ``newest_id`` of their newest report on the period, and
    ``report_id``, ``report_sent`` and ``report_due`` of the newest that they sent. A unit that
    corrects what it sent counts as having sent.
    """
    of_unit = Report.objects.filter(
        unit=OuterRef("pk"), kind=kind, first=period.first, last=period.last, campaign=None
    )
    were_sent = of_unit.were_sent().order_by("-version")
    newest = of_unit.order_by("-version")
    return units.annotate(
        sent_state=Subquery(were_sent.values("state")[:1]),
        report_id=Subquery(were_sent.values("public_id")[:1]),
        # A correction makes nothing late that was sent in time.
        report_sent=Subquery(were_sent.order_by("version").values("sent_at")[:1]),
        report_due=Subquery(were_sent.values("due_on")[:1]),
        open_state=Subquery(newest.values("state")[:1]),
        newest_id=Subquery(newest.values("public_id")[:1]),
        status=Case(
            When(sent_state=ReportState.RETURNED, then=Value("returned")),
            When(
                sent_state=ReportState.SENT,
                report_sent__date__gt=F("report_due"),
                then=Value("late"),
            ),
            When(sent_state=ReportState.SENT, then=Value("sent")),
            When(open_state=ReportState.APPROVED, then=Value("approved")),
            When(open_state__isnull=False, then=Value("draft")),
            default=Value("none"),
            output_field=CharField(),
        ),
    )


def find_bodies_below(
    unit: Unit, period: Period, *, on: date, communes: bool = False
) -> QuerySet[Unit]:
    """Return the bodies whose reports on the period come to the unit, or with ``communes`` those of
    all communes below it.
    """
    rows = exclude_founded_later(Unit.objects.filter(has_police_body=True).current(on), period)
    if communes:
        return rows.under(unit).filter(level=Level.COMMUNE)
    return rows.filter(parent=unit)


class Due(NamedTuple):
    """A regular report that a superior unit asked for and that was not sent yet; ``report`` is its
    newest version, if it was begun.
    """

    unit: Unit
    kind: str
    period: Period
    due_on: date
    remind_on: date  # before the day
    report: Report | None

    @property
    def label(self) -> str:
        return f"{ReportKind(self.kind).label.capitalize()} {self.period}"

    @property
    def about(self) -> str:
        """Return it as the form says it by which a report is begun."""
        return f"{self.kind}:{self.period.first.isoformat()}:{self.period.last.isoformat()}"

    @property
    def is_late(self) -> bool:
        return timezone.localdate() > self.due_on


def find_due(units: Collection[Unit], today: date) -> list[Due]:
    """Return what ``units`` have not sent of the regular reports on the last period that ended, the
    earliest day first. Forms of a superior unit ask for them; what was due before there was one is
    nobody's duty, nor is a period before the unit itself. Two queries.
    """
    asked: dict[tuple[int, str], Due] = {}
    for kind, forms in find_forms_of_kinds(units, REGULAR).items():
        for unit in units:
            form = forms[unit.pk]
            if form.since is None or unit.parent_id is None:
                continue
            period = periods.list_recent_periods(kind, today, form.content["first"], most=2)[0]
            day = form.due_on(period)
            ahead = min(DAYS_AHEAD, form.content["due_after"] - 1)
            if form.since <= day and unit.valid_from <= period.last:
                remind_on = day - timedelta(days=ahead)
                asked[unit.pk, kind] = Due(unit, kind, period, day, remind_on, None)
    begun = {due_report.period.first for due_report in asked.values()}
    rows = Report.objects.filter(
        unit__in=units, kind__in=REGULAR, first__in=begun, campaign=None
    ).order_by("version")
    for row in rows if asked else ():
        key = (row.unit_id, row.kind)
        if key not in asked or asked[key].period != row.period:
            continue
        if row.state == ReportState.SENT:  # also one that is being corrected
            del asked[key]
        else:
            asked[key] = asked[key]._replace(report=row)
    return sorted(asked.values(), key=lambda due_report: (due_report.due_on, due_report.unit.path))


def find_to_correct(units: Collection[Unit], due: Collection[Due]) -> QuerySet[Report]:
    """Return the reports besides ``due`` that were returned and not corrected yet, the earliest day
    first.
    """
    rows = Report.objects.filter(unit__in=units, state=ReportState.RETURNED)
    rows = rows.exclude(pk__in=[due_report.report.pk for due_report in due if due_report.report])
    return _exclude_replaced(rows).select_related("unit").order_by("due_on", "pk")


def _exclude_replaced(rows: QuerySet[Report]) -> QuerySet[Report]:
    newer = Report.objects.filter(
        # None equals nothing; a kind has campaigns or has none.
        Q(campaign=OuterRef("campaign")) | Q(campaign=None),
        unit=OuterRef("unit"),
        kind=OuterRef("kind"),
        first=OuterRef("first"),
        last=OuterRef("last"),
        version__gt=OuterRef("version"),
    )
    return rows.exclude(Exists(newer))
