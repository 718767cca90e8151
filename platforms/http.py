"""Make one request to a platform, without redirects or retries, and sort whatever is no success
into one of four errors.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

import aiohttp
from yarl import URL

from platforms.errors import AccessLost, ConnectorError, Rejected, TryLater, unknown_outcome
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
        return _decode(self.raw)


class Http:
    """Make a platform's requests. Platforms differ in what is a success and in what an error
    means.
    """

    # Longer than any platform takes to answer honestly, so that unknown outcomes stay rare.
    deadline: ClassVar[timedelta] = timedelta(seconds=40)

    def __init__(self, session: aiohttp.ClientSession):
        self.session = session
        self.metrics = Metrics()  # whoever asks for figures puts one of its own here

    def error_for(self, status: int, body: Any, *, writes: bool) -> ConnectorError:
        """Return the error that an answer stands for which is no success. ``writes``: as in
        `call`.
        """
        detail = f"HTTP {status}"
        if status == 429:
            return TryLater(detail, code="429")
        # Below 400: a redirect that nobody follows, or half an answer to a call that went through.
        if status >= 500 or status < 400:
            return unknown_outcome(detail, code=str(status), writes=writes)
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
        writes: bool = False,
        timeout: float = 0,
        redact: Sequence[str] = (),
        **request: Any,
    ) -> Any:
        """Make one request and return the decoded JSON, or raise one of the four errors. Follows no
        redirect and repeats nothing.

        ``writes`` says that a repetition could do harm, because the first request may have come
        through and be visible: then whatever is not certain is OutcomeUnknown. ``redact`` names the
        secrets in the request: platforms repeat a bad token in their complaint about it.
        """
        answer = await self.send(method, url, writes=writes, timeout=timeout, **request)
        if self.is_success(answer.status, answer.body):
            return answer.body
        raise self.error_from(answer, writes=writes, redact=redact)

    async def send(
        self, method: str, url: str, *, writes: bool = False, timeout: float = 0, **request: Any
    ) -> Answer:
        """Make one request as `call` does, and return any answer, whether it is a success or
        not.
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
            raise _make_no_answer_error(
                TryLater("no connection", code=type(error).__name__)
            ) from None
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            name = type(error).__name__
            raise _make_no_answer_error(
                unknown_outcome("no answer", code=name, writes=writes)
            ) from None
        self.record_usage(headers)
        return Answer(status, headers, raw)

    def error_from(
        self, answer: Answer, *, writes: bool = False, redact: Sequence[str] = ()
    ) -> ConnectorError:
        """Return the error that an answer stands for, without the secrets that it repeats, and
        with the wait that its headers state.
        """
        raw = answer.raw
        for secret in filter(None, redact):
            raw = raw.replace(secret.encode(), b"***")
        error = self.error_for(answer.status, _decode(raw), writes=writes)
        if isinstance(error, TryLater):
            error.wait = self.wait_from_headers(answer.headers) or error.wait
        return _make_no_answer_error(error) if answer.status >= 500 else error

    @staticmethod
    async def read_pieces(
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

    def wait_from_headers(self, headers: Mapping[str, str]) -> timedelta | None:
        """Return how long the answer's headers ask us to wait; None where they do not."""
        seconds = headers.get("Retry-After", "")
        return timedelta(seconds=int(seconds)) if seconds.isdigit() else None

    def record_usage(self, headers: Mapping[str, str]) -> None:
        """Record how much of a limit is used, where the platform's headers say so."""


def is_own_host(url: str, base_url: str, upload_hosts: re.Pattern[str] | None = None) -> bool:
    """Tell whether an address is on the host of ``base_url``, a simulator's where one stands in, or
    on one of the platform's ``upload_hosts``: only these get a token and the bytes of a video that
    is not published yet.
    """
    address, base = urlsplit(url), urlsplit(base_url)
    if (address.scheme, address.netloc) == (base.scheme, base.netloc):
        return True
    is_upload_host = bool(upload_hosts and upload_hosts.fullmatch(address.hostname or ""))
    return address.scheme == "https" and is_upload_host and address.port in (None, 443)


def _make_no_answer_error(error: ConnectorError) -> ConnectorError:
    error.silent = True
    return error


def _decode(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None
