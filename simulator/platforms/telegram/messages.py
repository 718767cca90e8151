"""Show messages of a channel as the Bot API does."""

from __future__ import annotations

from typing import Any

from simulator import images
from simulator.model import Page, Picture, Post
from simulator.platforms.telegram.chats import Chats
from simulator.world import World


class Messages:
    def __init__(self, world: World, chats: Chats) -> None:
        self.world = world
        self.chats = chats

    def message(self, page: Page, post: Post, message_id: int) -> dict[str, Any]:
        """Make the Message object of one message; an album's messages share a group id."""
        chat = self.chats.short_chat(page)
        view: dict[str, Any] = {
            "message_id": message_id,
            "sender_chat": chat,
            "chat": chat,
            "date": int(post.created_at),
        }
        if post.edited_at:
            view["edit_date"] = int(post.edited_at)
        if not post.app:
            view["author_signature"] = "Chủ kênh"
        text, entities = post.text, post.details["entities"]
        if post.pictures:
            at = post.message_ids.index(message_id)
            picture = post.pictures[at]
            about = post.details.get("about") or [{}] * len(post.pictures)
            view |= self.file(picture, about[at])
            if album := post.details.get("album"):
                view["media_group_id"] = album
                text, entities = picture.caption, entities if at == 0 else []
            if text:
                view |= {"caption": text} | ({"caption_entities": entities} if entities else {})
        elif blocks := post.details.get("blocks"):
            view["rich_message"] = {"blocks": blocks}
        else:
            view |= {"text": text} | ({"entities": entities} if entities else {})
            if post.link:
                view["link_preview_options"] = {"url": post.link}
        return view

    def file(self, picture: Picture, about: dict[str, Any]) -> dict[str, Any]:
        data = self.world.media.get(picture.sha256, b"")
        width, height = images.read_size(data)
        facts = {
            "file_id": picture.id,
            "file_unique_id": picture.sha256[:16],
            "file_size": len(data),
        }
        if picture.kind == "image":
            return {"photo": [facts | {"width": width, "height": height}]}
        facts["mime_type"] = images.detect_kind(data) or "application/octet-stream"
        if picture.kind == "video" and facts["mime_type"] == "video/mp4":
            length = about.get("duration") or int(images.read_seconds(data))
            size = {name: about.get(name, 0) for name in ("width", "height")}
            return {"video": facts | size | {"duration": length, "thumbnail": self.still(about)}}
        return {"document": facts | {name: about[name] for name in ("file_name",) if name in about}}

    def still(self, about: dict[str, Any]) -> dict[str, Any]:
        """Show a video's thumbnail: the sender's, else one that the server draws."""
        data = self.world.media.get(about.get("thumbnail", ""), b"")
        width, height = images.read_size(data) if data else (180, 320)
        digest = about.get("thumbnail", "drawn")
        return {
            "file_id": f"AAMCBQADGQ{digest[:40]}",
            "file_unique_id": digest[:16],
            "width": width,
            "height": height,
            "file_size": len(data),
        }

    def find(self, page: Page, message_id: int) -> Post | None:
        """Find the post that holds this message, if it is still there."""
        post = page.posts.get(page.message_ids.get(str(message_id), ""))
        if post is None or post.deleted or message_id in post.details["removed"]:
            return None
        return post if post.visible(self.world.world()) else None

    def origin(self, page: Page, post: Post, message_id: int) -> dict[str, Any]:
        return {
            "type": "channel",
            "chat": self.chats.short_chat(page),
            "message_id": message_id,
            "date": int(post.created_at),
        }
