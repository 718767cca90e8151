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
from platforms.meta.graph import ABSENT_CODES, ByPage, ai_label_fields, proof_of

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

    # The names of the fields are stored in references.
    kind: str  # the format
    id: str
    # The upload session of a video, or the address of a Reel or a story; empty: nothing more to
    # send.
    to: str = ""
    at: int = 0  # bytes of a video that are there for certain
    times: int = 1  # so often it was begun
    looks: int = 0  # checks after its bytes were in, without processing having begun

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
        is_whole = draft_ref and form in ("post", "photo_story")  # made in one step
        # But it may have expired since.
        if is_whole and await self._draft_exists(account, upload.id if upload else draft_ref):
            return Draft(draft_ref)
        if form == "post":
            return await self._create_draft_post(account, message)
        if form == "photo_story":
            return Upload(form, await self._upload_photo(account, message, 0)).draft(ready=True)
        if upload is None:
            return await self._begin_upload(account, message, form)
        return await self._resume_upload(account, message, upload)

    async def _draft_exists(self, account: Account, draft: str) -> bool:
        try:
            await self.graph("GET", account, draft, params={"fields": "id"})
        except Rejected as error:
            if error.code not in ABSENT_CODES:
                raise
            return False
        return True

    async def _create_draft_post(self, account: Account, message: Message) -> Draft:
        photos = await asyncio.gather(
            *(self._upload_photo(account, message, n) for n in range(len(message.images)))
        )
        post = {"message": message.text, "published": "false"}
        if photos:
            post["attached_media"] = json.dumps([{"media_fbid": photo} for photo in photos])
        elif message.link:
            post["link"] = message.link
        answer = await self.graph("POST", account, f"{account.external_id}/feed", data=post)
        return Draft(str(answer["id"]))

    async def _upload_photo(self, account: Account, message: Message, number: int) -> str:
        image = message.images[number]
        form = aiohttp.FormData({"published": "false"})
        if image.alt:
            form.add_field("alt_text_custom", image.alt)
        form.add_field(
            "source", image.content, filename=f"{image.sha256}", content_type=image.content_type
        )
        answer = await self.graph("POST", account, f"{account.external_id}/photos", data=form)
        return str(answer["id"])

    async def _begin_upload(
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

    async def _resume_upload(self, account: Account, message: Message, upload: Upload) -> Draft:
        """Take the next step of an upload, by what the platform says of it: bytes that a dead
        worker had sent are not sent again.
        """
        if upload.kind == "video" and upload.to:
            return await self._continue_session(account, message, upload)
        status = await self._status(account, upload)
        video_status = status.get("video_status", "gone")
        if video_status in ("gone", "expired", "upload_failed"):
            why = f"the upload is {video_status}"
            return await self._restart_upload(account, message, upload, why)
        if failure := failure_of(status):
            raise failure
        if video_status == "ready":
            return replace(upload, to="").draft(ready=True)
        if upload.to and video_status != "processing":
            phase = status.get("uploading_phase", {})
            return await self._send_to_host(account, message, upload, phase)
        processing = status.get("processing_phase", {}).get("status")
        if processing == "not_started" and upload.kind in FINISHED_AT_ONCE:
            # Some are processed only once they are finished: what has not begun by the third look
            # will not.
            upload = replace(upload, to="", looks=upload.looks + 1)
            return upload.draft(ready=upload.looks > 2, wait=5)
        return replace(upload, to="").draft(wait=5)

    async def _status(self, account: Account, upload: Upload) -> Mapping[str, Any]:
        """Return the platform's status of the video; empty when there is no such video."""
        try:
            answer = await self.graph("GET", account, upload.id, params={"fields": "status"})
        except Rejected as error:
            if error.code not in ABSENT_CODES:
                raise
            return {}
        return answer.get("status", {})

    async def _restart_upload(
        self, account: Account, message: Message, upload: Upload, why: str
    ) -> Draft:
        if upload.times > 2:
            raise Rejected(why, code=FAILED)
        return await self._begin_upload(account, message, upload.kind, times=upload.times + 1)

    async def _send_to_host(
        self, account: Account, message: Message, upload: Upload, phase: Mapping[str, Any]
    ) -> Draft:
        """Send a Reel or a story to the upload host, from where its uploading ``phase`` stands."""
        start = _bytes_received(phase)
        try:
            whole = phase.get("status") == "complete" or await self.upload_to_host(
                account, upload.to, message.videos[0], start
            )
        except Rejected as error:
            if error.code not in _UPLOAD_FAULTS:
                raise
            return await self._restart_upload(account, message, upload, error.detail)
        return (replace(upload, to="") if whole else upload).draft(wait=2)

    async def _continue_session(self, account: Account, message: Message, upload: Upload) -> Draft:
        """Continue the upload session of a video. The session may have received more than we heard
        of, and a video that is not whole yet may not be readable.
        """
        sent = _bytes_received((await self._status(account, upload)).get("uploading_phase", {}))
        try:
            return await self._send_chunks(
                account, message, replace(upload, at=max(sent, upload.at))
            )
        except TryLater as error:
            if error.code not in _UPLOAD_FAULTS:
                raise
            # The session is over: perhaps because the video is whole, and only the answer to its
            # finish was lost.
            if (await self._status(account, upload)).get("video_status") in ("processing", "ready"):
                return replace(upload, to="").draft(wait=2)
            return await self._restart_upload(account, message, upload, error.detail)

    async def _send_chunks(self, account: Account, message: Message, upload: Upload) -> Draft:
        """Send chunk after chunk, each from where the platform says, for as long as a step may
        last; then finish the upload, which leaves the video unpublished.
        """
        video, until = message.videos[0], time.monotonic() + self.longest_step.total_seconds()
        session, start = {"upload_session_id": upload.to}, upload.at
        while start < video.size:
            piece = b"".join(
                [
                    part
                    async for part in self.read_pieces(
                        video, start, min(_CHUNK, video.size - start)
                    )
                ]
            )
            form = aiohttp.FormData(
                {**session, "upload_phase": "transfer", "start_offset": str(start)}
            )
            form.add_field(
                "video_file_chunk", piece, filename="piece", content_type="application/octet-stream"
            )
            try:
                start = await self._send_chunk(account, form, until - time.monotonic())
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
            "POST", account, f"{account.external_id}/videos", data=finish | ai_label_fields(message)
        )
        return replace(upload, to="", at=0).draft(wait=2)

    async def _send_chunk(self, account: Account, form: aiohttp.FormData, seconds: float) -> int:
        """Send one chunk; return where the next one starts. A chunk from the wrong place is refused
        with the right one.
        """
        answer = await self.send(
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
        raise self.error_from(answer, redact=(account.token,))


def _bytes_received(phase: Mapping[str, Any]) -> int:
    # The guide has both spellings.
    return int(phase.get("bytes_transferred") or phase.get("bytes_transfered") or 0)


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
