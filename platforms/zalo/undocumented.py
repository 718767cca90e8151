"""Collect what Zalo's documentation leaves open: all that rests on one weak source, or on none."""

from collections.abc import Mapping
from datetime import date
from typing import Any

# The length of an article's body is not published: our own bound.
MAX_BODY = 10_000
# No list of tags is published either; of all that articles were seen with, these.
TAGS = (("strong>", "b>"), ("em>", "i>"))
# Which codecs it converts, how long and of what shape a video may be, is not published: only type
# and size are.
VIDEOS: Any = {
    "most": 1,
    "max_bytes": 50 * 1024 * 1024,
    "types": frozenset({"video/mp4"}),
    "codecs": frozenset({"h264", "hevc"}),
    "uploaded": True,
}


def parse_creation_time(article: Mapping[str, Any]) -> float:
    """Return ``create_date`` in seconds. It is likely to be in milliseconds."""
    return int(article["create_date"]) / 1000


def parse_package_end(page: Mapping[str, Any]) -> date | None:
    """Return the last day of an account's package; None for one that Zalo renews by itself, which
    is likely where a day stands for that, and for one without a day.
    """
    if _parse_day(page.get("package_auto_renew_date")):
        return None
    return _parse_day(page.get("package_valid_through_date"))


def _parse_day(value: object) -> date | None:
    """Parse 31/12/2026; None for words, as "Không gia hạn"."""
    try:
        day, month, year = (int(part) for part in str(value).split("/"))
        return date(year, month, day)
    except ValueError:
        return None


def upload_query(token: str) -> dict[str, Any]:
    """Send a video's upload token both ways: the documentation has it in the address, the
    platform's own Java SDK in a header.
    """
    return {"params": {"token": token}, "headers": {"token": token}}


def is_about_application(code: int, detail: str) -> bool:
    """Tell whether the consent server refuses our application, which says nothing of the account:
    the application is inactive, or its address is not the registered one. The number for a wrong
    secret is not published.
    """
    return code in (-14_002, -14_003) or "secret" in detail.lower()


def is_spent_refresh_token(detail: str) -> bool:
    """Tell whether a refresh token was refused, which Zalo may say in words alone, without a
    number.
    """
    return "refresh token" in detail.lower()


def is_about_quota(detail: str) -> bool:
    """Tell the two meanings of -223 apart, which only the words do: no articles left this month, or
    no consent.
    """
    return "quota" in detail
