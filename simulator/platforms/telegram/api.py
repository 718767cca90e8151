"""Play the Telegram Bot API as one bot sees it that is administrator of channels.

A channel's message ids rise by one over everything posted there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from inspect import isawaitable
from typing import Any

from aiohttp import web

from simulator import growth
from simulator.calls import NGINX_502, Call, Reply
from simulator.consent import Handler
from simulator.faults import Fault, Plan
from simulator.model import Page, Post
from simulator.platform import Platform
from simulator.platforms.telegram.changing import Changing
from simulator.platforms.telegram.chats import Chats
from simulator.platforms.telegram.errors import TelegramError, bad
from simulator.platforms.telegram.messages import Messages
from simulator.platforms.telegram.sending import LARGEST_FILE, Sending
from simulator.platforms.telegram.spec import (
    BOT_TOKEN,
    BOT_USERNAME,
    TelegramSpec,
    make_administrator,
)
from simulator.platforms.telegram.updates import Updates
from simulator.rendering import redirect

SENDERS = (
    "sendmessage",
    "sendrichmessage",
    "sendphoto",
    "sendvideo",
    "senddocument",
    "sendmediagroup",
)
EDITORS = ("editmessagetext", "editmessagecaption", "setchatdescription")

# What getMe alone tells. It answers a BotFullInfo since Bot API 10.5; the fields that has beyond
# these nobody here reads.
BOT_ABILITIES = {"can_join_groups": True} | dict.fromkeys(
    (
        "can_read_all_group_messages",
        "supports_inline_queries",
        "can_connect_to_business",
        "has_main_web_app",
    ),
    False,
)

type Method = Callable[[Call, Plan], Any]


class Telegram(Platform):
    spec = TelegramSpec()
    mounts = ("/telegram/",)

    def reset(self) -> None:
        self.chats = Chats(self.world)
        self.messages = Messages(self.world, self.chats)
        self.updates = Updates(self.world, self.chats, self.messages)
        self.sending = Sending(self.world, self.fetcher, self.messages, self.updates)
        self.changing = Changing(self.sending)
        self.methods = self.table()

    @staticmethod
    def split(call: Call) -> tuple[str, str]:
        """Split into token and method, the latter in lower case as its case does not count."""
        token, _, method = call.path.removeprefix("bot").partition("/")
        return token, method.removeprefix("test/").lower()

    def describe(self, call: Call) -> tuple[str, tuple[str, ...]]:
        _, method = self.split(call)
        page = self.world.find_page(self.name, call.text("chat_id").removeprefix("@"))
        external_id = page.external_id if page else ""
        if method in SENDERS:
            return external_id, ("publish",)
        if method in EDITORS:
            return external_id, ("edit",)
        if method.startswith("deletemessage"):
            return external_id, ("withdraw",)
        if method in ("forwardmessage", "copymessage"):
            source = self.world.find_page(self.name, call.text("from_chat_id").removeprefix("@"))
            return source.external_id if source else "", ("find",)
        if method in ("getchatmembercount", "getupdates"):
            return external_id, ("measure",)
        return external_id, ("connect",)

    async def answer(self, call: Call, plan: Plan) -> Reply:
        try:
            return Reply({"ok": True} | await self.dispatch(call, plan))
        except TelegramError as error:
            return error.reply()

    def refusal(self, fault: Fault, call: Call) -> Reply:
        """Show an injected fault as Telegram would."""
        match fault.kind:
            case "rate_limit":
                wait = fault.retry_after
                return TelegramError(
                    429, f"Too Many Requests: retry after {wait}", retry_after=wait
                ).reply()
            case "expired_token":
                return TelegramError(401).reply()
            case "kill_token":
                page, _ = self.describe(call)
                if fault.page and page:
                    self.kill(page=page)
                    return self.chats.kicked("kicked").reply()
                self.world.kill_tokens(platform=self.name, token=self.split(call)[0])
                return TelegramError(401).reply()
            case "refuse" | "duplicate":
                return bad("MESSAGE_NOT_ALLOWED").reply()
        if fault.status in (502, 504):
            return Reply(NGINX_502.body, fault.status, content_type=NGINX_502.content_type)
        return TelegramError(fault.status, "Internal Server Error: restart").reply()

    async def dispatch(self, call: Call, plan: Plan) -> dict[str, Any]:
        token, method = self.split(call)
        if not re.fullmatch(r"\d+:[\w-]{30,}", token):
            raise TelegramError(404)
        known = self.world.tokens.get(token)
        if known is None or known.dead:
            raise TelegramError(401)
        if sum(len(upload.data) for upload in call.files.values()) > LARGEST_FILE:
            raise TelegramError(413, "Request Entity Too Large")
        match method:
            case "setwebhook":
                return self.updates.set_webhook(call)
            case "deletewebhook":
                return self.updates.delete_webhook(call)
            case _ if method not in self.methods:
                raise TelegramError(404, ": method not found")
        result = self.methods[method](call, plan)
        return {"result": await result if isawaitable(result) else result}

    def table(self) -> dict[str, Method]:
        """List the methods that are played, each with what makes its result."""
        chats, sending, changing = self.chats, self.sending, self.changing
        return {
            "getme": lambda call, plan: chats.bot | BOT_ABILITIES,
            "getchat": lambda call, plan: chats.full_chat(chats.chat(call), call),
            "getchatmember": lambda call, plan: chats.member(chats.chat(call), call),
            "getchatadministrators": lambda call, plan: chats.administrators(chats.chat(call)),
            "getchatmembercount": lambda call, plan: growth.count_followers(
                chats.chat(call), self.world.world()
            ),
            "setchatdescription": lambda call, plan: chats.set_description(chats.chat(call), call),
            "sendmessage": sending.send_text,
            "sendrichmessage": sending.send_rich,
            "sendphoto": lambda call, plan: sending.send_file(call, plan, "photo"),
            "sendvideo": lambda call, plan: sending.send_file(call, plan, "video"),
            "senddocument": lambda call, plan: sending.send_file(call, plan, "document"),
            "sendmediagroup": sending.send_album,
            "editmessagetext": lambda call, plan: changing.edit(call, "text"),
            "editmessagecaption": lambda call, plan: changing.edit(call, "caption"),
            "deletemessage": lambda call, plan: changing.delete_one(call),
            "deletemessages": lambda call, plan: changing.delete_many(call),
            "forwardmessage": lambda call, plan: changing.probe(call, "forward"),
            "copymessage": lambda call, plan: changing.probe(call, "copy"),
            "getupdates": lambda call, plan: self.updates.poll(call),
            "getwebhookinfo": lambda call, plan: self.updates.webhook_info(),
        }

    # What the control API arranges, and what a channel's owner does in the app

    def connect(self, page: Page) -> dict[str, Any]:
        lacks = page.details.get("lacks", ())
        page.details["bot"] = make_administrator() | dict.fromkeys(lacks, False)
        return {"bot_token": BOT_TOKEN}

    def kill(self, *, page: str = "", token: str = "", dead: int = 1) -> int:
        """Throw the bot out of a channel, which has no credentials of its own."""
        if not page:
            return super().kill(token=token, dead=dead)
        self.world.pages[self.name][page].details["bot"] = {"status": "kicked"}
        self.world.dirty = True
        return 1

    def prepare(self, page: Page, given: dict[str, Any]) -> None:
        page.details["lacks"] = given.get("lacks", [])  # rights that the channel keeps from the bot
        if given.get("discussion"):
            page.details["linked_chat"] = -1_009_000_000_000 - self.world.next_number()

    def compose(self, page: Page, post: Post, number: int) -> None:
        post.message_ids = [
            self.world.next_message_id(page) for _ in range(max(1, len(post.pictures)))
        ]
        post.id, post.app = str(post.message_ids[0]), BOT_USERNAME
        post.details = {"entities": [], "protected": False, "removed": []}
        if len(post.message_ids) > 1:
            post.details["album"] = f"137{number:014d}"
            post.pictures[0].caption = post.text
        page.message_ids |= {str(message_id): post.id for message_id in post.message_ids}

    def composed_by_person(self, page: Page, post: Post) -> None:
        self.updates.person_posts(page, post)

    def forms(self) -> dict[str, Handler]:
        return {"/pages/telegram/{page}/bot/": self.change_bot}

    async def change_bot(self, request: web.Request) -> web.Response:
        page = self.world.find_page(self.name, request.match_info["page"])
        if page is None:
            raise web.HTTPNotFound(text="Không có trang này.")
        status = str((await request.post()).get("status", ""))
        if status in ("administrator", "kicked"):
            self.updates.change_bot(page, status)
        return redirect(f"/pages/{self.name}/{page.external_id}/")
