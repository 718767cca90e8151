"""Describe Facebook: applications, rights, settings, and how its pages look."""

from __future__ import annotations

from typing import Any

from simulator.growth import Counts
from simulator.model import Post
from simulator.rendering import format_number
from simulator.spec import Spec, format_reactions

APPS = {"100000000000001": "simulator-facebook-secret"}
SCOPES = (
    "pages_show_list", "pages_read_engagement", "pages_manage_posts", "read_insights",
    "pages_manage_engagement",
    "pages_read_user_content", "business_management", "pages_manage_metadata",
)  # fmt: skip


class FacebookSpec(Spec):
    name = "facebook"
    title = "Facebook"
    tone = "blue"
    settings = {
        "facebook_require_proof": True,
        "facebook_oldest_version": "",
        "facebook_retired_metrics": [],
        "facebook_duplicate_seconds": 600,
        "facebook_calls_per_day": 0,
        "facebook_video_seconds": 1.0,
        "facebook_reports_post_of_video": True,
    }

    def page_id(self, number: int) -> str:
        return str(104_000_000_000_000 + number)

    def user_id(self, number: int) -> str:
        return str(61_550_000_000_000 + number)

    def truth(self, post: Post) -> dict[str, Any]:
        return {
            "surface": post.details.get("surface", "feed"),
            "ai": post.details.get("ai", False),
            "video": post.details.get("video", ""),
            "alt": [picture.alt for picture in post.pictures],
        }

    def counters(self, counts: Counts) -> list[str]:
        return [
            format_reactions(counts),
            f"{format_number(counts.comments)} bình luận",
            f"{format_number(counts.shares)} lượt chia sẻ",
        ]
