"""Describe posts, ours as messages and theirs as the interface returns them. Pure functions."""

import re
from collections.abc import Mapping
from typing import Any

from platforms.errors import Rejected
from platforms.messages import Account, Message, Receipt, Video
from platforms.text import collapse_spaces
from platforms.tiktok.facts import FACTS, VIDEO_LIMITS

# The Video Object page (24 August 2026) gives a listed title or description 150 letters at most.
# Nobody says whether these are UTF-16 units: from 140 on a text is taken for a shortened one.
_SHORTENED_FROM = 140
_ELLIPSIS = re.compile(r"[\ud800-\udbff\ufffd]?(?:…|\.\.\.)?$")
# The id of a photo post begins so, for lists may leave photos out: their absence proves nothing.
PHOTO = "photo/"
# The reference of a photo post that is not sent yet begins so: there are no drafts of photos.
UNSENT = "photos "


def is_photo_post(message: Message) -> bool:
    return bool(FACTS.format(message.format).images)


def require_video(message: Message) -> Video:
    if not message.videos:
        raise Rejected("TikTok needs a video", code="needs_video")
    return message.videos[0]


# --- writing --------------------------------------------------------------------------------------


def is_switched_off(settings: Mapping[str, Any], option: str) -> bool:
    """Tell whether the account's own settings forbid comments, Duet or Stitch."""
    name = {"comments": "comment"}.get(option, option)
    return bool(settings.get(f"{name}_disabled"))


def require_allowed(message: Message, settings: Mapping[str, Any]) -> None:
    """Compare what the author chose with what the account's settings allow now. Raises Rejected."""
    if FACTS.option(message, "privacy") not in settings.get("privacy_level_options", ()):
        raise Rejected(
            "the account does not allow the audience that was chosen",
            code="privacy_level_option_mismatch",
        )
    longest = settings.get("max_video_post_duration_sec") or VIDEO_LIMITS.max_seconds
    if any(video.seconds > longest for video in message.videos):
        raise Rejected(
            f"the account may post videos of {longest} seconds", code="duration_check_failed"
        )


def make_video_post_info(message: Message, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return what TikTok shall show beside a video. What the account has switched off stays off."""
    disabled = {
        f"disable_{theirs}": not FACTS.option(message, ours) or is_switched_off(settings, ours)
        for ours, theirs in (("comments", "comment"), ("duet", "duet"), ("stitch", "stitch"))
    }
    return {
        **({"title": message.text} if message.text else {}),
        "privacy_level": FACTS.option(message, "privacy"),
        **disabled,
        "brand_content_toggle": False,
        "brand_organic_toggle": bool(FACTS.option(message, "own_brand")),
        "is_aigc": message.ai_made,
    }


def make_photo_post(message: Message) -> dict[str, Any]:
    """Return the whole of a photo post, whose pictures TikTok fetches from us."""
    return {
        "media_type": "PHOTO",
        "post_mode": "DIRECT_POST",
        "post_info": {
            "title": message.title,
            "description": message.text,
            "privacy_level": FACTS.option(message, "privacy"),
            "disable_comment": not FACTS.option(message, "comments"),
            "auto_add_music": False,  # nothing may sound that nobody approved
            "brand_content_toggle": False,
            "brand_organic_toggle": bool(FACTS.option(message, "own_brand")),
        },
        "source_info": {
            "source": "PULL_FROM_URL",
            "photo_cover_index": 0,
            "photo_images": [image.url for image in message.images],
        },
    }


# --- reading --------------------------------------------------------------------------------------


def is_waiting(status: Mapping[str, Any]) -> bool:
    """Tell whether TikTok still receives or fetches the media."""
    return status["status"] in ("PROCESSING_UPLOAD", "PROCESSING_DOWNLOAD")


def is_missing_bytes(status: Mapping[str, Any], size: int) -> bool:
    """Tell whether the upload of a video of this size is not whole, so that nothing was
    published.
    """
    return is_waiting(status) and status.get("uploaded_bytes", 0) < size


def parse_public_post_id(status: Mapping[str, Any]) -> str:
    """Return the id of a post that residents see; empty where there is none yet. The field's name
    is misspelt, and its numbers are too long for a float.
    """
    return next((str(post_id) for post_id in status.get("publicaly_available_post_id") or ()), "")


def is_post(external_id: str) -> bool:
    """Tell whether an id names a post rather than a publication under way."""
    return external_id.removeprefix(PHOTO).isdecimal()


def make_receipt(account: Account, post_id: str, *, photo: bool) -> Receipt:
    return Receipt(
        f"{PHOTO}{post_id}" if photo else post_id, make_permalink(account, post_id, photo=photo)
    )


def make_permalink(account: Account, post_id: str, *, photo: bool = False) -> str:
    if not account.handle:
        return ""
    kind = "photo" if photo else "video"
    return f"{account.app['link_url']}/@{account.handle}/{kind}/{post_id}"


def is_shortened_from(text: str, listed: str) -> bool:
    """Tell whether TikTok may have shortened ``text`` to ``listed``. A cut may halve an emoji and
    end in an ellipsis.
    """
    if len(listed.encode("utf-16-le", "surrogatepass")) // 2 < _SHORTENED_FROM:
        return False
    return text.startswith(collapse_spaces(_ELLIPSIS.sub("", listed)))
