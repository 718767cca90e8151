"""Sort what Telegram answers when it does not do what was asked.

The Bot API's descriptions are no stable interface, but it has no other names for its errors.
"""

from datetime import timedelta
from typing import Any

from platforms.errors import AccessLost, ConnectorError, Rejected, TryLater, unknown_outcome

# Whoever comes back in the very second that was named may be too early, and then waits longer.
WAIT_MARGIN = timedelta(seconds=1)
_ACCESS_LOST = (
    "chat not found",
    "chat_id_invalid",
    "chat_id is empty",
    "need administrator rights",
    "not enough rights",
    "upgraded to a supergroup",
)
_PARTLY_SENT = ("failed to send message #", "group send failed")
_BAD_MARKUP = "can't parse entities"
_NOTHING_TO_DELETE = "message to delete not found"
_NOTHING_TO_CHANGE = "is not modified"
# An own Bot API server from before rich messages.
_UNKNOWN_METHOD = "method not found"
_RIGHT_MISSING = "enough rights"


def is_error(body: Any) -> bool:
    """Tell whether an answer is an error in Telegram's own form."""
    match body:
        case {"ok": False, "description": str()}:
            return True
    return False


def sort_error(status: int, body: dict[str, Any], *, writes: bool) -> ConnectorError | None:
    """Return the error that a refusal stands for; None where only the HTTP status says what it
    is.
    """
    detail, code = body["description"], str(body.get("error_code", status))
    if _has_mention(detail, *_PARTLY_SENT):
        # One bad item fails the whole album, also one that came too soon, although the others may
        # have been posted.
        return unknown_outcome(detail, code=code, writes=writes)
    match body:
        case {"parameters": {"retry_after": int(seconds)}}:
            return TryLater(detail, code=code, wait=timedelta(seconds=seconds) + WAIT_MARGIN)
    if _has_mention(detail, _UNKNOWN_METHOD):
        return Rejected(detail, code="method")
    # 404 means that the token is none, since the methods that we call exist; 421 that the portal's
    # own Bot API server does not serve this bot.
    if status in (401, 403, 404, 421) or _has_mention(detail, *_ACCESS_LOST):
        return AccessLost(detail, code=code)
    if status >= 500 or status < 400 or status == 429:
        return None
    return Rejected(detail, code=code)


def is_bad_markup(error: ConnectorError) -> bool:
    return _has_mention(error.detail, _BAD_MARKUP)


def is_nothing_to_delete(error: ConnectorError) -> bool:
    return _has_mention(error.detail, _NOTHING_TO_DELETE)


def is_nothing_to_change(error: ConnectorError) -> bool:
    return _has_mention(error.detail, _NOTHING_TO_CHANGE)


def is_right_missing(error: ConnectorError) -> bool:
    return _has_mention(error.detail, _RIGHT_MISSING)


def _has_mention(detail: str, *phrases: str) -> bool:
    lowered = detail.lower()
    return any(phrase in lowered for phrase in phrases)
