"""Show, write, hide and delete comments and the replies to them."""

from __future__ import annotations

import re
from typing import Any

from simulator.calls import Call
from simulator.model import Page, Post, Token
from simulator.platforms.meta.containers import ContainerPlatform
from simulator.platforms.meta.graph import GraphError, format_moment, make_page, missing_object

LONGEST_COMMENT = 300
COMMENT_FIELDS = (
    "id", "text", "timestamp", "username", "from", "hidden", "like_count", "parent_id", "replies",
    "media", "user",
)  # fmt: skip


class Comments:
    def __init__(self, platform: ContainerPlatform) -> None:
        self.platform = platform
        self.world = platform.world

    def comment_view(
        self, fields: dict[str, dict[str, str]], page: Page, post: Post, comment: dict[str, Any]
    ) -> dict[str, Any]:
        name = comment["by"] or page.username
        view = {
            "id": comment["id"],
            "text": comment["text"],
            "timestamp": format_moment(comment["at"]),
            "username": name,
            "from": {
                "id": f"99{comment['id'][2:]}" if comment["by"] else page.external_id,
                "username": name,
            },
            "hidden": comment["hidden"],
            "like_count": 0,
            "media": {"id": post.id},
        }
        if not comment["by"]:  # only the account's own comments name their user
            view["user"] = {"id": page.external_id}
        if comment["parent"]:
            view["parent_id"] = comment["parent"]
        if "replies" in comment:
            view["replies"] = {"data": comment["replies"]}
        return {key: view[field["name"]] for key, field in fields.items() if field["name"] in view}

    def comment_list(self, call: Call, token: Token, page: Page, post: Post) -> dict[str, Any]:
        """List comments, newest first, fifty at most; replies come under their comment alone."""
        self.platform.need(token, "manage_comments")
        fields = self.platform.fields(call, COMMENT_FIELDS, "Comment", "id,text,timestamp")
        comments = self.platform.comments(page, post)
        by_id = {comment["id"]: comment for comment in comments}
        inner = self.fields_of_reply(fields)

        def view(comment: dict[str, Any]) -> dict[str, Any]:
            below = [
                self.comment_view(inner, page, post, reply)
                for reply in comments
                if reply["parent"] == comment["id"]
            ]
            fields_shown = comment | ({"replies": below} if below else {})
            return self.comment_view(fields, page, post, fields_shown)

        top = [comment for comment in by_id.values() if not comment["parent"]]
        return make_page(call, top[::-1], lambda comment: comment["id"], view, most=50)

    @staticmethod
    def fields_of_reply(fields: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        inner = fields.get("replies", {}).get("fields") or "id,text,timestamp"
        return {
            name.strip(): {"name": name.strip()}
            for name in re.sub(r"\{.*?\}", "", inner).split(",")
        }

    def write(self, call: Call, token: Token, post: Post, parent: str = "") -> dict[str, Any]:
        self.platform.need(token, "manage_comments")
        text = call.text("message")
        if not text:
            raise GraphError("(#100) The parameter message is required", 100)
        if len(text) > LONGEST_COMMENT:
            raise GraphError("(#100) The comment is too long", 100)
        if post.details.get("closed"):
            raise GraphError("(#10) Commenting is turned off for this media", 10)
        return {"id": self.platform.new_comment(post, text, parent=parent)["id"]}

    def comment_edge(
        self, call: Call, token: Token, page: Page, post: Post, comment: dict[str, Any], edge: str
    ) -> dict[str, Any]:
        self.platform.need(token, "manage_comments")
        match call.method, edge:
            case "GET", "":
                fields = self.platform.fields(call, COMMENT_FIELDS, "Comment", "id,text,timestamp")
                return self.comment_view(fields, page, post, comment)
            case "POST", "replies":
                return self.write(call, token, post, parent=comment["parent"] or comment["id"])
            case "POST", "" if call.text("hide"):
                if not comment["by"]:
                    raise GraphError("(#100) A comment of one's own cannot be hidden", 100)
                comment["hidden"] = call.flag("hide")
            case "DELETE", "":
                comment["deleted"] = True
            case _:
                raise missing_object(f"{comment['id']}/{edge}", call.method.lower())
        self.world.dirty = True
        return {"success": True}
