"""Write forms that carry files. A video is read in pieces while it is sent, and the length is sent
beforehand, because servers differ in what they make of a body without one.
"""

import json
import secrets
from collections.abc import AsyncIterator, Mapping
from typing import Any

from platforms.http import Http
from platforms.messages import Image, Video

_ENDINGS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
}


class Form:
    """Collect plain fields first, then files under the names that the platform expects."""

    def __init__(self, fields: Mapping[str, Any] | None = None) -> None:
        self.boundary = secrets.token_hex(16)
        self.parts: list[bytes | Video] = []
        for name, value in (fields or {}).items():
            text = value if isinstance(value, str) else json.dumps(value)
            self.parts.append(self._head(f'name="{name}"') + text.encode() + b"\r\n")

    def add(self, name: str, file: Image | Video) -> None:
        ending = _ENDINGS.get(file.content_type, "bin")  # some platforms judge by it
        head = self._head(
            f'name="{name}"; filename="{file.sha256[:16]}.{ending}"', file.content_type
        )
        self.parts += [head, file.content if isinstance(file, Image) else file, b"\r\n"]

    def request(self) -> dict[str, Any]:
        """Return what `Http.call` needs to send it, once."""
        length = sum(
            part.size if isinstance(part, Video) else len(part)
            for part in (*self.parts, self._end())
        )
        headers = {
            "Content-Type": f"multipart/form-data; boundary={self.boundary}",
            "Content-Length": str(length),
        }
        return {"data": self._body(), "headers": headers}

    async def _body(self) -> AsyncIterator[bytes]:
        for part in (*self.parts, self._end()):
            if isinstance(part, Video):
                async for piece in Http.read_pieces(part, 0, part.size):
                    yield piece
            else:
                yield part

    def _head(self, disposition: str, content_type: str = "") -> bytes:
        kind = f"Content-Type: {content_type}\r\n" if content_type else ""
        return (
            f"--{self.boundary}\r\nContent-Disposition: form-data; {disposition}\r\n{kind}\r\n"
        ).encode()

    def _end(self) -> bytes:
        return f"--{self.boundary}--\r\n".encode()
