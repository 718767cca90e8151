"""Publish posts from containers, show them, and count them against the day's quotas."""

from __future__ import annotations

import secrets
from typing import Any

from simulator.calls import Call
from simulator.faults import Plan
from simulator.model import DAY, Page, Post
from simulator.platforms.meta.containers import ContainerPlatform
from simulator.platforms.meta.graph import GraphError, format_moment
from simulator.platforms.threads.errors import missing

REPLY_QUOTA = 1000
CONTAINER_FIELDS = ("id", "status", "error_message")
POST_FIELDS = (
    "id", "media_product_type", "media_type", "media_url", "text", "permalink", "timestamp",
    "username", "shortcode",
    "thumbnail_url", "children", "is_quote_post", "has_replies", "is_reply", "replied_to",
    "root_post",
    "link_attachment_url", "alt_text", "topic_tag", "hide_status", "owner", "reply_audience",
    "text_attachment",
)  # fmt: skip
KINDS = {"TEXT": "TEXT_POST", "IMAGE": "IMAGE", "VIDEO": "VIDEO", "CAROUSEL": "CAROUSEL_ALBUM"}


class Posts:
    def __init__(self, platform: ContainerPlatform) -> None:
        self.platform = platform
        self.world = platform.world

    def container_node(self, call: Call, plan: Plan, container: dict[str, Any]) -> dict[str, Any]:
        state = self.platform.state(container, plan.lag)
        view = {"id": container["id"], "status": state}
        if state == "ERROR":
            view["error_message"] = container["error"]
        fields = self.platform.fields(call, CONTAINER_FIELDS, "ThreadsContainer")
        return {key: view[field["name"]] for key, field in fields.items() if field["name"] in view}

    def publish(self, call: Call, plan: Plan, page: Page) -> dict[str, Any]:
        """Publish a finished container; any other is "not found", and a finished one may be for a
        while."""
        container = self.platform.container(call.text("creation_id"), page)
        if container is None or container["item"] or self.platform.state(container) != "FINISHED":
            raise missing()
        if self.world.world() - container["ready"] < self.world.settings["threads_unknown_seconds"]:
            raise missing()
        return {"id": self.go_live(call, plan, page, container).id}

    def go_live(self, call: Call, plan: Plan, page: Page, container: dict[str, Any]) -> Post:
        reply = bool(container["reply_to"])
        quota = REPLY_QUOTA if reply else self.world.settings["threads_quota"]
        if self.posted_today(page, replies=reply) >= quota:
            raise GraphError(
                "(#4) The publishing limit of this profile is reached", 4, is_transient=True
            )
        kinds = {
            "type": KINDS[container["kind"]],
            "product": "THREADS",
            "shortcode": secrets.token_urlsafe(8),
        }
        return self.platform.published(
            container, page, call, plan, **kinds, reply_to=container["reply_to"],
            tag=container["tag"],
            audience=container["audience"],
            attachment=container["attachment"],
        )  # fmt: skip

    def posted_today(self, page: Page, *, replies: bool) -> int:
        return self.platform.used(page, lambda post: bool(post.details["reply_to"]) == replies)

    def deleted_today(self, page: Page) -> int:
        since = self.world.world() - DAY
        return sum(1 for at in page.details.get("deletions", []) if at > since)

    def publishing_limit(self, call: Call, page: Page) -> dict[str, Any]:
        def of(total: int) -> dict[str, int]:
            return {"quota_total": total, "quota_duration": 86400}

        view = {
            "quota_usage": self.posted_today(page, replies=False),
            "config": of(self.world.settings["threads_quota"]),
            "reply_quota_usage": self.posted_today(page, replies=True),
            "reply_config": of(REPLY_QUOTA),
            "delete_quota_usage": self.deleted_today(page),
            "delete_config": of(self.world.settings["threads_deletions"]),
        }
        requested = [name.strip() for name in (call.text("fields") or "quota_usage").split(",")]
        return {"data": [{name: view[name] for name in requested if name in view}]}

    def delete(self, page: Page, post: Post, plan: Plan) -> dict[str, Any]:
        if self.deleted_today(page) >= self.world.settings["threads_deletions"]:
            raise GraphError(
                "(#4) The deletion limit of this profile is reached", 4, is_transient=True
            )
        page.details.setdefault("deletions", []).append(self.world.world())
        self.world.remove(post, after=plan.late)
        return {"success": True, "deleted_id": post.id}

    def post_view(
        self, call: Call, page: Page, post: Post, fields: dict[str, dict[str, str]]
    ) -> dict[str, Any]:
        base = self.world.public_url or call.origin
        files = [{"id": picture.id, "media_type": picture.kind.upper(),
        "media_url": f"{base}/media/{picture.sha256}"}
                 for picture in post.pictures]  # fmt: skip
        parent = post.details.get("reply_to", "")
        view: dict[str, Any] = {
            "id": post.id,
            "media_product_type": "THREADS",
            "media_type": post.details["type"],
            "permalink": self.world.permalink(page, post, call.origin),
            "timestamp": format_moment(post.published_at),
            "username": page.username,
            "owner": {"id": page.external_id},
            "shortcode": post.details.get("shortcode", post.id[-11:]),
            "is_quote_post": False,
            "has_replies": "has_replies" in fields and bool(self.platform.comments(page, post)),
            "is_reply": bool(parent),
            "hide_status": "NOT_HUSHED",
            "reply_audience": post.details.get("audience", "everyone").upper(),
        }
        if parent:
            view |= {"replied_to": {"id": parent}, "root_post": {"id": parent}}
        if post.text:
            view["text"] = post.text
        if post.link:
            view["link_attachment_url"] = post.link
        if attachment := post.details.get("attachment"):
            view["text_attachment"] = attachment
        if tag := post.details.get("tag"):
            view["topic_tag"] = tag
        if files:
            view["media_url"] = files[0]["media_url"]
        if len(files) > 1:
            view["children"] = {"data": [{"id": file["id"]} for file in files]}
        return {key: view[field["name"]] for key, field in fields.items() if field["name"] in view}
