"""What the engine, the settling and the recalls share in handling rows: locks, leases of work, records, news."""

import contextlib
import threading
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.urls import reverse

from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import holders
from core.bulk import update_from_values
from publishing.models import Attempt, Delivery
from publishing.services import move_many
from publishing.states import State

# How often a doubt is looked into before a person is asked; the waits between grow.
LOOKS = 8
_busy: dict[str, threading.Lock] = {}
_busy_lock = threading.Lock()


@contextlib.contextmanager
def only_one(name: str) -> Iterator[bool]:
    """True for the one thread of this process that works on ``name``; the others have nothing to add and go away."""
    with _busy_lock:
        lock = _busy.setdefault(name, threading.Lock())
    mine = lock.acquire(blocking=False)
    try:
        yield mine
    finally:
        if mine:
            lock.release()


def locked() -> Any:
    """Deliveries that nobody else is writing now."""
    skips = connection.features.has_select_for_update_skip_locked
    return Delivery.objects.select_for_update(skip_locked=skips, of=("self",) if skips else ())


def due_looks(
    platform: str, state: State, now: datetime, *, first: float, longest: float, **which: Any
) -> list[Delivery]:
    """Claims rows to look into by pushing their next look ahead: two settlers never ask about the same row. The seconds
    from one look to the next grow from ``first`` to ``longest``."""
    with transaction.atomic():
        rows = list(
            locked()
            .filter(platform=platform, state=state, verify_at__lte=now, **which)
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


def ask_person(row: Delivery, now: datetime, *, code: str = "unknown", detail: str = "", **fields: Any) -> int:
    """Puts a row before an officer and tells those who can act; how many rows it moved."""
    with transaction.atomic():
        moved = move_many(
            [row], State.NEEDS_PERSON, now=now, verify_at=None, error_code=code, error_detail=detail[:500], **fields
        )
        if moved:
            tell(row, "delivery_needs_person")
    return len(moved)


def end_attempts(rows: Iterable[Any], outcome: str, *, now: datetime, detail: str = "") -> None:
    """Completes the tries of rows or shipments; one that has its outcome keeps it."""
    update_from_values(
        Attempt,
        [{"delivery": row.pk, "number": row.attempt} for row in rows],
        match=("delivery", "number"),
        where={"outcome": ""},
        fields={"outcome": outcome, "ended_at": now, "detail": detail[:500]},
    )


def tell(row: Delivery, kind: str, **facts: Any) -> None:
    """Tells those who can act on it in the unit."""
    people = holders(Permission.POST_SCHEDULE, unit=row.unit)
    address = reverse("publishing:post", args=[row.post.public_id])
    notify(people, kind, address=address, title=row.post, channel=row.channel, **facts)


def tell_of_inbox(pks: Iterable[int]) -> None:
    """Tells the units whose videos an app's inbox holds now that somebody has to finish them there."""
    for row in Delivery.objects.filter(pk__in=list(pks), recall=None).select_related("unit", "post", "channel"):
        tell(row, "delivery_in_app")
