"""Create the invisible post, photo or video of a message, step by step."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import aiohttp

from platforms.errors import Rejected, TryLater
from platforms.messages import Account, Draft, Message
from platforms.meta.errors import ABSENT_CODES
from platforms.meta.facebook.facts import MB
from platforms.meta.facebook.posts import (
    FAILED,
    FINISHED_AT_ONCE,
    Upload,
    choose_video_edge,
    make_failure,
)
from platforms.meta.graph import Graph, make_ai_label_fields, make_app_secret_proof

# The upload is lost, and a new one may succeed.
_UPLOAD_FAULTS = {"6000", "6001", "ProcessingFailedError"}
_CHUNK = 4 * MB
_MOST_RESTARTS = 2
_MOST_CHECKS = 2  # of an upload whose processing has not begun


class Drafts(Graph):
    """Create drafts: a post or a photo in one step, videos in several."""

    async def stage(self, account: Account, message: Message, draft_ref: str = "") -> Draft:
        form = self.facts.format(message.format).name
        upload = Upload.parse(draft_ref)
        is_whole = draft_ref and form in ("post", "photo_story")  # created in one step
        # But it may have expired since.
        if is_whole and await self._exists(account, upload.id if upload else draft_ref):
            return Draft(draft_ref)
        if form == "post":
            return await self.create_draft_post(account, message)
        if form == "photo_story":
            return Upload(form, await self._upload_photo(account, message, 0)).draft(ready=True)
        if upload is None:
            return await self._begin_upload(account, message, form)
        return await self._continue_upload(account, message, upload)

    async def _exists(self, account: Account, node: str) -> bool:
        try:
            await self.call_api(account, node, params={"fields": "id"})
        except Rejected as error:
            if error.code not in ABSENT_CODES:
                raise
            return False
        return True

    async def create_draft_post(self, account: Account, message: Message) -> Draft:
        """Create an unpublished post, after its photos."""
        photos = await asyncio.gather(
            *(self._upload_photo(account, message, n) for n in range(len(message.images)))
        )
        post = {"message": message.text, "published": "false"}
        if photos:
            post["attached_media"] = json.dumps([{"media_fbid": photo} for photo in photos])
        elif message.link:
            post["link"] = message.link
        answer = await self.call_api(
            account, f"{account.external_id}/feed", method="POST", data=post
        )
        return Draft(str(answer["id"]))

    async def _upload_photo(self, account: Account, message: Message, number: int) -> str:
        image = message.images[number]
        form = aiohttp.FormData({"published": "false"})
        if image.alt:
            form.add_field("alt_text_custom", image.alt)
        form.add_field(
            "source", image.content, filename=f"{image.sha256}", content_type=image.content_type
        )
        answer = await self.call_api(
            account, f"{account.external_id}/photos", method="POST", data=form
        )
        return str(answer["id"])

    async def _begin_upload(
        self, account: Account, message: Message, form: str, *, times: int = 1
    ) -> Draft:
        start = {"upload_phase": "start"}
        if form == "video":
            start["file_size"] = str(message.videos[0].size)
        answer = await self.call_api(
            account, choose_video_edge(account, form), method="POST", data=start
        )
        to = answer["upload_session_id"] if form == "video" else answer["upload_url"]
        return Upload(form, str(answer["video_id"]), str(to), times=times).draft()

    async def _continue_upload(self, account: Account, message: Message, upload: Upload) -> Draft:
        """Take the next step of an upload, by what the platform says of it: bytes that a dead
        worker had sent are not sent again.
        """
        if upload.kind == "video" and upload.to:
            return await self._continue_session(account, message, upload)
        status = await self._read_status(account, upload)
        video_status = status.get("video_status", "gone")
        if video_status in ("gone", "expired", "upload_failed"):
            why = f"the upload is {video_status}"
            return await self._restart_upload(account, message, upload, why)
        if failure := make_failure(status):
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
            return upload.draft(ready=upload.looks > _MOST_CHECKS, wait=5)
        return replace(upload, to="").draft(wait=5)

    async def _read_status(self, account: Account, upload: Upload) -> Mapping[str, Any]:
        """Return the platform's status of the video; empty when there is no such video."""
        try:
            answer = await self.call_api(account, upload.id, params={"fields": "status"})
        except Rejected as error:
            if error.code not in ABSENT_CODES:
                raise
            return {}
        return answer.get("status", {})

    async def _restart_upload(
        self, account: Account, message: Message, upload: Upload, why: str
    ) -> Draft:
        if upload.times > _MOST_RESTARTS:
            raise Rejected(why, code=FAILED)
        return await self._begin_upload(account, message, upload.kind, times=upload.times + 1)

    async def _send_to_host(
        self, account: Account, message: Message, upload: Upload, phase: Mapping[str, Any]
    ) -> Draft:
        """Send a Reel or a story to the upload host, from where its uploading ``phase`` stands."""
        start = _count_received_bytes(phase)
        try:
            whole = phase.get("status") == "complete" or await self.send_to_upload_host(
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
        sent = _count_received_bytes(
            (await self._read_status(account, upload)).get("uploading_phase", {})
        )
        try:
            return await self._send_chunks(
                account, message, replace(upload, at=max(sent, upload.at))
            )
        except TryLater as error:
            if error.code not in _UPLOAD_FAULTS:
                raise
            # The session has ended, perhaps because the video is whole and only the answer to its
            # finish was lost.
            if (await self._read_status(account, upload)).get("video_status") in (
                "processing",
                "ready",
            ):
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
        await self.call_api(
            account,
            f"{account.external_id}/videos",
            method="POST",
            data=finish | make_ai_label_fields(message),
        )
        return replace(upload, to="", at=0).draft(wait=2)

    async def _send_chunk(self, account: Account, form: aiohttp.FormData, seconds: float) -> int:
        """Send one chunk; return where the next one starts. A chunk from the wrong place is refused
        with the right one.
        """
        answer = await self.send(
            "POST",
            self.url_of(account.base_url, account.app, f"{account.external_id}/videos"),
            params={"appsecret_proof": make_app_secret_proof(account.app, account.token)},
            headers={"Authorization": f"Bearer {account.token}"},
            timeout=max(1, seconds),
            data=form,
        )
        match answer.body:
            case {"start_offset": start} | {"error": {"error_data": {"start_offset": start}}}:
                return int(start)
        raise self.error_from(answer, redact=(account.token,))


def _count_received_bytes(phase: Mapping[str, Any]) -> int:
    # The guide has both spellings.
    return int(phase.get("bytes_transferred") or phase.get("bytes_transfered") or 0)
