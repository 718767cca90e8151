"""Describe what a Facebook page carries."""

from dataclasses import replace
from datetime import date

from platforms.facts import Facts, Fold, Format, ImageLimits, Origin, PageItem, VideoLimits
from platforms.words import gettext_noop as _

# What the dialog asks for, and whether posting needs it.
SCOPES = {
    "pages_show_list": False,
    "pages_read_engagement": True,
    "pages_manage_posts": True,
    "read_insights": False,
    "pages_manage_engagement": False,
    "pages_read_user_content": False,
    "pages_manage_metadata": False,
}
MB, _GB = 1024**2, 1024**3
_PHOTO = ImageLimits(most=1, fewest=1, max_bytes=4 * MB)
_UPRIGHT = VideoLimits(
    max_bytes=_GB,
    min_seconds=3,
    max_seconds=90,
    min_ratio=0.55,
    max_ratio=0.57,
    min_side=540,
    min_fps=24,
    max_fps=60,
    types=frozenset({"video/mp4"}),
    codecs=frozenset({"h264", "hevc", "vp9", "av1"}),
)
_NOT_BELOW_100 = _("Pages with fewer than 100 followers are told nothing.")


FACTS = Facts(
    fold=Fold(477, 5),
    comfortable_length=1500,
    formats=[
        Format("post", max_text=63_206, images=replace(_PHOTO, most=10, fewest=0)),
        # https://developers.facebook.com/docs/video-api/guides/reels-publishing: 30 by interfaces
        # in 24 hours.
        Format(
            "reel",
            max_text=63_206,
            videos=_UPRIGHT,
            takes_link=False,
            labels_ai=True,
            per_page_day=30,
        ),
        Format(
            "video",
            max_text=63_206,
            videos=VideoLimits(max_bytes=10 * _GB, min_seconds=1, max_seconds=4 * 3600),
            labels_ai=True,
        ),
        Format("photo_story", max_text=0, images=_PHOTO, takes_link=False, only_on_request=True),
        Format(
            "video_story",
            max_text=0,
            videos=replace(_UPRIGHT, max_seconds=60),
            takes_link=False,
            labels_ai=True,
            only_on_request=True,
        ),
    ],
    stages=True,
    finds=True,
    comments=True,
    lists_posts=True,
    measures={
        "views": Origin(
            "post_media_view · total_video_views · blue_reels_play_count",
            _NOT_BELOW_100,
            date(2025, 11, 15),
            _("Facebook counts how often media were seen instead of impressions."),
        ),
        "reach": Origin(
            "post_total_media_view_unique",
            _NOT_BELOW_100,
            date(2026, 6, 15),
            _("Facebook counts the people who saw media instead of those with an impression."),
        ),
        "reactions": Origin("reactions.summary(total_count)"),
        "comments": Origin("comments.summary(total_count)"),
        "shares": Origin("shares.count"),
        "clicks": Origin("post_clicks", _NOT_BELOW_100),
        "watch_seconds": Origin(
            "total_video_view_total_time · post_video_view_time", _("Videos and reels only.")
        ),
    },
    page_measures={
        "views": Origin("page_media_view", _NOT_BELOW_100),
        "reach": Origin("page_total_media_view_unique", _NOT_BELOW_100),
        "profile_visits": Origin("page_views_total", _NOT_BELOW_100),
        "followers_gained": Origin("page_daily_follows_unique", _NOT_BELOW_100),
        "followers_lost": Origin("page_daily_unfollows_unique", _NOT_BELOW_100),
    },
    page={
        "picture": PageItem(),
        "cover": PageItem(),
        "description": PageItem(longest=100),
        "address": PageItem(),
        "phone": PageItem(longest=20),
        "hours": PageItem(longest=250),
        "register": PageItem(longest=200),
        "pinned": PageItem(readable=False),
        "recent": PageItem(),
        "verified": PageItem(),
    },
    rights=SCOPES,
    optional_rights=("business_management",),
    hosts=("facebook.com", "fb.com", "fb.watch"),
    source="developers.facebook.com/docs/graph-api/reference/page/{feed,photos,videos,video_reels}, 2026-09",  # noqa: E501
)


NO_PAGES = frozenset(
    {
        "events",
        "groups",
        "hashtag",
        "home.php",
        "login",
        "media",
        "permalink.php",
        "photo",
        "photo.php",
        "plugins",
        "reel",
        "search",
        "share",
        "sharer",
        "sharer.php",
        "story.php",
        "watch",
    }
)
