"""The database's clock: a worker whose own clock is wrong must not publish early or late. And the
time in words.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.utils import timezone

Clock = Callable[[], datetime]


def database_now() -> datetime:
    """Return the database's time in UTC, within a transaction too (``clock_timestamp``)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0].astimezone(UTC)


def format_local_time(moment: datetime) -> str:
    """Write '07:00 30/11/2026', on the station's clock."""
    return timezone.localtime(moment).strftime("%H:%M %d/%m/%Y")


def make_steady_clock(clock: Clock = database_now) -> Clock:
    """Return a clock set once from ``clock`` that then runs on the monotonic one: reading it costs
    no query, and it does not jump when NTP corrects the time.
    """
    start, mark = clock(), time.monotonic()
    return lambda: start + timedelta(seconds=time.monotonic() - mark)
