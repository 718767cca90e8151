"""Give the bot its updates, by webhook or when it asks."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any

import aiohttp

from simulator import growth
from simulator.calls import Call
from simulator.model import DAY, Page, Post
from simulator.platforms.telegram.chats import Chats
from simulator.platforms.telegram.errors import TelegramError, bad
from simulator.platforms.telegram.messages import Messages
from simulator.platforms.telegram.spec import TelegramSpec, make_administrator
from simulator.world import World

EMOJI = {"like": "👍", "love": "❤", "wow": "😱", "haha": "😁", "sorry": "😢", "anger": "👎"}


class Updates:
    def __init__(self, world: World, chats: Chats, messages: Messages) -> None:
        self.world = world
        self.chats = chats
        self.messages = messages
        self.arrived = asyncio.Event()
        self.delivering: asyncio.Task[None] | None = None

    def push(self, **update: Any) -> None:
        """Put an update before the bot, by webhook or for the next poll."""
        self.world.updates.append({"update_id": 900_000_000 + self.world.next_number()} | update)
        del self.world.updates[:-20_000]
        self.world.dirty = True
        self.arrived.set()
        self.deliver_soon()

    def person_posts(self, page: Page, post: Post) -> None:
        """Report a post by hand as channel_post; the bot never hears of its own posts."""
        self.push(channel_post=self.messages.message(page, post, post.message_ids[0]))

    def change_bot(self, page: Page, status: str) -> None:
        """Make the bot an administrator or throw it out, as the channel's owner does."""
        before = self.chats.bot_member(page)
        page.details["bot"] = (
            make_administrator() if status == "administrator" else {"status": status}
        )
        owner = {"id": 55, "is_bot": False, "first_name": "Chủ kênh"}
        change = {
            "chat": self.chats.short_chat(page),
            "from": owner,
            "date": int(self.world.wall()),
        }
        self.push(
            my_chat_member=change
            | {"old_chat_member": before, "new_chat_member": self.chats.bot_member(page)}
        )

    def forward_to_group(self, page: Page, post: Post, message_id: int, group: int) -> None:
        answer = self.messages.message(page, post, message_id)
        answer |= {"message_id": self.world.next_number(), "is_automatic_forward": True}
        answer |= {"chat": {"id": group, "type": "supergroup", "title": f"Thảo luận {page.name}"}}
        self.push(message=answer | {"forward_origin": self.messages.origin(page, post, message_id)})

    def reaction_news(self) -> None:
        """Turn what residents have reacted since last time into updates; each carries the full
        totals."""
        now = self.world.world()
        for page in self.world.pages[TelegramSpec.name].values():
            for post in page.posts.values():
                if not post.visible(now) or post.seconds_visible(now) > 30 * DAY:
                    continue
                totals = growth.compute_counts(page, post, now).reactions
                if sum(totals.values()) == post.details.get("told_reactions", 0):
                    continue
                post.details["told_reactions"] = sum(totals.values())
                reactions = [
                    {"type": {"type": "emoji", "emoji": EMOJI[kind]}, "total_count": total}
                    for kind, total in totals.items()
                    if total
                ]
                answer = {
                    "chat": self.chats.short_chat(page),
                    "message_id": post.message_ids[0],
                    "date": int(self.world.wall()),
                }
                self.push(message_reaction_count=answer | {"reactions": reactions})

    def waiting(self, allowed: list[str] | None) -> list[dict[str, Any]]:
        """List the updates; without a list of sorts all but reactions and members, as in the real
        default."""
        if allowed:
            return [update for update in self.world.updates if set(update) & set(allowed)]
        return [update for update in self.world.updates if "message_reaction_count" not in update]

    async def poll(self, call: Call) -> list[dict[str, Any]]:
        if self.world.webhook:
            raise TelegramError(
                409,
                (
                    "can't use getUpdates method while webhook is active; use deleteWebhook "
                    "to delete the webhook first"
                ),
            )
        allowed = call.nested("allowed_updates") or None
        offset = call.number("offset", 0)
        if offset > 0:
            self.world.updates = [
                update for update in self.world.updates if update["update_id"] >= offset
            ]
        if allowed and "message_reaction_count" in allowed:
            self.reaction_news()
        deadline = time.monotonic() + min(call.number("timeout", 0), 50)
        while not self.waiting(allowed) and time.monotonic() < deadline:
            self.arrived.clear()
            try:
                await asyncio.wait_for(self.arrived.wait(), deadline - time.monotonic())
            except TimeoutError:
                break
        return self.waiting(allowed)[: min(max(call.number("limit", 100), 1), 100)]

    def set_webhook(self, call: Call) -> dict[str, Any]:
        url = call.text("url")
        local = any(url.startswith(f"http://{host}") for host in self.world.settings["image_hosts"])
        if url and not (url.startswith("https://") or local):
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        secret = call.text("secret_token")
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", secret):
            raise bad("secret token contains unallowed characters")
        if call.flag("drop_pending_updates"):
            self.world.updates.clear()
        allowed = call.nested("allowed_updates") or []
        self.world.webhook = (
            {"url": url, "secret": secret, "allowed": allowed, "error": "", "error_at": 0}
            if url
            else {}
        )
        self.world.dirty = True
        self.deliver_soon()
        return {"result": True, "description": "Webhook was set" if url else "Webhook was deleted"}

    def delete_webhook(self, call: Call) -> dict[str, Any]:
        self.world.webhook = {}
        if call.flag("drop_pending_updates"):
            self.world.updates.clear()
        return {"result": True, "description": "Webhook was deleted"}

    def webhook_info(self) -> dict[str, Any]:
        hook = self.world.webhook
        info: dict[str, Any] = {"url": hook.get("url", ""), "has_custom_certificate": False}
        info["pending_update_count"] = len(self.waiting(hook.get("allowed")))
        if hook.get("error"):
            info |= {"last_error_date": hook["error_at"], "last_error_message": hook["error"]}
        if hook:
            info |= {"max_connections": 40, "allowed_updates": hook["allowed"]}
        return info

    def deliver_soon(self) -> None:
        if self.world.webhook and (self.delivering is None or self.delivering.done()):
            self.delivering = asyncio.create_task(self.deliver())

    async def deliver(self) -> None:
        """Hand updates over one by one, in order; try a refused one again with doubling pauses."""
        pause = 1.0
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
            while (hook := self.world.webhook) and (due := self.waiting(hook["allowed"])):
                update = due[0]
                headers = (
                    {"X-Telegram-Bot-Api-Secret-Token": hook["secret"]} if hook["secret"] else {}
                )
                try:
                    async with session.post(hook["url"], json=update, headers=headers) as answer:
                        failure = (
                            ""
                            if answer.status < 300
                            else f"Wrong response from the webhook: {answer.status} {answer.reason}"
                        )
                except (aiohttp.ClientError, TimeoutError) as error:
                    failure = f"Connection failed: {type(error).__name__}"
                if failure:
                    hook |= {"error": failure, "error_at": int(self.world.wall())}
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, 60)
                elif update in self.world.updates:
                    self.world.updates.remove(update)
                    pause = 1.0
