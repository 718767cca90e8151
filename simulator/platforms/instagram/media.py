"""Publish posts from containers, show them, and count them against the day's quota."""

from __future__ import annotations

import re
import secrets
from typing import Any

from simulator import growth
from simulator.calls import Call
from simulator.faults import Plan
from simulator.model import DAY, Page, Post, Token
from simulator.platforms.instagram.comments import Comments
from simulator.platforms.instagram.errors import container_gone, error, not_found
from simulator.platforms.instagram.insights import Insights
from simulator.platforms.meta.containers import ContainerPlatform, limit_visibility
from simulator.platforms.meta.graph import GraphError, format_moment, missing_object

MEDIA_FIELDS = (
    "id", "caption", "media_type", "media_product_type", "permalink", "shortcode", "timestamp",
    "username",
    "like_count", "comments_count", "media_url", "thumbnail_url", "is_comment_enabled", "children",
    "ig_id",
    "owner",
)  # fmt: skip
FIELDS_AT_FACEBOOK = (
    "saved_count", "shares_count", "reposts_count", "total_like_count", "total_comments_count",
    "total_views_count",
)  # fmt: skip


class Media:
    def __init__(self, platform: ContainerPlatform, comments: Comments, insights: Insights) -> None:
        self.platform = platform
        self.comments = comments
        self.insights = insights
        self.world = platform.world

    def media_edge(
        self, call: Call, plan: Plan, token: Token, page: Page, post: Post, edge: str
    ) -> dict[str, Any]:
        self.platform.need(token, "basic")
        match call.method, edge:
            case "GET", "":
                known = MEDIA_FIELDS + (FIELDS_AT_FACEBOOK if token.platform == "facebook" else ())
                return self.media_view(call, page, post, self.platform.fields(call, known, "Media"))
            case "POST", "":
                if set(call.params) & {"caption", "message"} or not call.text("comment_enabled"):
                    raise GraphError("(#100) The parameter comment_enabled is required", 100)
                post.details["closed"] = not call.flag("comment_enabled")
                self.world.dirty = True
                return {"success": True}
            case "DELETE", "" if token.platform == "facebook":
                self.platform.need(token, "manage_contents")
                self.world.remove(post, after=plan.late)
                return {"success": True, "deleted_id": post.id}
            case "GET", "children" if post.details["type"] == "CAROUSEL_ALBUM":
                requested = {
                    "children": {"name": "children", "fields": call.text("fields") or "id"}
                }
                return self.media_view(call, page, post, requested)["children"]
            case "GET", "insights":
                self.platform.need(token, "manage_insights")
                return self.insights.media_insights(call, token, page, post)
            case "GET", "comments":
                return self.comments.comment_list(call, token, page, post)
            case "POST", "comments":
                return self.comments.write(call, token, post)
        raise missing_object(f"{post.id}/{edge}" if edge else post.id, call.method.lower())

    def media_view(
        self, call: Call, page: Page, post: Post, fields: dict[str, dict[str, str]]
    ) -> dict[str, Any]:
        counts = growth.compute_counts(page, post, self.world.world())
        base = self.world.public_url or call.origin
        kind = post.details["type"]
        files = [{"id": picture.id, "media_type": picture.kind.upper(),
        "media_url": f"{base}/media/{picture.sha256}"}
                 for picture in post.pictures]  # fmt: skip
        view: dict[str, Any] = {
            "id": post.id,
            "media_type": kind,
            "media_product_type": post.details["product"],
            "permalink": self.world.permalink(page, post, call.origin),
            "shortcode": post.details.get("shortcode", post.id[-11:]),
            "timestamp": format_moment(post.published_at),
            "username": page.username,
            "ig_id": f"3{post.id[2:]}",
            "owner": {"id": page.external_id},
            "like_count": counts.all_reactions,
            "comments_count": len(self.platform.comments(page, post))
            if "comments_count" in fields
            else 0,
            "is_comment_enabled": not post.details.get("closed", False),
            "saved_count": counts.clicks // 4,
            "shares_count": counts.shares,
            "reposts_count": counts.shares // 3,
            "total_like_count": counts.all_reactions,
            "total_comments_count": counts.comments,
            "total_views_count": counts.views,
        }
        if post.text:
            view["caption"] = post.text
        if files:
            view["media_url"] = files[0]["media_url"]
        if kind == "VIDEO" and files:
            view["thumbnail_url"] = files[0]["media_url"]
        if kind == "CAROUSEL_ALBUM":
            inner = fields.get("children", {}).get("fields") or "id"
            names = {"id", *(name.strip() for name in inner.split(","))}
            view["children"] = {
                "data": [{key: file[key] for key in file if key in names} for file in files]
            }
        return {key: view[field["name"]] for key, field in fields.items() if field["name"] in view}

    def container_node(self, call: Call, plan: Plan, container: dict[str, Any]) -> dict[str, Any]:
        if call.method != "GET":
            raise missing_object(container["id"], call.method.lower())
        if self.unknown_yet(container):
            raise missing_object(container["id"])
        state = self.platform.state(container, plan.lag)
        text = {
            "IN_PROGRESS": "In Progress: Media is still being processed.",
            "FINISHED": "Finished: Media has been uploaded and it is ready to be published.",
            "PUBLISHED": "Published: Media has been successfully published.",
            "ERROR": f"Error: Media upload has failed with error code {container['error']}",
            "EXPIRED": "Expired: Media was not published within 24 hours and has expired.",
        }[state]
        view = {"status_code": state, "status": text, "id": container["id"]}
        return {
            key: view[field["name"]]
            for key, field in self.platform.fields(call, tuple(view), "IGContainer").items()
        }

    def unknown_yet(self, container: dict[str, Any]) -> bool:
        """Say whether not every server knows it yet: seen on fresh containers."""
        return (
            self.world.world() - container["born"]
            < self.world.settings["instagram_unknown_seconds"]
        )

    def publish(self, call: Call, plan: Plan, page: Page) -> dict[str, Any]:
        container = self.platform.container(call.text("creation_id"), page)
        if container is None or self.unknown_yet(container):
            raise container_gone()
        if container["item"]:
            raise not_found()
        match self.platform.state(container):
            case "PUBLISHED":
                code, _, subcode = self.world.settings["instagram_used_container"].partition("/")
                raise error(
                    int(code),
                    int(subcode),
                    "Media not available",
                    "The media was published already.",
                )
            case "EXPIRED":
                raise container_gone()
            case "IN_PROGRESS" | "ERROR":
                text = "The media is not ready for publishing, please wait for a moment."
                raise error(9007, 2207027, "Media not ready", text)
        if self.published_today(page) >= self.world.settings["instagram_quota"]:
            text = (
                "You reached maximum number of posts that is allowed to be published "
                "by Content Publishing API."
            )
            raise error(9, 2207042, "Maximum number of posts", text)
        kind = container["kind"]
        video = any(picture["kind"] == "video" for picture in container["pictures"])
        post = self.platform.published(
            container, page, call, plan,
            type="CAROUSEL_ALBUM" if kind == "CAROUSEL" else "VIDEO" if video else "IMAGE",
            product={"REELS": "REELS", "STORIES": "STORY"}.get(kind, "FEED"),
            shortcode=secrets.token_urlsafe(8), ai=container["ai"], cover=container["cover"],
        )  # fmt: skip
        post.text = post.text.strip()
        if kind == "STORIES":
            limit_visibility(post, DAY)
        return {"id": post.id}

    def published_today(self, page: Page) -> int:
        return self.platform.used(page, lambda post: True)

    def publishing_limit(self, call: Call, page: Page) -> dict[str, Any]:
        quota = {"quota_total": self.world.settings["instagram_quota"], "quota_duration": 86400}
        view = {"quota_usage": self.published_today(page), "config": quota}
        requested = call.text("fields") or "quota_usage"
        return {
            "data": [{name: view[name] for name in view if re.search(rf"\b{name}\b", requested)}]
        }
