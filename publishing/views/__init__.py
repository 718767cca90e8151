"""Pages of review, of a post's life on its channels, and of the calendar."""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied

from core.errors import NotAllowed, Refused


def refusal(act: Callable[[], object]) -> str:
    """Makes the one service call of a request. Empty when it went through; else why not, in the person's words."""
    try:
        act()
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from None
    except Refused as error:
        return str(error)
    return ""
