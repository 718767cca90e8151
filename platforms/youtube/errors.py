"""Sort what YouTube answers when it does not do what was asked."""

import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from platforms.errors import AccessLost, ConnectorError, Rejected, TryLater
from platforms.pacific import PACIFIC

_TOO_MANY = {"rateLimitExceeded", "userRateLimitExceeded", "RESOURCE_EXHAUSTED"}
QUOTA = {"quotaExceeded", "dailyLimitExceeded"}
# A daily quota that is used up may also be reported as too many calls; only the words say which.
_DAILY_WORDS = re.compile(r"per day|daily", re.IGNORECASE)
_NOT_SET_UP = {"accessNotConfigured", "SERVICE_DISABLED"}
_ACCESS_LOST = {
    "authError",
    "UNAUTHENTICATED",
    "youtubeSignupRequired",
    "insufficientPermissions",
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
    "channelClosed",
    "channelSuspended",
    "authenticatedUserAccountClosed",
    "authenticatedUserAccountSuspended",
    "accountDelegationForbidden",
    "invalid_grant",
}
DOWN = {"backendError", "internalError", "processingFailure"}
ABSENT = {"videoNotFound"}


def sort_error(status: int, reasons: Sequence[str], code: str, detail: str) -> ConnectorError:
    """Return the error that Google's reasons stand for. It names them in the old way, in the new
    one, or in both: one that we know is enough.
    """
    known = set(reasons)
    is_too_many = bool(_TOO_MANY & known) or status == 429
    if QUOTA & known or (is_too_many and _DAILY_WORDS.search(detail)):
        used_up = code if code in QUOTA else "quotaExceeded"
        return TryLater(detail, code=used_up, wait=_until_midnight(), whole_app=True)
    if _NOT_SET_UP & known:
        return TryLater(detail, code=code, wait=timedelta(hours=1), whole_app=True)
    if "uploadLimitExceeded" in known:
        return TryLater(detail, code=code, wait=timedelta(hours=24))
    if "uploadRateLimitExceeded" in known:
        return TryLater(detail, code=code, wait=timedelta(hours=1))
    if is_too_many:
        return TryLater(detail, code=code, wait=timedelta(seconds=10 + secrets.randbelow(20)))
    if _ACCESS_LOST & known or (status == 401 and "invalid_client" not in known):
        return AccessLost(detail, code=code)
    return Rejected(detail, code=code)


def list_reasons(error: Mapping[str, Any]) -> list[str]:
    """List the reasons of an error: those of the old way, of the new one, then the status."""
    entries = [*(error.get("errors") or ()), *(error.get("details") or ())]
    reasons = [str(entry.get("reason", "")) for entry in entries if isinstance(entry, dict)]
    return [reason for reason in (*reasons, str(error.get("status", ""))) if reason]


def _until_midnight() -> timedelta:
    """Return the time until the project's quota begins again, which is midnight in California, and
    a minute more.
    """
    now = datetime.now(PACIFIC)
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight.astimezone(UTC) - now.astimezone(UTC) + timedelta(minutes=1)
