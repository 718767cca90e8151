"""Post to YouTube by the Data API: a private video by a resumable upload, then one call that makes
it public.
"""

import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from platforms.errors import Rejected, TryLater
from platforms.messages import Account, Message, Receipt
from platforms.youtube.comments import Comments
from platforms.youtube.connection import Connection
from platforms.youtube.counting import Counting
from platforms.youtube.drafts import Drafts
from platforms.youtube.facts import FACTS, SETTINGS
from platforms.youtube.videos import (
    VideoDraft,
    is_refused,
    is_short,
    make_receipt,
    make_refusal,
)
from platforms.youtube.webhooks import Webhooks
from platforms.youtube.words import WORDS

# The fields of a video's status that may be written. What an update leaves out is erased.
_WRITABLE_STATUS = (
    "license",
    "embeddable",
    "publicStatsViewable",
    "selfDeclaredMadeForKids",
    "containsSyntheticMedia",
)


class Youtube(Drafts, Counting, Comments, Connection, Webhooks):
    """https://developers.google.com/youtube/v3/guides/using_resumable_upload_protocol"""

    kind = "youtube"
    words = WORDS
    facts = FACTS
    settings = SETTINGS

    # --- publishing -------------------------------------------------------------------------------

    async def commit(self, account: Account, message: Message, draft_ref: str = "") -> Receipt:
        """Make the private video public; the same video, however often. Its status is read first,
        because an update erases what it does not name: what somebody set at YouTube meanwhile stays
        as it is.
        """
        draft = VideoDraft.parse(draft_ref)
        if draft is None or draft.session:
            raise TryLater("there is no whole video that could be shown", code="no_draft")
        status = await self._read_accepted_status(account, draft.video)
        if status.get("privacyStatus") != "public":
            unchanged = {name: status[name] for name in _WRITABLE_STATUS if name in status}
            public = {"id": draft.video, "status": {**unchanged, "privacyStatus": "public"}}
            await self._update(account, "videos?part=status", public)
        return make_receipt(account, draft.video, short=draft.short, status=status)

    async def check_processing(
        self, account: Account, message: Message, external_id: str
    ) -> Receipt | None:
        status = await self._read_accepted_status(account, external_id)
        receipt = make_receipt(account, external_id, short=is_short(message), status=status)
        return None if receipt.processing else receipt

    async def _read_accepted_status(self, account: Account, video_id: str) -> Mapping[str, Any]:
        """Read a video's status. Raises Rejected where it is gone, or was refused in processing."""
        video = await self.read_video(account, video_id)
        if video is None:
            raise Rejected("the video is no longer on the channel", code="videoNotFound")
        if is_refused(video["status"]):
            raise make_refusal(video["status"])
        return video["status"]

    async def _update(self, account: Account, path: str, resource: Mapping[str, Any]) -> None:
        body = json.dumps(resource).encode()
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        await self.call_api(
            account, path, method="PUT", data=_read_once(body), headers=headers, writes=True
        )

    # --- the channel's profile --------------------------------------------------------------------

    async def write_page_details(self, account: Account, changes: Mapping[str, str]) -> None:
        """Write the whole part of the channel, which is read first because an update erases what it
        does not name. https://developers.google.com/youtube/v3/docs/channels/update, 50 units.
        """
        channel = await self.read_channel(account, "id,brandingSettings")
        if channel["id"] != account.external_id:
            raise Rejected("the token opens another channel", code="otherChannel")
        now = channel.get("brandingSettings", {}).get("channel", {})
        settings = {"channel": {**now, **changes}}
        resource = {"id": channel["id"], "brandingSettings": settings}
        await self._update(account, "channels?part=brandingSettings", resource)

    # --- addresses, as residents see them ---------------------------------------------------------

    @classmethod
    def page_from_address(cls, steps: Sequence[str], query: Mapping[str, str]) -> str:
        match steps:
            case ["channel", number, *_rest]:
                return number
            case [name, *_rest] if name.startswith("@"):
                return name
        return ""  # a video's address, a shortened one, or a name of the old kinds

    @classmethod
    def is_platform_id(cls, key: str) -> bool:
        return super().is_platform_id(key) or bool(re.fullmatch(r"uc[\w-]{22}", key))


async def _read_once(body: bytes) -> AsyncIterator[bytes]:
    """Yield a body that can be read one time: else the HTTP library would send a PUT again by
    itself when a connection breaks.
    """
    yield body
