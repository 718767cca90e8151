"""Describe YouTube: clients, rights, settings, and how its pages look."""

from __future__ import annotations

from typing import Any

from simulator.growth import Counts
from simulator.model import DAY, Page, Post
from simulator.rendering import format_number
from simulator.spec import Spec

CLIENTS = {"400000000004-simulator.apps.googleusercontent.com": "simulator-google-secret"}
SCOPE = "https://www.googleapis.com/auth/"
SCOPES = tuple(
    SCOPE + name for name in ("youtube.upload", "youtube.force-ssl", "yt-analytics.readonly")
)


class YoutubeSpec(Spec):
    name = "youtube"
    title = "YouTube"
    tone = "red"
    settings = {
        "youtube_retired_metrics": [],
        "youtube_processing_seconds": 1.0,
        "youtube_processing_ends": "processed",
        "youtube_rejects_duplicates": False,
        "youtube_listing_seconds": 0.0,
        "youtube_session_seconds": 7 * DAY,
        "youtube_bytes_a_put": 0,
        "youtube_uploads_per_day": 100,
        "youtube_searches_per_day": 100,
        "youtube_stats_per_day": 10_000,
        "youtube_units_per_day": 10_000,
        "youtube_quota_in_words": False,
        "youtube_uploads_per_channel": 0,
        "youtube_verified_channels": True,
        "youtube_hidden": [],
        "youtube_testing": False,
    }

    def page_id(self, number: int) -> str:
        return f"UCsim{number:019d}"

    def permalink(self, page: Page, post: Post, base: str) -> str:
        return f"{base}/youtube/www/watch?v={post.id}"

    def truth(self, post: Post) -> dict[str, Any]:
        names = ("snippet", "status", "thumbnail", "captions", "notify")
        return {name: post.details[name] for name in names if name in post.details}

    def counters(self, counts: Counts) -> list[str]:
        return [
            f"{format_number(counts.views)} lượt xem",
            f"♥ {format_number(counts.all_reactions)}",
        ]
