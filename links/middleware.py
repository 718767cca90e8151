"""Answer short links before everything else: no session, no cookie, no sign-in."""

import time
from collections.abc import Callable
from threading import Lock
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from links.clicks import counter
from links.models import LONGEST_CODE, Link
from links.robots import is_counted

PREFIX = "/l/"
REMEMBERED = 10.0  # seconds: so long a stopped or changed link leads on as before
MOST_REMEMBERED = 20_000


class _Target(NamedTuple):
    link: int
    address: str
    until: float


class FollowLinks:
    """Redirect from a link that leads somewhere, and count the click; every other request goes on,
    also to the page of a stopped or unknown link.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._targets: dict[str, _Target] = {}
        self._lock = Lock()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if not path.startswith(PREFIX) or request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        target = self._find_target(path.removeprefix(PREFIX))
        if target is None:
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
        if not 0 < len(code) <= LONGEST_CODE or "\x00" in code:  # which no database looks for
            return None
        now = time.monotonic()
        known = self._targets.get(code)
        if known and known.until > now:
            return known
        row = Link.objects.filter(code=code, stopped_at=None).values_list("pk", "target").first()
        with self._lock:
            self._targets.pop(code, None)
            if row is None:
                return None
            if len(self._targets) >= MOST_REMEMBERED:
                del self._targets[next(iter(self._targets))]
            found = self._targets[code] = _Target(*row, now + REMEMBERED)
        return found
