"""Describe what an Instagram account carries, and what an installation sets of it."""

from dataclasses import replace
from datetime import date

from platforms.facts import Facts, Fold, Format, ImageLimits, Origin, PageItem, Setting, VideoLimits
from platforms.meta.page_access import PageAccess
from platforms.words import gettext_noop as _

_MB = 1024 * 1024
_VIDEO = VideoLimits(
    max_bytes=300 * _MB,
    min_seconds=3,
    max_seconds=900,
    min_ratio=0.01,
    max_ratio=10,
    max_side=1920,
    min_fps=23,
    max_fps=60,
)
_IMAGES = ImageLimits(
    most=10, max_bytes=8 * _MB, types=frozenset({"image/jpeg"}), min_ratio=4 / 5, max_ratio=1.91
)
_REEL = Format(
    "reel",
    max_text=2200,
    max_hashtags=30,
    max_mentions=20,
    # Since December 2025 Instagram's own app takes 5 and 3; Meta's reference still says 30 and 20.
    useful_hashtags=5,
    useful_mentions=3,
    videos=_VIDEO,
    takes_link=False,
    media_by_url=True,
    labels_ai=True,
)
# What the dialog asks for, and whether posting needs it.
SCOPES = {
    "pages_show_list": False,
    "pages_read_engagement": True,
    "instagram_basic": True,
    "instagram_content_publish": True,
    "instagram_manage_contents": False,
    "instagram_manage_comments": False,
    "instagram_manage_insights": False,
    "pages_manage_metadata": False,
}
_LATE = _("Up to two days late.")
_NOT_BELOW_100 = _("Not told of accounts with fewer than 100 followers.")


FACTS = Facts(
    fold=Fold(125, 3),
    comfortable_length=1000,
    formats=[
        replace(
            _REEL,
            name="post",
            images=_IMAGES,
            videos=replace(_VIDEO, most=10, fewest=0, max_seconds=60),
            max_mixed=10,
            needs_media=True,
        ),
        replace(_REEL, per_page_day=30),
        replace(
            _REEL,
            name="story",
            max_text=0,
            images=replace(_IMAGES, most=1, min_ratio=0, max_ratio=0),
            videos=replace(_VIDEO, fewest=0, max_bytes=100 * _MB, max_seconds=60),
            max_mixed=1,
            needs_media=True,
            only_on_request=True,
        ),
    ],
    stages=True,
    shows_by_reference=True,
    finds=True,
    comments=True,
    lists_posts=True,
    per_page_day=50,  # posts of all formats; Reels have 30 of their own
    measures={
        "views": Origin(
            "views",
            _LATE,
            date(2025, 4, 21),
            _("Instagram counts “views” instead of impressions and plays."),
        ),
        "reach": Origin("reach", _LATE),
        "reactions": Origin(
            "likes", _("Missing where the account hides its likes. Stories have none.")
        ),
        "comments": Origin("comments", _("Stories: their replies.")),
        "shares": Origin("shares", _LATE),
        "saves": Origin("saved", _("Not for stories.")),
        "clicks": Origin("link_clicks", _("Stories only.")),
        "watch_seconds": Origin("ig_reels_video_view_total_time", _("Reels only.")),
    },
    page_measures={
        "views": Origin("views", _LATE),
        "reach": Origin("reach", _LATE),
        "followers_gained": Origin("follows_and_unfollows (FOLLOWER)", _NOT_BELOW_100),
        "followers_lost": Origin("follows_and_unfollows (NON_FOLLOWER)", _NOT_BELOW_100),
    },
    page={
        "picture": PageItem(),
        "description": PageItem(),
        "address": PageItem(readable=False),
        "phone": PageItem(readable=False),
        "register": PageItem(),
        "pinned": PageItem(readable=False),
        "recent": PageItem(),
    },
    edit_url="https://www.instagram.com/accounts/edit/",
    rights=SCOPES,
    optional_rights=("business_management",),
    hosts=("instagram.com",),
    source="developers.facebook.com/docs/instagram-platform, changelog to 2026-10-05",
)


SETTINGS = {
    **PageAccess.settings,
    "link_url": Setting(
        "INSTAGRAM_LINK_URL", "https://www.instagram.com", simulated="/instagram/www"
    ),
}


PATHS_WITHOUT_PAGE = frozenset(
    {
        "about",
        "accounts",
        "direct",
        "explore",
        "legal",
        "p",
        "reel",
        "reels",
        "stories",
        "tv",
        "web",
    }
)
