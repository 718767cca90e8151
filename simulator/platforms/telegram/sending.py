"""Send texts, files and albums, once they are checked."""

from __future__ import annotations

import re
from typing import Any

from simulator import images
from simulator.calls import Call, Upload
from simulator.faults import Plan
from simulator.model import Page, Photo, Picture, Post
from simulator.platforms.telegram import html as telegram_html
from simulator.platforms.telegram import rich_messages
from simulator.platforms.telegram.errors import TelegramError, bad
from simulator.platforms.telegram.limits import Bucket
from simulator.platforms.telegram.messages import Messages
from simulator.platforms.telegram.spec import BOT_USERNAME
from simulator.platforms.telegram.updates import Updates
from simulator.world import World

LONGEST_TEXT, LONGEST_CAPTION, LONGEST_RAW = 4096, 1024, 32_768
LONGEST_RICH_TEXT, MOST_BLOCKS = 32_768, 500
LARGEST_PHOTO, LARGEST_PHOTO_BY_URL, LARGEST_FILE = 10 << 20, 5 << 20, 50 << 20
LARGEST_THUMBNAIL = 200_000
URL = re.compile(r"https?://[^\s<>\"]+")


class Sending:
    def __init__(
        self, world: World, fetcher: images.Fetcher, messages: Messages, updates: Updates
    ) -> None:
        self.world = world
        self.fetcher = fetcher
        self.chats = messages.chats
        self.messages = messages
        self.updates = updates
        self.bot_pace = Bucket(30, 30)
        self.chat_pace: dict[str, tuple[Bucket, Bucket]] = {}

    def formatted(
        self, call: Call, source: str, limit: int, too_long: str
    ) -> tuple[str, list[dict[str, Any]]]:
        """Make plain text and entities of a text or caption; counts code points after parsing."""
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
            text, entities = telegram_html.trim(source, entities)
        if len(text) > limit:
            raise bad(too_long)
        return text, entities

    def keep_pace(self, page: Page, items: int = 1) -> None:
        """Allow one a second and twenty a minute to one chat, thirty a second over all; an album
        counts per item."""
        if not self.world.settings["telegram_limits"]:
            return
        buckets = self.chat_pace.setdefault(page.external_id, (Bucket(5, 1), Bucket(20, 20 / 60)))
        wait = max(bucket.wait(items) for bucket in (self.bot_pace, *buckets))
        if wait:
            seconds = max(1, -int(-wait // 1))
            raise TelegramError(
                429, f"Too Many Requests: retry after {seconds}", retry_after=seconds
            )

    def writable(self, call: Call) -> Page:
        page = self.chats.chat(call)
        self.chats.check_right(
            page, "can_post_messages", "need administrator rights in the channel chat"
        )
        return page

    def send_text(self, call: Call, plan: Plan) -> dict[str, Any]:
        page = self.writable(call)
        text, entities = self.formatted(
            call, call.text("text"), LONGEST_TEXT, "message is too long"
        )
        if not text:
            raise bad("message text is empty")
        self.keep_pace(page)
        post = self.new_post(call, page, text, entities, 1)
        post.link = self.preview(call, text, entities)
        self.accept(post, call, plan, page)
        return self.messages.message(page, post, post.message_ids[0])

    def send_rich(self, call: Call, plan: Plan) -> dict[str, Any]:
        """Send a rich message of paragraphs, which shows no card of a link."""
        page = self.writable(call)
        rich = call.nested("rich_message")
        if not isinstance(rich, dict) or not isinstance(rich.get("html"), str):
            raise bad("can't parse rich message: html, markdown or blocks is needed")
        try:
            paragraphs = rich_messages.parse(rich["html"])
        except telegram_html.EntityError as error:
            raise bad(f"can't parse entities: {error}") from error
        text = "\n".join(paragraph for paragraph, _entities in paragraphs)
        if not text:
            raise bad("message text is empty")
        letters = sum(len(paragraph) for paragraph, _entities in paragraphs)
        if letters > LONGEST_RICH_TEXT or len(paragraphs) > MOST_BLOCKS:
            raise bad("rich message is too long")
        self.keep_pace(page)
        post = self.new_post(call, page, text, [], 1)
        post.details["blocks"] = [
            {"type": "paragraph", "text": rich_messages.to_rich_text(*paragraph)}
            for paragraph in paragraphs
        ]
        self.accept(post, call, plan, page)
        return self.messages.message(page, post, post.message_ids[0])

    @staticmethod
    def preview(call: Call, text: str, entities: list[dict[str, Any]]) -> str:
        """Choose the address whose preview is shown: the one asked for, else the first in the
        text.
        """
        options = call.nested("link_preview_options") or {}
        if options.get("is_disabled") or call.flag("disable_web_page_preview"):
            return ""
        match = URL.search(text)
        linked = next((entity["url"] for entity in entities if entity["type"] == "text_link"), "")
        return options.get("url") or (match[0] if match else linked)

    async def send_file(self, call: Call, plan: Plan, kind: str) -> dict[str, Any]:
        page = self.writable(call)
        caption, entities = self.formatted(
            call, call.text("caption"), LONGEST_CAPTION, "message caption is too long"
        )
        picture = await self.picture(call, kind, call.files.get(kind) or call.text(kind))
        about = await self.about(call, kind, call.params)
        self.keep_pace(page)
        post = self.new_post(call, page, caption, entities, 1)
        post.pictures, post.details["about"] = [picture], [about]
        self.accept(post, call, plan, page)
        return self.answer_of(page, post)[0]

    async def send_album(self, call: Call, plan: Plan) -> list[dict[str, Any]]:
        page = self.writable(call)
        items = call.nested("media")
        if not isinstance(items, list):
            raise bad("can't parse media JSON object")
        if not 2 <= len(items) <= 10:
            raise bad(
                "wrong number of messages in the group"
                if items
                else "there are no messages to send"
            )
        kinds = {item.get("type") for item in items}
        if kinds - {"photo", "video"} and (len(kinds) > 1 or kinds - {"document"}):
            raise bad("can't use the media of the specified type in the album")
        pictures, captions, about = [], [], []
        for item in items:
            if item.get("parse_mode"):
                call.params["parse_mode"] = item["parse_mode"]
            caption = self.formatted(
                call, item.get("caption", ""), LONGEST_CAPTION, "message caption is too long"
            )
            captions.append(caption)
            pictures.append(await self.picture(call, item["type"], str(item.get("media", ""))))
            pictures[-1].caption = caption[0]
            about.append(await self.about(call, item["type"], item))
        self.keep_pace(page, len(items))
        worded = [caption for caption in captions if caption[0]]
        text, entities = worded[0] if len(worded) == 1 else ("", [])
        if plan.fails:  # the first is out by then
            pictures, about = pictures[:1], about[:1]
        post = self.new_post(call, page, text, entities, len(pictures))
        post.pictures, post.details["about"] = pictures, about
        post.details["album"] = f"137{self.world.next_number():014d}"
        self.accept(post, call, plan, page)
        if plan.fails:
            why = f"Too Many Requests: retry after {plan.fails.retry_after}"
            message = f'Too Many Requests: Failed to send message #2 with the error message "{why}"'
            raise TelegramError(429, message, retry_after=plan.fails.retry_after)
        return self.answer_of(page, post)

    def answer_of(self, page: Page, post: Post) -> list[dict[str, Any]]:
        """Answer a send. Where big channels' videos queue, it has no numbers yet: an update brings
        them."""
        messages = [
            self.messages.message(page, post, message_id) for message_id in post.message_ids
        ]
        if self.world.settings["telegram_queues_videos"] and any(
            "video" in message for message in messages
        ):
            for message in messages:
                self.updates.push(channel_post=dict(message))
                message["message_id"] = 0
        return messages

    async def about(self, call: Call, kind: str, given: dict[str, Any]) -> dict[str, Any]:
        """Keep what the sender says of a video, unchecked, and the pictures that represent it,
        checked."""
        if kind == "document":
            name = str(given.get("media") or given.get(kind, "")).removeprefix("attach://")
            upload = call.files.get(name or kind)
            return {"file_name": upload.filename if upload else name.rpartition("/")[2]}
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
        """Take a file from bytes, attach://, file_id or address, checked as the server checks
        it.
        """
        if isinstance(source, str) and source.startswith("attach://"):
            source = call.files.get(source.removeprefix("attach://")) or ""
        if isinstance(source, str) and source in self.world.photos:
            return self.world.photos[source].picture
        if not source:
            raise bad(f"there is no {kind} in the request")
        by_address = isinstance(source, str)
        largest = (
            (LARGEST_PHOTO_BY_URL if by_address else LARGEST_PHOTO)
            if kind == "photo"
            else LARGEST_FILE
        )
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
        kind_of = images.detect_kind(data)
        if kind == "photo":
            if not kind_of.startswith("image/"):
                raise bad(
                    "wrong type of the web page content" if by_address else "IMAGE_PROCESS_FAILED"
                )
            width, height = images.read_size(data)
            if width + height > 10_000 or (
                width and height and max(width, height) > 20 * min(width, height)
            ):
                raise bad("PHOTO_INVALID_DIMENSIONS")
        digest = self.world.keep_media(data)
        return Picture(
            digest,
            kind="image" if kind_of.startswith("image/") else kind,
            id=self.remember(digest, kind),
        )

    def remember(self, digest: str, kind: str) -> str:
        """Give a file_id by which this bot may send the same file again."""
        file_id = f"AgACAgUAAx{digest[:40]}"
        self.world.photos.setdefault(
            file_id,
            Photo(
                file_id, "", Picture(digest, kind="image" if kind == "photo" else kind, id=file_id)
            ),
        )
        return file_id

    def new_post(
        self, call: Call, page: Page, text: str, entities: list[dict[str, Any]], messages: int
    ) -> Post:
        ids = [self.world.next_message_id(page) for _ in range(messages)]
        post = Post(str(ids[0]), text, self.world.wall(), app=BOT_USERNAME, message_ids=ids)
        post.details = {
            "entities": entities,
            "protected": call.flag("protect_content"),
            "removed": [],
        }
        post.details["silent"] = call.flag("disable_notification")
        page.posts[post.id] = post
        page.message_ids |= {str(message_id): post.id for message_id in ids}
        return post

    def accept(self, post: Post, call: Call, plan: Plan, page: Page) -> None:
        self.world.show(post, arrived=call.arrived, after=plan.late)
        if linked := page.details.get("linked_chat"):
            for message_id in post.message_ids:
                self.updates.forward_to_group(page, post, message_id, linked)
