"""Remember in cookies which accounts have signed in with this browser, and that it is a shared
computer's.
"""

import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

MAX_AGE = 90 * 24 * 3600  # seconds
ACCOUNTS = 8  # of a shared computer; the oldest is forgotten
_SALT = "accounts.known_browsers"  # cookies bear it: it stays though the module moved


def _read_cookie(request: HttpRequest) -> dict[str, str]:
    """Return the number that this browser has for each account, by user name; the oldest first."""
    try:
        return dict(
            signing.loads(
                request.COOKIES.get(settings.KNOWN_BROWSER_COOKIE, ""), salt=_SALT, max_age=MAX_AGE
            )
        )
    except signing.BadSignature:
        return {}


def browser_number(request: HttpRequest, *, username: str) -> str:
    """Return this browser's number for the account; empty when it never signed in here."""
    return _read_cookie(request).get(username, "")


def remember_account(request: HttpRequest, response: HttpResponse, *, username: str) -> None:
    """Note that the account has signed in with this browser."""
    known = _read_cookie(request)
    known[username] = known.pop(username, "") or secrets.token_urlsafe(9)
    response.set_cookie(
        settings.KNOWN_BROWSER_COOKIE,
        signing.dumps(list(known.items())[-ACCOUNTS:], salt=_SALT),
        max_age=MAX_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def is_shared_computer(request: HttpRequest) -> bool:
    """Check whether somebody marked this computer as shared at a sign-in."""
    return settings.SHARED_COMPUTER_COOKIE in request.COOKIES


def mark_shared_computer(response: HttpResponse, *, shared: bool) -> None:
    """Mark, or unmark, this computer as shared. The mark only shortens sessions, so it is not
    signed.
    """
    if not shared:
        response.delete_cookie(settings.SHARED_COMPUTER_COOKIE, samesite="Lax")
        return
    response.set_cookie(
        settings.SHARED_COMPUTER_COOKIE,
        "1",
        max_age=365 * 24 * 3600,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
