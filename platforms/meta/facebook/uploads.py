"""Bring posts, photos and videos there unseen, step by step."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any

import aiohttp

from platforms.errors import Rejected, TryLater
from platforms.messages import Account, Draft, Message
from platforms.meta.facebook.facts import MB
from platforms.meta.graph import ABSENT, ByPage, proof_of

# The upload is lost, and a new one may succeed.
_UPLOAD_FAULTS = {"6000", "6001", "ProcessingFailedError"}
FAILED = "processing"  # our word, where the platform has none
_CHUNK = 4 * MB
# The edges of what is sent to the upload host and shown by one call that finishes it.
FINISHED_AT_ONCE = {"reel": "video_reels", "video_story": "video_stories"}


@dataclass(frozen=True, slots=True)
class Upload:
    """A draft that is no post yet, as its reference tells: a video or a photo, and where its bytes
    go.
    """

    kind: str  # the format
    id: str
    to: str = (
        ""  # upload session of a video, address of a Reel or a story; empty: nothing more to send
    )
    at: int = 0  # of a video, so much is there for certain
    times: int = 1  # begun anew so often
    looks: int = 0  # after its bytes were in, without processing having begun

    @classmethod
    def read(cls, ref: str) -> "Upload | None":
        return cls(**json.loads(ref)) if ref.startswith("{") else None

    def draft(self, *, ready: bool = False, wait: float = 0) -> Draft:
        fields = {name: value for name, value in asdict(self).items() if value}
        return Draft(json.dumps(fields, separators=(",", ":")), ready, timedelta(seconds=wait))


class Uploads(ByPage):
    """Make the invisible post, photo or video of a message."""

    async def stage(self, account: Account, message: Message, draft_ref: str = "") -> Draft:
        form = self.facts.format(message.format).name
        upload = Upload.read(draft_ref)
        whole = draft_ref and form in (
            "post",
            "photo_story",
        )  # made in one step; but it may have died since
        if whole and await self._is_there(account, upload.id if upload else draft_ref):
            return Draft(draft_ref)
        if form == "post":
            return await self._stage_post(account, message)
        if form == "photo_story":
            return Upload(form, await self._upload_photo(account, message, 0)).draft(ready=True)
        return await (
            self._go_on(account, message, upload) if upload else self._begin(account, message, form)
        )

    async def _is_there(self, account: Account, draft: str) -> bool:
        try:
            await self.graph("GET", account, draft, params={"fields": "id"})
        except Rejected as error:
            if error.code not in ABSENT:
                raise
            return False
        return True

    async def _stage_post(self, account: Account, message: Message) -> Draft:
        photos = await asyncio.gather(
            *(self._upload_photo(account, message, n) for n in range(len(message.images)))
        )
        post = {"message": message.text, "published": "false"}
        if photos:
            post["attached_media"] = json.dumps([{"media_fbid": photo} for photo in photos])
        elif message.link:
            post["link"] = message.link
        return Draft(
            str((await self.graph("POST", account, f"{account.external_id}/feed", data=post))["id"])
        )

    async def _upload_photo(self, account: Account, message: Message, number: int) -> str:
        image = message.images[number]
        form = aiohttp.FormData({"published": "false"})
        if image.alt:
            form.add_field("alt_text_custom", image.alt)
        form.add_field(
            "source", image.content, filename=f"{image.sha256}", content_type=image.content_type
        )
        return str(
            (await self.graph("POST", account, f"{account.external_id}/photos", data=form))["id"]
        )

    async def _begin(
        self, account: Account, message: Message, form: str, *, times: int = 1
    ) -> Draft:
        start = {"upload_phase": "start"}
        if form == "video":
            start["file_size"] = str(message.videos[0].size)
        answer = await self.graph("POST", account, self._edge(account, form), data=start)
        to = answer["upload_session_id"] if form == "video" else answer["upload_url"]
        return Upload(form, str(answer["video_id"]), str(to), times=times).draft()

    @staticmethod
    def _edge(account: Account, form: str) -> str:
        return f"{account.external_id}/{FINISHED_AT_ONCE.get(form, 'videos')}"

    async def _go_on(self, account: Account, message: Message, upload: Upload) -> Draft:
        """Continue where the platform says that the video is; what a worker that died had sent is
        not sent again.
        """
        if upload.kind == "video" and upload.to:
            return await self._send_video(account, message, upload)
        status = await self._status(account, upload)
        status_now = status.get("video_status", "gone")
        if status_now in ("gone", "expired", "upload_failed"):
            return await self._anew(account, message, upload, f"the upload is {status_now}")
        if failed := failure_of(status):
            raise failed
        if status_now == "ready":
            return replace(upload, to="").draft(ready=True)
        if upload.to and status_now != "processing":
            return await self._send(account, message, upload, status.get("uploading_phase", {}))
        if (
            upload.kind in FINISHED_AT_ONCE
            and status.get("processing_phase", {}).get("status") == "not_started"
        ):
            # Some are processed only once they are finished: what has not begun by the third look
            # will not.
            upload = replace(upload, to="", looks=upload.looks + 1)
            return upload.draft(ready=upload.looks > 2, wait=5)
        return replace(upload, to="").draft(wait=5)

    async def _status(self, account: Account, upload: Upload) -> Mapping[str, Any]:
        """Empty when there is no such video."""
        try:
            return (await self.graph("GET", account, upload.id, params={"fields": "status"})).get(
                "status", {}
            )
        except Rejected as error:
            if error.code not in ABSENT:
                raise
            return {}

    async def _anew(self, account: Account, message: Message, upload: Upload, why: str) -> Draft:
        if upload.times > 2:
            raise Rejected(why, code=FAILED)
        return await self._begin(account, message, upload.kind, times=upload.times + 1)

    async def _send(
        self, account: Account, message: Message, upload: Upload, sent: Mapping[str, Any]
    ) -> Draft:
        """To the upload host."""
        start = _sent(sent)
        try:
            whole = sent.get("status") == "complete" or await self.rupload(
                account, upload.to, message.videos[0], start
            )
        except Rejected as error:
            if error.code not in _UPLOAD_FAULTS:
                raise
            return await self._anew(account, message, upload, error.detail)
        return (replace(upload, to="") if whole else upload).draft(wait=2)

    async def _send_video(self, account: Account, message: Message, upload: Upload) -> Draft:
        """A session may know more than was heard of it, and a video that is not whole yet may not
        be readable.
        """
        sent = _sent((await self._status(account, upload)).get("uploading_phase", {}))
        try:
            return await self._transfer(account, message, replace(upload, at=max(sent, upload.at)))
        except TryLater as error:
            if error.code not in _UPLOAD_FAULTS:
                raise
            # The session is over: perhaps because the video is whole, and only the answer to its
            # finish was lost.
            if (await self._status(account, upload)).get("video_status") in ("processing", "ready"):
                return replace(upload, to="").draft(wait=2)
            return await self._anew(account, message, upload, error.detail)

    async def _transfer(self, account: Account, message: Message, upload: Upload) -> Draft:
        """Piece by piece, each from where the platform says, for as long as a step may last; then
        the finish, which leaves the video unpublished.
        """
        video, until = message.videos[0], time.monotonic() + self.step.total_seconds()
        session, start = {"upload_session_id": upload.to}, upload.at
        while start < video.size:
            piece = b"".join(
                [part async for part in self.pieces(video, start, min(_CHUNK, video.size - start))]
            )
            form = aiohttp.FormData(
                {**session, "upload_phase": "transfer", "start_offset": str(start)}
            )
            form.add_field(
                "video_file_chunk", piece, filename="piece", content_type="application/octet-stream"
            )
            try:
                start = await self._piece(account, form, until - time.monotonic())
            except TryLater as error:
                if not error.silent:
                    raise
                return replace(upload, at=start).draft(wait=2)
            if start < video.size and time.monotonic() >= until:
                return replace(upload, at=start).draft()
        finish = {
            **session,
            "upload_phase": "finish",
            "published": "false",
            "description": message.text,
        }
        await self.graph(
            "POST", account, f"{account.external_id}/videos", data=finish | label_of(message)
        )
        return replace(upload, to="", at=0).draft(wait=2)

    async def _piece(self, account: Account, form: aiohttp.FormData, seconds: float) -> int:
        """Sends one; where the next one starts. A piece from the wrong place is refused with the
        right one.
        """
        answer = await self.exchange(
            "POST",
            self.address(account.base_url, account.app, f"{account.external_id}/videos"),
            params={"appsecret_proof": proof_of(account.app, account.token)},
            headers={"Authorization": f"Bearer {account.token}"},
            timeout=max(1, seconds),
            data=form,
        )
        match answer.body:
            case {"start_offset": start} | {"error": {"error_data": {"start_offset": start}}}:
                return int(start)
        raise self.problem(answer, hide=(account.token,))


def label_of(message: Message) -> dict[str, str]:
    return {"is_ai_generated": "true"} if message.ai_made else {}


def _sent(phase: Mapping[str, Any]) -> int:
    return int(
        phase.get("bytes_transferred") or phase.get("bytes_transfered") or 0
    )  # the guide has both spellings


def failure_of(status: Mapping[str, Any]) -> Rejected | None:
    """Return the error of a video that the platform could not take."""
    phases = [status.get(f"{name}_phase", {}) for name in ("uploading", "processing", "publishing")]
    if status.get("video_status") not in ("error", "upload_failed", "expired") and not any(
        phase.get("status") == "error" or phase.get("publish_status") == "error" for phase in phases
    ):
        return None
    messages = [error.get("message", "") for phase in phases for error in phase.get("errors", ())]
    return Rejected(
        "; ".join(filter(None, messages)) or "the video could not be processed", code=FAILED
    )
