"""The periods that figures are offered for by one tap: the days of the unit's own reports."""

from datetime import date

from django.utils.translation import gettext as _

from core.periods import Period, offer_periods
from engagement.reports.periods import find_containing_period, list_recent_periods
from engagement.reports.queries import find_forms_of_kinds
from engagement.reports.states import ReportKind
from units.models import Level, Unit

_QUARTERS = ("I", "II", "III", "IV")


def list_report_periods(unit: Unit, today: date) -> list[tuple[str, Period]]:
    """Return the week and the quarter that run, up to today, and the newest month that has ended,
    each from the day on which the form of the unit's report begins it, and the year. One query.
    """
    kinds = (ReportKind.WEEK, ReportKind.MONTH, ReportKind.QUARTER)
    forms = find_forms_of_kinds([unit], kinds)
    first = {kind: forms[kind][unit.pk].content["first"] for kind in kinds}
    week = find_containing_period(ReportKind.WEEK, today, first[ReportKind.WEEK])
    month = list_recent_periods(ReportKind.MONTH, today, first[ReportKind.MONTH], most=2)[0]
    quarter = find_containing_period(ReportKind.QUARTER, today, first[ReportKind.QUARTER])
    number = _QUARTERS[(quarter.last.month - 1) // 3]
    year = Period(today.replace(month=1, day=1), today)
    # Of the nation so many days are not added up (`engagement.boards.scopes.MOST_DAYS_OF_NATION`).
    is_nation = unit.level == Level.MINISTRY
    return [
        (_("This report week"), Period(week.first, today)),
        (_("Report of month %(n)s") % {"n": month.last.month}, month),
        (_("Quarter %(n)s") % {"n": number}, Period(quarter.first, today)),
        *([] if is_nation else [(_("Year %(n)s") % {"n": today.year}, year)]),
    ]


offer_periods(list_report_periods)
