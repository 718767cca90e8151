"""Answer short links before everything else: no session, no cookie, no sign-in."""

import hashlib
import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.sign_in.adapter import client_address
from links.clicks import counter
from links.models import LONGEST_CODE, Link


def _read_names() -> tuple[str, ...]:
    lines = Path(__file__).with_name("data").joinpath("robots.txt").read_text().splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


NAMES = _read_names()
# Browsers that fetch ahead what a person may open later.
_AHEAD = ("HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_PURPOSE", "HTTP_X_MOZ")


def is_counted(environ: Mapping[str, str]) -> bool:
    """Check whether a request is a person's. What it says of its sender is read here and kept
    nowhere.
    """
    if environ.get("REQUEST_METHOD") != "GET" or any(environ.get(name) for name in _AHEAD):
        return False
    agent = environ.get("HTTP_USER_AGENT", "")[:500].lower()
    return bool(agent) and not any(name in agent for name in NAMES)


PREFIX = "/l/"
REMEMBERED = 10.0  # seconds: so long a stopped or changed link leads on as before
MOST_REMEMBERED = 20_000
# Unknown codes that an address may ask for in this time, of each process; further ones cost no
# page. Codes that exist are followed whatever else comes from an address: a carrier puts
# thousands of residents behind one.
MOST_GUESSES, GUESSES_COUNTED = 30, 60.0  # seconds
MOST_GUESSERS = 20_000


class _Target(NamedTuple):
    link: int
    address: str
    until: float


class FollowLinks:
    """Redirect from a link that leads somewhere, and count the click; every other request goes on,
    also to the page of a stopped or unknown link. A view would be behind sessions, and slower: a
    carrier's residents come by the thousand.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._targets: dict[str, _Target] = {}
        self._guesses = GuessCounter()
        self._lock = Lock()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if not path.startswith(PREFIX) or request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        target = self._find_target(path.removeprefix(PREFIX))
        if target is None and self._guesses.count(client_address(request) or "") > MOST_GUESSES:
            message = _("There is no such link. Check the address, or try again in a minute.")
            return HttpResponse(
                message,
                status=429,
                content_type="text/plain; charset=utf-8",
                headers={
                    "Retry-After": "60",
                    "Cache-Control": "no-store",
                    "X-Robots-Tag": "noindex",
                },
            )
        if target is None or not target.address:
            return self.get_response(request)
        if is_counted(request.META):
            counter.add_click(target.link, timezone.localdate())
        answer = HttpResponseRedirect(target.address)
        # Each click is counted once: neither browser nor proxy answers in our stead.
        answer.headers["Cache-Control"] = "no-store"
        answer.headers["X-Robots-Tag"] = "noindex"
        answer.headers["Content-Length"] = "0"
        return answer

    def _find_target(self, code: str) -> _Target | None:
        """Return where a link leads: nowhere, as long as it is stopped. None: there is no such
        link.
        """
        if not 0 < len(code) <= LONGEST_CODE or "\x00" in code:  # which no database looks for
            return None
        now = time.monotonic()
        known = self._targets.get(code)
        if known and known.until > now:
            return known
        row = Link.objects.filter(code=code).values_list("pk", "target", "stopped_at").first()
        with self._lock:
            self._targets.pop(code, None)
            if row is None:
                return None
            pk, address, stopped_at = row
            if stopped_at:
                return _Target(pk, "", now)
            if len(self._targets) >= MOST_REMEMBERED:
                del self._targets[next(iter(self._targets))]
            target = self._targets[code] = _Target(pk, address, now + REMEMBERED)
        return target


class GuessCounter:
    """Count unknown codes by address. Addresses are hashed with a key of this process, which is
    forgotten with the counts after a minute: nothing tells afterwards who followed a link.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._begin(0.0)

    def _begin(self, now: float) -> None:
        self._key, self._counts = secrets.token_bytes(16), Counter[bytes]()
        self._until = now + GUESSES_COUNTED

    def count(self, address: str) -> int:
        """Count one more of ``address``; return how many that makes."""
        now = time.monotonic()
        with self._lock:
            if now >= self._until:
                self._begin(now)
            who = hashlib.blake2b(address.encode(), key=self._key, digest_size=16).digest()
            if who in self._counts or len(self._counts) < MOST_GUESSERS:
                self._counts[who] += 1
            return self._counts[who]
