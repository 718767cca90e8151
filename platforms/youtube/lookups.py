"""Find videos of the channel, list them and take them down."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from platforms.errors import Rejected
from platforms.messages import Account, LivePost, Message, Receipt, Visibility
from platforms.text import collapse_spaces
from platforms.youtube.api import Api
from platforms.youtube.errors import ABSENT
from platforms.youtube.videos import (
    VideoDraft,
    is_ours,
    is_public,
    is_refused,
    is_short,
    make_mark,
    make_permalink,
    make_receipt,
)

_CLOCK_SKEW = timedelta(minutes=2)  # so much earlier than the try a list is read from


class Lookups(Api):
    """Ask the video, else the channel's uploads, what became of a post."""

    async def find(
        self, account: Account, message: Message, draft_ref: str, since: datetime
    ) -> Receipt | None:
        draft = VideoDraft.parse(draft_ref)
        if draft and draft.session:
            return None  # private, even if the session became a video
        if draft:
            video = await self.read_video(account, draft.video)
            if video is None or not is_public(video["status"]):
                return None
            return make_receipt(account, draft.video, short=draft.short, status=video["status"])
        video_id = await self.find_by_mark(account, message, since=since)
        if video_id is None:
            return None
        return Receipt(video_id, make_permalink(account, video_id, short=is_short(message)))

    async def find_by_mark(
        self,
        account: Account,
        message: Message,
        *,
        except_id: str = "",
        since: datetime | None = None,
    ) -> str | None:
        """Return the channel's newest video with this post's mark and texts. With ``since``, only
        one that is public and was published from then on.
        """
        earliest = since - _CLOCK_SKEW if since else None
        async for video in self._iter_uploads(account, "snippet,status"):
            if video["id"] == except_id or not _is_of_post(video["snippet"], message):
                continue
            published_at = datetime.fromisoformat(video["snippet"]["publishedAt"])
            if earliest and (published_at < earliest or not is_public(video["status"])):
                continue
            return str(video["id"])
        return None

    async def _iter_uploads(
        self, account: Account, part: str, *, max_pages: int = 4
    ) -> AsyncIterator[dict[str, Any]]:
        """Yield the channel's newest uploads, fifty a page, private ones among them."""
        playlist = f"UU{account.external_id.removeprefix('UC')}"
        query = {"part": "contentDetails", "playlistId": playlist, "maxResults": "50"}
        for _page in range(max_pages):
            try:
                page = await self.call_api(account, f"playlistItems?{urlencode(query)}")
            except Rejected as error:
                if error.code != "playlistNotFound":  # a channel that never had a video
                    raise
                return
            ids = [item["contentDetails"]["videoId"] for item in page.get("items", ())]
            if ids:
                path = f"videos?{urlencode({'part': part, 'id': ','.join(ids)})}"
                data = await self.call_api(account, path)
                videos = {item["id"]: item for item in data.get("items", ())}
                for video_id in ids:
                    if video_id in videos:
                        yield videos[video_id]
            if not page.get("nextPageToken"):
                return
            query["pageToken"] = page["nextPageToken"]

    async def list_posts(self, account: Account, since: datetime) -> list[LivePost]:
        posts = []
        async for video in self._iter_uploads(account, "snippet,status"):
            snippet = video["snippet"]
            at = datetime.fromisoformat(snippet["publishedAt"])
            if at >= since and is_public(video["status"]):
                link = make_permalink(account, video["id"])
                text = f"{snippet['title']}\n\n{snippet.get('description', '')}".strip()
                posts.append(LivePost(video["id"], link, at, ours=is_ours(snippet), text=text))
        return sorted(posts, key=lambda post: post.published_at, reverse=True)

    @classmethod
    def ids_of(cls, reference: str) -> frozenset[str]:
        draft = VideoDraft.parse(reference)
        return super().ids_of(draft.video if draft else reference)

    async def withdraw(self, account: Account, external_id: str) -> bool:
        video_id = await self._resolve_video_id(account, external_id)
        if not video_id:
            return False
        path = f"videos?{urlencode({'id': video_id})}"
        try:
            await self.call_api(account, path, method="DELETE")
        except Rejected as error:
            if error.code not in ABSENT:
                raise
            return False
        return True

    async def read_visibility(self, account: Account, external_id: str) -> Visibility:
        """Check whether viewers see a video. The channel's own token sees every video of the
        channel, so what is missing is gone.
        """
        video_id = await self._resolve_video_id(account, external_id)
        video = await self.read_video(account, video_id) if video_id else None
        if video is None:
            return Visibility.GONE
        # Unlisted: whoever has the address sees it.
        is_open = video["status"].get("privacyStatus") in ("public", "unlisted")
        if is_open and not is_refused(video["status"]):
            return Visibility.VISIBLE
        return Visibility.HIDDEN

    async def _resolve_video_id(self, account: Account, reference: str) -> str:
        """Return the video that an id or a draft's reference means; empty while there is none. A
        session that is not whole makes none, and expires by itself.
        """
        draft = VideoDraft.parse(reference)
        if draft is None:
            return reference
        if not draft.session:
            return draft.video
        answer = await self.query_session(account, draft.session)
        if answer.status in (200, 201) and isinstance(answer.body, dict):
            return str(answer.body.get("id", ""))
        if answer.status == 308:
            return ""
        if answer.status not in (404, 410):
            raise self.error_from(answer, redact=(account.token, draft.session))
        async for video in self._iter_uploads(account, "snippet", max_pages=1):
            if make_mark(draft.key) in video["snippet"].get("tags", ()):
                return str(video["id"])
        return ""


def _is_of_post(snippet: dict[str, Any], message: Message) -> bool:
    """Tell whether a video bears the post's mark and its texts."""
    texts = {"title": message.title, "description": message.text}
    return make_mark(message.key) in snippet.get("tags", ()) and all(
        collapse_spaces(snippet.get(name, "")) == collapse_spaces(text)
        for name, text in texts.items()
    )
