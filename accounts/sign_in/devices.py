"""Note in a session its device: the names of browser and system, never the whole user agent, and no
address.
"""

from datetime import UTC, datetime

from django.contrib.auth import HASH_SESSION_KEY
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Session, User

# The first that fits: Edge and the in-app browsers also call themselves Chrome, and Chrome calls
# itself Safari.
BROWSERS = [
    ("Edg", "Edge"),
    ("coc_coc", "Cốc Cốc"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
]
BROWSERS += [
    ("SamsungBrowser", "Samsung Internet"),
    ("Chrome/", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari/", "Safari"),
]
SYSTEMS = [("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows")]
SYSTEMS += [("Mac OS X", "macOS"), ("Linux", "Linux")]


def store_use(request: HttpRequest, *, at: int) -> None:
    """Store in the session when it was last used, in seconds since 1970, and with which device."""
    request.session["seen"] = at
    request.session["device"] = browser_and_system(request)


def browser_and_system(request: HttpRequest) -> list[str]:
    """Return browser and system, as far as the user agent names ones that we know."""
    user_agent = request.headers.get("User-Agent", "")
    return [
        next((name for mark, name in names if mark in user_agent), "")
        for names in (BROWSERS, SYSTEMS)
    ]


def describe_device(browser: str = "", system: str = "") -> str:
    """Name the device; empty when neither is known."""
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system


SESSIONS_SHOWN = 50


def sessions_of(person: User) -> list[Session]:
    """Return the person's open sessions, the newest first, without those that a new password has
    ended.

    Each has ``device``, ``began_at``, ``seen_at`` and ``shared``, taken from the session's own
    data.
    """
    valid = {person.get_session_auth_hash(), *person.get_session_auth_fallback_hash()}
    sessions = []
    for row in person.sessions.filter(expire_date__gt=timezone.now()).order_by(
        "-expire_date", "pk"
    )[:SESSIONS_SHOWN]:
        kept = row.get_decoded()
        if kept.get(HASH_SESSION_KEY) not in valid:
            continue
        row.device, row.shared = (
            describe_device(*kept.get("device", [])),
            kept.get("shared", False),
        )
        row.began_at, row.seen_at = (
            datetime.fromtimestamp(kept[name], UTC) for name in ("began", "seen")
        )
        sessions.append(row)
    return sessions
