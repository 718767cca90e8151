"""Bring a video there before its second, all but its last piece."""

import json
import re
import time
from dataclasses import dataclass, replace
from datetime import timedelta

from platforms.errors import OutcomeUnknown, Rejected, TryLater
from platforms.http import Answer, is_own_host
from platforms.messages import Account, Draft, Message, Video
from platforms.tiktok.api import Api
from platforms.tiktok.errors import failure_of
from platforms.tiktok.posts import UNSENT, is_waiting, post_info, require_allowed, video_of

# An upload's address lives an hour; one that is nearly over is not relied on for the second of
# publication.
_ADDRESS = timedelta(minutes=50)
_DOMAIN = "tiktokapis.com"  # of TikTok's upload hosts
# Between 5 and 64 MB, and whether a megabyte is 10^6 or 2^20 bytes nobody says: both hold for what
# this gives.
_PIECE = 10_000_000
# Why a publication failed that does not lie in the video: another one of it may come through.
_PASSING = {
    "internal",
    "auth_removed",
    "spam_risk_too_many_posts",
    "spam_risk_user_banned_from_posting",
}
_UNKNOWN_UPLOAD = {"invalid_publish_id", "token_not_authorized_for_specified_publish_id"}


@dataclass(frozen=True, slots=True)
class Upload:
    """A publication under way, as a draft's reference tells it."""

    publish_id: str
    url: str  # whoever knows it may send: a secret
    sent: int
    begun: int

    @property
    def ref(self) -> str:
        return json.dumps([self.publish_id, self.url, self.sent, self.begun], separators=(",", ":"))

    @property
    def is_old(self) -> bool:
        return time.time() - self.begun > _ADDRESS.total_seconds()


class Uploads(Api):
    """Send a message's video as far as nobody sees it."""

    async def stage(self, account: Account, message: Message, draft_ref: str = "") -> Draft:
        """A video: everything but its last piece, which would publish it. Photos are one call, so
        there is nothing to send ahead: only what the account allows is looked at.
        """
        form = self.facts.format(message.format)
        if form.images:
            if not draft_ref:
                require_allowed(message, await self._creator(account))
            return Draft(draft_ref or f"{UNSENT}{message.key}")
        video = video_of(message)
        upload = upload_of(draft_ref)
        if upload and upload.sent < last_piece(video) and not upload.is_old:
            return await self._send_on(account, message, video, upload)
        # One that lacked its last piece alone comes here again because that was not taken.
        if (
            upload
            and upload.sent >= last_piece(video)
            and await self._has_come(account, upload, video)
        ):
            return Draft(upload.ref)
        return await self._begin(account, message, video)

    async def _begin(self, account: Account, message: Message, video: Video) -> Draft:
        piece, pieces = _pieces_of(video)
        source = {
            "source": "FILE_UPLOAD",
            "video_size": video.size,
            "chunk_size": piece,
            "total_chunk_count": pieces,
        }
        if message.format == "inbox":
            data = await self._api(
                account, "post/publish/inbox/video/init/", json={"source_info": source}
            )
        else:
            info = await self._creator(account)
            require_allowed(message, info)
            post = {"post_info": post_info(message, info), "source_info": source}
            data = await self._api(account, "post/publish/video/init/", json=post)
        if not is_own_host(data["upload_url"], account.base_url, _DOMAIN):
            raise Rejected(
                "the platform named a host that is not its own for the upload", code="upload_host"
            )
        upload = Upload(data["publish_id"], data["upload_url"], 0, int(time.time()))
        return Draft(upload.ref, ready=pieces == 1)

    async def _send_on(
        self, account: Account, message: Message, video: Video, upload: Upload
    ) -> Draft:
        piece, _pieces = _pieces_of(video)
        answer = await self._put(account, upload, video, piece)
        match answer.status:
            case 206 | 416 if (received := _received(answer)) is not None:
                upload = replace(upload, sent=received)
            case 206:
                upload = replace(upload, sent=upload.sent + piece)
            case (
                403 | 404
            ):  # the address is over; nothing can have been published, for the last piece was never sent  # noqa: E501
                return await self._begin(account, message, video)
            case _:
                raise self.error_from(answer, redact=(upload.url,))
        return Draft(upload.ref, ready=upload.sent >= last_piece(video))

    async def _has_come(self, account: Account, upload: Upload, video: Video) -> bool:
        """Tell whether all bytes have come, so that another upload beside this one would be a
        second post.
        """
        try:
            status = await self._status(account, upload.publish_id)
        except OutcomeUnknown as error:
            if error.code in _UNKNOWN_UPLOAD:
                return False
            raise
        if status["status"] == "FAILED":
            if (failure := failure_of(status)).code not in _PASSING:
                raise failure
            return False
        return not is_waiting(status) or status.get("uploaded_bytes", 0) >= video.size

    async def _put(
        self, account: Account, upload: Upload, video: Video, length: int, *, writes: bool = False
    ) -> Answer:
        if not is_own_host(upload.url, account.base_url, _DOMAIN):
            raise TryLater(
                "the upload's address is not on the platform's own host", code="upload_host"
            )
        start = upload.sent
        headers = {
            "Content-Type": video.content_type,
            "Content-Length": str(length),
            "Content-Range": f"bytes {start}-{start + length - 1}/{video.size}",
        }
        body = self.read_pieces(video, start, length)
        return await self.send("PUT", upload.url, writes=writes, data=body, headers=headers)


def upload_of(ref: str) -> Upload | None:
    try:
        return Upload(*json.loads(ref))
    except (ValueError, TypeError):
        return None


def _pieces_of(video: Video) -> tuple[int, int]:
    """Return how long a piece is and how many there are; what is left over belongs to the last, and
    is next to nothing."""
    pieces = max(1, video.size // _PIECE)
    return video.size // pieces, pieces


def last_piece(video: Video) -> int:
    """Return where the last piece begins."""
    piece, pieces = _pieces_of(video)
    return piece * (pieces - 1)


def _received(answer: Answer) -> int | None:
    """Return how many bytes the platform says that it holds."""
    found = re.fullmatch(r"bytes (?:\d+-(\d+)|\*)/\d+", answer.headers.get("Content-Range", ""))
    return (int(found[1]) + 1 if found[1] else 0) if found else None
