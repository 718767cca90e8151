"""List, show and hide the replies that residents write, and those of the profile itself."""

from __future__ import annotations

from typing import Any

from simulator.calls import Call
from simulator.model import Page, Post, Token
from simulator.platforms.meta.containers import ContainerPlatform
from simulator.platforms.meta.graph import GraphError, format_moment, make_page
from simulator.platforms.threads.posts import POST_FIELDS, Posts


class Replies:
    def __init__(self, platform: ContainerPlatform, posts: Posts) -> None:
        self.platform = platform
        self.posts = posts
        self.world = platform.world

    def reply_list(self, call: Call, page: Page, post: Post, *, whole: bool) -> dict[str, Any]:
        fields = self.platform.fields(call, POST_FIELDS, "ThreadsMedia")
        rows = [
            self.reply_view(post, comment)
            for comment in self.platform.comments(page, post)
            if whole or not comment["parent"]
        ]
        own = [post for post in self.world.visible_posts(page) if post.details.get("reply_to")]
        below = {post.id, *(row["id"] for row in rows)} if whole else {post.id}
        rows += [self.posts.post_view(call, page, post,
        {name: {"name": name} for name in POST_FIELDS})
                 for post in own if post.details["reply_to"] in below]  # fmt: skip
        rows.sort(key=lambda row: row["timestamp"], reverse=call.flag("reverse", True))
        return make_page(
            call,
            rows,
            lambda row: row["id"],
            lambda row: {
                key: row[field["name"]] for key, field in fields.items() if field["name"] in row
            },
        )

    @staticmethod
    def reply_view(post: Post, comment: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": comment["id"],
            "text": comment["text"],
            "username": comment["by"],
            "timestamp": format_moment(comment["at"]),
            "media_type": "TEXT_POST",
            "media_product_type": "THREADS",
            "has_replies": False,
            "is_reply": True,
            "replied_to": {"id": comment["parent"] or post.id},
            "root_post": {"id": post.id},
            "hide_status": "HIDDEN" if comment["hidden"] else "NOT_HUSHED",
        }

    def reply_edge(
        self, call: Call, token: Token, page: Page, post: Post, comment: dict[str, Any], edge: str
    ) -> dict[str, Any]:
        match call.method, edge:
            case "GET", "":
                row = self.reply_view(post, comment)
                fields = self.platform.fields(call, POST_FIELDS, "ThreadsMedia")
                return {
                    key: row[field["name"]] for key, field in fields.items() if field["name"] in row
                }
            case "POST", "manage_reply" if call.text("hide"):
                self.platform.need(token, "threads_manage_replies")
                comment["hidden"] = call.flag("hide")
                self.world.dirty = True
                return {"success": True}
        raise GraphError(
            "(#10) Application does not have permission for this action", 10, status=403
        )
