"""Describe TikTok: applications, rights, settings, and how its pages look."""

from __future__ import annotations

from typing import Any

from simulator.growth import Counts
from simulator.model import Page, Post
from simulator.rendering import format_number
from simulator.spec import Spec

APPS = {"awsimulator500000": "simulator-tiktok-secret"}
SCOPES = (
    "user.info.basic", "user.info.profile", "user.info.stats", "video.list", "video.publish",
    "video.upload",
)  # fmt: skip


class TiktokSpec(Spec):
    name = "tiktok"
    title = "TikTok"
    tone = "grey"
    settings = {
        "tiktok_retired_fields": [],
        "tiktok_audited": True,
        "tiktok_closed": [],
        "tiktok_longest_seconds": 600,
        "tiktok_private_accounts": False,
        "tiktok_processing_seconds": 1.0,
        "tiktok_moderation_seconds": 2.0,
        "tiktok_processing_ends": "PUBLISH_COMPLETE",
        "tiktok_person_seconds": 0.0,
        "tiktok_upload_url_seconds": 3600.0,
        "tiktok_remembers_seconds": 0.0,
        "tiktok_lists_photos": False,
        "tiktok_inits_per_minute": 6,
        "tiktok_creator_infos_per_minute": 20,
        "tiktok_statuses_per_minute": 30,
        "tiktok_reads_per_minute": 600,
        "tiktok_posts_per_day": 15,
        "tiktok_users_per_day": 0,
        "tiktok_pkce": "any",
    }

    def page_id(self, number: int) -> str:
        return f"723f24d7-e717-40f8-a2b6-{number:012d}"

    def permalink(self, page: Page, post: Post, base: str) -> str:
        return f"{base}/tiktok/www/@{page.username}/{post.details['type']}/{post.id}"

    def truth(self, post: Post) -> dict[str, Any]:
        return {"info": post.details["info"]} if "info" in post.details else {}

    def counters(self, counts: Counts) -> list[str]:
        return [
            f"{format_number(counts.views)} lượt xem",
            f"♥ {format_number(counts.all_reactions)}",
        ]
