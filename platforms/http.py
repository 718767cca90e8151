"""Make one request to a platform: no redirect, no retry, and what is no success sorted into one of
four errors.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

import aiohttp
from yarl import URL

from platforms.errors import AccessLost, ConnectorError, OutcomeUnknown, Rejected, TryLater
from platforms.messages import Video
from platforms.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    raw: bytes = field(repr=False)

    @property
    def body(self) -> Any:
        """Decode the JSON; None when it is none."""
        return _decoded(self.raw)


class Http:
    """Make a platform's requests. Platforms differ in what is a success and in what an error
    means.
    """

    # Longer than any platform takes to answer honestly, so that unknown outcomes stay rare.
    deadline: ClassVar[timedelta] = timedelta(seconds=40)

    def __init__(self, session: aiohttp.ClientSession):
        self.session = session
        self.metrics = Metrics()  # whoever asks for figures puts one of its own here

    def error_for(self, status: int, body: Any, *, changes: bool) -> ConnectorError:
        """Sort an answer that is not a success. ``changes``: the call could have made something
        visible.
        """
        detail = f"HTTP {status}"
        if status == 429:
            return TryLater(detail, code="429")
        # Below 400: a redirect that nobody follows, or half an answer to a call that went through.
        if status >= 500 or status < 400:
            return (
                OutcomeUnknown(detail, code=str(status))
                if changes
                else TryLater(detail, code=str(status))
            )
        if status == 401:
            return AccessLost(detail, code="401")
        return Rejected(detail, code=str(status))

    def is_success(self, status: int, body: Any) -> bool:
        return status == 200 and isinstance(body, dict)

    async def call(
        self,
        method: str,
        url: str,
        *,
        changes: bool = False,
        timeout: float = 0,
        hide: Sequence[str] = (),
        **request: Any,
    ) -> Any:
        """Make one request and return the decoded JSON, or raise the fitting error. No redirect, no
        retry.

        ``changes`` says that the request may make something visible: then every unknown outcome is
        OutcomeUnknown. ``hide`` names the secrets it carries: platforms repeat a bad token in their
        complaint about it.
        """
        answer = await self.exchange(method, url, changes=changes, timeout=timeout, **request)
        if self.is_success(answer.status, answer.body):
            return answer.body
        raise self.problem(answer, changes=changes, hide=hide)

    async def exchange(
        self, method: str, url: str, *, changes: bool = False, timeout: float = 0, **request: Any
    ) -> Answer:
        """Make one request as `call` does, and leave whatever the platform answered to the caller
        to judge.
        """
        self.metrics.calls += 1
        # Encoded here, where it is known to be plain names and values: aiohttp's own way costs half
        # as much as the rest of the call, and a campaign makes thousands in a second.
        if params := request.pop("params", None):
            url = f"{url}?{urlencode(params)}"
        if isinstance(form := request.get("data"), dict):
            request["data"] = urlencode(form).encode()
            request["headers"] = {
                **request.get("headers", {}),
                "Content-Type": "application/x-www-form-urlencoded",
            }
        longest = self.deadline.total_seconds()
        total = aiohttp.ClientTimeout(total=min(timeout or longest, longest), sock_connect=5)
        try:
            async with self.session.request(
                method, URL(url, encoded=True), allow_redirects=False, timeout=total, **request
            ) as answer:
                status, headers, raw = answer.status, answer.headers, await answer.read()
        except (
            aiohttp.ClientConnectorError,
            aiohttp.ConnectionTimeoutError,
            aiohttp.ClientHttpProxyError,  # our own way out refused before anything was sent
        ) as error:
            # `from None`: the original carries the address, and Telegram's address is its token.
            raise _silent(TryLater("no connection", code=type(error).__name__)) from None
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            error_class = OutcomeUnknown if changes else TryLater
            raise _silent(error_class("no answer", code=type(error).__name__)) from None
        self.note_usage(headers)
        return Answer(status, headers, raw)

    def problem(
        self, answer: Answer, *, changes: bool = False, hide: Sequence[str] = ()
    ) -> ConnectorError:
        """Return the error that an answer stands for, without the secrets that it repeats."""
        raw = answer.raw
        for secret in filter(None, hide):
            raw = raw.replace(secret.encode(), b"***")
        problem = self.error_for(answer.status, _decoded(raw), changes=changes)
        if isinstance(problem, TryLater):
            problem.wait = self.stated_wait(answer.headers) or problem.wait
        return _silent(problem) if answer.status >= 500 else problem

    @staticmethod
    async def pieces(
        video: Video, start: int, length: int, *, piece: int = 1024 * 1024
    ) -> AsyncIterator[bytes]:
        """Yield ``length`` bytes of a video from ``start`` on, in pieces, read off the loop's
        thread.
        """
        if video.open is None:
            raise ValueError("a video without its file")
        file = await asyncio.to_thread(video.open)
        try:
            await asyncio.to_thread(file.seek, start)
            while length > 0:
                data = await asyncio.to_thread(file.read, min(piece, length))
                if not data:
                    raise ValueError("a video is shorter than it was")
                length -= len(data)
                yield data
        finally:
            await asyncio.to_thread(file.close)

    def stated_wait(self, headers: Mapping[str, str]) -> timedelta | None:
        """Return how long the answer's headers ask to wait."""
        seconds = headers.get("Retry-After", "")
        return timedelta(seconds=int(seconds)) if seconds.isdigit() else None

    def note_usage(self, headers: Mapping[str, str]) -> None:
        """Note how much of a limit is used, where a platform tells."""


def is_own_host(url: str, base_url: str, domain: str) -> bool:
    """Tell whether an address is on a host below the platform's own ``domain``, or on that of
    ``base_url``, where a simulator stands in: only these get the bytes of an unpublished video.
    """
    address, base = urlsplit(url), urlsplit(base_url)
    if (address.scheme, address.netloc) == (base.scheme, base.netloc):
        return True
    is_below_domain = (address.hostname or "").endswith(f".{domain}")
    return address.scheme == "https" and is_below_domain and address.port in (None, 443)


def _silent(error: ConnectorError) -> ConnectorError:
    error.silent = True
    return error


def _decoded(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None
