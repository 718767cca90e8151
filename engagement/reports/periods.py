"""Reporting periods: from a day that the form sets to the day before the next begins."""

from datetime import date, timedelta

from core.periods import Period
from engagement.reports.states import ReportKind

_MONTHS = {
    ReportKind.MONTH: 1,
    ReportKind.QUARTER: 3,
    ReportKind.HALF_YEAR: 6,
    ReportKind.YEAR: 12,
}
LATEST_FIRST = 28  # the last day that every month has


def find_containing_period(kind: str, day: date, first: int) -> Period:
    """Return the period of a regular ``kind`` that ``day`` lies in. ``first`` is the weekday on
    which a week begins (1 is Monday), for the others the day of the month: with 15, the period of a
    month begins on the 15th of the month before (Decree 09/2019/NĐ-CP, article 12).
    """
    if kind == ReportKind.WEEK:
        start = day - timedelta(days=(day.isoweekday() - first) % 7)
        return Period(start, start + timedelta(days=6))
    months = _MONTHS[ReportKind(kind)]
    # The month for which the day counts, in months since the year 0.
    counts_for = day.year * 12 + day.month - 1 + (1 if first > 1 and day.day >= first else 0)
    begin = counts_for // months * months
    return Period(
        _find_first_day(begin, first), _find_first_day(begin + months, first) - timedelta(days=1)
    )


def _find_first_day(month: int, first: int) -> date:
    """Return the first day of what counts for the month."""
    month -= 1 if first > 1 else 0
    return date(month // 12, month % 12 + 1, first)


def find_previous_period(kind: str, period: Period, first: int) -> Period | None:
    """Return the period before: for days that somebody chose as many days; none for a campaign."""
    last = period.first - timedelta(days=1)
    if kind == ReportKind.CAMPAIGN:
        return None
    if kind == ReportKind.AD_HOC:
        return Period(last - (period.last - period.first), last)
    return find_containing_period(kind, last, first)


def list_recent_periods(kind: str, today: date, first: int, *, most: int = 4) -> list[Period]:
    """Return the last periods of a regular kind, the newest that has ended first, and then the one
    that runs.
    """
    running = find_containing_period(kind, today, first)
    periods = []
    last = running.first - timedelta(days=1)
    for _number in range(most - 1):
        periods.append(find_containing_period(kind, last, first))
        last = periods[-1].first - timedelta(days=1)
    return [*periods, running]


def name_period_for_file(kind: str, period: Period) -> str:
    """Return the period as a part of a file's name, of letters that every system takes."""
    last = period.last
    match kind:
        case ReportKind.MONTH:
            return f"thang-{last:%m-%Y}"
        case ReportKind.QUARTER:
            return f"quy-{(last.month + 2) // 3}-{last.year}"
        case ReportKind.HALF_YEAR:
            return f"6-thang-{'dau' if last.month <= 6 else 'cuoi'}-nam-{last.year}"
        case ReportKind.YEAR:
            return f"nam-{last.year}"
    names = {ReportKind.WEEK: "tuan", ReportKind.CAMPAIGN: "chien-dich"}
    name = names.get(ReportKind(kind), "ngay")
    return f"{name}-{period.first:%d-%m}-den-{last:%d-%m-%Y}"


def compute_due_day(period: Period, due_after: int) -> date:
    """Return the day by which the report is to be sent."""
    return period.last + timedelta(days=due_after)


def name_period(kind: str, period: Period) -> str:
    """Return the period as a Vietnamese report names it: for which month, quarter or year the days
    count, with the days.
    """
    days = f"từ ngày {period.first:%d/%m/%Y} đến ngày {period.last:%d/%m/%Y}"
    last = period.last
    match kind:
        case ReportKind.WEEK:
            return f"tuần ({days})"
        case ReportKind.MONTH:
            return f"tháng {last.month} năm {last.year} ({days})"
        case ReportKind.QUARTER:
            roman = ("I", "II", "III", "IV")[(last.month - 1) // 3]
            return f"quý {roman} năm {last.year} ({days})"
        case ReportKind.HALF_YEAR:
            half = "6 tháng đầu năm" if last.month <= 6 else "6 tháng cuối năm"
            return f"{half} {last.year} ({days})"
        case ReportKind.YEAR:
            return f"năm {last.year} ({days})"
    return days
