"""Make an article hidden, with its video, step by step.

A draft's reference is the step and its number: `film:` and the token of an upload that is being
converted, `video:` and the id of the converted video, `job:` and the job that creates the article,
and at last the article itself.
"""

import time
from datetime import timedelta

from platforms.errors import ConnectorError, Rejected, TryLater
from platforms.messages import Account, Draft, Message, Video
from platforms.multipart import Form
from platforms.zalo.api import Api
from platforms.zalo.articles import (
    make_article_json,
    make_reference,
    parse_reference,
    require_poster,
)
from platforms.zalo.errors import (
    INVALID,
    MAX_JOB_AGE,
    RETRY_WAIT,
    TRANSIENT,
    is_forgotten_job,
)
from platforms.zalo.undocumented import upload_query

# What Zalo says of a video that is being converted.
_READY, _LOCKED, _VIDEO_FAILED, _DELETED = 1, 2, 4, 5
_SOON = timedelta(seconds=5)  # between checks of it


class Drafts(Api):
    """Make the hidden article of a message."""

    async def stage(self, account: Account, message: Message, draft_ref: str = "") -> Draft:
        """Take the next step: upload a video; wait for its conversion; begin the job that creates
        the hidden article; wait for what it has created.
        """
        step, _, number = draft_ref.partition(":")
        article_id, video_id = parse_reference(draft_ref)
        video = message.videos[0] if message.videos else None
        if step == "job":
            return await self._check_job(account, message, number)
        if article_id:
            # It may be live already, shown by a call whose answer was lost: then another must not
            # be made beside it.
            await self.reserve_calls(account, 1)
            exists = await self.read_status(account, article_id)
            return Draft(draft_ref) if exists else await self._begin(account, message, video_id)
        if video and step == "film":
            return await self._check_conversion(account, video, number)
        if video and step != "video":
            return await self._upload_video(account, video)
        return await self._begin(account, message, number if step == "video" else "")

    async def _upload_video(self, account: Account, video: Video) -> Draft:
        require_poster(video)  # before fifty megabytes leave
        await self.reserve_calls(account, 1)
        form = Form()
        form.add("file", video)
        answer = await self.call_api(account, "article/upload_video/preparevideo", **form.request())
        if token := answer.get("data", {}).get("token"):
            return Draft(f"film:{token}", ready=False, wait=_SOON)
        raise TryLater("the upload was not named")

    async def _check_conversion(self, account: Account, video: Video, token: str) -> Draft:
        await self.reserve_calls(account, 1)
        try:
            answer = await self.call_api(
                account, "article/upload_video/verify", method="GET", **upload_query(token)
            )
        except Rejected as error:
            if error.code != INVALID:
                raise
            return await self._upload_video(account, video)  # the platform has forgotten it
        data = answer.get("data", {})
        status = data.get("status")
        if status == _READY and data.get("video_id"):
            return Draft(f"video:{data['video_id']}", ready=False)
        if status in (_LOCKED, _VIDEO_FAILED):
            detail = data.get("status_message") or f"video status {status}"
            raise Rejected(str(detail), code="video")
        if status == _DELETED:
            return await self._upload_video(account, video)
        return Draft(f"film:{token}", ready=False, wait=_SOON)

    async def _begin(self, account: Account, message: Message, video_id: str) -> Draft:
        """Begin the job that creates the hidden article."""
        await self.reserve_calls(account, 2)  # this one, and the first check
        token = await self.begin_job(
            account, "create", make_article_json(message, "hide", video_id)
        )
        ref = f"job:{int(time.time())}/{video_id}/{token}"
        return Draft(ref, ready=False, wait=timedelta(seconds=self.waits[0]))

    async def _check_job(self, account: Account, message: Message, job: str) -> Draft:
        began, video_id, token = job.split("/", 2)
        age = timedelta(seconds=time.time() - int(began))
        if age > _SOON:
            await self.reserve_calls(account, 1)
        try:
            article_id = await self.read_job(account, token)
        except (Rejected, TryLater) as error:
            if not (is_forgotten_job(error) or _has_failed(error, age)):
                raise
            return await self._begin(account, message, video_id)
        if article_id:
            # That of an old job is checked once more: it may have been deleted meanwhile.
            return Draft(make_reference(article_id, video_id), ready=age < MAX_JOB_AGE)
        if age >= MAX_JOB_AGE:
            return await self._begin(account, message, video_id)
        # Less and less often.
        wait = min(max(age, timedelta(seconds=self.waits[0])), RETRY_WAIT)
        return Draft(f"job:{job}", ready=False, wait=wait)


def _has_failed(error: ConnectorError, age: timedelta) -> bool:
    """Tell whether a job of this age ended with a failure that may pass, and so long ago that
    another may begin.
    """
    if not isinstance(error, TryLater) or error.code not in TRANSIENT:
        return False
    return age >= (error.wait or RETRY_WAIT)
