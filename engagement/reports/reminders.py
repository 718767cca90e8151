"""Remind units of reports that a superior unit asked for by a form of its own."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import holders
from core import quotas
from core.errors import QuotaExceeded
from engagement.reports import queries
from units.models import Unit

_DAY = 86_400


def send_reminders(*, now: datetime) -> int:
    """Remind units two days before a report is due and on the day after; return how many notices'
    units there were. Once a day each, however often it runs.
    """
    today = timezone.localdate(now)
    units = list(Unit.objects.filter(has_police_body=True).current(today).select_related("parent"))
    return sum(
        _remind_unit(each, today=today)
        for each in queries.find_due(units, today)
        if today in {each.remind_on, each.due_on + timedelta(days=1)}
    )


def _remind_unit(due: queries.Due, *, today: date) -> bool:
    unit = due.unit
    key = f"report-reminder:{unit.pk}:{due.kind}:{due.period.first:%Y%m%d}"
    try:
        with transaction.atomic():
            quotas.spend(key, limit=1, seconds=_DAY)
            people = holders(Permission.REPORT_WRITE, unit=unit)
            day, address = f"{due.due_on:%d/%m/%Y}", reverse("engagement:reports")
            if due.due_on >= today:
                notify(people, "report_due", address=address, unit=unit.label, day=day)
            else:
                notify(people, "report_late", address=address, unit=unit.label, day=day)
    except QuotaExceeded:
        return False
    return True
