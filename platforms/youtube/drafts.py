"""Bring a video to YouTube, step by step, before its second."""

import json
import re
import secrets
import time
from collections.abc import Awaitable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode

from platforms.errors import OutcomeUnknown, Rejected, TryLater
from platforms.http import Answer, is_own_host
from platforms.messages import Account, Draft, Message
from platforms.youtube.errors import QUOTA
from platforms.youtube.facts import FACTS
from platforms.youtube.lookups import Lookups
from platforms.youtube.videos import (
    VideoDraft,
    is_refused,
    is_short,
    make_metadata,
    make_refusal,
    require_video,
)


class Drafts(Lookups):
    """Make the private video of a message, with its captions and cover."""

    # How long one step goes on sending.
    step: ClassVar[timedelta] = timedelta(seconds=15)
    # How long a draft waits for YouTube to have processed the video. One that is made public before
    # is shown all the same, in a lower resolution at first.
    upload_timeout: ClassVar[timedelta] = timedelta(minutes=3)
    check_interval: ClassVar[timedelta] = timedelta(seconds=10)

    async def stage(self, account: Account, message: Message, draft_ref: str = "") -> Draft:
        """Take the next step: open a session; send what it lacks; add captions and cover; wait for
        the processing.
        """
        draft = VideoDraft.parse(draft_ref)
        if draft is None:
            return await self._begin_upload(account, message)
        if draft.session:
            return await self._continue_upload(account, message, draft)
        if not draft.left:
            return Draft(draft.ref)
        return await self._complete(account, message, draft)

    # --- the upload -------------------------------------------------------------------------------

    async def _begin_upload(self, account: Account, message: Message) -> Draft:
        """Open a session, which is nothing but an address until its last byte has come."""
        video = require_video(message)
        notify = "true" if FACTS.option(message, "notify") else "false"
        answer = await self.open_session(
            account,
            query={
                "uploadType": "resumable",
                "part": "snippet,status",
                "notifySubscribers": notify,
            },
            headers={
                "X-Upload-Content-Length": str(video.size),
                "X-Upload-Content-Type": video.content_type,
            },
            metadata=make_metadata(message),
        )
        session = answer.headers.get("Location", "")
        if answer.status != 200 or not session:
            error = self.error_from(answer, redact=(account.token,))
            if isinstance(error, TryLater):
                error.only_new = error.code in QUOTA  # uploads have a quota of their own
            raise error
        if not is_own_host(session, account.base_url):
            raise Rejected(
                "the platform named a host that is not its own for the upload", code="upload_host"
            )
        return Draft(VideoDraft(message.key, session=session).ref, ready=False)

    async def _continue_upload(
        self, account: Account, message: Message, draft: VideoDraft
    ) -> Draft:
        """Send piece after piece for as long as a step may last, from where the session says that
        it is: it alone knows.
        """
        video, end = require_video(message), time.monotonic() + self.step.total_seconds()
        answer = await self.query_session(account, draft.session, size=video.size)
        while answer.status == 308:
            start = _count_received_bytes(answer)
            answer = await self.send_piece(account, draft.session, video, start=start)
            if answer.status == 308 and _count_received_bytes(answer) <= start:
                raise TryLater("the upload does not go on", code="stuck")
            if answer.status == 308 and time.monotonic() >= end:
                return Draft(draft.ref, ready=False)
        if answer.status in (404, 410):
            # The session has expired, perhaps after it had received the last byte.
            if video_id := await self.find_by_mark(account, message):
                return Draft(_make_uploaded_draft(video_id, message).ref, ready=False)
            return await self._begin_upload(account, message)
        body = answer.body
        if answer.status not in (200, 201) or not isinstance(body, dict) or "id" not in body:
            raise self.error_from(answer, redact=(account.token, draft.session))
        return Draft(_make_uploaded_draft(body["id"], message).ref, ready=False)

    # --- what a video needs beside its bytes ------------------------------------------------------

    async def _complete(self, account: Account, message: Message, draft: VideoDraft) -> Draft:
        """Add what is still missing. Neither cover nor captions nor slow processing delay the post:
        what cannot be had in time is left out.
        """
        video = await self.read_video(account, draft.video)
        if video is None:
            raise Rejected("the video is no longer on the channel", code="videoNotFound")
        status = video["status"]
        if is_refused(status):
            return await self._use_earlier_video(account, message, draft, status)
        is_processed, left = status.get("uploadStatus") == "processed", list(draft.left)
        if "captions" in left and await _is_final(
            self._add_captions(account, message, draft.video)
        ):
            left.remove("captions")
        # YouTube takes a Short's cover only once the video is processed.
        takes_cover = is_processed or not draft.short
        if (
            "cover" in left
            and takes_cover
            and await _is_final(self._add_cover(account, message, draft.video))
        ):
            left.remove("cover")
        if is_processed and "processing" in left:
            left.remove("processing")
        is_late = time.time() - draft.since > self.upload_timeout.total_seconds()
        if not left or is_late:
            return Draft(replace(draft, left=()).ref)
        return Draft(replace(draft, left=left).ref, ready=False, wait=self.check_interval)

    async def _use_earlier_video(
        self, account: Account, message: Message, draft: VideoDraft, status: Mapping[str, Any]
    ) -> Draft:
        """Continue with the video of an earlier upload of ours, where this one is refused as a
        duplicate; else raise the refusal.
        """
        refusal = make_refusal(status)
        if refusal.code == "duplicate":
            earlier = await self.find_by_mark(account, message, except_id=draft.video)
            if earlier:
                return Draft(replace(draft, video=earlier).ref, ready=False)
        raise refusal

    async def _add_cover(self, account: Account, message: Message, video_id: str) -> None:
        cover = require_video(message).cover
        if cover is None or not cover.content:
            return
        query = urlencode({"videoId": video_id, "uploadType": "media"})
        await self.call_api(
            account,
            f"thumbnails/set?{query}",
            method="POST",
            upload=True,
            data=cover.content,
            headers={"Content-Type": cover.content_type},
        )

    async def _add_captions(self, account: Account, message: Message, video_id: str) -> None:
        """Add the captions. A second set of the same language and name is refused, so a repetition
        does no harm.
        """
        snippet = {"videoId": video_id, "language": "vi", "name": "Tiếng Việt", "isDraft": False}
        parts = (
            ("application/json; charset=UTF-8", json.dumps({"snippet": snippet})),
            ("text/vtt", require_video(message).captions),
        )
        boundary = secrets.token_hex(16)
        body = "".join(
            f"--{boundary}\r\nContent-Type: {kind}\r\n\r\n{text}\r\n" for kind, text in parts
        )
        await self.call_api(
            account,
            "captions?part=snippet&uploadType=multipart",
            method="POST",
            upload=True,
            data=f"{body}--{boundary}--\r\n".encode(),
            headers={"Content-Type": f"multipart/related; boundary={boundary}"},
        )


async def _is_final(call: Awaitable[Any]) -> bool:
    """Make the call; tell whether there is nothing left to try, because it succeeded or never
    will.
    """
    try:
        await call
    except (TryLater, OutcomeUnknown):
        return False
    except Rejected:
        return True
    return True


def _make_uploaded_draft(video_id: str, message: Message) -> VideoDraft:
    """Return the draft of a video that has all its bytes, with what is left to be done."""
    video = require_video(message)
    left = [
        *(["captions"] if video.captions else []),
        *(["cover"] if video.cover else []),
        "processing",
    ]
    return VideoDraft(
        message.key, video=video_id, short=is_short(message), since=int(time.time()), left=left
    )


def _count_received_bytes(answer: Answer) -> int:
    """Return where the next byte belongs, which may be less far than was sent."""
    match = re.fullmatch(r"bytes=0-(\d+)", answer.headers.get("Range", ""))
    return int(match[1]) + 1 if match else 0
