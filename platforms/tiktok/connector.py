"""TikTok by the Content Posting API: an upload whose last piece publishes it, and then asking what
became of it.
"""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import batched
from typing import Any
from urllib.parse import urlencode

from platforms.errors import ConnectorError, OutcomeUnknown, Rejected, TryLater
from platforms.messages import Account, Figures, LivePost, Message, Receipt, Video, Visibility
from platforms.tiktok.connection import Connection
from platforms.tiktok.errors import MINUTE, failure_of
from platforms.tiktok.facts import FACTS, PUBLIC, SETTINGS
from platforms.tiktok.posts import (
    PHOTO,
    UNSENT,
    bare,
    begins_like,
    is_post,
    is_waiting,
    link_to,
    option_of,
    post_id,
    video_of,
)
from platforms.tiktok.uploads import Upload, Uploads, last_piece, upload_of
from platforms.tiktok.words import WORDS
from platforms.webhooks import (
    Event,
    EventKind,
    ForgedWebhook,
    decode_object,
    from_timestamp,
    require_equal,
)

# Seconds between a webhook's signing and our hearing: what is older was recorded and is played
# again.
_LATEST = 300
# What it tells. One of the names is misspelt by TikTok.
_NEWS = {
    "post.publish.complete": EventKind.POSTED,
    "post.publish.publicly_available": EventKind.POSTED,
    "video.publish.completed": EventKind.POSTED,
    "post.publish.failed": EventKind.FAILED,
    "video.upload.failed": EventKind.FAILED,
    "post.publish.no_longer_publicaly_available": EventKind.GONE,
    "post.publish.no_longer_publicly_available": EventKind.GONE,
    "authorization.removed": EventKind.UNLINKED,
}

_FIGURES = {
    "view_count": "views",
    "like_count": "reactions",
    "comment_count": "comments",
    "share_count": "shares",
}


class Tiktok(Uploads, Connection):
    """https://developers.tiktok.com/doc/content-posting-api-reference-direct-post"""

    kind = "tiktok"
    words = WORDS
    facts = FACTS
    settings = SETTINGS

    # --- the second -------------------------------------------------------------------------------

    async def commit(self, account: Account, message: Message, draft_ref: str = "") -> Receipt:
        """The last piece of a video, or the one call of a photo post. After either there is no way
        back, and what came of it is only told by `check_processing`.
        """
        if self.facts.format(message.format).images:
            return await self._post_photos(account, message)
        upload = upload_of(draft_ref)
        if upload is None:
            raise TryLater("nothing was sent ahead that could be finished", code="no_draft")
        video = video_of(message)
        if upload.sent < last_piece(video):
            raise TryLater("the upload is not whole yet", code="no_draft")
        if upload.sent >= video.size:
            return await self._heard_before(account, upload, video)
        answer = await self._put(account, upload, video, video.size - upload.sent, writes=True)
        match answer.status:
            case 201:
                return Receipt(upload.publish_id, processing=True)
            case 403 | 404 | 416:
                return await self._heard_before(account, upload, video)
        raise self.error_from(answer, writes=True, redact=(upload.url,))

    async def _heard_before(self, account: Account, upload: Upload, video: Video) -> Receipt:
        """The last piece was not taken: because it came already, or because the address is over?"""
        try:
            status = await self._status(account, upload.publish_id)
        except ConnectorError as error:
            raise OutcomeUnknown(error.detail, code=error.code) from None
        if status["status"] == "FAILED":
            raise failure_of(status)
        if is_waiting(status) and status.get("uploaded_bytes", 0) < video.size:
            raise TryLater("the upload's address is over", code="upload_expired")
        return Receipt(upload.publish_id, processing=True)

    async def _post_photos(self, account: Account, message: Message) -> Receipt:
        post = {
            "media_type": "PHOTO",
            "post_mode": "DIRECT_POST",
            "post_info": {
                "title": message.title,
                "description": message.text,
                "privacy_level": option_of(message, "privacy"),
                "disable_comment": not option_of(message, "comments"),
                "auto_add_music": False,  # nothing may sound that nobody approved
                "brand_content_toggle": False,
                "brand_organic_toggle": bool(option_of(message, "own_brand")),
            },
            "source_info": {
                "source": "PULL_FROM_URL",
                "photo_cover_index": 0,
                "photo_images": [image.url for image in message.images],
            },
        }
        data = await self._api(account, "post/publish/content/init/", json=post, writes=True)
        if not data.get("publish_id"):
            raise OutcomeUnknown("no publication was named")
        return Receipt(data["publish_id"], processing=True)

    async def check_processing(
        self, account: Account, message: Message, external_id: str
    ) -> Receipt | None:
        """A public post is out once moderation has let it pass: then its id is told, and before
        that nobody sees it. What is meant for fewer people never gets an id that is told, and
        stands when TikTok says that it is done. A draft in the inbox waits for a person.
        """
        status = await self._status(account, external_id)
        if status["status"] == "FAILED":
            raise failure_of(status)
        if status["status"] != "PUBLISH_COMPLETE":
            return None
        if found_id := post_id(status):
            photo = bool(self.facts.format(message.format).images)
            return Receipt(
                PHOTO + found_id if photo else found_id, link_to(account, found_id, photo=photo)
            )
        if message.format == "inbox" or option_of(message, "privacy") == PUBLIC:
            return None
        return Receipt(external_id)

    # --- looking ----------------------------------------------------------------------------------

    async def find(
        self, account: Account, message: Message, draft_ref: str, since: datetime
    ) -> Receipt | None:
        upload = upload_of(draft_ref)
        if upload is None:
            if found := await self._listed(account, message, since):
                return found
            if self.facts.format(message.format).images:
                raise OutcomeUnknown("photo posts need not be listed", code="unlisted")
            return None
        try:
            status = await self._status(account, upload.publish_id)
        except OutcomeUnknown:
            if found := await self._listed(account, message, since):
                return found
            raise
        size = sum(video.size for video in message.videos)
        if status["status"] == "FAILED" or (
            is_waiting(status) and status.get("uploaded_bytes", 0) < size
        ):
            return None
        if status["status"] == "PUBLISH_COMPLETE" and (found_id := post_id(status)):
            return Receipt(found_id, link_to(account, found_id))
        return Receipt(upload.publish_id, processing=True)

    async def _listed(self, account: Account, message: Message, since: datetime) -> Receipt | None:
        """Search the account's list for the post. Raises OutcomeUnknown where a shortened text fits
        several posts.
        """
        words, photo = bare(message.text), bool(self.facts.format(message.format).images)
        found = []
        async for each in self._videos(
            account, since, fields="id,create_time,title,video_description,share_url"
        ):
            texts = [each.get("video_description", ""), each.get("title", "")]
            if words and words in map(bare, texts):
                found = [each["id"]]
                break
            if any(begins_like(words, text) for text in texts):
                found.append(each["id"])
        if len(found) > 1:
            raise OutcomeUnknown("several listed posts begin like this one", code="shortened")
        for post in found:
            return Receipt(PHOTO + post if photo else post, link_to(account, post, photo=photo))
        return None

    async def _videos(
        self, account: Account, since: datetime, *, fields: str
    ) -> AsyncIterator[dict[str, Any]]:
        """The public posts since then, newest first."""
        earliest, cursor = (since - timedelta(minutes=2)).timestamp(), 0
        while True:
            page = {"max_count": 20, **({"cursor": cursor} if cursor else {})}
            data = await self._api(
                account, f"video/list/?{urlencode({'fields': fields})}", json=page
            )
            for each in data.get("videos", ()):
                if each["create_time"] < earliest:
                    return
                yield each
            if not data.get("has_more") or data.get("cursor") == cursor:
                return
            cursor = data["cursor"]

    async def list_posts(self, account: Account, since: datetime) -> list[LivePost]:
        found = []
        async for each in self._videos(
            account, since, fields="id,create_time,video_description,share_url"
        ):
            at = datetime.fromtimestamp(each["create_time"], UTC)
            if at >= since:
                link = str(each.get("share_url", "")).partition("?")[0]
                found.append(LivePost(each["id"], link, at, text=each.get("video_description", "")))
        return found

    @classmethod
    def ids_of(cls, reference: str) -> frozenset[str]:
        """A webhook reports an upload by its publication, and photos as we do; lists do not."""
        if reference.startswith(UNSENT):
            return frozenset()
        upload = upload_of(reference)
        number = upload.publish_id if upload else reference
        return frozenset({number, number.removeprefix(PHOTO)}) - {""}

    async def withdraw(self, account: Account, external_id: str) -> bool:
        """A publication that is not finished can be stopped, if TikTok is not too far with it. What
        stands, people delete in TikTok's own app.
        """
        if external_id.startswith(UNSENT):
            return False  # nothing was sent yet
        upload = upload_of(external_id)
        publish_id = upload.publish_id if upload else external_id
        if is_post(publish_id):
            raise Rejected("TikTok lets nobody but its own app delete a post", code="no_removal")
        try:
            await self._api(account, "post/publish/cancel/", json={"publish_id": publish_id})
        except Rejected as error:
            if error.code == "publish_not_cancellable":
                return await self._too_late(account, publish_id)
            raise
        return True

    async def _too_late(self, account: Account, publish_id: str) -> bool:
        """Raise for a publication that could not be stopped; False where it came to nothing
        anyway.
        """
        match (await self._status(account, publish_id))["status"]:
            case "FAILED":
                return False
            case "PUBLISH_COMPLETE":
                raise Rejected(
                    "TikTok lets nobody but its own app delete a post", code="no_removal"
                )
        raise TryLater(
            "TikTok is at work on it and cannot be stopped",
            code="publish_not_cancellable",
            wait=MINUTE,
        )

    async def read_visibility(self, account: Account, external_id: str) -> Visibility:
        """Lists know public videos alone: of one that is missing there residents see nothing, but
        whether it was deleted or only closed to them, TikTok does not tell.
        """
        upload = upload_of(external_id)
        if external_id.startswith(UNSENT):
            return Visibility.GONE
        publish_id = upload.publish_id if upload else external_id
        if not is_post(publish_id):
            return await self._trace_upload(account, publish_id)
        number = publish_id.removeprefix(PHOTO)
        if await self._query(account, [number], fields="id"):
            return Visibility.VISIBLE
        if publish_id.startswith(PHOTO):
            raise Rejected("photo posts need not be listed", code="unlisted")
        return Visibility.HIDDEN

    async def _trace_upload(self, account: Account, publish_id: str) -> Visibility:
        status = await self._status(account, publish_id)
        if status["status"] == "FAILED":
            return Visibility.GONE
        return Visibility.VISIBLE if post_id(status) else Visibility.HIDDEN

    # --- counting ---------------------------------------------------------------------------------

    async def measure(self, account: Account, external_ids: Sequence[str]) -> dict[str, Figures]:
        posts = {each.removeprefix(PHOTO): each for each in external_ids if is_post(each)}
        chunks = [
            self._counted(account, list(chunk), self.metrics.without_skipped(_FIGURES))
            for chunk in batched(posts, 20)
        ]
        found = {
            posts[number]: Figures(**{_FIGURES[name]: value for name, value in values.items()})
            for videos in await asyncio.gather(*chunks)
            for number, values in videos.items()
        }
        # Photos need not be listed, and what is not public never is: there, as far as we know, but
        # not measured.
        unlisted = [each for each in external_ids if not each.isdecimal() and each not in found]
        return found | dict.fromkeys(unlisted, Figures())

    async def _counted(
        self, account: Account, ids: list[str], names: list[str]
    ) -> dict[str, dict[str, int]]:
        """Return figures by name and video. A field that TikTok has retired fails the whole call:
        then each is asked for by itself.
        """
        try:
            videos = await self._query(account, ids, fields=",".join(["id", *names]))
        except Rejected as error:
            if error.code != "invalid_params" or "field" not in error.detail.casefold():
                raise
            if len(names) < 2:
                self.metrics.refused.update(names)
                return {}
            found: dict[str, dict[str, int]] = {}
            for name in names:
                for number, values in (await self._counted(account, ids, [name])).items():
                    found.setdefault(number, {}).update(values)
            return found
        counted = {}
        for each in videos:
            counted[each["id"]] = {name: each[name] for name in names if each.get(name) is not None}
            self.metrics.record(names, counted[each["id"]])
        return counted

    async def _query(
        self, account: Account, ids: list[str], *, fields: str
    ) -> list[dict[str, Any]]:
        filters = {"filters": {"video_ids": ids}}
        return (
            await self._api(account, f"video/query/?{urlencode({'fields': fields})}", json=filters)
        )["videos"]

    # --- addresses, as residents see them ---------------------------------------------------------

    @classmethod
    def page_from_address(cls, steps: Sequence[str], query: Mapping[str, str]) -> str:
        match steps:
            case [name, *_rest] if name.startswith("@"):
                return name
        return ""  # a video's address, or a shortened one

    @classmethod
    def occurs_in_addresses(cls, key: str) -> bool:
        """TikTok's number for an account does not, unlike any name that was registered to be posted
        to by hand.
        """
        return "-" not in key

    # --- webhooks ---------------------------------------------------------------------------------

    @classmethod
    def parse_webhook(
        cls, app: Mapping[str, Any], headers: Mapping[str, str], raw: bytes
    ) -> list[Event]:
        """https://developers.tiktok.com/doc/webhooks-overview"""
        data = dict(
            part.strip().partition("=")[::2]
            for part in headers.get("Tiktok-Signature", "").split(",")
        )
        signed = data.get("t", "")
        made = hmac.new(
            app.get("app_secret", "").encode(), signed.encode() + b"." + raw, hashlib.sha256
        ).hexdigest()
        require_equal(data.get("s", ""), made if app.get("app_secret") else "")
        if not signed.isdigit() or abs(time.time() - int(signed)) > _LATEST:
            raise ForgedWebhook("signed too long ago")
        body = decode_object(raw)
        kind = _NEWS.get(str(body.get("event")))
        if kind is None or body.get("client_key") != app.get("app_id"):
            return []
        content = json.loads(body.get("content") or "{}")
        publish, post = str(content.get("publish_id") or ""), str(content.get("post_id") or "")
        number = (PHOTO + post if publish.startswith("p_") else post) if post else publish
        key = f"{body['event']} {body.get('create_time')} {number}"
        return [
            Event(
                kind, str(body["user_openid"]), number, key, from_timestamp(body.get("create_time"))
            )
        ]
