"""Word errors as the Bot API does."""

from __future__ import annotations

from typing import Any

from simulator.calls import Reply


class TelegramError(Exception):
    PREFIX = {
        400: "Bad Request: ",
        403: "Forbidden: ",
        404: "Not Found",
        401: "Unauthorized",
        409: "Conflict: ",
    }

    def __init__(self, status: int, text: str = "", **parameters: Any) -> None:
        super().__init__(self.PREFIX.get(status, "") + text)
        self.status = status
        self.parameters = parameters

    def reply(self) -> Reply:
        body: dict[str, Any] = {"ok": False, "error_code": self.status, "description": str(self)}
        headers = {}
        if self.parameters:
            body["parameters"] = self.parameters
        if "retry_after" in self.parameters:
            headers["Retry-After"] = str(self.parameters["retry_after"])
        return Reply(body, self.status, headers)


def bad(text: str) -> TelegramError:
    return TelegramError(400, text)
