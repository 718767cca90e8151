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
_FOR_WHOLE_APP = {"reached_active_user_cap"}
_ACCESS_LOST = {
    "access_token_invalid",
    "scope_not_authorized",
    "scope_permission_missed",
    "spam_risk_user_banned_from_posting",
    "invalid_grant",
}


def sort_error(code: str, detail: str) -> ConnectorError:
    """Return the error that TikTok's code stands for."""
    if code in _WAITS:
        return TryLater(detail, code=code, wait=_WAITS[code], whole_app=code in _FOR_WHOLE_APP)
    return (AccessLost if code in _ACCESS_LOST else Rejected)(detail, code=code)


def make_failure(status: Mapping[str, Any]) -> Rejected:
    """Return the error of a publication that failed. It has ended for certain, whatever the reason:
    nothing of it is live, nor will be. That it failed for lack of access says nothing of our access
    now: the next call finds out.
    """
    reason = str(status.get("fail_reason") or "failed")
    return Rejected(reason, code=reason)


def parse_code(body: Any) -> str:
    """Return an error's code, which the interface wraps in an envelope and the token server does
    not.
    """
    match body:
        case {"error": {"code": str(code)}} | {"error": str(code)}:
            return code
    return ""
