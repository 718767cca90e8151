"""Describe videos, ours as messages and theirs as the interface tells them. Pure functions."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from platforms.errors import Rejected
from platforms.messages import Account, Message, Receipt, Video
from platforms.youtube.facts import FACTS

# An upright or square video no longer than this becomes a Short by itself; there is no flag.
_SHORT = 180


@dataclass(frozen=True, slots=True)
class VideoDraft:
    """An upload under way, then a private video, as a draft's reference tells it."""

    key: str  # the delivery's, with which the video is marked
    session: str = (
        ""  # whoever knows it may send: a secret, gone from the reference once the video is there
    )
    video: str = ""
    short: bool = False
    since: int = 0  # when the video came to be
    left: Sequence[str] = ()  # what is still to be added to it

    @property
    def ref(self) -> str:
        if self.session:
            return json.dumps({"key": self.key, "session": self.session})
        fields = {"key": self.key, "video": self.video, "short": self.short}
        if self.left:
            fields |= {"since": self.since, "left": list(self.left)}
        return json.dumps(fields, separators=(",", ":"))


def draft_of(ref: str) -> VideoDraft | None:
    if not ref:
        return None
    try:
        return VideoDraft(**json.loads(ref))
    except (ValueError, TypeError):
        return None


def video_of(message: Message) -> Video:
    if not message.videos:
        raise Rejected("YouTube needs a video", code="needs_video")
    return message.videos[0]


def option_of(message: Message, name: str) -> Any:
    options = {each.name: each.default for each in FACTS.format(message.format).options}
    return message.options.get(name, options.get(name))


def mark_of(key: str) -> str:
    """A tag that tells our video from others; viewers do not see it."""
    return f"vp-{key}"


def metadata_of(message: Message) -> dict[str, Any]:
    return {
        "snippet": {
            "title": message.title,
            "description": message.text,
            "tags": [mark_of(message.key)],
            "categoryId": option_of(message, "category"),
            "defaultLanguage": "vi",
        },
        "status": {
            "privacyStatus": "private",  # left out, it would be public at once
            "selfDeclaredMadeForKids": bool(option_of(message, "made_for_kids")),
            "containsSyntheticMedia": message.ai_made,
            "embeddable": True,
            "license": "youtube",
        },
    }


def is_short(message: Message) -> bool:
    return any(
        0 < video.width <= video.height and video.seconds <= _SHORT for video in message.videos
    )


def is_public(status: Mapping[str, Any]) -> bool:
    return status.get("privacyStatus") == "public" and not is_refused(status)


def is_refused(status: Mapping[str, Any]) -> bool:
    return status.get("uploadStatus") in ("failed", "rejected", "deleted")


def refusal_of(status: Mapping[str, Any]) -> Rejected:
    reason = str(
        status.get("failureReason") or status.get("rejectionReason") or status.get("uploadStatus")
    )
    return Rejected(f"the video was refused in processing: {reason}", code=reason)


def receipt_of(
    account: Account, video_id: str, *, short: bool, status: Mapping[str, Any]
) -> Receipt:
    working = status.get("uploadStatus") == "uploaded"
    return Receipt(video_id, link_to(account, video_id, short=short), processing=working)


def link_to(account: Account, video_id: str, *, short: bool = False) -> str:
    base = account.app["link_url"]
    return f"{base}/shorts/{video_id}" if short else f"{base}/watch?v={video_id}"
