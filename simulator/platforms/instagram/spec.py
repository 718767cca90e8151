"""Describe Instagram: applications, rights, settings."""

from __future__ import annotations

from typing import Any

from simulator.model import Post
from simulator.spec import Spec

APPS = {"200000000000002": "simulator-instagram-secret"}
SCOPES = tuple(
    f"instagram_business_{name}"
    for name in ("basic", "content_publish", "manage_comments", "manage_insights")
)
SCOPES_AT_FACEBOOK = (
    "instagram_basic", "instagram_content_publish", "instagram_manage_comments",
    "instagram_manage_insights",
    "instagram_manage_contents",
)  # fmt: skip


class InstagramSpec(Spec):
    name = "instagram"
    title = "Instagram"
    new_page_note = (
        "Tài khoản Instagram được liên kết với Trang Facebook cùng tên, chưa có thì tạo luôn Trang."
    )
    page_paths = ("/instagram/www/{page}/",)
    settings = {
        "instagram_retired_metrics": [],
        "instagram_require_proof": True,
        "instagram_container_seconds": 1.0,
        "instagram_image_seconds": 0.0,
        "instagram_unknown_seconds": 0.0,
        "instagram_used_container": "9007/2207027",
        "instagram_quota": 50,
        "instagram_containers_per_day": 400,
        "instagram_calls_per_day": 0,
        "instagram_wrapped_codes": False,
    }

    def page_id(self, number: int) -> str:
        return str(17_841_400_000_000_000 + number)

    def truth(self, post: Post) -> dict[str, Any]:
        facts = {
            name: post.details.get(name) for name in ("type", "product", "ai", "cover", "reply_to")
        }
        return facts | {"alts": [picture.alt for picture in post.pictures]}
