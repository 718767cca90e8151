"""Locks and leases on deliveries, for workers that run side by side."""

import contextlib
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from core.bulk import update_from_values
from publishing.models import Delivery
from publishing.states import State

# How often the platform is asked about an unknown outcome before a person is; the waits between
# grow.
MAX_CHECKS = 8
_locks: dict[str, threading.Lock] = {}
_locks_lock = threading.Lock()


@contextlib.contextmanager
def exclusive_run(name: str) -> Iterator[bool]:
    """Yield True to the one thread of this process that works
    on ``name``; the others have nothing to add and return."""
    with _locks_lock:
        lock = _locks.setdefault(name, threading.Lock())
    is_only_one = lock.acquire(blocking=False)
    try:
        yield is_only_one
    finally:
        if is_only_one:
            lock.release()


def skip_locked() -> Any:
    """Return deliveries that nobody else is writing now, locked when read."""
    can_skip = connection.features.has_select_for_update_skip_locked
    return Delivery.objects.select_for_update(
        skip_locked=can_skip, of=("self",) if can_skip else ()
    )


def claim_due_checks(
    platform: str, state: State, now: datetime, *, first: float, longest: float, **conditions: Any
) -> list[Delivery]:
    """Claim rows to check by pushing their next check ahead, so that two workers never ask about
    one row.

    The seconds from one check to the next grow from ``first`` to ``longest``.
    """
    with transaction.atomic():
        rows = list(
            skip_locked()
            .filter(platform=platform, state=state, verify_at__lte=now, **conditions)
            .select_related("revision", "channel", "unit")
            .order_by("verify_at", "due_at")[:200]
        )
        for row in rows:
            row.verify_count += 1
            wait = min(longest, first * 2 ** min(row.verify_count - 1, 20))
            row.verify_at = now + timedelta(seconds=wait)
        update_from_values(
            Delivery,
            [{"id": r.pk, "verify_at": r.verify_at, "verify_count": r.verify_count} for r in rows],
            match=("id",),
        )
    return rows
