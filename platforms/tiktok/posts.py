"""Describe posts, ours as messages and theirs as the interface tells them. Pure functions."""

import re
from collections.abc import Mapping
from typing import Any

from platforms.errors import Rejected
from platforms.messages import Account, Message, Video
from platforms.tiktok.facts import FACTS, VIDEO

# The Video Object page (24 August 2026) gives a listed title or description 150 letters at most.
# Whether they are UTF-16 units nobody says: from 140 on a text is taken for the beginning of one.
_LISTED = 140
_CUT = re.compile(r"[\ud800-\udbff\ufffd]?(?:…|\.\.\.)?$")
# A photo post's id bears this mark, for lists may leave photos out: their absence tells nothing.
PHOTO = "photo/"
# So begins the reference of photos: they have no draft, and all are sent by the visible call.
UNSENT = "photos "


def is_waiting(status: Mapping[str, Any]) -> bool:
    return status["status"] in ("PROCESSING_UPLOAD", "PROCESSING_DOWNLOAD")


def post_id(status: Mapping[str, Any]) -> str:
    """The id of a post that residents see. The field's name is misspelt, and its numbers are too
    long for a float.
    """
    return next((str(each) for each in status.get("publicaly_available_post_id") or ()), "")


def video_of(message: Message) -> Video:
    if not message.videos:
        raise Rejected("TikTok needs a video", code="needs_video")
    return message.videos[0]


def option_of(message: Message, name: str) -> Any:
    options = {each.name: each.default for each in FACTS.format(message.format).options}
    return message.options.get(name, options.get(name))


def is_off(info: Mapping[str, Any], name: str) -> bool:
    return bool(info.get({"comments": "comment_disabled"}.get(name, f"{name}_disabled")))


def require_allowed(message: Message, info: Mapping[str, Any]) -> None:
    """Compare what the author chose with what the account allows now."""
    if option_of(message, "privacy") not in info.get("privacy_level_options", ()):
        words = "the account does not allow the audience that was chosen"
        raise Rejected(words, code="privacy_level_option_mismatch")
    longest = info.get("max_video_post_duration_sec") or VIDEO.max_seconds
    if any(video.seconds > longest for video in message.videos):
        raise Rejected(
            f"the account may post videos of {longest} seconds", code="duration_check_failed"
        )


def post_info(message: Message, info: Mapping[str, Any]) -> dict[str, Any]:
    closed = {
        f"disable_{theirs}": not option_of(message, ours) or is_off(info, ours)
        for ours, theirs in (("comments", "comment"), ("duet", "duet"), ("stitch", "stitch"))
    }
    return {
        **({"title": message.text} if message.text else {}),
        "privacy_level": option_of(message, "privacy"),
        **closed,
        "brand_content_toggle": False,
        "brand_organic_toggle": bool(option_of(message, "own_brand")),
        "is_aigc": message.ai_made,
    }


def is_post(external_id: str) -> bool:
    return external_id.removeprefix(PHOTO).isdecimal()


def link_to(account: Account, post: str, *, photo: bool = False) -> str:
    if not account.handle:
        return ""
    return f"{account.app['link_url']}/@{account.handle}/{'photo' if photo else 'video'}/{post}"


def bare(text: str) -> str:
    return " ".join(text.split())


def begins_like(expected: str, listed: str) -> bool:
    """Tell whether ``listed`` is a text that TikTok shortened and ``wanted`` begins with it. A cut
    may halve an emoji and end in an ellipsis.
    """
    if len(listed.encode("utf-16-le", "surrogatepass")) // 2 < _LISTED:
        return False
    return expected.startswith(bare(_CUT.sub("", listed)))
