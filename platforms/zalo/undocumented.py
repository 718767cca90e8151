"""Collect what Zalo's documentation leaves open: all that rests on one weak source, or on none."""

from collections.abc import Mapping
from typing import Any

# The length of an article's body is not published: our own bound.
BODY = 10_000
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


def made_at(article: Mapping[str, Any]) -> float:
    """``create_date`` in seconds. It is likely to be in milliseconds."""
    return int(article["create_date"]) / 1000


def video_requested(token: str) -> dict[str, Any]:
    """A video's upload token: the documentation sends it in the address, the platform's own Java
    SDK as a header.
    """
    return {"params": {"token": token}, "headers": {"token": token}}


def is_ours(code: int, words: str) -> bool:
    """Tell whether the consent server refuses our application, which says nothing of the account:
    it is inactive, or its address is not the one that was saved. The number for a wrong secret is
    not published."""
    return code in (-14_002, -14_003) or "secret" in words.lower()


def is_spent(words: str) -> bool:
    """A refresh token that is refused may be told in words alone, without a number."""
    return "refresh token" in words.lower()


def is_quota(words: str) -> bool:
    """-223 means two things: no consent, or no articles left this month. Only the words tell."""
    return "quota" in words
