"""Writes of what cannot be asked for a second time, while the database is away."""

import logging
import time
from collections.abc import Callable
from datetime import timedelta

from django.db import InterfaceError, OperationalError, connection

log = logging.getLogger(__name__)


def with_db_retry[T](write: Callable[[], T], *, give_up_after: timedelta) -> T:
    """Repeat ``write`` while the database is away. It is a transaction of its own, and changes
    nothing in memory by which a second try would differ.

    Inside a transaction the first failure is the last: what came before it is lost as well.
    """
    give_up = time.monotonic() + give_up_after.total_seconds()
    while True:
        try:
            return write()
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block or time.monotonic() > give_up:
                raise
            reconnect()


def reconnect() -> None:
    """Close the lost connection and wait half a second; the next statement opens another."""
    log.warning("the database is away; what a platform answered is kept, and tried again")
    connection.close()
    time.sleep(0.5)
