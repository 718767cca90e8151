"""Find posts of the account, list them and take them back."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from platforms.errors import OutcomeUnknown, Rejected, TryLater
from platforms.messages import Account, LivePost, Message, Receipt, Visibility
from platforms.text import collapse_spaces
from platforms.tiktok.api import Api
from platforms.tiktok.drafts import Upload
from platforms.tiktok.errors import MINUTE
from platforms.tiktok.posts import (
    PHOTO,
    UNSENT,
    is_missing_bytes,
    is_photo_post,
    is_post,
    is_shortened_from,
    make_receipt,
    parse_public_post_id,
)

_CLOCK_SKEW = timedelta(minutes=2)  # so much earlier than the try a list is read from


class Lookups(Api):
    """Ask the upload, else the account's lists, what became of a post."""

    async def find(
        self, account: Account, message: Message, draft_ref: str, since: datetime
    ) -> Receipt | None:
        upload = Upload.parse(draft_ref)
        if upload is None:
            receipt = await self._find_in_list(account, message, since)
            if receipt is None and is_photo_post(message):
                raise OutcomeUnknown("photo posts need not be listed", code="unlisted")
            return receipt
        try:
            status = await self.read_status(account, upload.publish_id)
        except OutcomeUnknown:
            if receipt := await self._find_in_list(account, message, since):
                return receipt
            raise
        size = sum(video.size for video in message.videos)
        if status["status"] == "FAILED" or is_missing_bytes(status, size):
            return None
        if status["status"] == "PUBLISH_COMPLETE" and (post_id := parse_public_post_id(status)):
            return make_receipt(account, post_id, photo=False)
        return Receipt(upload.publish_id, processing=True)

    async def _find_in_list(
        self, account: Account, message: Message, since: datetime
    ) -> Receipt | None:
        """Find the post on the account's list by its text. Raises OutcomeUnknown where several
        shortened texts fit.
        """
        text = collapse_spaces(message.text)
        candidates = []
        fields = "id,create_time,title,video_description,share_url"
        async for video in self._iter_videos(account, since, fields=fields):
            listed = [video.get("video_description", ""), video.get("title", "")]
            if text and text in map(collapse_spaces, listed):
                candidates = [video["id"]]
                break
            if any(is_shortened_from(text, listed_text) for listed_text in listed):
                candidates.append(video["id"])
        if len(candidates) > 1:
            raise OutcomeUnknown("several listed posts begin like this one", code="shortened")
        if not candidates:
            return None
        return make_receipt(account, candidates[0], photo=is_photo_post(message))

    async def _iter_videos(
        self, account: Account, since: datetime, *, fields: str
    ) -> AsyncIterator[dict[str, Any]]:
        """Yield the public posts since then, newest first."""
        earliest, cursor = (since - _CLOCK_SKEW).timestamp(), 0
        while True:
            page = {"max_count": 20, **({"cursor": cursor} if cursor else {})}
            path = f"video/list/?{urlencode({'fields': fields})}"
            data = await self.call_api(account, path, json=page)
            for video in data.get("videos", ()):
                if video["create_time"] < earliest:
                    return
                yield video
            if not data.get("has_more") or data.get("cursor") == cursor:
                return
            cursor = data["cursor"]

    async def list_posts(self, account: Account, since: datetime) -> list[LivePost]:
        posts = []
        fields = "id,create_time,video_description,share_url"
        async for video in self._iter_videos(account, since, fields=fields):
            at = datetime.fromtimestamp(video["create_time"], UTC)
            if at >= since:
                link = str(video.get("share_url", "")).partition("?")[0]
                text = video.get("video_description", "")
                posts.append(LivePost(video["id"], link, at, text=text))
        return posts

    async def query_videos(
        self, account: Account, ids: Sequence[str], *, fields: str
    ) -> list[dict[str, Any]]:
        """Return those of these videos that are public."""
        filters = {"filters": {"video_ids": list(ids)}}
        path = f"video/query/?{urlencode({'fields': fields})}"
        return (await self.call_api(account, path, json=filters))["videos"]

    @classmethod
    def ids_of(cls, reference: str) -> frozenset[str]:
        """Return an upload's publish id, by which webhooks report it, and a photo's id with and
        without our mark: webhooks report it with, lists without.
        """
        if reference.startswith(UNSENT):
            return frozenset()
        upload = Upload.parse(reference)
        number = upload.publish_id if upload else reference
        return frozenset({number, number.removeprefix(PHOTO)}) - {""}

    async def withdraw(self, account: Account, external_id: str) -> bool:
        """Cancel a publication that has not ended, if TikTok has not gone too far with it. A post
        can only be deleted by people, in TikTok's own app: that is Rejected.
        """
        if external_id.startswith(UNSENT):
            return False  # nothing was sent yet
        upload = Upload.parse(external_id)
        publish_id = upload.publish_id if upload else external_id
        if is_post(publish_id):
            raise _make_no_removal_error()
        try:
            await self.call_api(account, "post/publish/cancel/", json={"publish_id": publish_id})
        except Rejected as error:
            if error.code != "publish_not_cancellable":
                raise
        else:
            return True
        match (await self.read_status(account, publish_id))["status"]:
            case "FAILED":
                return False
            case "PUBLISH_COMPLETE":
                raise _make_no_removal_error()
        raise TryLater(
            "TikTok is at work on it and cannot be stopped",
            code="publish_not_cancellable",
            wait=MINUTE,
        )

    async def read_visibility(self, account: Account, external_id: str) -> Visibility:
        """Check whether residents see a post. Lists know public videos alone: of one that is
        missing there TikTok does not tell whether it was deleted or only made private.
        """
        if external_id.startswith(UNSENT):
            return Visibility.GONE
        upload = Upload.parse(external_id)
        publish_id = upload.publish_id if upload else external_id
        if not is_post(publish_id):
            status = await self.read_status(account, publish_id)
            if status["status"] == "FAILED":
                return Visibility.GONE
            return Visibility.VISIBLE if parse_public_post_id(status) else Visibility.HIDDEN
        if await self.query_videos(account, [publish_id.removeprefix(PHOTO)], fields="id"):
            return Visibility.VISIBLE
        if publish_id.startswith(PHOTO):
            raise Rejected("photo posts need not be listed", code="unlisted")
        return Visibility.HIDDEN


def _make_no_removal_error() -> Rejected:
    return Rejected("TikTok lets nobody but its own app delete a post", code="no_removal")
