"""The Telegram Bot API as one bot sees it that is administrator of channels: send, edit, delete, probe, updates.

A channel's message ids rise by one over everything posted there. There is no way to read what was posted.
"""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any

import aiohttp

from simulator import growth, images, telegram_html
from simulator.calls import NGINX_502, Call, Reply, Upload
from simulator.faults import Fault, Plan
from simulator.state import BOT_TOKEN, BOT_USERNAME, DAY, TELEGRAM_RIGHTS, Page, Photo, Picture, Post, World

LONGEST_TEXT, LONGEST_CAPTION, LONGEST_RAW = 4096, 1024, 32_768
LARGEST_PHOTO, LARGEST_PHOTO_BY_URL, LARGEST_FILE = 10 << 20, 5 << 20, 50 << 20
LARGEST_THUMBNAIL = 200_000
SENDERS = ("sendmessage", "sendphoto", "sendvideo", "senddocument", "sendmediagroup")
EDITORS = ("editmessagetext", "editmessagecaption")
EMOJI = {"like": "👍", "love": "❤", "wow": "😱", "haha": "😁", "sorry": "😢", "anger": "👎"}
# What an administrator's entry also tells, and nobody here asks for.
UNASKED_RIGHTS = {"can_manage_chat": True} | dict.fromkeys(
    (
        "can_be_edited", "is_anonymous", "can_manage_video_chats", "can_restrict_members", "can_promote_members",
        "can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories", "can_delete_stories",
    ),
    False,
)  # fmt: skip
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content "
    "and reply markup of the message"
)
URL = re.compile(r"https?://[^\s<>\"]+")


class TelegramError(Exception):
    PREFIX = {400: "Bad Request: ", 403: "Forbidden: ", 404: "Not Found", 401: "Unauthorized", 409: "Conflict: "}

    def __init__(self, status: int, text: str = "", **parameters: Any) -> None:
        super().__init__(self.PREFIX.get(status, "") + text)
        self.status = status
        self.parameters = parameters

    def reply(self) -> Reply:
        body: dict[str, Any] = {"ok": False, "error_code": self.status, "description": str(self)}
        headers = {}
        if self.parameters:
            body["parameters"] = self.parameters
        if "retry_after" in self.parameters:
            headers["Retry-After"] = str(self.parameters["retry_after"])
        return Reply(body, self.status, headers)


def bad(text: str) -> TelegramError:
    return TelegramError(400, text)


class Bucket:
    """So many at once, then so many a second."""

    def __init__(self, size: float, per_second: float) -> None:
        self.size = self.left = size
        self.per_second = per_second
        self.at = time.monotonic()

    def wait(self, cost: float) -> float:
        """Seconds until there is room; 0 takes the place."""
        now = time.monotonic()
        self.left = min(self.size, self.left + (now - self.at) * self.per_second)
        self.at = now
        if self.left < min(cost, self.size):
            return (min(cost, self.size) - self.left) / self.per_second
        self.left -= cost
        return 0.0


class Telegram:
    name = "telegram"

    def __init__(self, world: World, fetcher: images.Fetcher) -> None:
        self.world = world
        self.fetcher = fetcher
        self.bot_pace = Bucket(30, 30)
        self.chat_pace: dict[str, tuple[Bucket, Bucket]] = {}
        self.news = asyncio.Event()
        self.delivering: asyncio.Task[None] | None = None
        self.bot = {
            "id": int(BOT_TOKEN.partition(":")[0]),
            "is_bot": True,
            "first_name": "Portal",
            "username": BOT_USERNAME,
        }

    # What a call is

    @staticmethod
    def split(call: Call) -> tuple[str, str]:
        """Token and method, the latter in lower case as its case does not count."""
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

    # Answers

    async def answer(self, call: Call, plan: Plan) -> Reply:
        try:
            return Reply({"ok": True} | await self.dispatch(call, plan))
        except TelegramError as error:
            return error.reply()

    def refusal(self, fault: Fault, call: Call) -> Reply:
        """What an injected fault looks like when it comes from Telegram."""
        match fault.kind:
            case "rate_limit":
                wait = fault.retry_after
                return TelegramError(429, f"Too Many Requests: retry after {wait}", retry_after=wait).reply()
            case "expired_token":
                return TelegramError(401).reply()
            case "kill_token":
                page, _ = self.describe(call)
                if fault.page and page:
                    self.world.kill_tokens(platform=self.name, page=page)
                    return self.kicked("kicked").reply()
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
            case "getme":
                return {"result": self.bot | {"can_join_groups": True, "can_read_all_group_messages": False}}
            case "getchat":
                return {"result": self.full_chat(self.chat(call), call)}
            case "getchatmember":
                return {"result": self.member(self.chat(call), call)}
            case "getchatadministrators":
                page = self.chat(call)
                self.check_member(page)
                return {"result": [self.owner_of(page), self.bot_member(page)]}
            case "getchatmembercount":
                return {"result": growth.followers(self.chat(call), self.world.world())}
            case "sendmessage":
                return {"result": self.send_text(call, plan)}
            case "sendphoto" | "sendvideo" | "senddocument":
                return {"result": await self.send_file(call, plan, method.removeprefix("send"))}
            case "sendmediagroup":
                return {"result": await self.send_album(call, plan)}
            case "editmessagetext" | "editmessagecaption":
                return {"result": self.edit(call, method.removeprefix("editmessage"))}
            case "deletemessage":
                self.delete(call, call.number("message_id", 0), must_exist=True)
                return {"result": True}
            case "deletemessages":
                ids = call.nested("message_ids")
                if not isinstance(ids, list) or not 1 <= len(ids) <= 100:
                    raise bad("message identifiers are not specified")
                for message_id in ids:
                    self.delete(call, int(message_id), must_exist=False)
                return {"result": True}
            case "forwardmessage" | "copymessage":
                return {"result": self.probe(call, method.removesuffix("message"))}
            case "getupdates":
                return {"result": await self.poll(call)}
            case "setwebhook":
                return self.set_webhook(call)
            case "deletewebhook":
                self.world.webhook = {}
                if call.flag("drop_pending_updates"):
                    self.world.updates.clear()
                return {"result": True, "description": "Webhook was deleted"}
            case "getwebhookinfo":
                return {"result": self.webhook_info()}
        raise TelegramError(404, ": method not found")

    # Chats and rights

    def chat(self, call: Call, name: str = "chat_id") -> Page:
        text = call.text(name)
        if not text:
            raise bad(f"{name} is empty")
        page = self.world.pages[self.name].get(text)
        if page is None and text.startswith("@"):
            page = self.world.find_page(self.name, text[1:])
        if page is None:
            raise bad("chat not found")
        return page

    @staticmethod
    def kicked(status: str) -> TelegramError:
        why = (
            "bot was kicked from the channel chat" if status == "kicked" else "bot is not a member of the channel chat"
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
        return {"id": int(page.external_id), "title": page.name, "username": page.username, "type": "channel"}

    def full_chat(self, page: Page, call: Call) -> dict[str, Any]:
        full = self.short_chat(page) | {
            "description": "Kênh thông tin chính thức",
            "accent_color_id": 3,
            "max_reaction_count": 11,
        }
        full["invite_link"] = f"{self.world.public_url or call.origin}/t.me/{page.username}"
        if linked := page.details.get("linked_chat"):
            full["linked_chat_id"] = linked
        return full

    def bot_member(self, page: Page) -> dict[str, Any]:
        bot = page.details["bot"]
        unasked: dict[str, dict[str, Any]] = {"administrator": UNASKED_RIGHTS, "kicked": {"until_date": 0}}
        return {"user": self.bot} | unasked.get(bot["status"], {}) | bot

    @staticmethod
    def owner_of(page: Page) -> dict[str, Any]:
        user = {"id": 55, "is_bot": False, "first_name": "Chủ kênh"}
        return {"user": user, "status": "creator", "is_anonymous": False}

    def member(self, page: Page, call: Call) -> dict[str, Any]:
        if call.text("user_id") == str(self.bot["id"]):
            return self.bot_member(page)
        self.check_member(page)
        if call.text("user_id") == "55":
            return self.owner_of(page)
        raise bad("PARTICIPANT_ID_INVALID")

    # Sending

    def formatted(self, call: Call, source: str, limit: int, too_long: str) -> tuple[str, list[dict[str, Any]]]:
        """Plain text and entities of a text or caption; counts code points after parsing."""
        if len(source.encode()) > LONGEST_RAW:
            raise bad("text is too long")
        entities = call.nested("entities") or call.nested("caption_entities") or []
        if call.text("parse_mode").lower() == "html":
            try:
                text, entities = telegram_html.parse(source)
            except telegram_html.EntityError as error:
                raise bad(f"can't parse entities: {error}") from error
        elif call.text("parse_mode"):
            raise bad("unsupported parse_mode")
        else:
            text, entities = telegram_html.trimmed(source, entities)
        if len(text) > limit:
            raise bad(too_long)
        return text, entities

    def keep_pace(self, page: Page, items: int = 1) -> None:
        """About one a second and twenty a minute to one chat, thirty a second over all; an album counts per item."""
        if not self.world.settings["telegram_limits"]:
            return
        buckets = self.chat_pace.setdefault(page.external_id, (Bucket(5, 1), Bucket(20, 20 / 60)))
        wait = max(bucket.wait(items) for bucket in (self.bot_pace, *buckets))
        if wait:
            seconds = max(1, -int(-wait // 1))
            raise TelegramError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)

    def writable(self, call: Call) -> Page:
        page = self.chat(call)
        self.check_right(page, "can_post_messages", "need administrator rights in the channel chat")
        return page

    def send_text(self, call: Call, plan: Plan) -> dict[str, Any]:
        page = self.writable(call)
        text, entities = self.formatted(call, call.text("text"), LONGEST_TEXT, "message is too long")
        if not text:
            raise bad("message text is empty")
        self.keep_pace(page)
        post = self.new_post(call, page, text, entities, 1)
        post.link = self.preview(call, text, entities)
        self.accept(post, call, plan, page)
        return self.message(page, post, post.message_ids[0])

    @staticmethod
    def preview(call: Call, text: str, entities: list[dict[str, Any]]) -> str:
        """The address whose preview is shown: the one asked for, else the first in the text."""
        options = call.nested("link_preview_options") or {}
        if options.get("is_disabled") or call.flag("disable_web_page_preview"):
            return ""
        found = URL.search(text)
        linked = next((entity["url"] for entity in entities if entity["type"] == "text_link"), "")
        return options.get("url") or (found[0] if found else linked)

    async def send_file(self, call: Call, plan: Plan, kind: str) -> dict[str, Any]:
        page = self.writable(call)
        caption, entities = self.formatted(call, call.text("caption"), LONGEST_CAPTION, "message caption is too long")
        picture = await self.picture(call, kind, call.files.get(kind) or call.text(kind))
        about = await self.about(call, kind, call.params)
        self.keep_pace(page)
        post = self.new_post(call, page, caption, entities, 1)
        post.pictures, post.details["about"] = [picture], [about]
        self.accept(post, call, plan, page)
        return self.told(page, post)[0]

    async def send_album(self, call: Call, plan: Plan) -> list[dict[str, Any]]:
        page = self.writable(call)
        items = call.nested("media")
        if not isinstance(items, list):
            raise bad("can't parse media JSON object")
        if not 2 <= len(items) <= 10:
            raise bad("wrong number of messages in the group" if items else "there are no messages to send")
        kinds = {item.get("type") for item in items}
        if kinds - {"photo", "video"} and (len(kinds) > 1 or kinds - {"document"}):
            raise bad("can't use the media of the specified type in the album")
        pictures, captions, about = [], [], []
        for item in items:
            if item.get("parse_mode"):
                call.params["parse_mode"] = item["parse_mode"]
            caption = self.formatted(call, item.get("caption", ""), LONGEST_CAPTION, "message caption is too long")
            captions.append(caption)
            pictures.append(await self.picture(call, item["type"], str(item.get("media", ""))))
            pictures[-1].caption = caption[0]
            about.append(await self.about(call, item["type"], item))
        self.keep_pace(page, len(items))
        told = [caption for caption in captions if caption[0]]
        text, entities = told[0] if len(told) == 1 else ("", [])
        if plan.fails:  # the first is out by then
            pictures, about = pictures[:1], about[:1]
        post = self.new_post(call, page, text, entities, len(pictures))
        post.pictures, post.details["about"] = pictures, about
        post.details["album"] = f"137{self.world.next_number():014d}"
        self.accept(post, call, plan, page)
        if plan.fails:
            why = f"Too Many Requests: retry after {plan.fails.retry_after}"
            words = f'Too Many Requests: Failed to send message #2 with the error message "{why}"'
            raise TelegramError(429, words, retry_after=plan.fails.retry_after)
        return self.told(page, post)

    def told(self, page: Page, post: Post) -> list[dict[str, Any]]:
        """The answer to a send. Where big channels' videos queue, it has no numbers yet: an update brings them."""
        messages = [self.message(page, post, message_id) for message_id in post.message_ids]
        if self.world.settings["telegram_queues_videos"] and any("video" in each for each in messages):
            for each in messages:
                self.push(channel_post=dict(each))
                each["message_id"] = 0
        return messages

    async def about(self, call: Call, kind: str, given: dict[str, Any]) -> dict[str, Any]:
        """What the sender says of a video, which nobody checks; and the pictures that stand for it, which are."""
        if kind != "video":
            return {}
        numbers = ("width", "height", "duration")
        about: dict[str, Any] = {name: int(given.get(name) or 0) for name in numbers}
        for name in ("thumbnail", "cover"):
            source = str(given.get(name, ""))
            if source.startswith("attach://"):
                picture = await self.picture(call, "photo", source)
                small = len(self.world.media[picture.sha256]) < LARGEST_THUMBNAIL
                if name == "cover" or small:
                    about[name] = picture.sha256
        return about

    async def picture(self, call: Call, kind: str, source: Upload | str) -> Picture:
        """A file from bytes, attach://, file_id or address, checked as the server checks it."""
        if isinstance(source, str) and source.startswith("attach://"):
            source = call.files.get(source.removeprefix("attach://")) or ""
        if isinstance(source, str) and source in self.world.photos:
            return self.world.photos[source].picture
        if not source:
            raise bad(f"there is no {kind} in the request")
        by_address = isinstance(source, str)
        largest = (LARGEST_PHOTO_BY_URL if by_address else LARGEST_PHOTO) if kind == "photo" else LARGEST_FILE
        if isinstance(source, Upload):
            data = source.data
        elif not URL.match(source):
            raise bad("wrong file identifier/HTTP URL specified")
        else:
            try:
                data = await self.fetcher.get(source, self.world.settings["image_hosts"], largest)
            except images.Unfetchable as why:
                raise bad("failed to get HTTP URL content") from why
        if len(data) > largest:
            raise bad("file is too big")
        kind_of = images.kind_of(data)
        if kind == "photo":
            if not kind_of.startswith("image/"):
                raise bad("wrong type of the web page content" if by_address else "IMAGE_PROCESS_FAILED")
            width, height = images.size_of(data)
            if width + height > 10_000 or (width and height and max(width, height) > 20 * min(width, height)):
                raise bad("PHOTO_INVALID_DIMENSIONS")
        digest = self.world.keep_media(data)
        return Picture(digest, kind="image" if kind_of.startswith("image/") else kind, id=self.remember(digest, kind))

    def remember(self, digest: str, kind: str) -> str:
        """A file_id by which this bot may send the same file again."""
        file_id = f"AgACAgUAAx{digest[:40]}"
        self.world.photos.setdefault(
            file_id, Photo(file_id, "", Picture(digest, kind="image" if kind == "photo" else kind, id=file_id))
        )
        return file_id

    def new_post(self, call: Call, page: Page, text: str, entities: list[dict[str, Any]], messages: int) -> Post:
        ids = [self.world.next_message_id(page) for _ in range(messages)]
        post = Post(str(ids[0]), text, self.world.wall(), app=BOT_USERNAME, message_ids=ids)
        post.details = {"entities": entities, "protected": call.flag("protect_content"), "removed": []}
        post.details["silent"] = call.flag("disable_notification")
        page.posts[post.id] = post
        page.message_ids |= {str(message_id): post.id for message_id in ids}
        return post

    def accept(self, post: Post, call: Call, plan: Plan, page: Page) -> None:
        self.world.show(post, arrived=call.arrived, after=plan.late)
        if linked := page.details.get("linked_chat"):
            for message_id in post.message_ids:
                self.forward_to_group(page, post, message_id, linked)

    def message(self, page: Page, post: Post, message_id: int) -> dict[str, Any]:
        """The Message object of one message; an album's messages share a group id."""
        chat = self.short_chat(page)
        told: dict[str, Any] = {
            "message_id": message_id,
            "sender_chat": chat,
            "chat": chat,
            "date": int(post.created_at),
        }
        if post.edited_at:
            told["edit_date"] = int(post.edited_at)
        if not post.app:
            told["author_signature"] = "Chủ kênh"
        text, entities = post.text, post.details["entities"]
        if post.pictures:
            at = post.message_ids.index(message_id)
            picture = post.pictures[at]
            about = post.details.get("about") or [{}] * len(post.pictures)
            told |= self.file(picture, about[at])
            if album := post.details.get("album"):
                told["media_group_id"] = album
                text, entities = picture.caption, entities if at == 0 else []
            if text:
                told |= {"caption": text} | ({"caption_entities": entities} if entities else {})
        else:
            told |= {"text": text} | ({"entities": entities} if entities else {})
            if post.link:
                told["link_preview_options"] = {"url": post.link}
        return told

    def file(self, picture: Picture, about: dict[str, Any]) -> dict[str, Any]:
        data = self.world.media.get(picture.sha256, b"")
        width, height = images.size_of(data)
        facts = {"file_id": picture.id, "file_unique_id": picture.sha256[:16], "file_size": len(data)}
        if picture.kind == "image":
            return {"photo": [facts | {"width": width, "height": height}]}
        facts["mime_type"] = images.kind_of(data) or "application/octet-stream"
        if picture.kind == "video" and facts["mime_type"] == "video/mp4":
            length = about.get("duration") or int(images.seconds_of(data))
            size = {name: about.get(name, 0) for name in ("width", "height")}
            return {"video": facts | size | {"duration": length}}
        return {"document": facts}

    # Changing

    def find(self, page: Page, message_id: int) -> Post | None:
        """The post that holds this message, if it is still there."""
        post = page.posts.get(page.message_ids.get(str(message_id), ""))
        if post is None or post.deleted or message_id in post.details["removed"]:
            return None
        return post if post.visible(self.world.world()) else None

    def edit(self, call: Call, what: str) -> dict[str, Any]:
        page = self.chat(call)
        self.check_member(page)
        message_id = call.number("message_id", 0)
        post = self.find(page, message_id)
        if post is None:
            raise bad("message to edit not found")
        if not post.app and not page.details["bot"].get("can_edit_messages"):
            raise bad("message can't be edited")
        if what == "text" and post.pictures:
            raise bad("there is no text in the message to edit")
        if what == "caption" and not post.pictures:
            raise bad("there is no caption in the message to edit")
        limit, complaint = (
            (LONGEST_TEXT, "message is too long")
            if what == "text"
            else (LONGEST_CAPTION, "message caption is too long")
        )
        text, entities = self.formatted(call, call.text(what), limit, complaint)
        if what == "text" and not text:
            raise bad("message text is empty")
        at = post.message_ids.index(message_id)
        link = self.preview(call, text, entities) if what == "text" else ""
        before = post.pictures[at].caption if post.details.get("album") else post.text
        if (text, entities if at == 0 else [], link) == (
            before,
            post.details["entities"] if at == 0 else [],
            post.link,
        ):
            raise bad(NOT_MODIFIED)
        self.keep_pace(page)
        if post.details.get("album"):
            post.pictures[at].caption = text
        if at == 0:
            post.text, post.link, post.details["entities"] = text, link, entities
        post.edited_at = self.world.wall()
        post.requests += 1
        self.world.dirty = True
        return self.message(page, post, message_id)

    def delete(self, call: Call, message_id: int, *, must_exist: bool) -> None:
        """Each message of an album goes by itself; the post is gone with the last of them."""
        if call.number("chat_id", 0) > 0:
            return
        page = self.chat(call)
        self.check_member(page)
        post = self.find(page, message_id)
        if post is None:
            if must_exist:
                raise bad("message to delete not found")
            return
        self.check_right(page, "can_delete_messages", "message can't be deleted")
        post.requests += 1
        post.details["removed"].append(message_id)
        if len(post.details["removed"]) == len(post.message_ids):
            self.world.hide(post)
            post.deleted = True
        self.world.dirty = True

    def probe(self, call: Call, verb: str) -> dict[str, Any]:
        """Forward or copy out of a channel: the one way to learn what stands under a message id."""
        source = self.chat(call, "from_chat_id")
        self.check_member(source)
        target = call.text("chat_id")
        if not target:
            raise bad("chat_id is empty")
        if not re.fullmatch(r"[1-9]\d*", target):
            raise bad("chat not found")
        message_id = call.number("message_id", 0)
        post = self.find(source, message_id)
        if post is None:
            raise bad(f"message to {verb} not found")
        if post.details["protected"]:
            raise bad(f"message can't be {'forwarded' if verb == 'forward' else 'copied'}")
        new_id = self.world.next_number()
        if verb == "copy":
            return {"message_id": new_id}
        told = self.message(source, post, message_id)
        told |= {
            "message_id": new_id,
            "chat": {"id": int(target), "type": "private"},
            "from": self.bot,
            "date": int(self.world.wall()),
        }
        told["forward_origin"] = self.origin(source, post, message_id)
        del told["sender_chat"]
        return told

    def origin(self, page: Page, post: Post, message_id: int) -> dict[str, Any]:
        return {
            "type": "channel",
            "chat": self.short_chat(page),
            "message_id": message_id,
            "date": int(post.created_at),
        }

    # Updates

    def push(self, **update: Any) -> None:
        """Puts an update before the bot, by webhook or for the next poll."""
        self.world.updates.append({"update_id": 900_000_000 + self.world.next_number()} | update)
        del self.world.updates[:-20_000]
        self.world.dirty = True
        self.news.set()
        self.deliver_soon()

    def person_posts(self, page: Page, post: Post) -> None:
        """A post by hand reaches the bot as channel_post; its own posts never do."""
        self.push(channel_post=self.message(page, post, post.message_ids[0]))

    def change_bot(self, page: Page, status: str) -> None:
        """The channel's owner makes the bot an administrator or throws it out."""
        before = self.bot_member(page)
        page.details["bot"] = {"status": status} | (
            dict.fromkeys(TELEGRAM_RIGHTS, True) if status == "administrator" else {}
        )
        owner = {"id": 55, "is_bot": False, "first_name": "Chủ kênh"}
        change = {"chat": self.short_chat(page), "from": owner, "date": int(self.world.wall())}
        self.push(my_chat_member=change | {"old_chat_member": before, "new_chat_member": self.bot_member(page)})

    def forward_to_group(self, page: Page, post: Post, message_id: int, group: int) -> None:
        told = self.message(page, post, message_id)
        told |= {"message_id": self.world.next_number(), "is_automatic_forward": True}
        told |= {"chat": {"id": group, "type": "supergroup", "title": f"Thảo luận {page.name}"}}
        self.push(message=told | {"forward_origin": self.origin(page, post, message_id)})

    def reaction_news(self) -> None:
        """Turns what residents have reacted since last time into updates; each carries the full totals."""
        now = self.world.world()
        for page in self.world.pages[self.name].values():
            for post in page.posts.values():
                if not post.visible(now) or post.seconds_visible(now) > 30 * DAY:
                    continue
                totals = growth.counts(page, post, now).reactions
                if sum(totals.values()) == post.details.get("told_reactions", 0):
                    continue
                post.details["told_reactions"] = sum(totals.values())
                reactions = [
                    {"type": {"type": "emoji", "emoji": EMOJI[kind]}, "total_count": total}
                    for kind, total in totals.items()
                    if total
                ]
                told = {
                    "chat": self.short_chat(page),
                    "message_id": post.message_ids[0],
                    "date": int(self.world.wall()),
                }
                self.push(message_reaction_count=told | {"reactions": reactions})

    def wanted(self, allowed: list[str] | None) -> list[dict[str, Any]]:
        """Without a list everything comes but reactions and members, as in the real default."""
        if allowed:
            return [update for update in self.world.updates if set(update) & set(allowed)]
        return [update for update in self.world.updates if "message_reaction_count" not in update]

    async def poll(self, call: Call) -> list[dict[str, Any]]:
        if self.world.webhook:
            raise TelegramError(
                409,
                "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
            )
        allowed = call.nested("allowed_updates") or None
        offset = call.number("offset", 0)
        if offset > 0:
            self.world.updates = [update for update in self.world.updates if update["update_id"] >= offset]
        if allowed and "message_reaction_count" in allowed:
            self.reaction_news()
        deadline = time.monotonic() + min(call.number("timeout", 0), 50)
        while not self.wanted(allowed) and time.monotonic() < deadline:
            self.news.clear()
            try:
                await asyncio.wait_for(self.news.wait(), deadline - time.monotonic())
            except TimeoutError:
                break
        return self.wanted(allowed)[: min(max(call.number("limit", 100), 1), 100)]

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
            {"url": url, "secret": secret, "allowed": allowed, "error": "", "error_at": 0} if url else {}
        )
        self.world.dirty = True
        self.deliver_soon()
        return {"result": True, "description": "Webhook was set" if url else "Webhook was deleted"}

    def webhook_info(self) -> dict[str, Any]:
        hook = self.world.webhook
        info: dict[str, Any] = {"url": hook.get("url", ""), "has_custom_certificate": False}
        info["pending_update_count"] = len(self.wanted(hook.get("allowed")))
        if hook.get("error"):
            info |= {"last_error_date": hook["error_at"], "last_error_message": hook["error"]}
        if hook:
            info |= {"max_connections": 40, "allowed_updates": hook["allowed"]}
        return info

    def deliver_soon(self) -> None:
        if self.world.webhook and (self.delivering is None or self.delivering.done()):
            self.delivering = asyncio.create_task(self.deliver())

    async def deliver(self) -> None:
        """Hands updates over one by one, in order; a refused one is tried again with doubling pauses."""
        pause = 1.0
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
            while (hook := self.world.webhook) and (waiting := self.wanted(hook["allowed"])):
                update = waiting[0]
                headers = {"X-Telegram-Bot-Api-Secret-Token": hook["secret"]} if hook["secret"] else {}
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


def as_html(text: str, entities: list[dict[str, Any]], escape: Any) -> str:
    """Text with entities for a browser: only bold, italics, underline, strike, code, quotes and links are shown."""
    units = text.encode("utf-16-le")
    marks: dict[int, list[str]] = {}
    tags = {
        "bold": "b",
        "italic": "i",
        "underline": "u",
        "strikethrough": "s",
        "code": "code",
        "pre": "code",
        "blockquote": "q",
    }
    for entity in entities:
        start, end = entity["offset"], entity["offset"] + entity["length"]
        if entity["type"] == "text_link":
            href = escape(entity["url"]) if entity["url"].startswith(("http://", "https://")) else "#"
            opening, closing = f'<a href="{href}" rel="nofollow">', "</a>"
        elif entity["type"] in tags:
            opening, closing = f"<{tags[entity['type']]}>", f"</{tags[entity['type']]}>"
        else:
            continue
        marks.setdefault(start, []).append(opening)
        marks.setdefault(end, []).insert(0, closing)
    parts, last = [], 0
    for at in sorted(marks):
        parts += [escape(units[last * 2 : at * 2].decode("utf-16-le", "replace")), *marks[at]]
        last = at
    return "".join(parts) + escape(units[last * 2 :].decode("utf-16-le", "replace"))
