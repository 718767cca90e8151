"""Make an article hidden, with its video, step by step."""

import time
from datetime import timedelta

from platforms.errors import Rejected, TryLater
from platforms.messages import Account, Draft, Message, Video
from platforms.multipart import Form
from platforms.zalo.api import Api
from platforms.zalo.articles import article_json, parts_of, poster_of, reference_to
from platforms.zalo.errors import AGAIN, INVALID, LONGEST, PASSING, is_forgotten
from platforms.zalo.undocumented import video_requested

# What Zalo says of a video that is being converted.
_READY, _LOCKED, _VIDEO_FAILED, _DELETED = 1, 2, 4, 5
_SOON = timedelta(seconds=5)  # between looks at it


class Drafts(Api):
    """Make the hidden article of a message."""

    async def stage(self, account: Account, message: Message, draft_ref: str = "") -> Draft:
        """A video first, in steps of their own: its upload, its conversion. Then the article,
        hidden: a job, and what the job has made.
        """
        step, _, number = draft_ref.partition(":")
        article, video_id = parts_of(draft_ref)
        video = message.videos[0] if message.videos else None
        if step == "job":
            return await self._made(account, message, number)
        if article:
            # It may stand already, shown by a call whose answer was lost: another must not be made
            # beside it.
            await self.limiter.take(1, account.app["calls_per_minute"])
            lives = await self._status(account, article)
            return Draft(draft_ref) if lives else await self._begun(account, message, video_id)
        if video and step == "film":
            return await self._converted(account, video, number)
        if video and step != "video":
            return await self._uploaded(account, video)
        return await self._begun(account, message, number if step == "video" else "")

    async def _uploaded(self, account: Account, video: Video) -> Draft:
        poster_of(video)  # before fifty megabytes leave
        await self.limiter.take(1, account.app["calls_per_minute"])
        form = Form()
        form.add("file", video)
        answer = await self._api(
            "POST", account, "article/upload_video/preparevideo", **form.request()
        )
        if token := answer.get("data", {}).get("token"):
            return Draft(f"film:{token}", ready=False, wait=_SOON)
        raise TryLater("the upload was not named")

    async def _converted(self, account: Account, video: Video, token: str) -> Draft:
        await self.limiter.take(1, account.app["calls_per_minute"])
        try:
            answer = await self._api(
                "GET", account, "article/upload_video/verify", **video_requested(token)
            )
        except Rejected as error:
            if error.code != INVALID:
                raise
            return await self._uploaded(account, video)  # the platform has forgotten it
        data = answer.get("data", {})
        match data.get("status"):
            case status if status == _READY and data.get("video_id"):
                return Draft(f"video:{data['video_id']}", ready=False)
            case status if status in (_LOCKED, _VIDEO_FAILED):
                raise Rejected(
                    str(data.get("status_message") or f"video status {status}"), code="video"
                )
            case status if status == _DELETED:
                return await self._uploaded(account, video)
        return Draft(f"film:{token}", ready=False, wait=_SOON)

    async def _begun(self, account: Account, message: Message, video_id: str) -> Draft:
        await self.limiter.take(2, account.app["calls_per_minute"])
        token = await self._job(account, "create", article_json(message, "hide", video_id))
        return Draft(
            f"job:{int(time.time())}/{video_id}/{token}",
            ready=False,
            wait=timedelta(seconds=self.waits[0]),
        )

    async def _made(self, account: Account, message: Message, job: str) -> Draft:
        began, video_id, token = job.split("/", 2)
        age = timedelta(seconds=time.time() - int(began))
        if age > _SOON:
            await self.limiter.take(1, account.app["calls_per_minute"])
        try:
            article = await self._article_of(account, token)
        except (Rejected, TryLater) as error:
            # What may pass ends this try. The next one is made after the wait, and begins another
            # job.
            passed = (
                isinstance(error, TryLater)
                and error.code in PASSING
                and age >= (error.wait or AGAIN)
            )
            if not (passed or is_forgotten(error)):
                raise
            return await self._begun(account, message, video_id)
        if article:
            # Of an old one it is asked first whether it still lies there.
            return Draft(reference_to(article, video_id), ready=age < LONGEST)
        if age >= LONGEST:
            return await self._begun(account, message, video_id)
        wait = min(max(age, timedelta(seconds=self.waits[0])), AGAIN)
        return Draft(f"job:{job}", ready=False, wait=wait)
