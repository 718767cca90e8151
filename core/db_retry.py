"""Writes that are tried again: while the database is away, and after a deadlock."""

import functools
import logging
import time
from collections.abc import Callable
from datetime import timedelta

from django.db import InterfaceError, OperationalError, connection, transaction

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


def retry_on_deadlock[**P, R](action: Callable[P, R]) -> Callable[P, R]:
    """Run ``action`` in one transaction, and again after a deadlock, at most three times in all.

    The engine writes its answers back in an order of its own: who loses the deadlock begins again.
    """

    @functools.wraps(action)
    def whole(*args: P.args, **kwargs: P.kwargs) -> R:
        for last in (False, False, True):
            try:
                with transaction.atomic():
                    return action(*args, **kwargs)
            except OperationalError as error:
                is_deadlock = getattr(error.__cause__, "pgcode", "") == "40P01"
                if last or not is_deadlock or connection.in_atomic_block:
                    raise
        raise AssertionError

    return whole
