"""Make containers: what a post will say, its picture or video, or the parts of a carousel."""

from __future__ import annotations

import re
from typing import Any

from simulator import images
from simulator.calls import Call
from simulator.faults import Plan
from simulator.model import Page, Token
from simulator.platforms.meta.containers import ContainerPlatform
from simulator.platforms.meta.graph import GraphError
from simulator.platforms.threads.errors import missing, wrong
from simulator.platforms.threads.posts import KINDS

LONGEST_TEXT, LONGEST_ATTACHMENT, MOST_LINKS, LONGEST_ALT = 500, 10_000, 5, 1000
ATTACHMENT_FIELDS = ("plaintext", "link_attachment_url", "text_with_styling_info")
LARGEST_IMAGE, LARGEST_VIDEO = 8 << 20, 1 << 30
EMOJI = re.compile(
    "[\u00a9\u00ae\u200d\u203c\u2049\u20e3\u2122\u2139\u2190-\u21ff\u231a-\u23ff\u25aa-\u27bf\u2934-\u2b55\u3030"
    "\u303d\u3297\u3299\ufe0f\U0001f000-\U0001faff\U000e0020-\U000e007f]"
)
LINK = re.compile(r"https?://[^\s<>\"]+")
REPLY_CONTROLS = (
    "everyone", "accounts_you_follow", "mentioned_only", "parent_post_author_only",
    "followers_only",
)  # fmt: skip


def count_length(text: str) -> int:
    """Count as Threads does: an emoji with all that belongs to it by its bytes, anything else by
    its code points."""
    return sum(len(char.encode()) if EMOJI.match(char) else 1 for char in text)


def read_attachment(call: Call, kind: str, link: str) -> dict[str, Any]:
    """Read the long text that goes along with a post of text alone."""
    if not call.text("text_attachment"):
        return {}
    attachment = call.nested("text_attachment")
    if kind != "TEXT" or call.text("poll_attachment"):
        raise wrong("Param text_attachment can only be used with text posts without a poll")
    if not isinstance(attachment, dict) or not isinstance(attachment.get("plaintext"), str):
        raise wrong("Param text_attachment must be a JSON object with plaintext")
    if not 0 < count_length(attachment["plaintext"]) <= LONGEST_ATTACHMENT:
        raise wrong("Param plaintext must be at most 10000 characters long")
    if link and attachment.get("link_attachment_url"):
        raise wrong("A link attachment cannot be added to both the post and its text attachment")
    return {name: attachment[name] for name in ATTACHMENT_FIELDS if name in attachment}


class Uploads:
    def __init__(self, platform: ContainerPlatform) -> None:
        self.platform = platform
        self.world = platform.world

    async def create(self, call: Call, plan: Plan, token: Token, page: Page) -> dict[str, Any]:
        kind = call.text("media_type").upper()
        if kind not in KINDS:
            raise wrong("Param media_type must be one of {TEXT, IMAGE, VIDEO, CAROUSEL}")
        item = call.flag("is_carousel_item")
        more = self.written(call, token, page, kind)
        more["item"] = item
        if kind == "CAROUSEL":
            return self.carousel(call, plan, page, more)
        if kind == "TEXT":
            if item or not more["text"]:
                raise wrong("Param text must be a non-empty string")
            return self.platform.new_container(
                page, kind, self.world.settings["threads_text_seconds"], plan, **more
            )
        pictures, failure = await self.medium(call, kind)
        container = self.platform.new_container(
            page, kind, self.world.settings["threads_container_seconds"], plan, **more
        )
        container |= {"pictures": pictures, "error": container["error"] or failure}
        return container

    def written(self, call: Call, token: Token, page: Page, kind: str) -> dict[str, Any]:
        """Read what a container says besides its media; refuse at once what does not fit."""
        text, link, tag = call.text("text"), call.text("link_attachment"), call.text("topic_tag")
        if count_length(text) > LONGEST_TEXT:
            raise wrong("Param text must be at most 500 characters long")
        if link and kind != "TEXT":
            raise wrong("Param link_attachment can only be used with media_type TEXT")
        attachment = read_attachment(call, kind, link)
        whole = f"{text}\n{attachment.get('plaintext', '')}"
        cards = {link, attachment.get("link_attachment_url", "")} - {""}
        if len(cards.union(LINK.findall(whole))) > MOST_LINKS:
            raise wrong("THREADS_API__LINK_LIMIT_EXCEEDED: a post may hold at most 5 links")
        if tag and not re.fullmatch(r"[^.&]{1,50}", tag):
            raise wrong("Param topic_tag must be 1 to 50 characters long without . or &")
        if len(call.text("alt_text")) > LONGEST_ALT:
            raise wrong("Param alt_text must be at most 1000 characters long")
        if (who := call.text("reply_control")) and who not in REPLY_CONTROLS:
            raise wrong("Param reply_control is not valid")
        poll = call.nested("poll_attachment")
        if poll is not None and not (
            isinstance(poll, dict) and 2 <= len(poll) <= 4 and kind == "TEXT"
        ):
            raise wrong("Param poll_attachment must have 2 to 4 options")
        parent = call.text("reply_to_id")
        if parent:
            self.platform.need(token, "threads_manage_replies")
            if not (
                self.platform.find_post(token, parent) or self.platform.find_comment(token, parent)
            ):
                raise missing()
        match = LINK.search(text)
        link = link or (match[0] if match else "")
        return {
            "text": text,
            "attachment": attachment,
            "link": link,
            "reply_to": parent,
            "tag": tag,
            "audience": who or "everyone",
        }

    async def medium(self, call: Call, kind: str) -> tuple[list[dict[str, Any]], str]:
        """Fetch the picture or video of a container, and say as what it fails."""
        url = call.text("image_url" if kind == "IMAGE" else "video_url")
        if not url:
            raise wrong(f"Param {kind.lower()}_url is required")
        largest = LARGEST_IMAGE if kind == "IMAGE" else LARGEST_VIDEO
        try:
            intake = await self.platform.fetched(url, largest, LARGEST_IMAGE)
        except images.Unfetchable as why:
            if kind == "VIDEO":
                return [], "FAILED_DOWNLOADING_VIDEO"
            text = "The media could not be fetched from this URI."
            raise GraphError(
                text, 1, 2207052, error_user_title="Media download has failed"
            ) from why
        failure = ""
        file_type = images.detect_kind(intake.head)
        if kind == "VIDEO" and (intake.size > largest or not file_type.startswith("video/")):
            failure = "FAILED_PROCESSING_VIDEO"
        elif kind == "IMAGE":
            width, height = images.read_size(bytes(intake.data or b""))
            if intake.size > largest or file_type not in ("image/jpeg", "image/png"):
                failure = "UNKNOWN"
            elif height and max(width, height) > 10 * min(width, height):
                failure = "INVALID_ASPEC_RATIO"
        return [self.platform.media_row(intake, kind.lower(), call.text("alt_text"))], failure

    def carousel(self, call: Call, plan: Plan, page: Page, more: dict[str, Any]) -> dict[str, Any]:
        nested = call.nested("children")
        ids = (
            [str(container_id) for container_id in nested]
            if isinstance(nested, list)
            else call.text("children").split(",")
        )
        ids = [container_id.strip() for container_id in ids if container_id.strip()]
        if not 2 <= len(ids) <= 20:
            raise wrong("Param children must have between 2 and 20 items")
        pictures = []
        for container_id in ids:
            child = self.platform.container(container_id, page)
            if child is None or not child["item"] or self.platform.state(child) != "FINISHED":
                raise missing()
            pictures += child["pictures"]
        ripens = self.world.settings["threads_container_seconds"]
        return self.platform.new_container(
            page, "CAROUSEL", ripens, plan, pictures=pictures, **more
        )
