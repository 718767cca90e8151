"""Times of a series. Pure functions."""

import calendar
from datetime import date, datetime, timedelta
from itertools import count, takewhile

from django.utils import timezone

from publishing.models.series import MOST_OCCURRENCES, Rhythm


def occurrence_times(
    first: datetime, *, rhythm: str, step: int, until: date | None, times: int | None
) -> list[datetime]:
    """Return the times of the occurrences, the first included: until the day ``until``, or so many
    ``times``. One more than a series may have shows that there are too many.

    The hour stays as the station's clock shows it. A month without the day takes its last one.
    """
    local = timezone.localtime(first)
    most = min(times or MOST_OCCURRENCES + 1, MOST_OCCURRENCES + 1)
    days = (_shift_day(local.date(), rhythm, step * n) for n in count())
    within = takewhile(lambda day: until is None or day <= until, days)
    clock = local.time().replace(tzinfo=None)
    found: list[datetime] = []
    for day in within:
        if len(found) == most:
            break
        found.append(timezone.make_aware(datetime.combine(day, clock)))
    return found


def _shift_day(day: date, rhythm: str, n: int) -> date:
    if rhythm != Rhythm.MONTHS:
        return day + timedelta(days=n * (7 if rhythm == Rhythm.WEEKS else 1))
    months = day.year * 12 + day.month - 1 + n
    year, month = divmod(months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))
