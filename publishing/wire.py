"""The network side of the engine: one asyncio loop in a thread of its own, with warm connections."""

import asyncio
import atexit
import logging
import os
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Any

import aiohttp
from django.conf import settings

from channels.connectors import CONNECTORS
from channels.connectors.base import Connector, OutcomeUnknown, TryLater

log = logging.getLogger(__name__)

Call = Callable[[Connector], Awaitable[Any]]


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
        self.carrying: set[asyncio.Task] = set()  # a task that nobody holds may be collected in mid-call
        self.thread = threading.Thread(target=self.loop.run_forever, name="wire", daemon=True)
        self.thread.start()
        atexit.register(self.close)

    def send(
        self,
        platform: str,
        calls: Sequence[tuple[Any, Call, float]],
        answers: "Answers",
        *,
        held_for: float,
    ) -> None:
        """Starts each of ``calls`` (a name, the call, and when on the monotonic clock; 0: at once). Its answer, or
        error, comes back through ``answers`` under its name.

        A call that could not begin within ``held_for`` seconds is not begun: the lease behind it may be running out,
        and then somebody else would be asked to look after the same delivery.
        """
        latest = time.monotonic() + held_for
        answers.expect(len(calls))

        def begin() -> None:
            connector = self.connector(platform)
            for name, call, start_at in calls:
                task = self.loop.create_task(self._carry(name, call, start_at, connector, answers, latest))
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

    async def _carry(
        self, name: Any, call: Call, start_at: float, connector: Connector, answers: "Answers", latest: float
    ) -> None:
        try:
            # Loops round their timers to milliseconds, sometimes down.
            while (wait := start_at - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            if time.monotonic() > latest:
                raise TryLater("held too long before sending", code="held")
            answer = await call(connector)
        except Exception as error:
            answer = error
        answers.put(name, answer)

    def connector(self, platform: str) -> Connector:
        """Only from within the loop: a session belongs to it."""
        if platform not in self.connectors:
            pool = aiohttp.TCPConnector(
                limit=settings.PUBLISHING["connections"], keepalive_timeout=75, ttl_dns_cache=60, loop=self.loop
            )
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
