"""Describe Telegram: the bot, its rights, settings, and how its channels look."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

from simulator.growth import Counts
from simulator.model import Page, Post, Token
from simulator.platforms.telegram.html import to_html
from simulator.rendering import Html, format_number, render_fragment
from simulator.spec import Spec, format_reactions

BOT_TOKEN = "123456789:AAsimulatorbottoken00000000000000000"
BOT_USERNAME = "outreach_bot"
RIGHTS = ("can_post_messages", "can_edit_messages", "can_delete_messages")


def make_administrator() -> dict[str, Any]:
    """Say how the bot stands in a channel that lets it post."""
    return {"status": "administrator"} | dict.fromkeys((*RIGHTS, "can_change_info"), True)


class TelegramSpec(Spec):
    name = "telegram"
    title = "Telegram"
    tone = "sky"
    followers = "người đăng ký"
    has_people = False
    new_page_note = "Kênh Telegram có sẵn bot làm quản trị viên."
    page_paths = ("/t.me/{page}",)
    post_paths = ("/t.me/{page}/{post}", "/t.me/c/{page}/{post}")
    settings = {"telegram_limits": True, "telegram_queues_videos": False}

    def page_id(self, number: int) -> str:
        return str(-1_001_000_000_000 - number)

    def details(self) -> dict[str, Any]:
        return {"bot": make_administrator()}

    def tokens(self) -> Iterator[Token]:
        yield Token(BOT_TOKEN, self.name, "bot", BOT_USERNAME)

    def page_name(self, path: str, name: str) -> str:
        return f"-100{name}" if path.startswith("/t.me/c/") else name

    def permalink(self, page: Page, post: Post, base: str) -> str:
        return f"{base}/t.me/{page.username}/{post.id}"

    def truth(self, post: Post) -> dict[str, Any]:
        facts = {name: post.details.get(name) for name in ("entities", "silent", "about", "blocks")}
        return {"message_ids": post.message_ids} | facts

    def text(self, post: Post) -> Html:
        if post.details["entities"]:
            return render_fragment(
                "lines", text=Html(to_html(post.text, post.details["entities"], escape))
            )
        return super().text(post)

    def counters(self, counts: Counts) -> list[str]:
        return [f"👁 {format_number(counts.views)}", format_reactions(counts)]

    def owner_box(self, page: Page, link: str) -> Html:
        inside = page.details["bot"]["status"] == "administrator"
        return render_fragment(
            "bot_box",
            url=f"{link}bot/",
            state="Bot đang là quản trị viên của kênh." if inside else "Bot không ở trong kênh.",
            status="kicked" if inside else "administrator",
            label="Đưa bot ra khỏi kênh" if inside else "Thêm bot làm quản trị viên",
        )
