"""Note in a session its device: the names of browser and system, never the whole user agent, and no
address.
"""

from django.http import HttpRequest
from django.utils.translation import gettext as _

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
