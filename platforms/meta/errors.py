"""Name what an error code of Meta's may mean, and the error that follows from it."""

import functools
from collections.abc import Callable, Coroutine, Mapping
from datetime import timedelta
from enum import Enum, auto
from typing import Any

from platforms.errors import AccessLost, ConnectorError, Rejected, TryLater, unknown_outcome


class ErrorKind(Enum):
    """Name the meanings of error codes."""

    # Too many calls, for this page or for all pages of our application.
    PAGE_LIMIT = auto()
    APP_LIMIT = auto()
    # The token or the person's role is gone, or somebody has to act on the platform first.
    ACCESS_LOST = auto()
    # The token is good, but a right or a task is missing.
    RIGHT_MISSING = auto()
    # The platform is broken: perhaps done.
    PLATFORM_BROKEN = auto()
    # Certainly not done, worth another try in a minute.
    TRY_AGAIN = auto()
    # The version that we call has been retired: not done, and nothing goes until somebody raises
    # it.
    VERSION_RETIRED = auto()
    # The page's last post says the same: perhaps an earlier try of this one.
    DUPLICATE = auto()
    # Certainly not done, and never will be as it stands.
    REFUSED = auto()


# The codes that mean the same on all three.
COMMON_ERROR_KINDS: Mapping[str, ErrorKind] = {
    **dict.fromkeys(("4", "341"), ErrorKind.APP_LIMIT),
    **dict.fromkeys(("17", "32", "613", "80001", "80002"), ErrorKind.PAGE_LIMIT),
    **dict.fromkeys(("102", "190"), ErrorKind.ACCESS_LOST),
    **dict.fromkeys(("10", *map(str, range(200, 300))), ErrorKind.RIGHT_MISSING),
    **dict.fromkeys(("1", "2"), ErrorKind.PLATFORM_BROKEN),
    "2635": ErrorKind.VERSION_RETIRED,
}
# No such object; or one that the token may not see.
ABSENT_CODES = frozenset({"100/33", "803"})


class RightMissing(AccessLost):
    """A right, or a task of the person's, is missing: not even a good token may do this."""


def make_error_of_kind(
    kind: ErrorKind, detail: str, name: str, *, writes: bool, perhaps_done: bool
) -> ConnectorError:
    """Return the error for a code of this kind. ``perhaps_done``: something else in the answer says
    that the platform itself failed.
    """
    match kind:
        case ErrorKind.PAGE_LIMIT | ErrorKind.APP_LIMIT:
            # An hour, unless the headers name the minutes.
            whole_app = kind is ErrorKind.APP_LIMIT
            return TryLater(detail, code=name, wait=timedelta(hours=1), whole_app=whole_app)
        case ErrorKind.ACCESS_LOST:
            return AccessLost(detail, code=name)
        case ErrorKind.RIGHT_MISSING:
            return RightMissing(detail, code=name)
        case ErrorKind.VERSION_RETIRED:
            # As long as a post may be late there are tries enough.
            return TryLater(detail, code=name, wait=timedelta(minutes=15), whole_app=True)
        case ErrorKind.TRY_AGAIN:
            return TryLater(detail, code=name, wait=timedelta(minutes=1))
    is_duplicate = kind is ErrorKind.DUPLICATE and writes
    if kind is ErrorKind.PLATFORM_BROKEN or is_duplicate or perhaps_done:
        return unknown_outcome(detail, code=name, writes=writes)
    return Rejected(detail, code=name)


def reject_on_missing_right[**P, R](
    method: Callable[P, Coroutine[Any, Any, R]],
) -> Callable[P, Coroutine[Any, Any, R]]:
    """Raise Rejected instead of `RightMissing`, for what publishing does not need: a right that is
    missing refuses this call alone, and the channel is not lost.
    """

    @functools.wraps(method)
    async def rejecting(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await method(*args, **kwargs)
        except RightMissing as error:
            raise Rejected(error.detail, code=error.code) from None

    return rejecting
