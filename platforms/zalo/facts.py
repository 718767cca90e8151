"""Describe what a Zalo Official Account carries, and what an installation sets of it."""

from datetime import timedelta
from textwrap import shorten

from platforms.facts import (
    Facts,
    Format,
    ImageLimits,
    Option,
    Origin,
    PageItem,
    Reading,
    Setting,
    VideoLimits,
)
from platforms.text import normalize_unicode
from platforms.words import gettext_noop as _
from platforms.zalo.undocumented import MAX_BODY, VIDEOS

# The documentation says 150 and 300, and 1 MB for a picture. Live accounts are refused titles of
# exactly 150, descriptions of exactly 300 and pictures of about 1 MB ("-200 Upload media failed").
_MAX_TITLE, MAX_AUTHOR, MAX_DESCRIPTION, _MAX_PICTURE_BYTES = 140, 50, 250, 900_000
VIDEO_ARTICLE = "video_article"


def compose_letters(text: str) -> str:
    """Compose letters with their marks, as which Zalo counts them."""
    return normalize_unicode("NFC", text)


def make_description(text: str) -> str:
    """Make an article's description, which stands between its title and its body."""
    return shorten(compose_letters(text), MAX_DESCRIPTION, placeholder="…")


def _count_length(text: str) -> int:
    return len(compose_letters(text))


FACTS = Facts(
    comfortable_length=6000,
    formats=[
        Format(
            "article",
            max_text=MAX_BODY,
            max_text_is_ours=True,
            count=_count_length,
            max_title=_MAX_TITLE,
            images=ImageLimits(most=10, max_bytes=_MAX_PICTURE_BYTES),
            videos=VideoLimits(fewest=0, **VIDEOS),
            max_mixed=11,
            needs_media=True,  # the first picture is the cover; where there is none, the video
            article=True,
            lead=make_description,
            media_by_url=True,
            options=[Option("comments", default=True)],
        ),
        Format(
            VIDEO_ARTICLE,
            max_text=MAX_DESCRIPTION,
            count=_count_length,
            max_title=_MAX_TITLE,
            videos=VideoLimits(**VIDEOS),
            takes_link=False,
            media_by_url=True,
            options=[Option("comments", default=True)],
        ),
    ],
    # 4,000 calls a minute less a reserve; to show an article takes three.
    per_app_second=15,
    stages=True,
    finds=True,
    broadcasts=True,
    lists_posts=True,
    # A page's articles are walked ten a call, those of each kind by themselves.
    reading=Reading(4000, timedelta(minutes=1), share=0.5, calls_per_request=4),
    measures={
        "views": Origin("total_view", _("Articles among the newest 300 of the account.")),
        "shares": Origin("total_share"),
    },
    page={
        "picture": PageItem(),
        "cover": PageItem(),
        "description": PageItem(),
        "address": PageItem(readable=False),
        "phone": PageItem(readable=False),
        "register": PageItem(),
        "recent": PageItem(),
        "verified": PageItem(),
    },
    edit_url="https://oa.zalo.me/manage/oa",
    rights={"oa_verified": True},
    hosts=("zalo.me", "zapps.vn"),  # articles open at rd.zapps.vn
    source="developers.zalo.me/docs/official-account/bai-viet, 2026-09; title, "
    "description and pictures: what live"
    " accounts take, which is less; the length of a body is our own bound",
)


SETTINGS = {
    "app_id": Setting("ZALO_APP_ID", None, "3608465249409039671"),
    "app_secret": Setting("ZALO_APP_SECRET", None, "simulator-zalo-secret"),
    # Empty: a fresh PKCE pair a request. Zalo's newer consoles store one fixed pair an application.
    "code_verifier": Setting("ZALO_CODE_VERIFIER"),
    "oauth_url": Setting("ZALO_OAUTH_URL", "https://oauth.zaloapp.com", simulated="/zalo/oauth"),
    "base_url": Setting("ZALO_API_URL", "https://openapi.zalo.me", simulated="/zalo/openapi"),
    "calls_per_minute": Setting(
        "ZALO_CALLS_PER_MINUTE", 4000
    ),  # of the application; 0: not counted
    "link_url": Setting("ZALO_LINK_URL", "https://zalo.me", simulated="/pages/zalo"),
    "hook_secret": Setting(
        "ZALO_HOOK_SECRET", try_out="try-out-zalo"
    ),  # the OA secret key of the webhook's page
}
