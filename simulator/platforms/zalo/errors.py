"""Word errors as Zalo does: almost every refusal is HTTP 200 with a negative `error`.

Numbers below -14003 are this simulator's own: the real ones are not published.
"""

from __future__ import annotations

from typing import Any

from simulator.calls import Reply

SUCCESS = {"error": 0, "message": "Success"}
REFUSALS = {
    -201: "title is invalid!",
    -209: "The application is not active for this API",
    -210: "title is above the allowed size",
    -212: "The application is not registered for this API",
    -215: "Invalid app id",
    -224: "OA must be upgraded to a higher package to use this feature",
    -242: "appsecret_proof provided in the API argument is invalid",
    -248: "Content violates the platform's standards",
}


class ZaloError(Exception):
    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code

    def reply(self) -> Reply:
        return Reply({"error": self.code, "message": str(self)})


def make_success(data: dict[str, Any]) -> dict[str, Any]:
    return {"data": data} | SUCCESS


def invalid(field: str) -> ZaloError:
    return ZaloError(-201, f"{field} is invalid!")


def too_large(field: str) -> ZaloError:
    return ZaloError(-210, f"{field} is above the allowed size")


def oauth_error(code: int, name: str, reason: str) -> Reply:
    """Answer in the OAuth server's error shape, in HTTP 200 as well."""
    return Reply(
        {
            "error": code,
            "error_name": name,
            "error_reason": reason,
            "error_description": reason,
            "ref_doc": "https://developers.zalo.me/docs/official-account/bat-dau/xac-thuc-va-uy-quyen-cho-ung-dung-new",
        }
    )
