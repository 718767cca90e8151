"""The database's clock. A worker whose own clock is wrong must not publish early or late."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.utils import timezone

Clock = Callable[[], datetime]


def database_now() -> datetime:
    if connection.vendor != "postgresql":
        return timezone.now()  # SQLite runs in this process: there is no second clock
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0].astimezone(UTC)


def steady(clock: Clock = database_now) -> Clock:
    """A clock set once from ``clock`` that then runs on the monotonic one: no query a look, no jump when NTP steps."""
    start, mark = clock(), time.monotonic()
    return lambda: start + timedelta(seconds=time.monotonic() - mark)
