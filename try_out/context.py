"""The try-out's additions to the pages of sign-in."""

from functools import cache
from typing import Any

from django.http import HttpRequest

from try_out.codes import find_code


def add_code(request: HttpRequest) -> dict[str, Any]:
    """Return the one-time code of the person who is signed in, or signing in."""
    stage = getattr(request, "_login_stage", None)
    person = stage.login.user if stage else getattr(request, "user", None)
    if person is None or not person.is_authenticated:
        return {}
    return {"try_out_code": cache(lambda: find_code(person))}
