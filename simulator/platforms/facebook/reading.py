"""Show and list a page's posts as the Graph API does."""

from __future__ import annotations

from typing import Any

from simulator import growth, images
from simulator.calls import Call
from simulator.faults import Plan
from simulator.model import Page, Post, Token
from simulator.platforms.facebook.access import Access
from simulator.platforms.facebook.comments import Comments
from simulator.platforms.facebook.spec import FacebookSpec
from simulator.platforms.meta.graph import (
    GraphError,
    format_moment,
    make_page,
    parse_fields,
    parse_moment,
    select_fields,
)

POST_FIELDS = (
    "id", "message", "created_time", "updated_time", "permalink_url", "is_published",
    "scheduled_publish_time",
    "status_type", "attachments", "shares", "application", "reactions", "comments", "full_picture",
    "from", "likes",
)  # fmt: skip
COUNTED = {"shares", "reactions", "likes", "comments"}


class Reading:
    def __init__(self, access: Access, comments: Comments) -> None:
        self.access = access
        self.comments = comments
        self.world = access.world

    def post_view(
        self, page: Page, post: Post, fields: dict[str, dict[str, str]], call: Call
    ) -> dict[str, Any]:
        facts = self.post_facts(page, post, call)
        requested = {field["name"] for field in fields.values()}
        if "attachments" in requested and (post.pictures or post.link):
            facts["attachments"] = self.attachment(page, post, call)
        counts = (
            growth.compute_counts(page, post, self.world.world())
            if COUNTED & requested
            else growth.NONE
        )
        view: dict[str, Any] = {}
        for key, field in (fields | {"id": {"name": "id"}}).items():
            match field["name"]:
                case "comments":
                    view[key] = self.counted(counts.comments, field)
                    view[key]["data"] = self.comments.nested(call, page, post, field)
                case "reactions" | "likes":
                    view[key] = self.counted(count_reactions(counts, field), field)
                case "shares" if counts.shares:
                    view[key] = {"count": counts.shares}
                case "attachments" if "attachments" in facts:
                    view[key] = {"data": [select_fields(facts["attachments"], field["fields"])]}
                case name if name in facts:
                    view[key] = facts[name]
        return view

    def post_facts(self, page: Page, post: Post, call: Call) -> dict[str, Any]:
        """Tell of a post what costs little to tell; leave out what it does not have."""
        visible = post.visible(self.world.world())
        facts: dict[str, Any] = {
            "id": post.id,
            "created_time": format_moment(post.published_at if visible else post.created_at),
            "updated_time": format_moment(post.edited_at or post.published_at),
            "permalink_url": self.world.permalink(page, post, call.origin),
            "is_published": visible,
            "status_type": get_status_type(post),
            "from": {"name": page.name, "id": page.external_id},
        }
        if post.text:
            facts["message"] = post.text
        if post.scheduled_at and not visible:
            facts["scheduled_publish_time"] = int(post.scheduled_at)
        if post.pictures:
            facts["full_picture"] = f"{call.origin}/media/{post.pictures[0].sha256}"
        if post.app:
            facts["application"] = {"name": "Outreach Portal", "id": post.app}
        return facts

    @staticmethod
    def counted(total: int, field: dict[str, str]) -> dict[str, Any]:
        """Show an edge of people, of whom only the number is given."""
        return {"data": []} | ({"summary": {"total_count": total}} if "summary" in field else {})

    def attachment(self, page: Page, post: Post, call: Call) -> dict[str, Any]:
        if not post.pictures:
            return {
                "media_type": "link",
                "type": "share",
                "url": post.link,
                "target": {"url": post.link},
            }
        permalink = self.world.permalink(page, post, call.origin)
        if video := post.details.get("video"):
            return {
                "media_type": "video",
                "type": "video_inline",
                "url": permalink,
                "target": {"id": video},
            }
        photos: list[dict[str, Any]] = []
        for picture in post.pictures:
            width, height = images.read_size(self.world.media.get(picture.sha256, b""))
            source = {
                "src": f"{call.origin}/media/{picture.sha256}",
                "width": width,
                "height": height,
            }
            target = {"id": picture.id, "url": permalink}
            photos.append(
                {
                    "media_type": "photo",
                    "type": "photo",
                    "url": permalink,
                    "target": target,
                    "media": {"image": source},
                }
            )
        if len(photos) == 1:
            return photos[0]
        album = {
            "media_type": "album",
            "type": "album",
            "url": permalink,
            "target": {"url": permalink},
        }
        return album | {"subattachments": {"data": photos}}

    def read_many(self, call: Call) -> dict[str, Any]:
        token = self.access.token(call)
        fields = parse_fields(call.text("fields") or "id,created_time,message", POST_FIELDS, "Post")
        answer = {}
        ids = call.text("ids").split(",")
        if len(ids) > 50:
            raise GraphError("(#100) Too many IDs. Maximum: 50.", 100)
        for post_id in ids:
            page = self.world.pages[FacebookSpec.name].get(post_id.partition("_")[0])
            post = page.posts.get(post_id) if page else None
            own = page is not None and token.page == page.external_id
            if (
                page is None
                or post is None
                or post.gone(self.world.world())
                or not (own or post.visible(self.world.world()))
            ):
                message = f"(#803) Some of the aliases you requested do not exist: {post_id}"
                raise GraphError(message, 803, status=404)
            answer[post_id] = self.post_view(page, post, fields, call)
        return answer

    def listing(self, call: Call, page: Page, posts: list[Post], token: Token) -> dict[str, Any]:
        since, until = parse_moment(call.text("since")), parse_moment(call.text("until"))
        inside = [
            post
            for post in posts
            if (since is None or post.published_at >= since)
            and (until is None or post.published_at < until)
        ]
        fields = parse_fields(call.text("fields") or "id,created_time,message", POST_FIELDS, "Post")
        return make_page(
            call,
            inside,
            lambda post: post.id,
            lambda post: self.post_view(page, post, fields, call),
        )

    def feed(self, page: Page, plan: Plan) -> list[Post]:
        """List what is on the page, but for Reels and stories, which have lists of their own."""
        seen = self.world.visible_posts(page, lag=plan.lag)
        return [post for post in seen if post.details.get("surface") not in ("reel", "story")]


def get_status_type(post: Post) -> str:
    if "video" in post.details:
        return "added_video"
    if post.pictures:
        return "added_photos"
    return "shared_story" if post.link else "mobile_status_update"


def count_reactions(counts: growth.Counts, field: dict[str, str]) -> int:
    """Count the reactions of one kind, or of all where the field names none."""
    kind = "LIKE" if field["name"] == "likes" else field.get("type", "")
    if not kind:
        return counts.all_reactions
    return counts.reactions.get(kind.lower().replace("sad", "sorry").replace("angry", "anger"), 0)
