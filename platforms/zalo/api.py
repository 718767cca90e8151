"""Call Zalo's interface, within the calls that the application has in a minute."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import aiohttp

from platforms.connector import Connector
from platforms.errors import AccessLost, ConnectorError, OutcomeUnknown, Rejected, TryLater
from platforms.messages import Account
from platforms.zalo.errors import (
    AGAIN,
    BACK_OFF,
    FAILED,
    INVALID,
    LIMIT,
    LOST,
    NIGHT,
    NOT_AUTHORISED,
    PENDING,
    PICTURE_PLACES,
    until_morning,
)
from platforms.zalo.undocumented import is_ours, is_quota, is_spent


class RateLimiter:
    """The calls a minute that Zalo grants to the whole application. A quarter may go out at once,
    the rest evenly.
    """

    LONGEST_WAIT = 20  # seconds in the queue; the lease of a publication is longer

    def __init__(self) -> None:
        self.free_at = self.promised = 0.0

    async def take(self, calls: int, per_minute: int) -> None:
        """Waits until there is room for ``calls``. Who would wait too long is sent away with a time
        of its own, so that a national campaign comes back in a row and not in a crowd.
        """
        if not per_minute:
            return
        now, rate = time.monotonic(), per_minute * 0.7 / 60
        start = max(self.free_at, now - per_minute * 0.25 / rate)
        if start - now > self.LONGEST_WAIT:
            self.promised = max(self.promised, start) + calls / rate
            wait = timedelta(seconds=self.promised - now)
            raise TryLater(
                "the application's calls of this minute are used up", code=str(LIMIT), wait=wait
            )
        self.free_at = start + calls / rate
        await asyncio.sleep(max(0.0, start - now))


class Api(Connector):
    """Make the calls that every part of the connector needs."""

    # Seconds between looks at a job, which usually takes one or two.
    waits: ClassVar[Sequence[float]] = (1, 1, 2, 3, 5, 10)

    def __init__(self, session: aiohttp.ClientSession):
        super().__init__(session)
        self.limiter = RateLimiter()

    async def _job(
        self, account: Account, verb: str, article: dict[str, Any], *, writes: bool = False
    ) -> str:
        answer = await self._api(
            "POST", account, f"article/{verb}", json=article, writes=writes, timeout=20
        )
        if token := answer.get("data", {}).get("token"):
            return token
        raise (OutcomeUnknown if writes else TryLater)("no job was named")

    async def _article_of(self, account: Account, token: str) -> str:
        """The article that a job has made or changed; empty while it is at work."""
        try:
            answer = await self._api(
                "POST", account, "article/verify", json={"token": token}, timeout=10
            )
        except TryLater as error:
            if error.code != str(PENDING):
                raise
            return ""
        return answer.get("data", {}).get("id", "")

    async def _status(self, account: Account, article: str) -> str:
        """`show`, or else it is hidden; empty where there is no such article."""
        try:
            answer = await self._api("GET", account, "article/getdetail", params={"id": article})
        except Rejected as error:
            if error.code != INVALID:
                raise
            return ""
        return answer["data"].get("status") or "hide"

    async def _api(
        self,
        method: str,
        account: Account,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        **request: Any,
    ) -> Any:
        url = f"{account.base_url}/v2.0/{path}"
        headers = {"access_token": account.token, **(headers or {})}
        return await self.call(method, url, headers=headers, redact=(account.token,), **request)

    def is_success(self, status: int, body: Any) -> bool:
        """Tokens come without the envelope, and so do some failures."""
        whole = isinstance(body, dict) and ("error" in body or "access_token" in body)
        return status == 200 and whole and not int(body.get("error") or 0)

    def error_for(self, status: int, body: Any, *, writes: bool) -> ConnectorError:
        """Failures arrive with status 200 as well. From -14000 downwards the consent server
        speaks.
        """
        match body:
            case {"error": int() | str() as given} if status < 500 and (code := int(given)):
                pass
            case {"message": str(words)} if status < 400 and is_spent(words):
                return AccessLost(words, code="refresh_token")
            case _:
                return super().error_for(status, body, writes=writes)
        detail = str(body.get("error_description") or body.get("message") or f"code {code}")
        if code == LIMIT:
            left = 60 - time.time() % 60
            whole_app = (
                "your oa" not in detail.lower()
            )  # one account has a limit of its own, by its package
            return TryLater(
                detail, code=str(code), wait=timedelta(seconds=left + 1), whole_app=whole_app
            )
        if code == PENDING:
            return TryLater(detail, code=str(code))
        if code in BACK_OFF or (code == NOT_AUTHORISED and is_quota(detail)):
            wait = timedelta(hours=1) if str(code) != FAILED else None
            return TryLater(detail, code=str(code), wait=wait)
        if code == NIGHT:
            return TryLater(detail, code=str(code), wait=until_morning(datetime.now(UTC)))
        if str(code) == INVALID and any(place in detail for place in PICTURE_PLACES):
            # It could not fetch a picture from us just then, which says nothing of the article.
            return TryLater(detail, code=str(code), wait=AGAIN)
        if (
            code in LOST
            or code == NOT_AUTHORISED
            or (code <= -14_000 and not is_ours(code, detail))
        ):
            return AccessLost(detail, code=str(code))
        return Rejected(detail, code=str(code))
