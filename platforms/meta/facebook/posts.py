"""Describe posts and uploads as the interface returns them. Pure functions."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from platforms.errors import Rejected
from platforms.messages import Account, Draft

FAILED = "processing"  # our own code, where the platform has none
# The edges of what is sent to the upload host and published by one call that finishes it.
FINISHED_AT_ONCE = {"reel": "video_reels", "video_story": "video_stories"}


@dataclass(frozen=True, slots=True)
class Upload:
    """Describe a draft that is no post yet: a video or a photo, and where its bytes go. As JSON it
    is the draft's reference.
    """

    # The names of the fields are stored in references.
    kind: str  # the format
    id: str
    # The upload session of a video, or the address of a Reel or a story; empty: nothing more to
    # send.
    to: str = ""
    at: int = 0  # bytes of a video that are there for certain
    times: int = 1  # how often it was begun
    looks: int = 0  # checks after its bytes were in, without processing having begun

    @classmethod
    def parse(cls, ref: str) -> "Upload | None":
        """Parse a reference; None for what is none, as the id of a post."""
        return cls(**json.loads(ref)) if ref.startswith("{") else None

    def draft(self, *, ready: bool = False, wait: float = 0) -> Draft:
        fields = {name: value for name, value in asdict(self).items() if value}
        return Draft(json.dumps(fields, separators=(",", ":")), ready, timedelta(seconds=wait))


def choose_video_edge(account: Account, form: str) -> str:
    """Return the edge to which videos of this format are uploaded."""
    return f"{account.external_id}/{FINISHED_AT_ONCE.get(form, 'videos')}"


def make_failure(status: Mapping[str, Any]) -> Rejected | None:
    """Return the error of a video that the platform could not take."""
    phases = [status.get(f"{name}_phase", {}) for name in ("uploading", "processing", "publishing")]
    has_failed = status.get("video_status") in ("error", "upload_failed", "expired") or any(
        "error" in (phase.get("status"), phase.get("publish_status")) for phase in phases
    )
    if not has_failed:
        return None
    messages = [error.get("message", "") for phase in phases for error in phase.get("errors", ())]
    detail = "; ".join(filter(None, messages)) or "the video could not be processed"
    return Rejected(detail, code=FAILED)


def is_published(video: Mapping[str, Any]) -> bool:
    """Tell whether residents see a video. A Reel may call itself published before it is; an
    ordinary video may have no phases.
    """
    phase = video.get("status", {}).get("publishing_phase", {})
    is_complete = phase.get("status", "complete") == "complete"
    publish_status = phase.get("publish_status", "published" if is_complete else "")
    return bool(video.get("published")) and publish_status == "published"


def is_accepted(status: Mapping[str, Any]) -> bool:
    """Tell whether a video was accepted, and will be published when it is processed."""
    phase = status.get("publishing_phase", {})
    is_complete = phase.get("status") == "complete"
    publish_status = phase.get("publish_status", "published" if is_complete else "")
    return phase.get("status") == "in_progress" or publish_status in ("published", "scheduled")


def is_ours(post: Mapping[str, Any], account: Account) -> bool:
    return post.get("application", {}).get("id") == account.app["app_id"]


def parse_post_id(post: Mapping[str, Any]) -> str:
    """Return the id by which the portal knows a listed post: of a video's post that is the video's
    own id, as when it is published.
    """
    for attachment in post.get("attachments", {}).get("data", ()):
        if attachment.get("media_type") == "video" and attachment.get("target", {}).get("id"):
            return str(attachment["target"]["id"])
    return str(post["id"])


def parse_story_id(story: Mapping[str, Any], account: Account) -> str:
    """Return the id by which the portal knows a listed story."""
    if str(story.get("media_type", "")).lower() == "video":
        return str(story["media_id"])
    return f"{account.external_id}_{story['post_id']}"


def parse_permalink(account: Account, answer: Mapping[str, Any]) -> str:
    """Return the address in an answer, which for videos comes without its host."""
    address = str(answer.get("permalink_url", ""))
    return f"{account.app['dialog_url']}{address}" if address.startswith("/") else address
