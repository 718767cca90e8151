"""Fill containers with media that are fetched, or sent to the upload host."""

from __future__ import annotations

import re
from typing import Any

from simulator import images
from simulator.calls import KEPT_WHOLE, Call, Intake, Reply
from simulator.faults import Plan
from simulator.model import DAY, Page
from simulator.platforms.instagram.errors import error, make_debug_info, not_found, too_big
from simulator.platforms.meta.containers import ContainerPlatform
from simulator.platforms.meta.graph import GraphError, read_token_text

LONGEST_CAPTION, MOST_HASHTAGS, MOST_MENTIONS = 2200, 30, 20
LARGEST_IMAGE, LARGEST_REEL, LARGEST_STORY = 8 << 20, 300 << 20, 100 << 20
NARROWEST, WIDEST = 4 / 5, 1.91


class Uploads:
    def __init__(self, platform: ContainerPlatform) -> None:
        self.platform = platform
        self.world = platform.world
        self.uploads: dict[str, Intake] = {}

    async def create(self, call: Call, plan: Plan, page: Page) -> dict[str, Any]:
        since = self.world.world() - DAY
        today = sum(
            1
            for row in self.world.containers.values()
            if row["page"] == page.external_id and row["born"] > since
        )
        if today >= self.world.settings["instagram_containers_per_day"]:
            raise self.platform.too_many_calls()
        caption = call.text("caption")
        self.check_caption(caption)
        if len(call.text("alt_text")) > 1000:
            raise GraphError("(#100) Param alt_text must be at most 1000 characters long", 100)
        kind = call.text("media_type").upper() or "IMAGE"
        item = call.flag("is_carousel_item")
        if kind not in ("IMAGE", "REELS", "STORIES", "CAROUSEL", "VIDEO") or (
            kind == "VIDEO" and not item
        ):
            raise error(100, 2207023, "Unknown media type", f"The media type {kind} is unknown.")
        more: dict[str, Any] = {"text": "" if item or kind == "STORIES" else caption, "item": item}
        more |= {"ai": call.flag("is_ai_generated"), "cover": call.text("cover_url")}
        if kind == "CAROUSEL":
            return {"id": self.carousel(call, plan, page, more)["id"]}
        if call.text("upload_type") == "resumable":
            if kind == "IMAGE":
                raise GraphError("(#100) upload_type resumable is for videos", 100)
            container = self.platform.new_container(page, kind, 0, plan, waits=True, **more)
            number = container["id"]
            return {"id": number, "uri": f"{call.origin}/rupload/ig-api-upload/v26.0/{number}"}
        if image := call.text("image_url"):
            if kind not in ("IMAGE", "STORIES"):
                raise GraphError("(#100) The parameter video_url is required", 100)
            intake = await self.picture(image, story=kind == "STORIES")
            more["pictures"] = [self.platform.media_row(intake, "image", call.text("alt_text"))]
            ripens = self.world.settings["instagram_image_seconds"]
            return {"id": self.platform.new_container(page, kind, ripens, plan, **more)["id"]}
        if not call.text("video_url") or kind == "IMAGE":
            raise GraphError("(#100) The parameter image_url is required", 100)
        if not 0 <= call.number("thumb_offset", 0) <= 900_000:
            raise error(
                1, 2207057, "Invalid thumbnail offset", "The thumbnail offset is outside the video."
            )
        largest = LARGEST_STORY if kind == "STORIES" else LARGEST_REEL
        intake, why = await self.video(call.text("video_url"), largest)
        ripens = self.world.settings["instagram_container_seconds"]
        container = self.platform.new_container(page, kind, ripens, plan, **more)
        self.filled(container, intake, why)
        return {"id": container["id"]}

    @staticmethod
    def check_caption(caption: str) -> None:
        if len(caption) > LONGEST_CAPTION:
            raise error(
                36004,
                2207010,
                "Caption too long",
                "The caption is too long. It should be 2,200 or less.",
            )
        if len(re.findall(r"(?<!\w)#\w", caption)) > MOST_HASHTAGS:
            raise GraphError("(#100) Too many hashtags in the caption", 100)
        if len(re.findall(r"(?<!\w)@\w", caption)) > MOST_MENTIONS:
            raise error(
                100, 2207040, "Too many tags", "The caption may not mention more than 20 people."
            )

    async def download(self, url: str, largest: int, keep: int = KEPT_WHOLE) -> Intake:
        try:
            return await self.platform.fetched(url, largest, keep)
        except images.Unfetchable as why:
            if "Timeout" in str(why):
                raise error(
                    -2, 2207003, "Timeout", "It takes too long to download the media."
                ) from why
            text = "The media could not be fetched from this URI."
            raise error(9004, 2207052, "Media download has failed", text) from why

    async def picture(self, url: str, *, story: bool) -> Intake:
        intake = await self.download(url, LARGEST_IMAGE, LARGEST_IMAGE)
        if intake.size > LARGEST_IMAGE:
            raise too_big()
        if images.detect_kind(intake.head) != "image/jpeg":
            raise error(
                36001,
                2207005,
                "Unsupported image format",
                "The image format is not supported: JPEG only.",
            )
        width, height = images.read_size(bytes(intake.data or b""))
        if height and not story and not NARROWEST - 0.01 <= width / height <= WIDEST + 0.01:
            raise error(
                36003, 2207009, "Aspect ratio", "The aspect ratio is not between 4:5 and 1.91:1."
            )
        return intake

    async def video(self, url: str, largest: int) -> tuple[Intake, str]:
        """Fetch the file, and say why it will not do; only the container's status tells that."""
        intake = await self.download(url, largest)
        return intake, self.unfit(intake, largest)

    @staticmethod
    def unfit(intake: Intake, largest: int) -> str:
        return (
            "2207026"
            if intake.size > largest or not images.detect_kind(intake.head).startswith("video/")
            else ""
        )

    def filled(self, container: dict[str, Any], intake: Intake, why: str) -> None:
        container["pictures"] = [self.platform.media_row(intake, "video")]
        container["error"] = container["error"] or why
        self.world.dirty = True

    def carousel(self, call: Call, plan: Plan, page: Page, more: dict[str, Any]) -> dict[str, Any]:
        nested = call.nested("children")
        ids = (
            [str(container_id) for container_id in nested]
            if isinstance(nested, list)
            else call.text("children").split(",")
        )
        ids = [container_id.strip() for container_id in ids if container_id.strip()]
        if not 2 <= len(ids) <= 10:
            raise error(100, 2207028, "Carousel", "A carousel needs between 2 and 10 children.")
        children = []
        for container_id in ids:
            child = self.platform.container(container_id, page)
            if (
                child is None
                or not child["item"]
                or child["waits"]
                or child["published"] is not None
            ):
                raise not_found()
            if self.platform.state(child) == "EXPIRED":
                raise error(
                    -2, 2207020, "Media expired", "The media you are trying to access has expired."
                )
            children.append(child)
        now = self.world.world()
        ripens = max(0.0, *(child["ready"] - now for child in children))
        container = self.platform.new_container(
            page, "CAROUSEL", ripens, plan, children=ids, **more
        )
        container["error"] = container["error"] or next(
            (child["error"] for child in children if child["error"]), ""
        )
        container["pictures"] = [picture for child in children for picture in child["pictures"]]
        return container

    async def upload(self, call: Call, number: str) -> Any:
        """Take bytes of a video on the upload host, all at once or from where the last try broke
        off."""
        token = self.world.tokens.get(read_token_text(call))
        container = self.platform.container(number)
        own = (
            {page.external_id for page in self.platform.own(token)}
            if token and not token.dead
            else set()
        )
        if container is None or container["page"] not in own:
            return Reply(
                make_debug_info(False, "ProcessingFailedError", "unauthorized user request"), 400
            )
        if not container["waits"]:
            return Reply(
                make_debug_info(False, "ProcessingFailedError", "the upload is complete already"),
                400,
            )
        largest = LARGEST_STORY if container["kind"] == "STORIES" else LARGEST_REEL
        if url := call.headers.get("file_url"):
            try:
                intake = await self.platform.fetched(url, largest)
            except images.Unfetchable:
                return Reply(
                    make_debug_info(True, "ProcessingFailedError", "the file could not be fetched"),
                    400,
                )
        else:
            size, offset = (int(call.headers.get(name) or -1) for name in ("file_size", "offset"))
            if offset == 0:
                self.uploads[number] = Intake()
            intake = self.uploads.get(number) or Intake()
            if offset != intake.size or size <= 0:
                return Reply(
                    make_debug_info(True, "OffsetInvalidError", f"the next byte is {intake.size}"),
                    400,
                )
            if call.body is not None:
                intake.pour(call.body)
            if intake.size != size:
                text = "Partial request (did not match length of file)"
                return Reply(make_debug_info(True, "PartialRequestError", text), 400)
            intake = self.uploads.pop(number)
        container["waits"] = False
        container["ready"] = self.world.world() + self.world.settings["instagram_container_seconds"]
        self.filled(container, intake, self.unfit(intake, largest))
        return {"success": True, "message": "Upload successful."}
