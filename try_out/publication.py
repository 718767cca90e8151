"""The steps of the engine on a delivery, where the platform's part is given to the simulator."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from publishing.deliveries.transitions import move_many
from publishing.models import Attempt, Delivery
from publishing.states import Outcome, State


def begin_attempts(rows: Sequence[Delivery], due: datetime) -> None:
    """Claim the deliveries eight seconds before ``due``, and begin their visible call then."""
    lease = due + timedelta(seconds=90)
    claimed_at = due - timedelta(seconds=8)
    move_many(rows, State.CLAIMED, now=claimed_at, new_attempt=True, lease_until=lease)
    Attempt.objects.bulk_create(
        Attempt(delivery=row, number=row.attempt, started_at=claimed_at) for row in rows
    )
    move_many(rows, State.COMMITTING, now=due, committing_at=due, lease_until=lease)


def store_published(
    rows: Sequence[Delivery], receipts: Mapping[int, Mapping[str, Any]], at: datetime
) -> None:
    """Store the platform's receipts, by the keys of the deliveries: they are live since ``at``."""
    move_many(
        rows,
        State.PUBLISHED,
        now=at,
        values_by_pk=receipts,
        published_at=at,
        lease_until=None,
    )
    for row in rows:
        end_attempt(row, Outcome.PUBLISHED, at)


def end_attempt(row: Delivery, outcome: Outcome, now: datetime, detail: str = "") -> None:
    Attempt.objects.filter(delivery=row, number=row.attempt).update(
        outcome=outcome, ended_at=now, detail=detail
    )
