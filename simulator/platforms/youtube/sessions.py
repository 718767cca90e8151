"""Hold an upload under way, and read a file that comes with its metadata in one body."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser
from typing import IO, Any

from simulator.calls import Call, Intake
from simulator.platforms.youtube.errors import bad_request

BLOCK = 262_144


@dataclass
class Session:
    """Hold an upload under way: `received` is whole blocks until the file is whole; the bytes
    are gone."""

    kind: str
    page: str
    meta: dict[str, Any]
    started: float
    mime: str
    size: int | None = None
    intake: Intake = field(default_factory=Intake)
    head: bytes = b""
    finished: dict[str, Any] | None = None
    video: str = ""
    notify: bool = True

    @property
    def received(self) -> int:
        return self.intake.size

    def take(self, file: IO[bytes], *, skip: int, most: int, last: bool) -> None:
        """Take whole blocks alone, unless what comes is the end of the file; drop what was cut off
        in between."""
        file.seek(skip)
        received = 0
        while chunk := file.read(BLOCK):
            ends = last and self.received + len(chunk) == self.size
            if (len(chunk) < BLOCK and not ends) or (most and received + len(chunk) > most):
                return
            self.intake.take(chunk)
            received += len(chunk)
            if len(self.head) < BLOCK:
                self.head += chunk


def read_related(call: Call) -> tuple[dict[str, Any], IO[bytes] | None, str, int, int]:
    """Read a multipart/related body: its JSON, and where in the file the media is, of what type and
    how long."""
    match = re.search(r'boundary="?([^";]+)"?', call.headers.get("Content-Type", ""))
    if match is None or call.body is None:
        raise bad_request("A multipart upload has two parts.")
    mark, file = b"--" + match[1].encode(), call.body
    size = file.seek(0, 2)
    file.seek(0)
    top = file.read(1 << 20)
    file.seek(max(0, size - 512))
    tail = file.read()
    first = top.find(mark)
    second = top.find(b"\n" + mark, first + len(mark))
    closing = tail.rfind(mark + b"--")
    if min(first, second, closing) < 0:
        raise bad_request("A multipart upload has two parts.")
    json_body = re.split(
        rb"\r?\n\r?\n", top[first + len(mark) : second].lstrip(b"\r\n"), maxsplit=1
    )[-1]
    media_at = second + 1 + len(mark)
    split = re.search(rb"\r?\n\r?\n", top[media_at:].lstrip(b"\r\n"))
    if split is None:
        raise bad_request("The media part has no header.")
    skipped = len(top[media_at:]) - len(top[media_at:].lstrip(b"\r\n"))
    mime = BytesHeaderParser().parsebytes(
        top[media_at + skipped : media_at + skipped + split.start()]
    )["Content-Type"]
    start = media_at + skipped + split.end()
    end = max(0, size - 512) + closing
    before = tail[:closing] if closing else b""
    end -= 2 if before.endswith(b"\r\n") else 1 if before.endswith(b"\n") else 0
    try:
        meta = json.loads(json_body)
    except ValueError:
        raise bad_request("Parse Error") from None
    return meta if isinstance(meta, dict) else {}, file, mime or "", start, end - start
