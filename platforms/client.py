"""Call platforms, and decide here alone what an unexpected end of a call means.

There are three entry points: `submit` for the publishing workers, whose calls share one loop in a
thread of its own and warm connections; `call` and `call_many` for everybody else. Each call ends in
a result or in one of the four errors.
"""

import asyncio
import atexit
import logging
import math
import os
import threading
import time
import traceback
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from queue import Empty, SimpleQueue
from typing import Any

import aiohttp

from platforms.connector import Connector
from platforms.errors import ConnectorError, Rejected, TryLater, unknown_outcome
from platforms.registry import CONNECTORS

log = logging.getLogger(__name__)

Call = Callable[[Connector], Awaitable[Any]]

# Of one `call` or `call_many`: enough for a batch of reads.
_CONNECTIONS = 32


@dataclass(slots=True)
class Options:
    """Hold what an installation sets. `channels.apps` fills it in, because platforms know no
    settings.
    """

    proxy: str = ""  # the only way out; empty: straight
    only_to: str = ""  # how each address begins, where only a simulator is asked; empty: any
    connections: int = 1024  # calls of `submit` at once to one platform


options = Options()


@dataclass(slots=True)
class Request:
    """Describe one call. Its times are on the monotonic clock."""

    key: Any  # comes back with the answer
    call: Call
    writes: bool  # may change what residents see
    start_at: float = 0.0  # 0: at once
    latest: float = math.inf  # not begun after that
    until: float = math.inf  # given up then


class Answers:
    """Collect the answers to the requests of one run."""

    def __init__(self) -> None:
        self.queue: SimpleQueue[tuple[Any, Any]] = SimpleQueue()
        self.outstanding = 0

    def expect(self, number: int) -> None:
        self.outstanding += number

    def put(self, key: Any, answer: Any) -> None:
        self.queue.put((key, answer))

    def take(self, timeout: float, gather: float = 0.0) -> list[tuple[Any, Any]]:
        """Return all answers that are there. Wait up to ``timeout`` seconds for the first, and
        ``gather`` more for others: writing back in batches is cheaper, and leaves the processor to
        the calls.
        """
        answers: list[tuple[Any, Any]] = []
        try:
            answers.append(self.queue.get(timeout=max(timeout, 0.001)))
            if gather and self.outstanding > 1:
                time.sleep(gather)
            while True:
                answers.append(self.queue.get_nowait())
        except Empty:
            pass
        self.outstanding -= len(answers)
        return answers


# --- entry points ---------------------------------------------------------------------------------


def submit(
    platform: str, requests: Sequence[Request], answers: Answers, *, begin_within: float
) -> None:
    """Begin all ``requests``; each result or error arrives in ``answers`` under its request's key.

    A call that could not begin within ``begin_within`` seconds is not begun: the lease behind it
    may be running out, and then somebody else would be asked to look after the same delivery.
    """
    _get_client().submit(platform, requests, answers, begin_within=begin_within)


def call[T](
    platform: str,
    do: Callable[[Connector], Awaitable[T]],
    *,
    writes: bool,
    seconds: float = math.inf,
) -> T:
    """Run ``do`` with the platform's connector and return its result, or raise one of the four
    errors. It is given up after ``seconds``.

    Never inside a transaction: a platform takes its time, and the rows would be locked for as long.
    Connections are not kept: such calls are rare, platforms close what is idle when they like, and
    a write into a closed one is an unknown outcome.
    """
    answers: list[Any] = []
    request = Request(None, do, writes, until=time.monotonic() + seconds)
    asyncio.run(_run_all(platform, [request], lambda _key, answer: answers.append(answer)))
    if isinstance(answers[0], ConnectorError):
        raise answers[0]
    return answers[0]


def call_many[K, T](
    platform: str,
    calls: Mapping[K, Callable[[Connector], Awaitable[T]]],
    *,
    writes: bool,
    at_once: int = _CONNECTIONS,
    seconds: float = math.inf,
) -> Iterator[tuple[K, T | ConnectorError]]:
    """Make many calls to one platform, never more than ``at_once`` of them at a time, and yield
    each answer as it comes: what must not be lost is stored before the last one has answered. All
    are given up after ``seconds``.

    Whoever iterates is in a thread of its own, beside the loop's, and may ask the database.
    """
    if not calls:
        return
    end = time.monotonic() + seconds
    requests = [Request(key, do, writes, latest=end, until=end) for key, do in calls.items()]
    answers: SimpleQueue[tuple[K, T | ConnectorError] | None] = SimpleQueue()

    def work() -> None:
        try:
            asyncio.run(
                _run_all(
                    platform, requests, lambda key, answer: answers.put((key, answer)), at_once
                )
            )
        finally:
            answers.put(None)

    threading.Thread(target=work, name=f"call {platform}", daemon=True).start()
    yield from iter(answers.get, None)


# --- one call -------------------------------------------------------------------------------------


async def run_request(request: Request, connector: Connector, semaphore: asyncio.Semaphore) -> Any:
    """Return the call's result or one of the four errors; raises nothing."""
    # Loops round their timers to milliseconds, sometimes down.
    while (wait := request.start_at - time.monotonic()) > 0:
        await asyncio.sleep(wait)
    async with semaphore:
        if time.monotonic() > request.latest:
            return TryLater("held too long before sending", code="held", wait=timedelta(seconds=1))
        longest = None if request.until == math.inf else request.until - time.monotonic()
        try:
            async with asyncio.timeout(longest):
                return await request.call(connector)
        except ConnectorError as error:
            return error
        except Exception as error:
            return sort_unexpected_error(error, connector.kind, writes=request.writes)


def sort_unexpected_error(error: Exception, platform: str, *, writes: bool) -> ConnectorError:
    """Decide what an exception means that is none of the four errors.

    As `unknown_outcome`: a call that reads is made again, and costs the other pages of its batch
    nothing.
    """
    if isinstance(error, TimeoutError):
        detail = "given up: no end of it within the longest time"
        return unknown_outcome(detail, code="TimeoutError", writes=writes)
    # Without its words: they may hold a part of the platform's answer, such as a resident's
    # comment.
    log.error(
        "unexpected %s while calling %s: %s", type(error).__name__, platform, _describe_place(error)
    )
    return unknown_outcome(type(error).__name__, writes=writes)


def _describe_place(error: BaseException) -> str:
    """Name the last calls that led to an exception."""
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    return " > ".join(
        f"{frame.name} ({os.path.basename(frame.filename)}:{frame.lineno})" for frame in frames
    )


async def _run_all(
    platform: str,
    requests: Sequence[Request],
    put: Callable[[Any, Any], None],
    at_once: int = _CONNECTIONS,
) -> None:
    """Run the requests on connections of their own."""
    semaphore = asyncio.Semaphore(at_once)
    async with _make_session(aiohttp.TCPConnector(limit=_CONNECTIONS)) as session:
        connector = CONNECTORS[platform](session)

        async def one(request: Request) -> None:
            put(request.key, await run_request(request, connector, semaphore))

        await asyncio.gather(*map(one, requests))


async def _stay_inside(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Send nothing elsewhere: rows that were restored may hold addresses that a platform once gave,
    as those of begun uploads.
    """
    if not str(request.url).startswith(options.only_to):
        raise Rejected("outside of the simulator", code="training")
    return await handler(request)


def _make_session(pool: aiohttp.TCPConnector) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=pool,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": "outreach-portal"},
        proxy=options.proxy or None,
        middlewares=[_stay_inside] if options.only_to else [],
    )


# --- the loop of the publishing workers -----------------------------------------------------------


class _Client:
    """Run requests on one loop in a thread of its own. Each platform has its own connections, which
    stay warm: one that hangs starves no other.
    """

    def __init__(self) -> None:
        try:
            import uvloop
        except ImportError:
            self.loop = asyncio.new_event_loop()
        else:
            self.loop = uvloop.new_event_loop()
        self.connectors: dict[str, Connector] = {}
        self.semaphores: dict[str, asyncio.Semaphore] = {}
        self.running: set[asyncio.Task] = (
            set()
        )  # a task that nobody holds may be collected in mid-call
        self.thread = threading.Thread(target=self.loop.run_forever, name="platforms", daemon=True)
        self.thread.start()

    def submit(
        self, platform: str, requests: Sequence[Request], answers: Answers, *, begin_within: float
    ) -> None:
        latest = time.monotonic() + begin_within
        answers.expect(len(requests))

        async def run_and_put(request: Request) -> None:
            answers.put(
                request.key,
                await run_request(request, self.connectors[platform], self.semaphores[platform]),
            )

        def begin() -> None:
            self._connect(platform)
            for request in requests:
                request.latest = min(request.latest, latest)
                task = self.loop.create_task(run_and_put(request))
                self.running.add(task)
                task.add_done_callback(self.running.discard)

        self.loop.call_soon_threadsafe(begin)

    def close(self) -> None:
        """Close the connections. What is in flight is left to the platform and the next check."""
        for connector in self.connectors.values():
            asyncio.run_coroutine_threadsafe(connector.session.close(), self.loop).result(timeout=5)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(timeout=5)

    def _connect(self, platform: str) -> None:
        """Open the platform's connections. Only from within the loop: a session belongs to it."""
        if platform in self.connectors:
            return
        # Semaphores bound the calls; one that carries pictures opens some connections at once.
        limit = 2 * options.connections
        pool = aiohttp.TCPConnector(
            limit=limit, keepalive_timeout=75, ttl_dns_cache=60, loop=self.loop
        )
        self.semaphores[platform] = asyncio.Semaphore(options.connections)
        self.connectors[platform] = CONNECTORS[platform](_make_session(pool))


class _Process:
    """Hold this process's client and, after a fork, its parent's."""

    client: _Client | None = None
    # Never collected: closing what a fork left behind would reach into the epoll that the parent
    # still waits on.
    inherited: list[_Client] = []
    lock = threading.Lock()


def _get_client() -> _Client:
    with _Process.lock:
        if _Process.client is None:
            _Process.client = _Client()
        return _Process.client


def _reset_after_fork() -> None:
    """Replace what a forked child cannot use: the client's thread, which it does not have, and a
    lock that may be held for ever.
    """
    _Process.lock = threading.Lock()
    if _Process.client is not None:
        _Process.inherited.append(_Process.client)
        _Process.client = None


def _close() -> None:
    if _Process.client is not None:
        _Process.client.close()


os.register_at_fork(after_in_child=_reset_after_fork)
atexit.register(_close)
