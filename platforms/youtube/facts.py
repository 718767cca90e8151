"""Describe what YouTube carries, and what an installation sets of it."""

from datetime import timedelta

from platforms.facts import (
    Facts,
    Fold,
    Format,
    Option,
    Origin,
    PageItem,
    Reading,
    Setting,
    VideoLimits,
)
from platforms.words import gettext_noop as _

SCOPES = {"youtube.upload": True, "youtube.force-ssl": True, "yt-analytics.readonly": False}

_LATE = _("Up to three days late.")


def _count_utf8_bytes(text: str) -> int:
    return len(text.encode())


FACTS = Facts(
    fold=Fold(157, 3),
    comfortable_length=1500,
    formats=[
        Format(
            "video",
            max_title=100,
            max_text=5000,
            forbidden_characters="<>",
            count=_count_utf8_bytes,
            videos=VideoLimits(
                max_bytes=256 * 1024**3,
                max_seconds=12 * 3600,
                types=frozenset({"video/mp4", "video/quicktime", "video/webm"}),
                codecs=frozenset({"h264", "hevc", "vp8", "vp9", "av1", "mpeg4"}),
            ),
            labels_ai=True,
            options=[
                Option("category", choices=("25", "27", "29", "22"), default="25"),
                Option("made_for_kids", remembered=False),  # declared of each video by itself
                Option("notify", default=True),
            ],
        ),
    ],
    stages=True,
    shows_by_reference=True,
    finds=True,
    comments=True,
    lists_posts=True,
    per_app_day=100,
    measures={
        "views": Origin(
            "statistics.viewCount",
            _("Each start counts since August 2026; earlier numbers cannot be compared."),
        ),
        "reactions": Origin(
            "statistics.likeCount", _("Missing where the channel hides its likes.")
        ),
        "comments": Origin("statistics.commentCount", _("Missing where comments are off.")),
    },
    # Statistics have 10,000 calls a day of their own; what they leave out is asked for once more
    # among the 10,000 units of everything else, of which so at most a quarter is taken. They are
    # public: 50 videos a call, whichever channels they are of. Analytics has a quota of its own,
    # of which no number is published: taken for as large.
    reading=Reading(
        10_000,
        timedelta(days=1),
        share=0.5,
        calls_per_request=2,
        across_pages=True,
        page_calls=10_000,
    ),
    page_measures={
        "views": Origin("views", _LATE),
        "followers_gained": Origin("subscribersGained", _LATE),
        "followers_lost": Origin("subscribersLost", _LATE),
    },
    corrected_for_days=7,
    page={
        # Every channel is told to have one: YouTube draws one itself.
        "picture": PageItem(readable=False),
        "cover": PageItem(),
        "description": PageItem(longest=1000),
        "register": PageItem(),
        "recent": PageItem(),
    },
    page_read_every=timedelta(days=7),  # a call of the 10,000 that all channels share in a day
    edit_url="https://studio.youtube.com/channel/{id}/editing/profile",
    rights=SCOPES,
    hosts=("youtube.com", "youtu.be"),
    revokes=True,
    revokes_all_pages_of_person=True,
    source="developers.google.com/youtube/v3, revision of 2026-11-04",
)


SETTINGS = {
    "app_id": Setting(
        "YOUTUBE_CLIENT_ID", try_out="400000000004-simulator.apps.googleusercontent.com"
    ),
    "app_secret": Setting("YOUTUBE_CLIENT_SECRET", try_out="simulator-google-secret"),
    "dialog_url": Setting(
        "YOUTUBE_DIALOG_URL", "https://accounts.google.com", simulated="/youtube/accounts"
    ),
    "oauth_url": Setting(
        "YOUTUBE_OAUTH_URL", "https://oauth2.googleapis.com", simulated="/youtube/oauth2"
    ),
    "base_url": Setting(
        "YOUTUBE_API_URL", "https://www.googleapis.com", simulated="/youtube/googleapis"
    ),
    "analytics_url": Setting(
        "YOUTUBE_ANALYTICS_URL",
        "https://youtubeanalytics.googleapis.com",
        simulated="/youtube/analytics",
    ),
    "link_url": Setting("YOUTUBE_LINK_URL", "https://www.youtube.com", simulated="/youtube/www"),
    "hub_url": Setting(
        "YOUTUBE_HUB_URL", "https://pubsubhubbub.appspot.com", simulated="/youtube/hub"
    ),
    "hook_secret": Setting("YOUTUBE_HOOK_SECRET", try_out="try-out-youtube"),
    # New videos are pushed; to list 3,319 channels every few minutes would take the project's units
    # many times.
    "look_seconds": Setting("YOUTUBE_LOOK_SECONDS", 24 * 3600),
}
