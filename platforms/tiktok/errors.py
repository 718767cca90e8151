"""Sort what TikTok answers when it does not do what was asked."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from platforms.errors import AccessLost, ConnectorError, Rejected, TryLater

MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)
_WAITS = {
    "rate_limit_exceeded": MINUTE,
    "spam_risk_too_many_posts": _DAY,
    "spam_risk_too_many_pending_share": _DAY,
    "reached_active_user_cap": _DAY,
}
_OF_APP = {"reached_active_user_cap"}
_LOST = {
    "access_token_invalid",
    "scope_not_authorized",
    "scope_permission_missed",
    "spam_risk_user_banned_from_posting",
    "invalid_grant",
}


def sort_error(code: str, detail: str) -> ConnectorError:
    if code in _WAITS:
        return TryLater(detail, code=code, wait=_WAITS[code], whole_app=code in _OF_APP)
    return (AccessLost if code in _LOST else Rejected)(detail, code=code)


def failure_of(status: Mapping[str, Any]) -> Rejected:
    """A publication that failed after all is over for certain, whatever the reason: nothing of it
    stands, and nothing will. Whether the account lets us in now, the next call tells.
    """
    reason = str(status.get("fail_reason") or "failed")
    return Rejected(reason, code=reason)


def code_of(body: Any) -> str:
    """The name of an error: in an envelope from the interface, flat from the token server."""
    match body:
        case {"error": {"code": str(code)}} | {"error": str(code)}:
            return code
    return ""
