"""Post to Facebook Pages by the Graph API. Everything is there, unseen, before one call publishes
it: an unpublished post, an unpublished video, a Reel or a story whose bytes have been received.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from platforms.errors import ConnectorError, OutcomeUnknown, Rejected
from platforms.messages import Account, Message, Receipt
from platforms.meta.errors import COMMON_ERROR_KINDS, ErrorKind
from platforms.meta.facebook.comments import Comments
from platforms.meta.facebook.connection import Connection
from platforms.meta.facebook.counting import Counting
from platforms.meta.facebook.drafts import Drafts
from platforms.meta.facebook.facts import FACTS, NO_PAGES
from platforms.meta.facebook.lookups import Lookups
from platforms.meta.facebook.posts import FAILED, Upload, choose_video_edge, parse_permalink
from platforms.meta.facebook.words import WORDS
from platforms.meta.graph import make_ai_label_fields
from platforms.meta.webhooks import Webhooks

_DUPLICATE = "506"
_PHOTO_USED = "1366051"


class Facebook(Drafts, Lookups, Comments, Counting, Connection, Webhooks):
    """https://developers.facebook.com/docs/pages-api/posts, …/video-api/guides/reels-publishing,
    …/page-stories-api
    """

    kind = "facebook"
    words = WORDS
    facts = FACTS
    webhook_object = "page"
    webhook_fields = "feed,name"
    paths_with_page_in_query = frozenset({"profile.php"})
    paths_without_page = NO_PAGES
    error_kinds = {
        **COMMON_ERROR_KINDS,
        # Page authorisation, identity, security check, account limited: somebody has to act at
        # facebook.com first.
        **dict.fromkeys(("1404006", "1404078", "1404112", "4854002"), ErrorKind.ACCESS_LOST),
        **dict.fromkeys(("1363047", "1609010"), ErrorKind.PLATFORM_BROKEN),
        **dict.fromkeys(("389", "1609005", "6000", "6001"), ErrorKind.TRY_AGAIN),
        _DUPLICATE: ErrorKind.DUPLICATE,
        _PHOTO_USED: ErrorKind.DUPLICATE,
    }

    # --- publishing -------------------------------------------------------------------------------

    async def commit(self, account: Account, message: Message, draft_ref: str = "") -> Receipt:
        ref = draft_ref or (await self.create_draft_post(account, message)).ref
        upload = Upload.parse(ref)
        try:
            if upload is None:
                return await self._publish_post(account, ref)
            return await self._publish_upload(account, message, upload)
        except OutcomeUnknown as error:
            if error.code not in (_DUPLICATE, _PHOTO_USED):
                raise
            return await self._receipt_of_earlier_try(account, ref, error)

    async def _receipt_of_earlier_try(
        self, account: Account, draft_ref: str, refusal: OutcomeUnknown
    ) -> Receipt:
        """Return the receipt of a draft that is refused because the page's last post says the same:
        most often it is this very draft, published by an earlier try. Else raise Rejected.
        """
        since = datetime.now(UTC) - timedelta(days=1)
        try:
            receipt = await self.find_by_draft(account, draft_ref, since)
        except ConnectorError:
            raise refusal from None
        if receipt is None:
            raise Rejected(refusal.detail, code=refusal.code) from None
        return receipt

    async def _publish_post(self, account: Account, draft_ref: str) -> Receipt:
        form = {"is_published": "true", "fields": "permalink_url"}
        answer = await self.call_api(account, draft_ref, method="POST", data=form, writes=True)
        permalink = parse_permalink(account, answer) or await self._read_permalink(
            account, draft_ref
        )
        return Receipt(draft_ref, permalink)

    async def _publish_upload(self, account: Account, message: Message, upload: Upload) -> Receipt:
        match upload.kind:
            case "video":
                return await self._publish_video(account, upload)
            case "photo_story":
                return await self._publish_photo_story(account, upload)
        return await self._finish_upload(account, message, upload)

    async def _publish_video(self, account: Account, upload: Upload) -> Receipt:
        form = {"published": "true"}
        await self.call_api(account, upload.id, method="POST", data=form, writes=True)
        return Receipt(upload.id, await self._read_permalink(account, upload.id))

    async def _publish_photo_story(self, account: Account, upload: Upload) -> Receipt:
        path, form = f"{account.external_id}/photo_stories", {"photo_id": upload.id}
        answer = await self.call_api(account, path, method="POST", data=form, writes=True)
        story_id = f"{account.external_id}_{answer['post_id']}"
        return Receipt(story_id, await self._read_permalink(account, story_id))

    async def _finish_upload(self, account: Account, message: Message, upload: Upload) -> Receipt:
        """Publish a Reel or a video story by the call that finishes its upload."""
        form = {"upload_phase": "finish", "video_id": upload.id, "video_state": "PUBLISHED"}
        if message.text and upload.kind == "reel":
            form["description"] = message.text
        form |= make_ai_label_fields(message)
        path = choose_video_edge(account, upload.kind)
        await self.call_api(account, path, method="POST", data=form, writes=True)
        in_processing = Receipt(upload.id, processing=True)
        try:
            receipt = await self.read_video_receipt(account, upload, timeout=10)
        except ConnectorError:  # `check_processing` finds out what became of it
            return in_processing
        return receipt or in_processing

    async def _read_permalink(self, account: Account, post_id: str) -> str:
        """Return the post's address, or nothing where that fails: the post is live already, which
        no error here may call in doubt.
        """
        params = {"fields": "permalink_url"}
        try:
            answer = await self.call_api(account, post_id, params=params, timeout=10)
        except ConnectorError:
            return ""
        return parse_permalink(account, answer)

    async def check_processing(
        self, account: Account, message: Message, external_id: str
    ) -> Receipt | None:
        try:
            receipt = await self.read_video_receipt(account, Upload("reel", external_id))
        except Rejected as error:
            if error.code == FAILED:
                raise
            # The check was refused, not the video.
            raise OutcomeUnknown(error.detail, code=error.code) from None
        return None if receipt is None or receipt.processing else receipt

    # --- addresses, as residents see them ---------------------------------------------------------

    @classmethod
    def page_from_address(cls, steps: Sequence[str], query: Mapping[str, str]) -> str:
        match steps:
            case ["profile.php" | "permalink.php" | "story.php", *_rest]:
                return query.get("id", "")
            case ["people", _name, number, *_rest]:
                return number
            case ["pages", *_rest, name] | ["p", name, *_rest]:
                digits = re.search(r"(?<!\d)\d{5,}$", name)
                return digits[0] if digits else ""
        return super().page_from_address(steps, query)
