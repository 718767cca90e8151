"""Sort what YouTube answers when it does not do what was asked."""

import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from platforms.errors import AccessLost, ConnectorError, Rejected, TryLater
from platforms.pacific import PACIFIC

_MANY = {"rateLimitExceeded", "userRateLimitExceeded", "RESOURCE_EXHAUSTED"}
QUOTA = {"quotaExceeded", "dailyLimitExceeded"}
# What is used up for the day may also be told as too many calls; only the words say which it is.
_OF_THE_DAY = re.compile(r"per day|daily", re.IGNORECASE)
_NOT_SET_UP = {"accessNotConfigured", "SERVICE_DISABLED"}
_LOST = {
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
    """Google tells a reason in the old way, in the new one, or in both: one that we know is
    enough.
    """
    known = set(reasons)
    is_many = bool(_MANY & known) or status == 429
    if QUOTA & known or (is_many and _OF_THE_DAY.search(detail)):
        used_up = code if code in QUOTA else "quotaExceeded"
        return TryLater(detail, code=used_up, wait=_until_midnight(), whole_app=True)
    if _NOT_SET_UP & known:
        return TryLater(detail, code=code, wait=timedelta(hours=1), whole_app=True)
    if "uploadLimitExceeded" in known:
        return TryLater(detail, code=code, wait=timedelta(hours=24))
    if "uploadRateLimitExceeded" in known:
        return TryLater(detail, code=code, wait=timedelta(hours=1))
    if is_many:
        return TryLater(detail, code=code, wait=timedelta(seconds=10 + secrets.randbelow(20)))
    if _LOST & known or (status == 401 and "invalid_client" not in known):
        return AccessLost(detail, code=code)
    return Rejected(detail, code=code)


def reasons_of(error: Mapping[str, Any]) -> list[str]:
    old = [
        str(each.get("reason", "")) for each in error.get("errors") or () if isinstance(each, dict)
    ]
    new = [
        str(each.get("reason", "")) for each in error.get("details") or () if isinstance(each, dict)
    ]
    return [each for each in (*old, *new, str(error.get("status", ""))) if each]


def _until_midnight() -> timedelta:
    """Until the project's quota begins anew, at midnight in California, and a moment more."""
    now = datetime.now(PACIFIC)
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight.astimezone(UTC) - now.astimezone(UTC) + timedelta(minutes=1)
