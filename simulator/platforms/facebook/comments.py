"""Keep what residents write under a Facebook page's posts, and what the page answers.

A comment is a dict in its post's details. As many are made up as the post's count says, when
somebody first asks.
"""

from __future__ import annotations

from typing import Any

from simulator import growth
from simulator.calls import Call
from simulator.model import Page, Post, Token
from simulator.platforms.facebook.access import Access
from simulator.platforms.facebook.spec import FacebookSpec
from simulator.platforms.meta.graph import (
    GraphError,
    format_moment,
    make_page,
    missing_object,
    parse_fields,
    read_token_text,
    select_fields,
)

COMMENT_FIELDS = (
    "id", "message", "created_time", "from", "parent", "is_hidden", "can_hide", "can_remove",
    "like_count",
    "comment_count", "permalink_url",
)  # fmt: skip
LONGEST = 8000
MOST = 200
FIRST = 450_000_000_000_000  # a comment's own number, above all those of posts


class Comments:
    def __init__(self, access: Access) -> None:
        self.access = access
        self.world = access.world

    def find(self, comment_id: str) -> tuple[Page, Post, dict[str, Any]] | None:
        number, _line, own = comment_id.partition("_")
        if not own.isdecimal() or int(own) < FIRST:
            return None  # each call asks, and there may be thousands of pages to look through
        for page in self.world.pages[FacebookSpec.name].values():
            post = page.posts.get(f"{page.external_id}_{number}")
            for comment in self.under(page, post) if post else ():
                if comment["id"] == comment_id:
                    return page, post, comment  # type: ignore[return-value]
        return None

    def under(self, page: Page, post: Post) -> list[dict[str, Any]]:
        """List the comments of a post, oldest first."""
        there: list[dict[str, Any]] = post.details.setdefault("comments", [])
        grown = min(MOST, growth.compute_counts(page, post, self.world.world()).comments)
        for at in range(sum(1 for comment in there if comment["grown"]), grown):
            self.write(post, growth.choose_comment_text(at), by=f"Người dân {at + 1}", grown=True)
        return [comment for comment in there if not comment.get("deleted")]

    def write(
        self, post: Post, text: str, *, by: str = "", parent: str = "", grown: bool = False
    ) -> dict[str, Any]:
        """Write a comment; `by` nobody: by the page itself."""
        number = f"{post.id.partition('_')[2]}_{FIRST + self.world.next_number()}"
        comment: dict[str, Any] = {
            "id": number,
            "text": text,
            "by": by,
            "parent": parent,
            "at": self.world.wall(),
        }
        comment |= {"hidden": False, "grown": grown}
        post.details.setdefault("comments", []).append(comment)
        self.world.dirty = True
        return comment

    # Calls

    def check(self, token: Token, page: Page, *, writes: bool) -> None:
        self.access.check_page_token(token, page)
        needed = "pages_manage_engagement" if writes else "pages_read_engagement"
        tasks = (
            self.world.users[token.user].pages.get(page.external_id, [])
            if token.user in self.world.users
            else []
        )
        if needed not in token.scopes:
            raise GraphError(
                f"(#200) Requires {needed} permission to manage the object", 200, status=403
            )
        if writes and not {"MODERATE", "MANAGE"} & set(tasks):
            raise GraphError(
                "(#200) The user has not been granted the task MODERATE on this page",
                200,
                status=403,
            )

    def edge(
        self, call: Call, token: Token, page: Page, post: Post, above: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Answer `/{post or comment}/comments`."""
        self.check(token, page, writes=call.method == "POST")
        if call.method == "POST":
            return {"id": self.add(call, post, above)["id"]}
        if call.method != "GET":
            raise missing_object(f"{post.id}/comments", call.method.lower())
        seen = self.visible_to(token, page, post)
        if above:
            rows = [comment for comment in seen if comment["parent"] == above["id"]]
        else:
            rows = [
                comment
                for comment in seen
                if call.text("filter") == "stream" or not comment["parent"]
            ]
        if call.text("order") == "reverse_chronological":
            rows = rows[::-1]
        fields = parse_fields(
            call.text("fields") or "id,message,created_time,from", COMMENT_FIELDS, "Comment"
        )
        answer = make_page(
            call,
            rows,
            lambda comment: comment["id"],
            lambda comment: self.view(call, token, page, post, comment, fields),
        )
        if call.text("summary"):
            total = growth.compute_counts(page, post, self.world.world()).comments
            answer["summary"] = {"order": "ranked", "total_count": total}
        return answer

    def nested(
        self, call: Call, page: Page, post: Post, field: dict[str, str]
    ) -> list[dict[str, Any]]:
        """List comments as a field of their post: those on top, for the page's own token alone."""
        token = self.world.tokens.get(read_token_text(call))
        limit = int(field["limit"]) if field.get("limit", "").isdecimal() else 25
        if not limit or token is None or token.page != page.external_id:
            return []
        fields = parse_fields(
            field["fields"] or "id,message,created_time,from", COMMENT_FIELDS, "Comment"
        )
        rows = [comment for comment in self.visible_to(token, page, post) if not comment["parent"]]
        return [self.view(call, token, page, post, row, fields) for row in rows[: min(limit, 100)]]

    def visible_to(self, token: Token, page: Page, post: Post) -> list[dict[str, Any]]:
        """List the comments; visitors' only where the token may read what visitors write."""
        everything = self.under(page, post)
        return (
            everything
            if "pages_read_user_content" in token.scopes
            else [c for c in everything if not c["by"]]
        )

    def add(self, call: Call, post: Post, above: dict[str, Any] | None) -> dict[str, Any]:
        text = call.text("message")
        if not text or len(text) > LONGEST:
            raise GraphError("(#100) The parameter message is missing or too long", 100)
        # One level: a reply to a reply lands under the same comment.
        parent = (above["parent"] or above["id"]) if above else ""
        return self.write(post, text, parent=parent)

    def node(
        self, call: Call, token: Token, page: Page, post: Post, comment: dict[str, Any], edge: str
    ) -> dict[str, Any]:
        if edge == "comments":
            return self.edge(call, token, page, post, comment)
        self.check(token, page, writes=call.method != "GET")
        match call.method, edge:
            case "GET", "":
                fields = parse_fields(
                    call.text("fields") or "id,message,created_time,from", COMMENT_FIELDS, "Comment"
                )
                return self.view(call, token, page, post, comment, fields)
            case "POST", "" if call.text("is_hidden"):
                if not comment["by"]:
                    raise GraphError("(#100) A comment of the page's own cannot be hidden", 100)
                comment["hidden"] = call.flag("is_hidden")
            case "POST", "likes":
                pass
            case "DELETE", "":
                comment["deleted"] = True
            case _:
                raise missing_object(f"{comment['id']}/{edge}", call.method.lower())
        self.world.dirty = True
        return {"success": True}

    def view(
        self,
        call: Call,
        token: Token,
        page: Page,
        post: Post,
        comment: dict[str, Any],
        fields: dict[str, dict[str, str]],
    ) -> dict[str, Any]:
        address = f"{self.world.permalink(page, post, call.origin)}?comment_id={
            comment['id'].partition('_')[2]
        }"
        view: dict[str, Any] = {
            "id": comment["id"],
            "message": comment["text"],
            "created_time": format_moment(comment["at"]),
            "is_hidden": comment["hidden"],
            "can_hide": bool(comment["by"]) and "pages_manage_engagement" in token.scopes,
            "can_remove": True,
            "like_count": 0,
            "comment_count": sum(
                1 for reply in self.under(page, post) if reply["parent"] == comment["id"]
            ),
            "permalink_url": address,
        }
        if "pages_read_user_content" in token.scopes:
            number = f"70{comment['id'].partition('_')[2]}" if comment["by"] else page.external_id
            view["from"] = {"id": number, "name": comment["by"] or page.name}
        if comment["parent"]:
            above = next(
                stored for stored in post.details["comments"] if stored["id"] == comment["parent"]
            )
            view["parent"] = {
                "id": above["id"],
                "created_time": format_moment(above["at"]),
                "message": above["text"],
            }
        return {
            key: select_fields(view[field["name"]], field.get("fields", ""))
            if field["name"] in ("from", "parent")
            else view[field["name"]]
            for key, field in (fields | {"id": {"name": "id"}}).items()
            if field["name"] in view
        }
