"""Show a video as the Data API does, part by part."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from simulator import growth
from simulator.model import Page, Post
from simulator.platforms.youtube.formats import format_iso_duration, format_moment
from simulator.platforms.youtube.videos import Videos

VIDEO_PARTS = (
    "id", "snippet", "status", "contentDetails", "statistics", "processingDetails", "fileDetails",
    "suggestions",
    "player", "topicDetails", "recordingDetails", "localizations", "liveStreamingDetails",
    "paidProductPlacementDetails",
)  # fmt: skip
OWNER_PARTS = ("processingDetails", "fileDetails", "suggestions")


class Views:
    def __init__(self, videos: Videos) -> None:
        self.videos = videos
        self.world = videos.world

    def view(self, page: Page, post: Post, parts: list[str]) -> dict[str, Any]:
        answer: dict[str, Any] = {"kind": "youtube#video", "etag": self.etag(post), "id": post.id}
        now, status = self.world.world(), post.details["status"]
        done = post.details["processed_from"] <= now
        state, _, reason = post.details["ends"].partition("/")
        for part in parts:
            match part:
                case "snippet":
                    answer[part] = self.snippet(page, post)
                case "status":
                    answer[part] = {
                        "uploadStatus": state if done else "uploaded",
                        "license": "youtube", "embeddable": True, "publicStatsViewable": True,
                        "madeForKids": bool(status.get("selfDeclaredMadeForKids", False)),
                    } | status  # fmt: skip
                    if done and reason:
                        answer[part][
                            "failureReason" if state == "failed" else "rejectionReason"
                        ] = reason
                case "contentDetails":
                    ready = done and state == "processed"
                    answer[part] = {
                        "duration":
                            format_iso_duration(post.details["seconds"]) if ready else "P0D",
                        "dimension": "2d", "definition": "hd", "licensedContent": False,
                        "projection": "rectangular",
                        "caption": "true" if post.details.get("captions") else "false",
                    }  # fmt: skip
                case "statistics":
                    answer[part] = self.statistics(page, post) | {"dislikeCount": "0"}
                case "processingDetails":
                    answer[part] = self.processing(post, done, state)
                case "fileDetails":
                    answer[part] = {
                        "fileName": "video.mp4", "fileSize": str(post.details["bytes"]),
                        "fileType": "video",
                        "container": post.details["mime"].partition("/")[2],
                    }  # fmt: skip
                case "player":
                    answer[part] = {"embedHtml": ""}
                case _ if part != "id":
                    answer[part] = post.details.get(part, {})
        return answer

    @staticmethod
    def etag(post: Post) -> str:
        facts = json.dumps(
            [post.details.get("snippet"), post.details.get("status"), post.requests], default=str
        )
        return hashlib.sha1(facts.encode()).hexdigest()[:27]

    def snippet(self, page: Page, post: Post) -> dict[str, Any]:
        thumbnail = post.details.get("thumbnail", "")
        return {
            "publishedAt": format_moment(
                post.published_at if self.videos.was_public(post) else post.created_at
            ),
            "channelId": page.external_id,
            "channelTitle": page.name,
            "description": "",
            "categoryId": "22",
            "liveBroadcastContent": "none",
            "thumbnails": {"default": {"url": f"/media/{thumbnail}"}} if thumbnail else {},
            "localized": {"title": post.title, "description": post.text},
        } | post.details["snippet"]

    def statistics(self, page: Page, post: Post) -> dict[str, str]:
        """Give counts as strings. Comments that are off have no count at all, not a count of
        zero.
        """
        counts = growth.compute_counts(page, post, self.world.world())
        answer = {"viewCount": counts.views, "likeCount": counts.all_reactions, "favoriteCount": 0}
        if not post.details["status"].get("selfDeclaredMadeForKids"):
            answer["commentCount"] = counts.comments
        hidden = self.world.settings["youtube_hidden"]
        return {name: str(value) for name, value in answer.items() if name not in hidden}

    def processing(self, post: Post, done: bool, state: str) -> dict[str, Any]:
        if done:
            word = {"processed": "succeeded", "failed": "failed"}.get(state, "terminated")
            return {"processingStatus": word, "fileDetailsAvailability": "available"}
        left = post.details["processed_from"] - self.world.world()
        whole = max(post.details["processed_from"] - post.details["exists_from"], 0.001)
        share = {"partsTotal": "100", "partsProcessed": str(int(100 * (1 - left / whole)))}
        return {
            "processingStatus": "processing",
            "processingProgress": share | {"timeLeftMs": str(int(left * 1000))},
            "fileDetailsAvailability": "available",
        }
