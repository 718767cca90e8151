"""Call Zalo's interface, within the calls that the application has in a minute."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, ClassVar

import aiohttp

from platforms.connector import Connector
from platforms.errors import (
    AccessLost,
    ConnectorError,
    Rejected,
    TryLater,
    unknown_outcome,
)
from platforms.messages import Account
from platforms.zalo.errors import (
    INVALID,
    PENDING,
    sort_error,
)
from platforms.zalo.rate_limiter import RateLimiter
from platforms.zalo.undocumented import is_spent_refresh_token

_SLICE = 10  # articles that one call lists


class Api(Connector):
    """Make the calls that every part of the connector needs."""

    # Seconds between checks of a job, which usually takes one or two.
    waits: ClassVar[Sequence[float]] = (1, 1, 2, 3, 5, 10)

    def __init__(self, session: aiohttp.ClientSession):
        super().__init__(session)
        self.limiter = RateLimiter()

    async def call_api(
        self,
        account: Account,
        path: str,
        *,
        method: str = "POST",
        headers: Mapping[str, str] | None = None,
        **request: Any,
    ) -> Any:
        """Call the interface in the account's name, and return the answer."""
        url = f"{account.base_url}/v2.0/{path}"
        headers = {"access_token": account.token, **(headers or {})}
        return await self.call(method, url, headers=headers, redact=(account.token,), **request)

    async def reserve_calls(self, account: Account, calls: int) -> None:
        """Wait until the application may make so many calls."""
        await self.limiter.take(calls, account.app["calls_per_minute"])

    # --- jobs and articles ------------------------------------------------------------------------

    async def begin_job(
        self, account: Account, verb: str, article: dict[str, Any], *, writes: bool = False
    ) -> str:
        """Ask Zalo to create or update an article; return the token of the job that does it."""
        answer = await self.call_api(
            account, f"article/{verb}", json=article, writes=writes, timeout=20
        )
        if token := answer.get("data", {}).get("token"):
            return token
        raise unknown_outcome("no job was named", writes=writes)

    async def read_job(self, account: Account, token: str) -> str:
        """Return the id of the article that a job has created or updated; empty while it is at
        work.
        """
        request = {"token": token}
        try:
            answer = await self.call_api(account, "article/verify", json=request, timeout=10)
        except TryLater as error:
            if error.code != str(PENDING):
                raise
            return ""
        return answer.get("data", {}).get("id", "")

    async def read_article(self, account: Account, article_id: str) -> Mapping[str, Any]:
        params = {"id": article_id}
        answer = await self.call_api(account, "article/getdetail", method="GET", params=params)
        return answer["data"]

    async def read_status(self, account: Account, article_id: str) -> str:
        """Return `show`, or else the article is hidden; empty where there is no such article."""
        try:
            article = await self.read_article(account, article_id)
        except Rejected as error:
            if error.code != INVALID:
                raise
            return ""
        return article.get("status") or "hide"

    async def iter_articles(
        self, account: Account, kind: str, *, max_calls: int, timeout: float = 0
    ) -> AsyncIterator[dict[str, Any]]:
        """Yield the account's articles of a kind, newest first, ten a call."""
        for offset in range(0, max_calls * _SLICE, _SLICE):
            params = {"offset": str(offset), "limit": str(_SLICE), "type": kind}
            answer = await self.call_api(
                account, "article/getslice", method="GET", params=params, timeout=timeout
            )
            articles = answer["data"]["medias"]
            for article in articles:
                yield article
            if len(articles) < _SLICE:
                return

    # --- errors -----------------------------------------------------------------------------------

    def is_success(self, status: int, body: Any) -> bool:
        """Tell whether an answer is a success. Tokens come without the usual envelope, and so do
        some failures.
        """
        is_whole = isinstance(body, dict) and ("error" in body or "access_token" in body)
        return status == 200 and is_whole and not int(body.get("error") or 0)

    def error_for(self, status: int, body: Any, *, writes: bool) -> ConnectorError:
        """Sort failures, which arrive with status 200 as well."""
        match body:
            case {"error": int() | str() as given} if status < 500 and (code := int(given)):
                detail = body.get("error_description") or body.get("message") or f"code {code}"
                return sort_error(code, str(detail))
            case {"message": str(detail)} if status < 400 and is_spent_refresh_token(detail):
                return AccessLost(detail, code="refresh_token")
        return super().error_for(status, body, writes=writes)
