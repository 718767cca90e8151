"""Remind units of reports that a superior unit asked for by a form of its own."""

from datetime import date, datetime

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import holders
from core import quotas
from core.errors import QuotaExceeded
from core.periods import Period
from engagement.reports import queries
from engagement.reports.models import ReportForm
from engagement.reports.states import REGULAR
from units.models import Unit

_DAY = 86_400


def remind(*, now: datetime) -> int:
    """Remind units two days before a report is due and on the day after; return how many notices'
    units there were. Once a day each, however often it runs. Kinds for which neither the ministry
    nor a province has made a form are nobody's duty.
    """
    today = timezone.localdate(now)
    asked = set(ReportForm.objects.values_list("kind", flat=True))
    units = list(Unit.objects.filter(has_police_body=True).current(today).select_related("parent"))
    return sum(
        _remind(unit, kind, period, due=due, today=today)
        for kind in REGULAR
        if kind in asked
        for unit, period, due in queries.not_sent(units, kind, today)
    )


def _remind(unit: Unit, kind: str, period: Period, *, due: date, today: date) -> bool:
    key = f"report-reminder:{unit.pk}:{kind}:{period.first:%Y%m%d}"
    try:
        with transaction.atomic():
            quotas.spend(key, limit=1, seconds=_DAY)
            people = holders(Permission.REPORT_WRITE, unit=unit)
            day, address = f"{due:%d/%m/%Y}", reverse("engagement:begin_report")
            if due >= today:
                notify(people, "report_due", address=address, unit=unit.label, day=day)
            else:
                notify(people, "report_late", address=address, unit=unit.label, day=day)
    except QuotaExceeded:
        return False
    return True
