"""Keep what belongs to a video: its thumbnail and its captions."""

from __future__ import annotations

import secrets
from typing import Any

from simulator import images
from simulator.calls import Call, Reply
from simulator.model import Page, Token
from simulator.platforms.youtube.errors import YoutubeError
from simulator.platforms.youtube.formats import convert_captions, format_moment
from simulator.platforms.youtube.sessions import Session
from simulator.platforms.youtube.videos import Videos


class Extras:
    def __init__(self, videos: Videos) -> None:
        self.videos = videos
        self.world = videos.world

    def new_thumbnail(self, session: Session, page: Page, call: Call) -> dict[str, Any]:
        if images.detect_kind(session.intake.head) not in ("image/jpeg", "image/png"):
            code = "invalidImage" if session.received else "mediaBodyRequired"
            raise YoutubeError(
                400, code, "The provided image content is invalid.", domain="youtube.thumbnail"
            )
        post = self.videos.owned(session.meta["videoId"], page, "videoId")
        self.world.keep_intake(session.intake)
        post.details["thumbnail"] = session.intake.sha256
        post.requests += 1
        self.world.dirty = True
        url = f"{self.world.public_url or call.origin}/media/{session.intake.sha256}"
        sizes = {name: {"url": url} for name in ("default", "medium", "high", "standard", "maxres")}
        return {
            "kind": "youtube#thumbnailSetResponse",
            "etag": secrets.token_hex(8),
            "items": [sizes],
        }

    def new_caption(self, session: Session, page: Page) -> dict[str, Any]:
        snippet = session.meta["snippet"]
        post = self.videos.owned(snippet["videoId"], page, "videoId")
        data = bytes(session.intake.data or b"")
        track = {
            "videoId": post.id, "language": snippet["language"], "name": snippet.get("name", ""),
            "isDraft": bool(snippet.get("isDraft", False)), "trackKind": "standard",
            "status": "serving",
            "lastUpdated": format_moment(self.world.wall()),
            "text": data.decode("utf-8", "replace"),
        }  # fmt: skip
        caption_id = f"AUieD{secrets.token_urlsafe(24)}"
        post.details.setdefault("captions", {})[caption_id] = track
        self.world.dirty = True
        return self.caption_view(caption_id, track)

    @staticmethod
    def caption_view(caption_id: str, track: dict[str, Any]) -> dict[str, Any]:
        snippet = {name: value for name, value in track.items() if name != "text"}
        return {
            "kind": "youtube#caption",
            "etag": secrets.token_hex(8),
            "id": caption_id,
            "snippet": snippet,
        }

    def tracks(self, call: Call, token: Token, caption_id: str) -> Reply:
        self.videos.needs(token, ("youtube.force-ssl",))
        if call.method == "GET" and not caption_id:
            self.videos.parts(call.params, ("id", "snippet"))
            tracks = self.videos.own(call.text("videoId"), token, "videoId").details.get(
                "captions", {}
            )
            items = [self.caption_view(track_id, track) for track_id, track in tracks.items()]
            return Reply(
                {
                    "kind": "youtube#captionListResponse",
                    "etag": secrets.token_hex(8),
                    "items": items,
                }
            )
        requested = caption_id or call.text("id")
        for post in self.videos.channel(token).posts.values():
            track = post.details.get("captions", {}).get(requested)
            if track is None:
                continue
            if call.method == "GET":
                return Reply(
                    convert_captions(track["text"], call.text("tfmt")), content_type="text/plain"
                )
            if call.method == "DELETE":
                del post.details["captions"][requested]
                self.world.dirty = True
                return Reply("", 204)
            track["isDraft"] = bool(
                (call.params.get("snippet") or {}).get("isDraft", track["isDraft"])
            )
            return Reply(self.caption_view(requested, track))
        raise YoutubeError(
            404,
            "captionNotFound",
            "The caption track could not be found.",
            domain="youtube.caption",
            where="id",
        )
