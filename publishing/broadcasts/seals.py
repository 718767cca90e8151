"""Seals of confirmed broadcasts: what two people asked for, proved apart from the row that says so.

The facts are those of the row itself, so a row that was written or changed by SQL alone bears no
seal that fits.
"""

import json
from datetime import UTC, datetime
from typing import Any

from audit.models import Entry
from posts.review import approvals
from publishing.states import BROADCAST_OVER

VERSION = "outreach-portal broadcast 1"
_ENDS = [f"broadcast.{state}" for state in BROADCAST_OVER]


def _build_statement(row: Any) -> str:
    """Return what was confirmed: which post, for whose followers, by whom, and the hours within
    which it may go out.
    """
    statement = {
        "version": VERSION,
        "broadcast": str(row.public_id),
        "delivery": str(row.delivery.public_id),
        "content_sha256": row.delivery.content_sha256,
        "channel": str(row.channel.public_id),
        "asked_by": row.asked_by_id,
        "confirmed_by": row.confirmed_by_id,
        "confirmed_at": _format_moment(row.confirmed_at),
        "day": row.day.isoformat(),
        "not_after": _format_moment(row.not_after),
    }
    return json.dumps(statement, sort_keys=True, separators=(",", ":"))


def _format_moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def seal(row: Any, method: str = approvals.Method.CODE) -> dict[str, str]:
    """Return the fields that seal a confirmed broadcast. Needs ``delivery`` and ``channel``."""
    signed = approvals.sign(_build_statement(row), method)
    return {"method": signed.method, "key_id": signed.key_id, "seal": signed.seal}


def is_sealed(row: Any) -> bool:
    """Tell whether the row says what was confirmed, to the letter. Needs ``delivery`` and
    ``channel``.
    """
    if row.confirmed_by_id is None:
        return False
    return not approvals.seal_problem(
        approvals.Signed(_build_statement(row), row.method, None, row.key_id, row.seal)
    )


def has_ended(row: Any) -> bool:
    """Tell whether the broadcast was called off, sent or given up, whatever its row says now."""
    entries = Entry.objects.filter(object_type=row._meta.label_lower, action__in=_ENDS)
    return entries.filter(object_id=str(row.public_id)).exists()
