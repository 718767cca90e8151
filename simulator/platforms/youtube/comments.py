"""Show, write and moderate comments under videos."""

from __future__ import annotations

import secrets
from typing import Any

from simulator import growth
from simulator.calls import Call, Reply
from simulator.model import Page, Post, Token
from simulator.platforms.youtube.errors import YoutubeError, forbidden
from simulator.platforms.youtube.formats import format_moment
from simulator.platforms.youtube.videos import Videos


class Comments:
    def __init__(self, videos: Videos) -> None:
        self.videos = videos
        self.world = videos.world

    def discussion(self, page: Page, post: Post) -> list[dict[str, Any]]:
        """List as many comments as the video has by now, at most two hundred; made up when first
        asked for."""
        there: list[dict[str, Any]] = post.details.setdefault("comments", [])
        written = sum(comment["by"] != page.external_id for comment in there)
        for at in range(
            written, min(200, growth.compute_counts(page, post, self.world.world()).comments)
        ):
            self.new_comment(post, growth.choose_comment_text(at), by=f"UCresident{at:014d}")
        return there

    def new_comment(self, post: Post, text: str, *, by: str, parent: str = "") -> dict[str, Any]:
        number = self.world.next_number()
        comment: dict[str, Any] = {
            "id": f"{parent + '.' if parent else 'Ugx'}{number:019d}",
            "text": text,
            "by": by,
        }
        comment |= {
            "at": self.world.wall() + number / 1e6,
            "state": "published",
            "parent": parent,
            "video": post.id,
        }
        post.details.setdefault("comments", []).append(comment)
        self.world.dirty = True
        return comment

    def comment_view(self, comment: dict[str, Any]) -> dict[str, Any]:
        snippet = {
            "authorDisplayName": f"@{comment['by'][2:]}",
            "authorChannelId": {"value": comment["by"]},
            "textDisplay": comment["text"], "textOriginal": comment["text"], "canRate": True,
            "viewerRating": "none",
            "likeCount": 0, "publishedAt": format_moment(comment["at"]),
            "updatedAt": format_moment(comment["at"]),
        }  # fmt: skip
        snippet |= {"parentId": comment["parent"]} if comment["parent"] else {}
        return {
            "kind": "youtube#comment",
            "etag": secrets.token_hex(8),
            "id": comment["id"],
            "snippet": snippet,
        }

    def thread_view(
        self, page: Page, comment: dict[str, Any], below: list[dict[str, Any]]
    ) -> dict[str, Any]:
        """Show a thread; at most five replies come along."""
        answer: dict[str, Any] = {
            "kind": "youtube#commentThread",
            "etag": secrets.token_hex(8),
            "id": comment["id"],
        }
        answer["snippet"] = {
            "channelId": page.external_id, "videoId": comment["video"], "canReply": True,
            "isPublic": True,
            "totalReplyCount": len(below), "topLevelComment": self.comment_view(comment),
        }  # fmt: skip
        if below:
            answer["replies"] = {"comments": [self.comment_view(reply) for reply in below[:5]]}
        return answer

    def talked(self, call: Call, token: Token, video_id: str, where: str) -> tuple[Page, Post]:
        self.videos.needs(token, ("youtube.force-ssl",))
        self.videos.parts(call.params, ("id", "snippet", "replies"))
        post = self.videos.own(video_id, token, where)
        if post.details["status"].get("selfDeclaredMadeForKids"):
            raise YoutubeError(
                403, "commentsDisabled",
                ("The video identified by the " "videoId parameter " "has disabled comments."),
                domain="youtube.commentThread", where=where,
            )  # fmt: skip
        return self.videos.channel(token), post

    def list_threads(self, call: Call, token: Token) -> dict[str, Any]:
        page, all_ = self.comments_asked(call, token)
        state = call.text("moderationStatus", "published")
        on_top = [
            comment for comment in all_ if not comment["parent"] and comment["state"] == state
        ]
        on_top.sort(key=lambda comment: comment["at"], reverse=True)
        at, most = call.number("pageToken", 0), min(100, call.number("maxResults", 20))
        items = [
            self.thread_view(
                page, comment, [reply for reply in all_ if reply["parent"] == comment["id"]]
            )
            for comment in on_top[at : at + most]
        ]
        answer: dict[str, Any] = {
            "pageInfo": {"totalResults": len(items), "resultsPerPage": most},
            "items": items,
        }
        answer |= {"nextPageToken": str(at + most)} if at + most < len(on_top) else {}
        return {"kind": "youtube#commentThreadListResponse", "etag": secrets.token_hex(8)} | answer

    def comments_asked(self, call: Call, token: Token) -> tuple[Page, list[dict[str, Any]]]:
        """Find the comments under one video, or under all videos of the caller's own channel."""
        if not (channel := call.text("allThreadsRelatedToChannelId")):
            page, post = self.talked(call, token, call.text("videoId"), "videoId")
            return page, self.discussion(page, post)
        self.videos.needs(token, ("youtube.force-ssl",))
        self.videos.parts(call.params, ("id", "snippet", "replies"))
        page = self.videos.channel(token)
        if channel != page.external_id:
            raise forbidden()
        now = self.world.world()
        open_posts = [
            post
            for post in page.posts.values()
            if not post.gone(now) and not post.details["status"].get("selfDeclaredMadeForKids")
        ]
        return page, [comment for post in open_posts for comment in self.discussion(page, post)]

    def new_thread(self, call: Call, token: Token) -> dict[str, Any]:
        snippet = call.params.get("snippet") or {}
        page, post = self.talked(call, token, snippet.get("videoId", ""), "videoId")
        text = (snippet.get("topLevelComment") or {}).get("snippet", {}).get("textOriginal", "")
        return self.thread_view(
            page, self.new_comment(post, self.words(text), by=page.external_id), []
        )

    def comment(
        self, comment_id: str, token: Token, missing_reason: str
    ) -> tuple[Page, Post, dict[str, Any]]:
        page = self.videos.channel(token)
        for post in page.posts.values():
            for comment in post.details.get("comments", []):
                if comment["id"] == comment_id and not post.gone(self.world.world()):
                    return page, post, comment
        raise YoutubeError(
            404,
            missing_reason,
            "The specified comment could not be found.",
            domain="youtube.comment",
            where="id",
        )

    def replies(self, call: Call, token: Token) -> dict[str, Any]:
        self.videos.needs(token, ("youtube.force-ssl",))
        _page, post, parent = self.comment(call.text("parentId"), token, "parentCommentNotFound")
        below = [reply for reply in post.details["comments"] if reply["parent"] == parent["id"]]
        return {
            "kind": "youtube#commentListResponse",
            "items": [self.comment_view(reply) for reply in below],
        }

    def reply(self, call: Call, token: Token) -> dict[str, Any]:
        self.videos.needs(token, ("youtube.force-ssl",))
        snippet = call.params.get("snippet") or {}
        page, post, parent = self.comment(
            str(snippet.get("parentId", "")), token, "parentCommentNotFound"
        )
        text = self.words(snippet.get("textOriginal", ""))
        return self.comment_view(
            self.new_comment(post, text, by=page.external_id, parent=parent["id"])
        )

    @staticmethod
    def words(text: Any) -> str:
        if not isinstance(text, str) or not text.strip():
            raise YoutubeError(
                400,
                "commentTextRequired",
                "The comment resource must specify a value.",
                domain="youtube.comment",
            )
        if len(text) > 10_000:
            raise YoutubeError(
                400, "commentTextTooLong", "The comment text is too long.", domain="youtube.comment"
            )
        return text

    def moderate(self, call: Call, token: Token) -> Reply:
        self.videos.needs(token, ("youtube.force-ssl",))
        state = call.text("moderationStatus")
        if state not in ("heldForReview", "published", "rejected"):
            raise YoutubeError(
                400, "operationNotSupported", "Unknown moderation status.", domain="youtube.comment"
            )
        if call.flag("banAuthor") and state != "rejected":
            raise YoutubeError(
                400, "banWithoutReject", "banAuthor goes with rejected.", domain="youtube.comment"
            )
        for comment_id in call.text("id").split(","):
            page, _post, comment = self.comment(comment_id, token, "commentNotFound")
            if comment["by"] == page.external_id:
                raise forbidden("A comment of one's own cannot be moderated.")
            comment["state"] = state
        self.world.dirty = True
        return Reply("", 204)
