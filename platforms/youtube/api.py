"""Call the Data API and read the channel's own videos."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from platforms.connector import Connector
from platforms.errors import ConnectorError, OutcomeUnknown, Rejected, TryLater
from platforms.http import Answer, is_own_host
from platforms.messages import Account, Message, Video
from platforms.youtube.errors import DOWN, reasons_of, sort_error
from platforms.youtube.videos import is_public, mark_of

# A session takes whole blocks of 256 KiB.
_PIECE = 32 * 262_144
UPLOAD_DOMAIN = "googleapis.com"  # of Google's upload hosts


class Api(Connector):
    """Make the calls that every part of the connector needs."""

    async def _marked(
        self, account: Account, message: Message, *, but: str = "", since: datetime | None = None
    ) -> str | None:
        """The channel's newest video that bears this post's mark and words; with ``since``, a
        public one that was published from then on.
        """
        expected = {"title": message.title, "description": message.text}
        earliest = since - timedelta(minutes=2) if since else None
        async for video in self._uploads(account, "snippet,status"):
            snippet = video["snippet"]
            if video["id"] == but or mark_of(message.key) not in snippet.get("tags", ()):
                continue
            if any(
                _bare(snippet.get(name, "")) != _bare(words) for name, words in expected.items()
            ):
                continue
            published = datetime.fromisoformat(snippet["publishedAt"])
            if earliest and (published < earliest or not is_public(video["status"])):
                continue
            return str(video["id"])
        return None

    async def _uploads(
        self, account: Account, part: str, *, most: int = 4
    ) -> AsyncIterator[dict[str, Any]]:
        """The channel's newest uploads, fifty a page, private ones among them."""
        playlist = f"UU{account.external_id.removeprefix('UC')}"
        asked = {"part": "contentDetails", "playlistId": playlist, "maxResults": "50"}
        for _page in range(most):
            try:
                listed = await self._data("GET", account, f"playlistItems?{urlencode(asked)}")
            except Rejected as error:
                if error.code != "playlistNotFound":  # a channel that never had a video
                    raise
                return
            ids = [each["contentDetails"]["videoId"] for each in listed.get("items", ())]
            if ids:
                data = await self._data(
                    "GET", account, f"videos?{urlencode({'part': part, 'id': ','.join(ids)})}"
                )
                by_id = {each["id"]: each for each in data.get("items", ())}
                for each in ids:
                    if each in by_id:
                        yield by_id[each]
            if not listed.get("nextPageToken"):
                return
            asked["pageToken"] = listed["nextPageToken"]

    async def _video(self, account: Account, video_id: str, part: str) -> dict[str, Any] | None:
        data = await self._data(
            "GET", account, f"videos?{urlencode({'part': part, 'id': video_id})}"
        )
        return next((each for each in data.get("items", ()) if each["id"] == video_id), None)

    async def _data(
        self, method: str, account: Account, path: str, *, upload: bool = False, **request: Any
    ) -> Any:
        url = f"{account.base_url}{'/upload' if upload else ''}/youtube/v3/{path}"
        headers = {"Authorization": f"Bearer {account.token}", **request.pop("headers", {})}
        return await self.call(method, url, headers=headers, redact=(account.token,), **request)

    async def _ask(self, method: str, account: Account, url: str, **request: Any) -> Answer:
        headers = {"Authorization": f"Bearer {account.token}", **request.pop("headers", {})}
        return await self.send(method, url, headers=headers, **request)

    async def _put(
        self,
        account: Account,
        session: str,
        *,
        size: int = 0,
        video: Video | None = None,
        start: int = 0,
    ) -> Answer:
        """A piece of the video from ``start`` on; without a video, the question what the session
        holds.
        """
        if not is_own_host(session, account.base_url, UPLOAD_DOMAIN):
            raise TryLater(
                "the upload's address is not on the platform's own host", code="upload_host"
            )
        if video is None:
            asked = {"Content-Length": "0", "Content-Range": f"bytes */{size or '*'}"}
            return await self._ask("PUT", account, session, headers=asked)
        length = min(_PIECE, size - start)
        headers = {
            "Content-Type": video.content_type,
            "Content-Length": str(length),
            "Content-Range": f"bytes {start}-{start + length - 1}/{size}",
        }
        return await self._ask(
            "PUT", account, session, headers=headers, data=self.read_pieces(video, start, length)
        )

    def _error_of(self, answer: Answer, account: Account, *redact: str) -> ConnectorError:
        return self.error_from(answer, redact=(account.token, *redact))

    def is_success(self, status: int, body: Any) -> bool:
        return status == 204 or (
            status in (200, 201) and isinstance(body, dict) and "error" not in body
        )

    def error_for(self, status: int, body: Any, *, writes: bool) -> ConnectorError:
        match body:
            case {"error": {} as error}:
                reasons, detail = reasons_of(error), str(error.get("message") or f"HTTP {status}")
            case {"error": str(name)}:  # the token server's
                reasons, detail = [name], str(body.get("error_description") or name)
            case _:
                return super().error_for(status, body, writes=writes)
        code = reasons[0] if reasons else str(status)
        if status >= 500 or DOWN & set(reasons):
            return (OutcomeUnknown if writes else TryLater)(detail, code=code)
        return sort_error(status, reasons, code, detail)


def _bare(text: str) -> str:
    return " ".join(text.split())
