"""Call the Data API, and the upload sessions of videos."""

from typing import Any
from urllib.parse import urlencode

from platforms.connector import Connector
from platforms.errors import ConnectorError, TryLater, unknown_outcome
from platforms.http import Answer, is_own_host
from platforms.messages import Account, Video
from platforms.youtube.errors import DOWN, list_reasons, sort_error

# A session takes whole blocks of 256 KiB.
_PIECE_BYTES = 32 * 262_144


class Api(Connector):
    """Make the calls that every part of the connector needs."""

    async def call_api(
        self, account: Account, path: str, *, method: str = "GET", upload: bool = False, **more: Any
    ) -> Any:
        """Call the interface in the account's name, and return the answer. ``upload``: the path is
        among those that take files.
        """
        url = f"{account.base_url}{'/upload' if upload else ''}/youtube/v3/{path}"
        headers = {**_make_authorization_header(account), **more.pop("headers", {})}
        return await self.call(method, url, headers=headers, redact=(account.token,), **more)

    async def read_video(
        self, account: Account, video_id: str, part: str = "status"
    ) -> dict[str, Any] | None:
        """Read a part of a video's resource; None where there is no such video."""
        data = await self.call_api(account, f"videos?{urlencode({'part': part, 'id': video_id})}")
        return next((item for item in data.get("items", ()) if item["id"] == video_id), None)

    # --- upload sessions --------------------------------------------------------------------------

    async def open_session(
        self, account: Account, *, query: dict[str, str], headers: dict[str, str], metadata: Any
    ) -> Answer:
        """Open an upload session, whose address is in the answer's headers."""
        url = f"{account.base_url}/upload/youtube/v3/videos"
        headers = {**_make_authorization_header(account), **headers}
        return await self.send("POST", url, params=query, json=metadata, headers=headers)

    async def query_session(self, account: Account, session: str, *, size: int = 0) -> Answer:
        """Ask a session how far it is, without sending anything."""
        content_range = f"bytes */{size or '*'}"
        headers = {"Content-Length": "0", "Content-Range": content_range}
        return await self._put(account, session, headers=headers)

    async def send_piece(
        self, account: Account, session: str, video: Video, *, start: int
    ) -> Answer:
        """Send the next piece of a video to its session."""
        length = min(_PIECE_BYTES, video.size - start)
        headers = {
            "Content-Type": video.content_type,
            "Content-Length": str(length),
            "Content-Range": f"bytes {start}-{start + length - 1}/{video.size}",
        }
        data = self.read_pieces(video, start, length)
        return await self._put(account, session, headers=headers, data=data)

    async def _put(
        self, account: Account, session: str, *, headers: dict[str, str], **more: Any
    ) -> Answer:
        if not is_own_host(session, account.base_url):
            raise TryLater(
                "the upload's address is not on the platform's own host", code="upload_host"
            )
        return await self.send(
            "PUT", session, headers={**_make_authorization_header(account), **headers}, **more
        )

    # --- errors -----------------------------------------------------------------------------------

    def is_success(self, status: int, body: Any) -> bool:
        if status == 204:
            return True
        return status in (200, 201) and isinstance(body, dict) and "error" not in body

    def error_for(self, status: int, body: Any, *, writes: bool) -> ConnectorError:
        match body:
            case {"error": {} as error}:
                reasons, detail = list_reasons(error), str(error.get("message") or f"HTTP {status}")
            case {"error": str(name)}:  # the token server's
                reasons, detail = [name], str(body.get("error_description") or name)
            case _:
                return super().error_for(status, body, writes=writes)
        code = reasons[0] if reasons else str(status)
        if status >= 500 or DOWN & set(reasons):
            return unknown_outcome(detail, code=code, writes=writes)
        return sort_error(status, reasons, code, detail)


def _make_authorization_header(account: Account) -> dict[str, str]:
    return {"Authorization": f"Bearer {account.token}"}
