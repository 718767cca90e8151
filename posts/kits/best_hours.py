"""The hours in which a kit's posts are to go out."""

from datetime import date, datetime, time, timedelta

from django.utils import timezone

from campaigns.kits.models import KitVersion

_SOON, _DAY = timedelta(minutes=15), timedelta(days=1)


def next_best_time(version: KitVersion, now: datetime) -> datetime | None:
    """Return the next of the kit's best hours within its window, a quarter of an hour from ``now``
    at least; None where the kit names no hours, or its window has none left.
    """
    if version.best_from is None or version.best_until is None:
        return None
    soon = _next_quarter_hour(now + _SOON)
    first = max(timezone.localdate(soon), version.window_from or date.min)
    for day in (first, first + _DAY):
        at = max(_hour_of_day(day, version.best_from), soon)
        if at < _hour_of_day(day, version.best_until):
            return at if day <= (version.window_until or date.max) else None
    return None


def _hour_of_day(day: date, hour: int) -> datetime:
    """Return the hour of a day here; the 24th is the next midnight."""
    return timezone.make_aware(datetime.combine(day, time()) + timedelta(hours=hour))


def _next_quarter_hour(at: datetime) -> datetime:
    """Return the next quarter of an hour: nobody plans for 19:07."""
    past = timedelta(minutes=at.minute % 15, seconds=at.second, microseconds=at.microsecond)
    return at + (timedelta(minutes=15) - past if past else timedelta())
