"""Call the Bot API."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from platforms.connector import Connector
from platforms.errors import ConnectorError
from platforms.messages import Account
from platforms.telegram.errors import WAIT_MARGIN, is_error, sort_error


class Api(Connector):
    """Make the calls that every part of the connector needs."""

    async def call_api(self, account: Account, bot_method: str, **request: Any) -> Any:
        """Call a method of the Bot API with the bot's token, and return its result."""
        url = f"{account.base_url}/bot{account.token}/{bot_method}"
        return (await self.call("POST", url, redact=(account.token,), **request))["result"]

    def is_success(self, status: int, body: Any) -> bool:
        if status != 200 or not isinstance(body, dict):
            return False
        return body.get("ok") is True and "result" in body

    def error_for(self, status: int, body: Any, *, writes: bool) -> ConnectorError:
        error = sort_error(status, body, writes=writes) if is_error(body) else None
        return error or super().error_for(status, body, writes=writes)

    def wait_from_headers(self, headers: Mapping[str, str]) -> timedelta | None:
        wait = super().wait_from_headers(headers)
        return wait and wait + WAIT_MARGIN
