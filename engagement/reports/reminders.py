"""Remind units of reports that a superior unit asked for by a form of its own."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import holders, require
from audit.services import record
from core import quotas
from core.errors import QuotaExceeded, Refused
from core.periods import Period
from engagement.reports import queries
from engagement.reports.states import ReportKind
from units.models import Unit

_DAY = 86_400
UNSENT = ("none", "draft", "approved", "returned")  # of `queries.STATUSES`


def send_reminders(*, now: datetime) -> int:
    """Remind units two days before a report is due and on the day after; return how many notices'
    units there were. Once a day each, however often it runs.
    """
    today = timezone.localdate(now)
    units = list(Unit.objects.filter(has_police_body=True).current(today).select_related("parent"))
    return sum(
        _remind_unit(due, today=today)
        for due in queries.find_due(units, today)
        if today in {due.remind_on, due.due_on + timedelta(days=1)}
    )


def remind_unsent(place: Unit, kind: str, period: Period, *, by: User) -> int:
    """Remind the bodies right below ``place`` that have not sent their report on the period; return
    how many. Whoever was reminded of it today already is passed over. Raise NotAllowed, Refused,
    QuotaExceeded.
    """
    authority = require(by, Permission.OVERSIGHT_VIEW, unit=place)
    today = timezone.localdate()
    bodies = queries.find_bodies_below(place, period, on=today)
    below: Any = queries.annotate_status(bodies, kind, period)
    units = list(below.filter(status__in=UNSENT).select_related("parent").order_by("path"))
    if period.last >= today or not units:
        raise Refused(_("No report on these days is missing."))
    quotas.use("report_reminder", by=by)
    forms = queries.find_forms(units, kind)
    about = f"{kind}:{period.first.isoformat()}:{period.last.isoformat()}"
    facts: dict[str, Any] = {"by": by, "report": f"{ReportKind(kind).label} {period}"}
    n = 0
    for unit in units:
        day = f"{forms[unit.pk].due_on(period):%d/%m/%Y}"
        address = (
            reverse("engagement:report", args=[unit.newest_id])
            if unit.newest_id
            else reverse("engagement:begin_report", query={"unit": unit.key, "about": about})
        )
        key = f"report-asked:{unit.pk}:{kind}:{period.first:%Y%m%d}"
        n += _notify_once_a_day(unit, key, "report_asked", address=address, day=day, **facts)
    if not n:
        raise Refused(_("These units were reminded today already."))
    position = authority.position
    record("report.reminded", place, by=by, position=position, period=str(period), units=n)
    return n


def _remind_unit(due: queries.Due, *, today: date) -> bool:
    key = f"report-reminder:{due.unit.pk}:{due.kind}:{due.period.first:%Y%m%d}"
    kind = "report_due" if due.due_on >= today else "report_late"
    report = _("%(report)s (by %(day)s)") % {"report": due.label, "day": f"{due.due_on:%d/%m/%Y}"}
    address = reverse("engagement:reports")
    return _notify_once_a_day(due.unit, key, kind, address=address, report=report)


def _notify_once_a_day(unit: Unit, key: str, kind: str, **facts: Any) -> bool:
    """Send a notice to those who write the unit's reports; return False where one of this
    ``key`` was sent today already.
    """
    try:
        with transaction.atomic():
            quotas.spend(key, limit=1, seconds=_DAY)
            notify(holders(Permission.REPORT_WRITE, unit=unit), kind, unit=unit.label, **facts)
    except QuotaExceeded:
        return False
    return True
