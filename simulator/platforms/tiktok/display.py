"""Show a profile, its videos, and their numbers by the Display API."""

from __future__ import annotations

from typing import Any

from simulator import growth
from simulator.calls import Call
from simulator.faults import Plan
from simulator.model import Page, Post, Token
from simulator.platforms.tiktok.errors import TiktokError, invalid, shorten
from simulator.world import World

USER_FIELDS = {
    "open_id": "user.info.basic", "union_id": "user.info.basic", "avatar_url": "user.info.basic",
    "avatar_url_100": "user.info.basic", "avatar_large_url": "user.info.basic",
    "display_name": "user.info.basic",
    "username": "user.info.profile", "bio_description": "user.info.profile",
    "profile_deep_link": "user.info.profile",
    "profile_web_link": "user.info.profile", "is_verified": "user.info.profile",
    "follower_count": "user.info.stats", "following_count": "user.info.stats",
    "likes_count": "user.info.stats",
    "video_count": "user.info.stats",
}  # fmt: skip
VIDEO_FIELDS = (
    "id", "create_time", "title", "video_description", "share_url", "cover_image_url", "duration",
    "height", "width",
    "embed_html", "embed_link", "is_aigc", "view_count", "like_count", "comment_count",
    "share_count",
)  # fmt: skip


class Display:
    def __init__(self, world: World) -> None:
        self.world = world

    def requested_fields(self, call: Call, known: Any) -> list[str]:
        fields = [field for field in call.text("fields").split(",") if field]
        retired = self.world.settings["tiktok_retired_fields"]
        if not fields or any(field not in known or field in retired for field in fields):
            raise invalid("fields is missing or names a field that does not exist")
        return fields

    def user(self, page: Page, token: Token, call: Call) -> dict[str, Any]:
        fields, now = self.requested_fields(call, USER_FIELDS), self.world.world()
        for field in fields:
            if USER_FIELDS[field] not in token.scopes:
                raise TiktokError(
                    401, "scope_not_authorized", f"The user did not authorize {USER_FIELDS[field]}."
                )
        link = f"{self.world.public_url or call.origin}/pages/tiktok/{page.external_id}/"
        answer: dict[str, Any] = dict.fromkeys(
            ("avatar_url", "avatar_url_100", "avatar_large_url"), f"{link}avatar.svg"
        )
        answer |= {
            "open_id": page.external_id,
            "union_id": f"u-{page.external_id}",
            "display_name": page.name,
        }
        answer |= {
            "username": page.username,
            "bio_description": page.profile.get("description", ""),
            "is_verified": bool(page.profile.get("verified")),
        }
        answer |= {"profile_deep_link": link, "profile_web_link": link, "following_count": 0}
        if USER_FIELDS["likes_count"] in token.scopes:
            seen = self.world.visible_posts(page)
            answer |= {
                "follower_count": growth.count_followers(page, now),
                "video_count": len(seen),
            }
            answer["likes_count"] = sum(
                growth.compute_counts(page, post, now).all_reactions for post in seen
            )
        return {field: answer[field] for field in fields}

    def listed(self, page: Page, plan: Plan) -> list[Post]:
        """List public posts, newest first. Whether photos are among them is a setting, for nobody
        knows."""
        posts = [
            post
            for post in self.world.visible_posts(page, lag=plan.lag)
            if post.details["type"] == "video" or self.world.settings["tiktok_lists_photos"]
        ]
        posts.sort(key=lambda post: post.created_at, reverse=True)
        return posts

    def list_videos(self, page: Page, call: Call, plan: Plan) -> dict[str, Any]:
        fields, most = self.requested_fields(call, VIDEO_FIELDS), call.number("max_count", 10)
        if not 1 <= most <= 20:
            raise invalid("max_count is 1 to 20")
        cursor = call.number("cursor", 0)
        posts = [
            post
            for post in self.listed(page, plan)
            if not cursor or int(post.created_at * 1000) < cursor
        ]
        screen = posts[:most]
        return {
            "videos": [self.video(page, post, fields, call) for post in screen],
            "cursor": int(screen[-1].created_at * 1000) if screen else cursor,
            "has_more": len(posts) > most,
        }

    def query_videos(self, page: Page, call: Call, plan: Plan) -> dict[str, Any]:
        fields, filters = self.requested_fields(call, VIDEO_FIELDS), call.params.get("filters")
        ids = filters.get("video_ids") if isinstance(filters, dict) else None
        if not isinstance(ids, list) or not 1 <= len(ids) <= 20:
            raise invalid("filters.video_ids brings 1 to 20 ids")
        posts = {post.id: post for post in self.listed(page, plan)}
        return {
            "videos": [
                self.video(page, posts[video_id], fields, call)
                for video_id in ids
                if video_id in posts
            ]
        }

    def video(self, page: Page, post: Post, fields: list[str], call: Call) -> dict[str, Any]:
        counts = growth.compute_counts(page, post, self.world.world())
        link = self.world.permalink(page, post, call.origin)
        answer: dict[str, Any] = {
            "id": post.id,
            "create_time": int(post.created_at),
            "title": shorten(post.title or post.text),
            "video_description": shorten(post.text),
            "share_url": f"{link}?utm_campaign=tt4d_open_api",
            "cover_image_url": f"{self.world.public_url or call.origin}/pages/tiktok/{page.external_id}/avatar.svg",  # noqa: E501
            "duration": int(post.details["seconds"]),
            "height": 1920,
            "width": 1080,
            "embed_html": "",
            "embed_link": link,
            "is_aigc": post.details.get("is_aigc", False),
            "view_count": counts.views,
            "like_count": counts.all_reactions,
            "comment_count": counts.comments,
            "share_count": counts.shares,
        }
        return {field: answer[field] for field in fields}
