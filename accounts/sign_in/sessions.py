"""The open sessions of a person."""

from datetime import UTC, datetime

from django.contrib.auth import HASH_SESSION_KEY
from django.utils import timezone

from accounts.models import Session, User
from accounts.sign_in import devices

SESSIONS_SHOWN = 50


def sessions_of(person: User) -> list[Session]:
    """Return the person's open sessions, the newest first, without those that a new password has
    ended.

    Each has ``device``, ``began_at``, ``seen_at`` and ``shared``, taken from the session's own
    data.
    """
    valid = {person.get_session_auth_hash(), *person.get_session_auth_fallback_hash()}
    found = []
    for row in person.sessions.filter(expire_date__gt=timezone.now()).order_by(
        "-expire_date", "pk"
    )[:SESSIONS_SHOWN]:
        kept = row.get_decoded()
        if kept.get(HASH_SESSION_KEY) not in valid:
            continue
        row.device, row.shared = (
            devices.describe_device(*kept.get("device", [])),
            kept.get("shared", False),
        )
        row.began_at, row.seen_at = (
            datetime.fromtimestamp(kept[name], UTC) for name in ("began", "seen")
        )
        found.append(row)
    return found
