"""The record of attempts."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from core.bulk import update_from_values
from publishing.models import Attempt
from publishing.states import Outcome


def end_attempts(rows: Iterable[Any], outcome: Outcome, *, now: datetime, detail: str = "") -> None:
    """Complete the tries of rows or claimed deliveries; one that has its outcome keeps it."""
    update_from_values(
        Attempt,
        [{"delivery": row.pk, "number": row.attempt} for row in rows],
        match=("delivery", "number"),
        where={"outcome": ""},
        fields={"outcome": outcome, "ended_at": now, "detail": detail[:500]},
    )
