"""Describe what TikTok carries, and what an installation sets of it."""

from datetime import timedelta

from platforms.facts import (
    Facts,
    Fold,
    Format,
    ImageLimits,
    Option,
    Origin,
    PageItem,
    Reading,
    Setting,
    VideoLimits,
)
from platforms.words import gettext_noop as _

# TikTok's content-sharing guidelines: for each post again, and nothing is ticked beforehand.
PRIVACY = ("PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", "SELF_ONLY")
PUBLIC = PRIVACY[0]
VIDEO_LIMITS = VideoLimits(
    max_bytes=4 * 1000**3,
    # TikTok's pages name no shortest length, and refuse a video afterwards (duration_check_failed):
    # three seconds is what other services that post there say.
    min_seconds=3,
    max_seconds=600,
    min_side=360,
    max_side=4096,
    min_fps=23,
    max_fps=60,
    types=frozenset({"video/mp4", "video/quicktime", "video/webm"}),
    codecs=frozenset({"h264", "hevc", "vp8", "vp9"}),
)
# "Up to 1080p", say TikTok's pages; that this means 1920 by 1080, upright as well, is our reading.
_PHOTO_LIMITS = ImageLimits(
    most=35,
    fewest=1,
    max_bytes=20_000_000,
    types=frozenset({"image/jpeg"}),
    max_long_side=1920,
    max_short_side=1080,
)
SCOPES = {
    "user.info.basic": True,
    "user.info.profile": False,
    "user.info.stats": False,
    "video.list": False,
    "video.publish": True,
    "video.upload": False,
}
# Only leaving a draft in the inbox would show whether it was granted.
UNTESTABLE = ("video.upload",)


def _count_utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


FACTS = Facts(
    fold=Fold(90, 2),
    comfortable_length=400,
    formats=[
        Format(
            "video",
            max_text=2200,
            useful_hashtags=5,  # it ignores those after the fifth
            count=_count_utf16_units,
            videos=VIDEO_LIMITS,
            takes_link=False,
            labels_ai=True,
            options=[
                Option("privacy", choices=PRIVACY, default=None, remembered=False),
                Option("comments", remembered=False),
                Option("duet", remembered=False),
                Option("stitch", remembered=False),
                Option("own_brand", remembered=False),
            ],
        ),
        Format(
            "photo",
            max_text=4000,
            useful_hashtags=5,  # it ignores those after the fifth
            max_title=90,
            count_title=_count_utf16_units,
            count=_count_utf16_units,
            images=_PHOTO_LIMITS,
            takes_link=False,
            media_by_url=True,
            options=[
                Option("privacy", choices=PRIVACY, default=None, remembered=False),
                Option("comments", remembered=False),
                Option("own_brand", remembered=False),
            ],
        ),
        Format(
            "inbox",
            max_text=0,
            videos=VIDEO_LIMITS,
            takes_link=False,
            finished_in_app=True,
            only_on_request=True,
        ),
    ],
    stages=True,
    finds=True,
    withdraws=False,
    lists_posts=True,
    per_page_day=15,
    reading=Reading(600, timedelta(minutes=1), share=0.5, posts_per_request=20),
    measures={
        "views": Origin("view_count", _("Public videos only; photo posts are not told.")),
        "reactions": Origin("like_count"),
        "comments": Origin("comment_count"),
        "shares": Origin("share_count"),
    },
    page={
        # Every account is told to have one: TikTok draws one itself.
        "picture": PageItem(readable=False),
        "description": PageItem(),
        "register": PageItem(),
        "pinned": PageItem(readable=False),
        "recent": PageItem(),
        "verified": PageItem(),
    },
    rights=SCOPES,
    hosts=("tiktok.com",),
    revokes=True,
    source="developers.tiktok.com/doc/content-posting-api-…, 2026-11",
)


SETTINGS = {
    "app_id": Setting("TIKTOK_CLIENT_KEY", try_out="awsimulator500000"),
    "app_secret": Setting("TIKTOK_CLIENT_SECRET", try_out="simulator-tiktok-secret"),
    # none, hex or base64url: which coding of the PKCE challenge the web takes, TikTok's pages do
    # not agree on.
    "pkce": Setting("TIKTOK_PKCE", "none"),
    "dialog_url": Setting("TIKTOK_DIALOG_URL", "https://www.tiktok.com", simulated="/tiktok/www"),
    "base_url": Setting("TIKTOK_API_URL", "https://open.tiktokapis.com", simulated="/tiktok/open"),
    "link_url": Setting("TIKTOK_LINK_URL", "https://www.tiktok.com", simulated="/tiktok/www"),
}
