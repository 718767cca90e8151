"""Edit, delete and probe what was posted: there is no way to read it."""

from __future__ import annotations

import re
from typing import Any

from simulator.calls import Call
from simulator.platforms.telegram.errors import bad
from simulator.platforms.telegram.sending import LONGEST_CAPTION, LONGEST_TEXT, Sending

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)


class Changing:
    def __init__(self, sending: Sending) -> None:
        self.world = sending.world
        self.chats = sending.chats
        self.messages = sending.messages
        self.sending = sending

    def edit(self, call: Call, what: str) -> dict[str, Any]:
        page = self.chats.chat(call)
        self.chats.check_member(page)
        message_id = call.number("message_id", 0)
        post = self.messages.find(page, message_id)
        if post is None:
            raise bad("message to edit not found")
        if not post.app and not page.details["bot"].get("can_edit_messages"):
            raise bad("message can't be edited")
        if what == "text" and (post.pictures or post.details.get("blocks")):
            raise bad("there is no text in the message to edit")
        if what == "caption" and not post.pictures:
            raise bad("there is no caption in the message to edit")
        limit, complaint = (
            (LONGEST_TEXT, "message is too long")
            if what == "text"
            else (LONGEST_CAPTION, "message caption is too long")
        )
        text, entities = self.sending.formatted(call, call.text(what), limit, complaint)
        if what == "text" and not text:
            raise bad("message text is empty")
        at = post.message_ids.index(message_id)
        link = self.sending.preview(call, text, entities) if what == "text" else ""
        before = post.pictures[at].caption if post.details.get("album") else post.text
        if (text, entities if at == 0 else [], link) == (
            before,
            post.details["entities"] if at == 0 else [],
            post.link,
        ):
            raise bad(NOT_MODIFIED)
        self.sending.keep_pace(page)
        if post.details.get("album"):
            post.pictures[at].caption = text
        if at == 0:
            post.text, post.link, post.details["entities"] = text, link, entities
        post.edited_at = self.world.wall()
        post.requests += 1
        self.world.dirty = True
        return self.messages.message(page, post, message_id)

    def delete_one(self, call: Call) -> bool:
        self.delete(call, call.number("message_id", 0), must_exist=True)
        return True

    def delete_many(self, call: Call) -> bool:
        ids = call.nested("message_ids")
        if not isinstance(ids, list) or not 1 <= len(ids) <= 100:
            raise bad("message identifiers are not specified")
        for message_id in ids:
            self.delete(call, int(message_id), must_exist=False)
        return True

    def delete(self, call: Call, message_id: int, *, must_exist: bool) -> None:
        """Delete a message: each of an album goes by itself; the post is gone with the last of
        them."""
        if call.number("chat_id", 0) > 0:
            return
        page = self.chats.chat(call)
        self.chats.check_member(page)
        post = self.messages.find(page, message_id)
        if post is None:
            if must_exist:
                raise bad("message to delete not found")
            return
        self.chats.check_right(page, "can_delete_messages", "message can't be deleted")
        post.requests += 1
        post.details["removed"].append(message_id)
        if len(post.details["removed"]) == len(post.message_ids):
            self.world.hide(post)
            post.deleted = True
        self.world.dirty = True

    def probe(self, call: Call, verb: str) -> dict[str, Any]:
        """Forward or copy out of a channel: the one way to learn what a message id is."""
        source = self.chats.chat(call, "from_chat_id")
        self.chats.check_member(source)
        target = call.text("chat_id")
        if not target:
            raise bad("chat_id is empty")
        if not re.fullmatch(r"[1-9]\d*", target):
            raise bad("chat not found")
        message_id = call.number("message_id", 0)
        post = self.messages.find(source, message_id)
        if post is None:
            raise bad(f"message to {verb} not found")
        if post.details["protected"]:
            raise bad(f"message can't be {'forwarded' if verb == 'forward' else 'copied'}")
        new_id = self.world.next_number()
        if verb == "copy":
            return {"message_id": new_id}
        answer = self.messages.message(source, post, message_id)
        answer |= {
            "message_id": new_id,
            "chat": {"id": int(target), "type": "private"},
            "from": self.chats.bot,
            "date": int(self.world.wall()),
        }
        answer["forward_origin"] = self.messages.origin(source, post, message_id)
        del answer["sender_chat"]
        return answer
