"""Convert days in California, by which Meta and Google count. Pure functions."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

PACIFIC = ZoneInfo("America/Los_Angeles")


def get_midnight(day: date) -> datetime:
    """Return the moment at which the day begins there."""
    return datetime.combine(day, time(), PACIFIC).astimezone(UTC)


def find_day_before(moment: datetime) -> date:
    """Return the day that ends there at this moment."""
    return (moment - timedelta(seconds=1)).astimezone(PACIFIC).date()
