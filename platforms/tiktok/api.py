"""Call TikTok's interface."""

from collections.abc import Mapping
from typing import Any

from platforms.connector import Connector
from platforms.errors import ConnectorError, OutcomeUnknown, Rejected, TryLater
from platforms.messages import Account
from platforms.tiktok.errors import MINUTE, code_of, sort_error


class Api(Connector):
    """Make the calls that every part of the connector needs."""

    async def _creator(self, account: Account) -> Mapping[str, Any]:
        """Ask what the account allows just now. TikTok asks that this be read anew for every
        post.
        """
        return await self._api(account, "post/publish/creator_info/query/", json={})

    async def _status(self, account: Account, publish_id: str) -> Mapping[str, Any]:
        """Ask what TikTok tells of a publication. One of which it tells nothing may stand all the
        same: how long they are remembered nobody says."""
        try:
            return await self._api(
                account, "post/publish/status/fetch/", json={"publish_id": publish_id}
            )
        except Rejected as error:
            raise OutcomeUnknown(error.detail, code=error.code) from None

    async def _api(
        self, account: Account, path: str, *, method: str = "POST", **request: Any
    ) -> Any:
        headers = {"Authorization": f"Bearer {account.token}"}
        url = f"{account.base_url}/v2/{path}"
        return (await self.call(method, url, headers=headers, redact=(account.token,), **request))[
            "data"
        ]

    def is_success(self, status: int, body: Any) -> bool:
        if status != 200 or not isinstance(body, dict):
            return False
        return "access_token" in body or code_of(body) == "ok"

    def error_for(self, status: int, body: Any, *, writes: bool) -> ConnectorError:
        code = code_of(body)
        if not code or code == "ok":
            problem = super().error_for(status, body, writes=writes)
            if isinstance(problem, TryLater) and status == 429:
                problem.wait = MINUTE
            return problem
        error = body["error"] if isinstance(body["error"], dict) else body
        words = error.get("message") or error.get("error_description") or code
        detail = f"{words} (log {error['log_id']})" if error.get("log_id") else str(words)
        if status >= 500 or code in ("internal_error", "server_error"):
            return (OutcomeUnknown if writes else TryLater)(detail, code=code)
        return sort_error(code, detail)
