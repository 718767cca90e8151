"""Show channels as the bot sees them, and check what it may do there."""

from __future__ import annotations

from typing import Any

from simulator.calls import Call
from simulator.model import Page
from simulator.platforms.telegram.errors import TelegramError, bad
from simulator.platforms.telegram.spec import BOT_TOKEN, BOT_USERNAME, TelegramSpec
from simulator.world import World

# What an administrator's entry also tells, and nobody here asks for.
UNASKED_RIGHTS = {"can_manage_chat": True} | dict.fromkeys(
    (
        "can_be_edited", "is_anonymous", "can_manage_video_chats", "can_restrict_members",
        "can_promote_members",
        "can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories",
        "can_delete_stories",
        "can_send_welcome_messages",
    ),
    False,
)  # fmt: skip
# Which gifts a chat takes; strict clients refuse a chat that does not say it.
GIFTS = dict.fromkeys(
    (
        "unlimited_gifts",
        "limited_gifts",
        "unique_gifts",
        "premium_subscription",
        "gifts_from_channels",
    ),
    False,
)


LONGEST_DESCRIPTION = 255


class Chats:
    def __init__(self, world: World) -> None:
        self.world = world
        self.bot = {
            "id": int(BOT_TOKEN.partition(":")[0]),
            "is_bot": True,
            "first_name": "Portal",
            "username": BOT_USERNAME,
        }

    def chat(self, call: Call, name: str = "chat_id") -> Page:
        text = call.text(name)
        if not text:
            raise bad(f"{name} is empty")
        page = self.world.pages[TelegramSpec.name].get(text)
        if page is None and text.startswith("@"):
            page = self.world.find_page(TelegramSpec.name, text[1:])
        if page is None:
            raise bad("chat not found")
        return page

    @staticmethod
    def kicked(status: str) -> TelegramError:
        why = (
            "bot was kicked from the channel chat"
            if status == "kicked"
            else "bot is not a member of the channel chat"
        )
        return TelegramError(403, why)

    def check_member(self, page: Page) -> dict[str, Any]:
        bot = page.details["bot"]
        if bot["status"] in ("kicked", "left"):
            raise self.kicked(bot["status"])
        return bot

    def check_right(self, page: Page, right: str, complaint: str) -> None:
        bot = self.check_member(page)
        if bot["status"] != "administrator" or not bot.get(right):
            raise bad(complaint)

    @staticmethod
    def short_chat(page: Page) -> dict[str, Any]:
        return {
            "id": int(page.external_id),
            "title": page.name,
            "username": page.username,
            "type": "channel",
        }

    def full_chat(self, page: Page, call: Call) -> dict[str, Any]:
        full = self.short_chat(page) | {
            "accent_color_id": 3,
            "max_reaction_count": 11,
            "accepted_gift_types": GIFTS,
        }
        full["invite_link"] = f"{self.world.public_url or call.origin}/t.me/{page.username}"
        full |= self.profile_fields(page)
        if linked := page.details.get("linked_chat"):
            full["linked_chat_id"] = linked
        return full

    def profile_fields(self, page: Page) -> dict[str, Any]:
        """Give what a channel tells of itself; what was never entered is left out."""
        profile, fields = page.profile, {}
        if profile.get("description"):
            fields["description"] = profile["description"]
        if profile.get("picture"):
            fields["photo"] = {
                f"{size}_file_{name}": f"{size}-{page.external_id}"
                for size in ("small", "big")
                for name in ("id", "unique_id")
            }
        if profile.get("pinned"):
            fields["pinned_message"] = {
                "message_id": 1,
                "date": int(page.created_at),
                "chat": self.short_chat(page),
                "text": "Trang chính thức",
            }
        return fields

    def set_description(self, page: Page, call: Call) -> bool:
        self.check_right(page, "can_change_info", "not enough rights to change chat description")
        text = call.text("description")
        if len(text) > LONGEST_DESCRIPTION:
            raise bad("chat description is too long")
        if text == page.profile.get("description", ""):
            raise bad("chat description is not modified")
        page.profile["description"] = text
        self.world.dirty = True
        return True

    def bot_member(self, page: Page) -> dict[str, Any]:
        bot = page.details["bot"]
        unasked: dict[str, dict[str, Any]] = {
            "administrator": UNASKED_RIGHTS,
            "kicked": {"until_date": 0},
        }
        return {"user": self.bot} | unasked.get(bot["status"], {}) | bot

    @staticmethod
    def owner_of(page: Page) -> dict[str, Any]:
        user = {"id": 55, "is_bot": False, "first_name": "Chủ kênh"}
        return {"user": user, "status": "creator", "is_anonymous": False}

    def administrators(self, page: Page) -> list[dict[str, Any]]:
        self.check_member(page)
        return [self.owner_of(page), self.bot_member(page)]

    def member(self, page: Page, call: Call) -> dict[str, Any]:
        if call.text("user_id") == str(self.bot["id"]):
            return self.bot_member(page)
        self.check_member(page)
        if call.text("user_id") == "55":
            return self.owner_of(page)
        raise bad("PARTICIPANT_ID_INVALID")
