"""Word errors as Google does."""

from __future__ import annotations

from typing import Any

from simulator.calls import Reply


class YoutubeError(Exception):
    """Answer in Google's error shape."""

    def __init__(
        self,
        status: int,
        reason: str,
        message: str,
        *,
        domain: str = "youtube.video",
        where: str = "",
        code: str = "",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.domain = domain
        self.where = where
        self.code = code

    def reply(self) -> Reply:
        answer = {"message": str(self), "domain": self.domain, "reason": self.reason}
        if self.where:
            answer |= {
                "location": self.where,
                "locationType": "header" if self.where == "Authorization" else "parameter",
            }
        error: dict[str, Any] = {"code": self.status, "message": str(self), "errors": [answer]}
        if self.code:
            error["status"] = self.code
        if self.reason == "insufficientPermissions":
            scope = {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
            }
            error["details"] = [scope | {"domain": "googleapis.com"}]
        return Reply({"error": error}, self.status)


def bad_token() -> YoutubeError:
    return YoutubeError(
        401, "authError", ("Request had invalid " "authentication credentials."), domain="global",
        where="Authorization",
        code="UNAUTHENTICATED",
    )  # fmt: skip


def no_video() -> YoutubeError:
    return YoutubeError(
        404, "videoNotFound", "The video that you are trying to find cannot be found.", where="id"
    )


def missing(parameter: str) -> YoutubeError:
    return YoutubeError(
        400,
        "missingRequiredParameter",
        f"Missing required parameter: {parameter}",
        domain="global",
        where=parameter,
    )


def bad_request(message: str) -> YoutubeError:
    return YoutubeError(400, "badRequest", message, domain="global")


def forbidden(message: str = "The request might not be properly authorized.") -> YoutubeError:
    return YoutubeError(403, "forbidden", message, code="PERMISSION_DENIED")


def too_fast() -> YoutubeError:
    return YoutubeError(
        429, "rateLimitExceeded", "Too many requests have been sent within a given time span.",
        domain="usageLimits", code="RESOURCE_EXHAUSTED",
    )  # fmt: skip


def used_up(*, in_words_alone: bool) -> YoutubeError:
    """Say that the project's day is over, which the newer quota system calls too many requests."""
    if in_words_alone:
        message = (
            "Quota exceeded for quota metric 'Queries' and limit 'Queries per day' "
            "of service 'youtube.googleapis.com'."
        )
        return YoutubeError(
            429, "rateLimitExceeded", message, domain="global", code="RESOURCE_EXHAUSTED"
        )
    return YoutubeError(
        403, "quotaExceeded",
        ("The request cannot be completed because you have " "exceeded " "your quota."),
        domain="youtube.quota",
    )  # fmt: skip


def oauth_error(error: str, description: str, status: int = 400) -> Reply:
    return Reply({"error": error, "error_description": description}, status)


def invalid_grant() -> Reply:
    return oauth_error("invalid_grant", "Token has been expired or revoked.")
