"""Asking a platform from code that is not asynchronous: views, tasks and services outside the publishing engine."""

import asyncio
from collections.abc import Awaitable, Callable

import aiohttp

from channels.connectors import CONNECTORS
from channels.connectors.base import Connector

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
