"""Upload a video before its second, all but its last piece, which would publish it."""

import json
import re
import time
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from platforms.errors import OutcomeUnknown, Rejected, TryLater
from platforms.http import Answer, is_own_host
from platforms.messages import Account, Draft, Message, Video
from platforms.tiktok.api import Api
from platforms.tiktok.errors import make_failure
from platforms.tiktok.posts import (
    UNSENT,
    is_missing_bytes,
    is_photo_post,
    make_video_post_info,
    require_allowed,
    require_video,
)

# An upload's address lives an hour; one that has nearly expired is not relied on for the second of
# publication.
_MAX_AGE = timedelta(minutes=50)
# Between 5 and 64 MB, and nobody says whether a megabyte is 10^6 or 2^20 bytes: pieces of about
# this size are within both.
_PIECE_BYTES = 10_000_000
# Failures that do not lie in the video: another publication of it may succeed.
_TRANSIENT_FAILURES = {
    "internal",
    "auth_removed",
    "spam_risk_too_many_posts",
    "spam_risk_user_banned_from_posting",
}
_UNKNOWN_UPLOAD = {"invalid_publish_id", "token_not_authorized_for_specified_publish_id"}


@dataclass(frozen=True, slots=True)
class Upload:
    """Describe a publication under way. As JSON it is the draft's reference."""

    publish_id: str
    url: str  # whoever knows it may send: a secret
    sent: int  # bytes
    began: int  # Unix seconds

    @classmethod
    def parse(cls, ref: str) -> "Upload | None":
        """Parse a reference; None for what is none, as the id of a post."""
        try:
            return cls(*json.loads(ref))
        except (ValueError, TypeError):
            return None

    @property
    def ref(self) -> str:
        return json.dumps([self.publish_id, self.url, self.sent, self.began], separators=(",", ":"))

    @property
    def is_old(self) -> bool:
        return time.time() - self.began > _MAX_AGE.total_seconds()


class Drafts(Api):
    """Send a message's video up to where nobody sees it."""

    async def stage(self, account: Account, message: Message, draft_ref: str = "") -> Draft:
        """Send the next piece of a video but the last. Photos are one call, so that nothing can be
        sent ahead: there only the account's settings are checked.
        """
        if is_photo_post(message):
            if not draft_ref:
                require_allowed(message, await self.read_settings(account))
            return Draft(draft_ref or f"{UNSENT}{message.key}")
        video, upload = require_video(message), Upload.parse(draft_ref)
        if upload is None:
            return await self._begin_upload(account, message, video)
        if upload.sent < compute_last_piece_start(video):
            if upload.is_old:
                return await self._begin_upload(account, message, video)
            return await self._continue_upload(account, message, video, upload)
        # A draft that lacked its last piece alone comes here again because that was not accepted.
        if await self._is_complete(account, upload, video):
            return Draft(upload.ref)
        return await self._begin_upload(account, message, video)

    async def _begin_upload(self, account: Account, message: Message, video: Video) -> Draft:
        size, count = _compute_piece_size_and_count(video)
        request: dict[str, Any] = {
            "source_info": {
                "source": "FILE_UPLOAD",
                "video_size": video.size,
                "chunk_size": size,
                "total_chunk_count": count,
            }
        }
        path = "post/publish/inbox/video/init/"
        if message.format != "inbox":
            settings = await self.read_settings(account)
            require_allowed(message, settings)
            path = "post/publish/video/init/"
            request["post_info"] = make_video_post_info(message, settings)
        data = await self.call_api(account, path, json=request)
        if not is_own_host(data["upload_url"], account.base_url, self.upload_hosts):
            raise Rejected(
                "the platform named a host that is not its own for the upload", code="upload_host"
            )
        upload = Upload(data["publish_id"], data["upload_url"], 0, int(time.time()))
        return Draft(upload.ref, ready=count == 1)

    async def _continue_upload(
        self, account: Account, message: Message, video: Video, upload: Upload
    ) -> Draft:
        size, _count = _compute_piece_size_and_count(video)
        answer = await self.send_piece(account, upload, video, size)
        match answer.status:
            case 206 | 416 if (received := _count_received_bytes(answer)) is not None:
                upload = replace(upload, sent=received)
            case 206:
                upload = replace(upload, sent=upload.sent + size)
            case 403 | 404:
                # The address has expired. Nothing can have been published, for the last piece was
                # never sent.
                return await self._begin_upload(account, message, video)
            case _:
                raise self.error_from(answer, redact=(upload.url,))
        return Draft(upload.ref, ready=upload.sent >= compute_last_piece_start(video))

    async def _is_complete(self, account: Account, upload: Upload, video: Video) -> bool:
        """Tell whether TikTok has all bytes, so that another upload would be a second post. Raises
        Rejected where the publication failed because of the video.
        """
        try:
            status = await self.read_status(account, upload.publish_id)
        except OutcomeUnknown as error:
            if error.code in _UNKNOWN_UPLOAD:
                return False
            raise
        if status["status"] == "FAILED":
            failure = make_failure(status)
            if failure.code not in _TRANSIENT_FAILURES:
                raise failure
            return False
        return not is_missing_bytes(status, video.size)

    async def send_piece(
        self, account: Account, upload: Upload, video: Video, length: int, *, writes: bool = False
    ) -> Answer:
        """Send the next ``length`` bytes to the upload's address."""
        if not is_own_host(upload.url, account.base_url, self.upload_hosts):
            raise TryLater(
                "the upload's address is not on the platform's own host", code="upload_host"
            )
        start = upload.sent
        headers = {
            "Content-Type": video.content_type,
            "Content-Length": str(length),
            "Content-Range": f"bytes {start}-{start + length - 1}/{video.size}",
        }
        data = self.read_pieces(video, start, length)
        return await self.send("PUT", upload.url, writes=writes, data=data, headers=headers)


def _compute_piece_size_and_count(video: Video) -> tuple[int, int]:
    """Return how long a piece is and how many there are; the last one is longer by what is left
    over, which is a few bytes.
    """
    count = max(1, video.size // _PIECE_BYTES)
    return video.size // count, count


def compute_last_piece_start(video: Video) -> int:
    """Return where the last piece begins."""
    size, count = _compute_piece_size_and_count(video)
    return size * (count - 1)


def _count_received_bytes(answer: Answer) -> int | None:
    """Return how many bytes the platform says that it has; None where it does not say."""
    content_range = answer.headers.get("Content-Range", "")
    match = re.fullmatch(r"bytes (?:\d+-(\d+)|\*)/\d+", content_range)
    if match is None:
        return None
    return int(match[1]) + 1 if match[1] else 0
