"""Convert videos for articles, before which they have no id."""

from __future__ import annotations

import secrets
from typing import Any

from simulator import images
from simulator.calls import Call
from simulator.faults import Plan
from simulator.model import Page
from simulator.platforms.zalo.errors import invalid, too_large
from simulator.world import World

LARGEST_VIDEO = 50 * 1024 * 1024
READY, CONVERTING, CONVERSION_FAILED = 1, 3, 4


class Videos:
    def __init__(self, world: World) -> None:
        self.world = world

    def check_used(self, page: Page, article: dict[str, Any]) -> None:
        """Refuse an article that names a video which is not this account's own and converted."""
        cover = article.get("cover", {})
        named = [("cover", cover.get("video_id"))] if cover.get("cover_type") == "video" else []
        named += [("video_id", article["video_id"])] if article["type"] == "video" else []
        blocks = article.get("body", []) if article["type"] == "normal" else []
        own = [
            block["video_id"]
            for block in blocks
            if block["type"] == "video" and block.get("video_id")
        ]
        named += [("body.video_id", video_id) for video_id in own]
        for field, video_id in named:
            video = self.world.jobs.get(f"video {video_id}")
            if video is None or video["page"] != page.external_id or self.status_of(video) != READY:
                raise invalid(field)

    def take(self, page: Page, call: Call, plan: Plan) -> str:
        upload = call.files.get("file")
        if upload is None:
            raise invalid("file")
        if len(upload.data) > LARGEST_VIDEO:
            raise too_large("file")
        if images.detect_kind(upload.data) != "video/mp4" and not (
            upload.data[:4] == b"RIFF" and upload.data[8:12] == b"AVI "
        ):
            raise invalid("file")
        token, video_id = f"vt{secrets.token_urlsafe(32)}", secrets.token_hex(16)
        done = self.world.world() + self.world.settings["zalo_video_seconds"]
        video = {
            "page": page.external_id,
            "id": video_id,
            "done": done,
            "error": 1 if plan.fails else 0,
        }
        video |= {
            "sha256": self.world.keep_media(upload.data),
            "size": len(upload.data),
            "name": upload.filename,
        }
        self.world.jobs[token] = self.world.jobs[f"video {video_id}"] = video | {"video": True}
        self.world.dirty = True
        return token

    def status_of(self, video: dict[str, Any]) -> int:
        if video["done"] > self.world.world():
            return CONVERTING
        return CONVERSION_FAILED if video["error"] else READY

    def progress(self, page: Page, call: Call) -> dict[str, Any]:
        """Report what became of an upload. Its token comes as a header or in the address."""
        video = self.world.jobs.get(call.headers.get("token", "") or call.text("token"))
        if video is None or not video.get("video") or video["page"] != page.external_id:
            raise invalid("token")
        status = self.status_of(video)
        return {
            "status": status,
            "status_message": {
                READY: "Success",
                CONVERTING: "Converting",
                CONVERSION_FAILED: "Failed",
            }[status],
            "video_name": video["name"],
            "video_size": video["size"],
            "convert_percent": 100 if status == READY else 40,
            "video_id": video["id"] if status == READY else "",
        }
