"""Post to TikTok by the Content Posting API: an upload whose last piece publishes it, and then
checks what became of it.
"""

import re
from collections.abc import Mapping, Sequence

from platforms.errors import ConnectorError, OutcomeUnknown, TryLater
from platforms.messages import Account, Message, Receipt, Video
from platforms.tiktok.connection import Connection
from platforms.tiktok.counting import Counting
from platforms.tiktok.drafts import Drafts, Upload, compute_last_piece_start
from platforms.tiktok.errors import make_failure
from platforms.tiktok.facts import FACTS, PUBLIC, SETTINGS
from platforms.tiktok.posts import (
    is_missing_bytes,
    is_photo_post,
    make_photo_post,
    make_receipt,
    parse_public_post_id,
    require_video,
)
from platforms.tiktok.webhooks import Webhooks
from platforms.tiktok.words import WORDS


class Tiktok(Drafts, Counting, Connection, Webhooks):
    """https://developers.tiktok.com/doc/content-posting-api-reference-direct-post"""

    kind = "tiktok"
    words = WORDS
    facts = FACTS
    settings = SETTINGS
    # TikTok names another one by region; of its domain, only these take videos.
    upload_hosts = re.compile(r"(open-)?upload(-[a-z0-9]+|\.[a-z]{2,4})?\.tiktokapis\.com")

    # --- publishing -------------------------------------------------------------------------------

    async def commit(self, account: Account, message: Message, draft_ref: str = "") -> Receipt:
        """Send the last piece of a video, or the one call of a photo post. Neither can be undone,
        and only `check_processing` finds out what came of it.
        """
        if is_photo_post(message):
            return await self._post_photos(account, message)
        upload = Upload.parse(draft_ref)
        if upload is None:
            raise TryLater("nothing was sent ahead that could be finished", code="no_draft")
        video = require_video(message)
        if upload.sent < compute_last_piece_start(video):
            raise TryLater("the upload is not whole yet", code="no_draft")
        if upload.sent >= video.size:
            return await self._receipt_of_earlier_try(account, upload, video)
        last_piece = video.size - upload.sent
        answer = await self.send_piece(account, upload, video, last_piece, writes=True)
        match answer.status:
            case 201:
                return Receipt(upload.publish_id, processing=True)
            case 403 | 404 | 416:
                return await self._receipt_of_earlier_try(account, upload, video)
        raise self.error_from(answer, writes=True, redact=(upload.url,))

    async def _post_photos(self, account: Account, message: Message) -> Receipt:
        path = "post/publish/content/init/"
        data = await self.call_api(account, path, json=make_photo_post(message), writes=True)
        if not data.get("publish_id"):
            raise OutcomeUnknown("no publication was named")
        return Receipt(data["publish_id"], processing=True)

    async def _receipt_of_earlier_try(
        self, account: Account, upload: Upload, video: Video
    ) -> Receipt:
        """Return the receipt of a video whose last piece is refused because TikTok has it; else
        raise TryLater, because the address has expired.
        """
        try:
            status = await self.read_status(account, upload.publish_id)
        except ConnectorError as error:
            raise OutcomeUnknown(error.detail, code=error.code) from None
        if status["status"] == "FAILED":
            raise make_failure(status)
        if is_missing_bytes(status, video.size):
            raise TryLater("the upload's address is over", code="upload_expired")
        return Receipt(upload.publish_id, processing=True)

    async def check_processing(
        self, account: Account, message: Message, external_id: str
    ) -> Receipt | None:
        """Return the receipt of a public post once it has an id, which it gets when moderation has
        let it pass: before that nobody sees it. A post for fewer people never gets an id, and is
        live once TikTok says that it is complete. A draft in the inbox waits for a person.
        """
        status = await self.read_status(account, external_id)
        if status["status"] == "FAILED":
            raise make_failure(status)
        if status["status"] != "PUBLISH_COMPLETE":
            return None
        if post_id := parse_public_post_id(status):
            return make_receipt(account, post_id, photo=is_photo_post(message))
        if message.format == "inbox" or self.facts.option(message, "privacy") == PUBLIC:
            return None
        return Receipt(external_id)

    # --- addresses, as residents see them ---------------------------------------------------------

    @classmethod
    def page_from_address(cls, steps: Sequence[str], query: Mapping[str, str]) -> str:
        match steps:
            case [name, *_rest] if name.startswith("@"):
                return name
        return ""  # a video's address, or a shortened one

    @classmethod
    def occurs_in_addresses(cls, key: str) -> bool:
        """Tell TikTok's own number of an account, which addresses never contain, from a name that
        was registered for posting by hand.
        """
        return "-" not in key
