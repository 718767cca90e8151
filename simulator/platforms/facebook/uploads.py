"""Take the bytes of videos: all at once, in chunks, or at the upload host.

They are hashed and counted as they come; what is half sent when the simulator ends is lost with it.
"""

from __future__ import annotations

import re
import secrets
from typing import Any

from simulator import images
from simulator.calls import Call, Intake
from simulator.model import Page, Token
from simulator.platforms.facebook.spec import FacebookSpec
from simulator.platforms.meta.graph import GraphError, missing_object, read_token_text
from simulator.world import World

CHUNK = 1 << 20
LARGEST_SIMPLE, LARGEST = 1 << 30, 10 << 30


class Uploads:
    def __init__(self, world: World, fetcher: images.Fetcher) -> None:
        self.world = world
        self.fetcher = fetcher
        self.intakes: dict[str, Intake] = {}  # under a video's id, or an upload's own
        self.lengths: dict[str, int] = {}
        self.handles: dict[str, str] = {}  # of a finished upload → its id

    def find(self, video_id: str) -> dict[str, Any] | None:
        video = self.world.containers.get(video_id)
        return video if video is not None and video["platform"] == FacebookSpec.name else None

    def new_video(self, page: Page, kind: str) -> dict[str, Any]:
        number = str(1_400_000_000_000_000 + self.world.next_number())
        video: dict[str, Any] = {
            "id": number, "platform": FacebookSpec.name, "page": page.external_id, "kind": kind,
            "born": self.world.world(), "received": 0, "complete": False, "ready": None,
            "error": "", "sha256": "",
            "post": "", "state": "", "title": "", "description": "",
        }  # fmt: skip
        self.world.containers[number] = video
        self.world.dirty = True
        return video

    def complete(self, video: dict[str, Any], intake: Intake) -> None:
        """Accept all bytes; what is no video is found out when it is processed."""
        video |= {
            "complete": True,
            "received": intake.size,
            "sha256": self.world.keep_intake(intake),
        }
        if not images.detect_kind(intake.head).startswith("video/"):
            video["error"] = "The file is no video that can be read"
        video["ready"] = self.world.world() + self.world.settings["facebook_video_seconds"]
        self.world.dirty = True

    async def file_of(self, call: Call) -> Intake:
        """Take the file of a call: its bytes, its address, or the handle of a finished upload."""
        intake = Intake()
        if handle := call.text("fbuploader_video_file_chunk"):
            if handle not in self.handles:
                raise GraphError("(#100) Invalid parameter: fbuploader_video_file_chunk", 100)
            return self.intakes[self.handles[handle]]
        if upload := call.files.get("source"):
            intake.take(upload.data)
        elif url := call.text("file_url"):
            try:
                await self.fetcher.pour(
                    url, self.world.settings["image_hosts"], intake, LARGEST_SIMPLE
                )
            except images.Unfetchable as why:
                raise GraphError("(#389) Unable to fetch video file from URL.", 389) from why
        else:
            raise GraphError("(#382) The video file you selected is too small or missing.", 382)
        return intake

    async def receive(self, call: Call, video_id: str) -> dict[str, Any]:
        """Take bytes as the upload host does, which says no with status 200, as it may."""
        token = self.world.tokens.get(read_token_text(call))
        video = self.find(video_id)
        if token is None or token.dead or video is None or token.page != video["page"]:
            return make_debug_info(False, "ProcessingFailedError", "unauthorized user request")
        if video["complete"]:
            return make_debug_info(False, "ProcessingFailedError", "the upload is complete already")
        if url := call.headers.get("file_url"):
            intake = Intake()
            try:
                await self.fetcher.pour(url, self.world.settings["image_hosts"], intake, LARGEST)
            except images.Unfetchable as why:
                return make_debug_info(
                    True, "ProcessingFailedError", f"the file could not be fetched: {why}"
                )
            self.complete(video, intake)
            return {"success": True}
        offset, size = (parse_number(call.headers.get(name)) for name in ("offset", "file_size"))
        if offset == 0:
            self.intakes[video_id] = Intake()
        intake = self.intakes.get(video_id) or Intake()
        if offset != intake.size or size <= 0:
            return make_debug_info(True, "OffsetInvalidError", f"the next byte is {intake.size}")
        if call.body is not None:
            intake.pour(call.body)
        video["received"] = intake.size
        if intake.size != size:
            return make_debug_info(
                True, "PartialRequestError", "Partial request (did not match length of file)"
            )
        self.complete(video, self.intakes.pop(video_id))
        return {"success": True}

    def session(self, call: Call, token: Token) -> dict[str, Any]:
        """Open `/{app}/uploads`: a place to send a file to, for the person's token alone."""
        if token.kind != "user":
            raise GraphError(
                "(#100) A user access token is required to request this resource.", 100
            )
        if call.number("file_length", 0) <= 0 or not call.text("file_type"):
            raise GraphError("(#100) The parameters file_length and file_type are required", 100)
        upload = "upload:" + secrets.token_urlsafe(24)
        self.intakes[upload], self.lengths[upload] = Intake(), call.number("file_length", 0)
        return {"id": upload}

    def append(self, call: Call, upload: str) -> dict[str, Any]:
        token = self.world.tokens.get(read_token_text(call))
        intake = self.intakes.get(upload)
        if intake is None or token is None or token.dead:
            raise missing_object(upload, call.method.lower())
        if call.method == "POST":
            if parse_number(call.headers.get("file_offset")) != intake.size:
                raise GraphError("(#6001) The offset is not where the upload stands", 6001)
            if call.body is not None:
                intake.pour(call.body)
            if intake.size >= self.lengths[upload]:
                handle = "2:" + secrets.token_urlsafe(32)
                self.handles[handle] = upload
                return {"h": handle}
        return {"id": upload, "file_offset": intake.size}

    # In chunks

    def start(self, page: Page, size: int) -> dict[str, str]:
        video = self.new_video(page, "video")
        self.intakes[video["id"]], self.lengths[video["id"]] = Intake(), size
        answer = {"video_id": video["id"], "upload_session_id": f"15{video['id'][2:]}"}
        return answer | self.offsets(video["id"])

    def offsets(self, video_id: str) -> dict[str, str]:
        start = self.intakes[video_id].size
        return {
            "start_offset": str(start),
            "end_offset": str(min(start + CHUNK, self.lengths[video_id])),
        }

    def of_session(self, page: Page, session: str) -> dict[str, Any]:
        """Find the video of an upload session that is not over."""
        video = self.find(f"14{session[2:]}")
        if video is None or video["page"] != page.external_id or video["post"]:
            raise GraphError("(#6000) The upload session does not exist", 6000)
        return video

    def intake_of(self, video: dict[str, Any]) -> Intake:
        if video["id"] not in self.intakes:
            raise GraphError("(#6000) The upload session is lost: start again", 6000)
        return self.intakes[video["id"]]

    def transfer(self, call: Call, video: dict[str, Any]) -> dict[str, str]:
        intake, chunk = self.intake_of(video), call.files.get("video_file_chunk")
        if chunk is None or call.number("start_offset", -1) != intake.size:
            # Where it stands comes along, as Facebook's own SDK reads it.
            message = "(#6001) The offset is not where the upload stands"
            raise GraphError(
                message, 6001, 1363037, is_transient=True, error_data=self.offsets(video["id"])
            )
        intake.take(chunk.data)
        video["received"] = intake.size
        return self.offsets(video["id"])

    def close(self, video: dict[str, Any]) -> None:
        if self.intake_of(video).size != self.lengths[video["id"]]:
            raise GraphError("(#6001) The video is not whole yet", 6001)
        self.complete(video, self.intakes.pop(video["id"]))


def parse_number(text: str | None) -> int:
    return int(text) if text and re.fullmatch(r"\d+", text) else -1


def make_debug_info(retriable: bool, kind: str, message: str) -> dict[str, Any]:
    return {"debug_info": {"retriable": retriable, "type": kind, "message": message}}
