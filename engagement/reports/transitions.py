"""Lock a report, check who acts on it, and move it to its next state."""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Appointment, User
from accounts.permissions import Permission
from accounts.queries import require
from core.errors import Refused
from engagement.reports.models import Report
from engagement.reports.states import NEXT, ReportState
from units.models import Unit


def lock_report(report: Report) -> Report:
    rows = Report.objects.select_for_update(of=("self",))
    return rows.select_related("unit__parent").get(pk=report.pk)


def require_position(by: User, permission: Permission, unit: Unit) -> Appointment:
    """Return the person's appointment in that very unit: those above write and approve no report of
    a unit below. Raise NotAllowed, Refused.
    """
    require(by, permission, unit=unit)
    authority = by.own_authority(permission, unit=unit)
    if authority is None or authority.unit_id != unit.pk:
        raise Refused(_("Only %(unit)s itself writes and approves its reports.") % {"unit": unit})
    return authority


def require_state(report: Report, state: ReportState) -> None:
    if report.state != state:
        raise make_moved_error()


def move_report(report: Report, to: ReportState, **fields: object) -> None:
    """Move a report that is locked; what happened meanwhile is refused."""
    rows = Report.objects.filter(pk=report.pk, state=report.state)
    now = {"changed_at": timezone.now()}
    if to not in NEXT[report.state] or not rows.update(state=to, **fields, **now):
        raise make_moved_error()
    report.refresh_from_db(fields=["state", "changed_at", *fields])


def make_moved_error() -> Refused:
    return Refused(_("The report has moved on meanwhile. Reload the page."))


def get_report_address(report: Report) -> str:
    return reverse("engagement:report", args=[report.public_id])
