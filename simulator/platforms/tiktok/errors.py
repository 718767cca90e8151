"""Word errors and answers as TikTok does, and count and cut texts as it does."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

from simulator.calls import Reply

LONGEST_LISTED = 150  # UTF-16 units of a listed title or description


class TiktokError(Exception):
    def __init__(self, status: int, code: str, message: str = "") -> None:
        super().__init__(message or code)
        self.status = status
        self.code = code

    def reply(self) -> Reply:
        return Reply(
            {
                "data": {},
                "error": {"code": self.code, "message": str(self), "log_id": make_log_id()},
            },
            self.status,
        )


def make_log_id() -> str:
    return datetime.now(UTC).strftime("%Y%m%d%H%M%S") + secrets.token_hex(9).upper()


def oauth_error(error: str, description: str, status: int = 400) -> Reply:
    """Answer in the token server's shape: flat, without the envelope."""
    return Reply(
        {"error": error, "error_description": description, "log_id": make_log_id()}, status
    )


def invalid(message: str) -> TiktokError:
    return TiktokError(400, "invalid_params", message)


def count_utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def shorten(text: str) -> str:
    """Cut a text as lists show it: the Video Object page (24 August 2026) gives it 150 at most."""
    return text.encode("utf-16-le")[: 2 * LONGEST_LISTED].decode("utf-16-le", "replace")


def is_whole_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
