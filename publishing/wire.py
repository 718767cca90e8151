"""The network side of the engine: one asyncio loop in a thread of its own, with warm connections."""

import asyncio
import atexit
import logging
import math
import os
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from queue import Empty, SimpleQueue
from typing import Any

import aiohttp
from django.conf import settings

from channels.connectors import CONNECTORS
from channels.connectors.base import Connector, OutcomeUnknown, TryLater

log = logging.getLogger(__name__)

Call = Callable[[Connector], Awaitable[Any]]

# Seconds that a visible call may stand in line once it is due: later it is not made, for a recall or pause would not
# stop it.
PATIENCE = 5.0


def longest_call() -> timedelta:
    """From the moment at which a visible call may begin until it has ended. Each of its requests has a deadline; all of
    them together, with the line before them, are given up then."""
    options = settings.PUBLISHING
    return timedelta(seconds=options["begin_ahead_seconds"] + PATIENCE + 1.25 * options["call_seconds"])


@dataclass(slots=True)
class Errand:
    """One call: its name, what to do, when to start it on the monotonic clock (0: at once), when not any more, and when
    to give it up."""

    name: Any
    call: Call
    start_at: float = 0.0
    latest: float = math.inf
    until: float = math.inf


class Wire:
    """Carries calls to the platforms. Each platform has its own connections: one that hangs starves no other."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        try:
            import uvloop
        except ImportError:
            self.loop = asyncio.new_event_loop()
        else:
            self.loop = uvloop.new_event_loop()
        self.connectors: dict[str, Connector] = {}
        self.rooms: dict[str, asyncio.Semaphore] = {}
        self.carrying: set[asyncio.Task] = set()  # a task that nobody holds may be collected in mid-call
        self.thread = threading.Thread(target=self.loop.run_forever, name="wire", daemon=True)
        self.thread.start()
        atexit.register(self.close)

    def send(self, platform: str, errands: Sequence[Errand], answers: "Answers", *, held_for: float) -> None:
        """Runs all ``errands``. Each answer, or error, comes back through ``answers`` under the errand's name.

        A call that could not begin within ``held_for`` seconds is not begun: the lease behind it may be running out,
        and then somebody else would be asked to look after the same delivery.
        """
        latest = time.monotonic() + held_for
        answers.expect(len(errands))

        def begin() -> None:
            connector = self.connector(platform)
            room = self.rooms.setdefault(platform, asyncio.Semaphore(settings.PUBLISHING["connections"]))
            for errand in errands:
                errand.latest = min(errand.latest, latest)
                task = self.loop.create_task(self._carry(errand, connector, room, answers))
                self.carrying.add(task)
                task.add_done_callback(self.carrying.discard)

        self.loop.call_soon_threadsafe(begin)

    def close(self) -> None:
        """Hangs up; what is under way is left to the platform and to the next look."""
        if os.getpid() != self.pid:
            return
        for connector in self.connectors.values():
            asyncio.run_coroutine_threadsafe(connector.session.close(), self.loop).result(timeout=5)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(timeout=5)

    async def _carry(self, errand: Errand, connector: Connector, room: asyncio.Semaphore, answers: "Answers") -> None:
        try:
            # Loops round their timers to milliseconds, sometimes down.
            while (wait := errand.start_at - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            async with room:
                if time.monotonic() > errand.latest:
                    raise TryLater("held too long before sending", code="held", wait=timedelta(seconds=1))
                async with asyncio.timeout(None if errand.until == math.inf else errand.until - time.monotonic()):
                    answer = await errand.call(connector)
        except TimeoutError:
            answer = OutcomeUnknown("given up: no end of it within the longest time")
        except Exception as error:
            answer = error
        answers.put(errand.name, answer)

    def connector(self, platform: str) -> Connector:
        """Only from within the loop: a session belongs to it."""
        if platform not in self.connectors:
            # Rooms bound the calls; one that carries pictures opens some connections at once.
            limit = 2 * settings.PUBLISHING["connections"]
            pool = aiohttp.TCPConnector(limit=limit, keepalive_timeout=75, ttl_dns_cache=60, loop=self.loop)
            session = aiohttp.ClientSession(
                connector=pool, cookie_jar=aiohttp.DummyCookieJar(), headers={"User-Agent": "outreach-portal"}
            )
            self.connectors[platform] = CONNECTORS[platform](session)
        return self.connectors[platform]


class Answers:
    """What a run waits for."""

    def __init__(self) -> None:
        self.queue: SimpleQueue[tuple[Any, Any]] = SimpleQueue()
        self.outstanding = 0

    def expect(self, number: int) -> None:
        self.outstanding += number

    def put(self, name: Any, answer: Any) -> None:
        self.queue.put((name, answer))

    def take(self, timeout: float, gather: float = 0.0) -> list[tuple[Any, Any]]:
        """All answers that are there; waits up to ``timeout`` seconds for the first, and ``gather`` more for company:
        writing back in batches is cheaper, and leaves the processor to the calls."""
        taken: list[tuple[Any, Any]] = []
        try:
            taken.append(self.queue.get(timeout=max(timeout, 0.001)))
            if gather and self.outstanding > 1:
                time.sleep(gather)
            while True:
                taken.append(self.queue.get_nowait())
        except Empty:
            pass
        self.outstanding -= len(taken)
        return taken


_wires: dict[int, Wire] = {}
_lock = threading.Lock()


def wire() -> Wire:
    """This process's wire; a forked child gets its own."""
    with _lock:
        if os.getpid() not in _wires:
            _wires.clear()
            _wires[os.getpid()] = Wire()
        return _wires[os.getpid()]


def unexpected(answer: Any) -> Exception:
    """A defect of ours in the middle of a call tells nothing of what the platform did: it counts as doubt."""
    log.error("unexpected %s in a connector", type(answer).__name__, exc_info=answer)
    return OutcomeUnknown(type(answer).__name__)
