"""Describe videos, ours as messages and theirs as the interface returns them. Pure functions."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from platforms.errors import Rejected
from platforms.messages import Account, Message, Receipt, Video
from platforms.youtube.facts import FACTS

_MARK = "vp-"
# An upright or square video no longer than this becomes a Short by itself; there is no flag.
_SHORT_SECONDS = 180


@dataclass(frozen=True, slots=True)
class VideoDraft:
    """Describe an upload under way, then a private video. As JSON it is the draft's reference."""

    # The names of the fields are stored in references.
    key: str  # the delivery's, with which the video is marked
    # The upload session's address. Whoever knows it may send: a secret, which leaves the reference
    # once the video is there.
    session: str = ""
    video: str = ""
    short: bool = False
    since: int = 0  # Unix seconds at which the video was there
    left: Sequence[str] = ()  # what is still to be added to it

    @classmethod
    def parse(cls, ref: str) -> "VideoDraft | None":
        """Parse a reference; None for what is none, as the id of a video."""
        if not ref:
            return None
        try:
            return cls(**json.loads(ref))
        except (ValueError, TypeError):
            return None

    @property
    def ref(self) -> str:
        if self.session:
            return json.dumps({"key": self.key, "session": self.session})
        fields = {"key": self.key, "video": self.video, "short": self.short}
        if self.left:
            fields |= {"since": self.since, "left": list(self.left)}
        return json.dumps(fields, separators=(",", ":"))


def require_video(message: Message) -> Video:
    if not message.videos:
        raise Rejected("YouTube needs a video", code="needs_video")
    return message.videos[0]


def make_mark(key: str) -> str:
    """Return the tag by which a post's video is found again; viewers do not see it."""
    return f"{_MARK}{key}"


def is_ours(snippet: Mapping[str, Any]) -> bool:
    return any(tag.startswith(_MARK) for tag in snippet.get("tags", ()))


def make_metadata(message: Message) -> dict[str, Any]:
    """Return the resource of a private video."""
    return {
        "snippet": {
            "title": message.title,
            "description": message.text,
            "tags": [make_mark(message.key)],
            "categoryId": FACTS.option(message, "category"),
            "defaultLanguage": "vi",
        },
        "status": {
            "privacyStatus": "private",  # left out, it would be public at once
            "selfDeclaredMadeForKids": bool(FACTS.option(message, "made_for_kids")),
            "containsSyntheticMedia": message.ai_made,
            "embeddable": True,
            "license": "youtube",
        },
    }


def is_short(message: Message) -> bool:
    return any(
        0 < video.width <= video.height and video.seconds <= _SHORT_SECONDS
        for video in message.videos
    )


def is_public(status: Mapping[str, Any]) -> bool:
    return status.get("privacyStatus") == "public" and not is_refused(status)


def is_refused(status: Mapping[str, Any]) -> bool:
    return status.get("uploadStatus") in ("failed", "rejected", "deleted")


def make_refusal(status: Mapping[str, Any]) -> Rejected:
    reason = str(
        status.get("failureReason") or status.get("rejectionReason") or status.get("uploadStatus")
    )
    return Rejected(f"the video was refused in processing: {reason}", code=reason)


def make_receipt(
    account: Account, video_id: str, *, short: bool, status: Mapping[str, Any]
) -> Receipt:
    processing = status.get("uploadStatus") == "uploaded"
    return Receipt(video_id, make_permalink(account, video_id, short=short), processing=processing)


def make_permalink(account: Account, video_id: str, *, short: bool = False) -> str:
    base = account.app["link_url"]
    return f"{base}/shorts/{video_id}" if short else f"{base}/watch?v={video_id}"
