"""Asking a platform from code that is not asynchronous: views, tasks and services outside the publishing engine."""

import asyncio
import logging
import queue
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping

import aiohttp

from channels.connectors import CONNECTORS
from channels.connectors.base import Connector, ConnectorError, TryLater

log = logging.getLogger(__name__)

# Enough for a batch of reads; publishing has connections of its own.
_CONNECTIONS = 32


def ask[T](platform: str, call: Callable[[Connector], Awaitable[T]]) -> T:
    """Runs ``call`` with the platform's connector on connections of its own, and returns its result.

    Never inside a transaction: a platform takes its time, and the rows would be locked for as long.
    """

    async def run() -> T:
        pool = aiohttp.TCPConnector(limit=_CONNECTIONS)
        headers = {"User-Agent": "outreach-portal"}
        async with aiohttp.ClientSession(
            connector=pool, cookie_jar=aiohttp.DummyCookieJar(), headers=headers
        ) as session:
            return await call(CONNECTORS[platform](session))

    return asyncio.run(run())


def ask_each[K, T](
    platform: str, calls: Mapping[K, Callable[[Connector], Awaitable[T]]], *, at_once: int = _CONNECTIONS
) -> Iterator[tuple[K, T | ConnectorError]]:
    """Makes many calls to one platform, never more than ``at_once`` of them at a time, and gives each answer as it
    comes: what must not be lost is stored before the last one has answered.

    Whoever iterates is in a thread of its own, beside the loop's, and may ask the database. A call's failure is given
    in place of its answer.
    """
    answers: queue.SimpleQueue[tuple[K, T | ConnectorError] | None] = queue.SimpleQueue()

    async def run(connector: Connector) -> None:
        room = asyncio.Semaphore(at_once)

        async def one(key: K, call: Callable[[Connector], Awaitable[T]]) -> None:
            async with room:
                try:
                    answer: T | ConnectorError = await call(connector)
                except ConnectorError as error:
                    answer = error
                except Exception as error:
                    answer = unexpected(error, platform)
            answers.put((key, answer))

        await asyncio.gather(*(one(key, call) for key, call in calls.items()))

    def work() -> None:
        try:
            ask(platform, run)
        finally:
            answers.put(None)

    threading.Thread(target=work, name=f"ask {platform}", daemon=True).start()
    yield from iter(answers.get, None)


def unexpected(error: Exception, platform: str) -> TryLater:
    """One page's odd answer must not cost the others theirs: where only something was asked, it is a blip."""
    log.error("unexpected %s while asking %s", type(error).__name__, platform, exc_info=error)
    return TryLater(type(error).__name__)
