"""Bring a video there, step by step, before its second."""

import json
import re
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode

from platforms.errors import OutcomeUnknown, Rejected, TryLater
from platforms.http import Answer, is_own_host
from platforms.messages import Account, Draft, Message
from platforms.youtube.api import UPLOAD_DOMAIN, Api
from platforms.youtube.errors import QUOTA
from platforms.youtube.videos import (
    VideoDraft,
    draft_of,
    is_refused,
    is_short,
    metadata_of,
    option_of,
    refusal_of,
    video_of,
)


class Uploads(Api):
    """Make the private video of a message, with its captions and cover."""

    # How long one step goes on sending.
    step: ClassVar[timedelta] = timedelta(seconds=15)
    # How long a draft waits for YouTube to have processed the video. One that is shown before is
    # shown all the same, in a lesser picture at first.
    patience: ClassVar[timedelta] = timedelta(minutes=3)
    look: ClassVar[timedelta] = timedelta(seconds=10)

    async def stage(self, account: Account, message: Message, draft_ref: str = "") -> Draft:
        """Open a session; send what it lacks; add captions and cover; wait for the processing. A
        step each.
        """
        draft = draft_of(draft_ref)
        if draft is None:
            return Draft((await self._open(account, message)).ref, ready=False)
        if draft.session:
            return await self._send_on(account, message, draft)
        if not draft.left:
            return Draft(draft.ref)
        return await self._complete(account, message, draft)

    async def _open(self, account: Account, message: Message) -> VideoDraft:
        """A session: nothing but an address until its last byte has come."""
        video = video_of(message)
        asked = {
            "uploadType": "resumable",
            "part": "snippet,status",
            "notifySubscribers": "true" if option_of(message, "notify") else "false",
        }
        headers = {
            "X-Upload-Content-Length": str(video.size),
            "X-Upload-Content-Type": video.content_type,
        }
        url = f"{account.base_url}/upload/youtube/v3/videos"
        answer = await self._ask(
            "POST", account, url, params=asked, json=metadata_of(message), headers=headers
        )
        session = answer.headers.get("Location", "")
        if answer.status != 200 or not session:
            refusal = self._error_of(answer, account)
            if isinstance(refusal, TryLater):
                refusal.only_new = refusal.code in QUOTA  # uploads have a quota of their own
            raise refusal
        if not is_own_host(session, account.base_url, UPLOAD_DOMAIN):
            raise Rejected(
                "the platform named a host that is not its own for the upload", code="upload_host"
            )
        return VideoDraft(message.key, session=session)

    async def _send_on(self, account: Account, message: Message, draft: VideoDraft) -> Draft:
        """Ask the session what it holds, which alone is the truth, and send on from there for a
        while.
        """
        video, end = video_of(message), time.monotonic() + self.step.total_seconds()
        answer = await self._put(account, draft.session, size=video.size)
        while answer.status == 308:
            start = _received(answer)
            answer = await self._put(
                account, draft.session, size=video.size, video=video, start=start
            )
            if answer.status == 308 and _received(answer) <= start:
                raise TryLater("the upload does not go on", code="stuck")
            if answer.status == 308 and time.monotonic() >= end:
                return Draft(draft.ref, ready=False)
        if answer.status in (404, 410):
            # Over, or forgotten; perhaps with the last byte.
            if found := await self._marked(account, message):
                return Draft(self._made(found, message).ref, ready=False)
            return Draft((await self._open(account, message)).ref, ready=False)
        if (
            answer.status not in (200, 201)
            or not isinstance(answer.body, dict)
            or "id" not in answer.body
        ):
            raise self._error_of(answer, account, draft.session)
        return Draft(self._made(answer.body["id"], message).ref, ready=False)

    @staticmethod
    def _made(video_id: str, message: Message) -> VideoDraft:
        video = video_of(message)
        left = [
            *(["captions"] if video.captions else []),
            *(["cover"] if video.cover else []),
            "processing",
        ]
        return VideoDraft(
            message.key, video=video_id, short=is_short(message), since=int(time.time()), left=left
        )

    async def _complete(self, account: Account, message: Message, draft: VideoDraft) -> Draft:
        """The next of what is still missing. Neither cover nor captions nor a slow platform stand
        in the way of the post: what cannot be had in time is left out.
        """
        video = await self._video(account, draft.video, "status")
        if video is None:
            raise Rejected("the video is no longer on the channel", code="videoNotFound")
        status = video["status"]
        if is_refused(status):
            return await self._refused(account, message, draft, status)
        done, left = status.get("uploadStatus") == "processed", list(draft.left)
        if "captions" in left and await self._added(
            self._add_captions(account, message, draft.video)
        ):
            left.remove("captions")
        # YouTube takes a Short's cover only once the video is processed.
        if (
            "cover" in left
            and (done or not draft.short)
            and await self._added(self._add_cover(account, message, draft.video))
        ):
            left.remove("cover")
        if done and "processing" in left:
            left.remove("processing")
        late = time.time() - draft.since > self.patience.total_seconds()
        if not left or late:
            return Draft(replace(draft, left=()).ref)
        return Draft(replace(draft, left=left).ref, ready=False, wait=self.look)

    async def _refused(
        self, account: Account, message: Message, draft: VideoDraft, status: Mapping[str, Any]
    ) -> Draft:
        refusal = refusal_of(status)
        if refusal.code == "duplicate":
            # Of our own earlier upload, most often.
            earlier = await self._marked(account, message, but=draft.video)
            if earlier:
                return Draft(replace(draft, video=earlier).ref, ready=False)
        raise refusal

    @staticmethod
    async def _added(call: Any) -> bool:
        """Tell whether there is nothing more to try: it was added, or never will be."""
        try:
            await call
        except (TryLater, OutcomeUnknown):
            return False
        except Rejected:
            return True
        return True

    async def _add_cover(self, account: Account, message: Message, video_id: str) -> None:
        cover = video_of(message).cover
        if cover is None or not cover.content:
            return
        asked = urlencode({"videoId": video_id, "uploadType": "media"})
        await self._data(
            "POST",
            account,
            f"thumbnails/set?{asked}",
            upload=True,
            data=cover.content,
            headers={"Content-Type": cover.content_type},
        )

    async def _add_captions(self, account: Account, message: Message, video_id: str) -> None:
        """A second set of the same language and name is refused, so a repetition does no harm."""
        snippet = {"videoId": video_id, "language": "vi", "name": "Tiếng Việt", "isDraft": False}
        mark = secrets.token_hex(16)
        parts = (
            ("application/json; charset=UTF-8", json.dumps({"snippet": snippet})),
            ("text/vtt", video_of(message).captions),
        )
        body = "".join(
            f"--{mark}\r\nContent-Type: {kind}\r\n\r\n{text}\r\n" for kind, text in parts
        )
        await self._data(
            "POST",
            account,
            "captions?part=snippet&uploadType=multipart",
            upload=True,
            data=f"{body}--{mark}--\r\n".encode(),
            headers={"Content-Type": f"multipart/related; boundary={mark}"},
        )


def _received(answer: Answer) -> int:
    """Return where the next byte belongs, which may be less far than was sent."""
    found = re.fullmatch(r"bytes=0-(\d+)", answer.headers.get("Range", ""))
    return int(found[1]) + 1 if found else 0


async def once(body: bytes) -> AsyncIterator[bytes]:
    """A body that can be read one time: else the HTTP library sends a PUT again by itself when a
    connection breaks.
    """
    yield body
