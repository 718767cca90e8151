"""Call TikTok's interface."""

from collections.abc import Mapping
from typing import Any

from platforms.connector import Connector
from platforms.errors import ConnectorError, OutcomeUnknown, Rejected, TryLater, unknown_outcome
from platforms.messages import Account
from platforms.tiktok.errors import MINUTE, parse_code, sort_error


class Api(Connector):
    """Make the calls that every part of the connector needs."""

    async def call_api(
        self, account: Account, path: str, *, method: str = "POST", **request: Any
    ) -> Any:
        """Call the interface in the account's name, and return the data of its answer."""
        headers = {"Authorization": f"Bearer {account.token}"}
        url = f"{account.base_url}/v2/{path}"
        answer = await self.call(method, url, headers=headers, redact=(account.token,), **request)
        return answer["data"]

    async def read_settings(self, account: Account) -> Mapping[str, Any]:
        """Read what the account's own settings allow. TikTok asks that this be done again for every
        post.
        """
        return await self.call_api(account, "post/publish/creator_info/query/", json={})

    async def read_status(self, account: Account, publish_id: str) -> Mapping[str, Any]:
        """Read the status of a publication. One that TikTok does not know may be live all the same,
        for nobody says how long it remembers: that is OutcomeUnknown.
        """
        request = {"publish_id": publish_id}
        try:
            return await self.call_api(account, "post/publish/status/fetch/", json=request)
        except Rejected as error:
            raise OutcomeUnknown(error.detail, code=error.code) from None

    def is_success(self, status: int, body: Any) -> bool:
        if status != 200 or not isinstance(body, dict):
            return False
        return "access_token" in body or parse_code(body) == "ok"

    def error_for(self, status: int, body: Any, *, writes: bool) -> ConnectorError:
        code = parse_code(body)
        if not code or code == "ok":
            error = super().error_for(status, body, writes=writes)
            if isinstance(error, TryLater) and status == 429:
                error.wait = MINUTE
            return error
        fields = body["error"] if isinstance(body["error"], dict) else body
        detail = str(fields.get("message") or fields.get("error_description") or code)
        if fields.get("log_id"):
            detail = f"{detail} (log {fields['log_id']})"
        if status >= 500 or code in ("internal_error", "server_error"):
            return unknown_outcome(detail, code=code, writes=writes)
        return sort_error(code, detail)
