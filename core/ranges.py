"""Files in parts: a player that jumps into a video, and a platform that fetches one piece after the
other.
"""

import re
from contextlib import suppress

from django.core.files import File
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase

# No file has a place of more digits, and Python refuses to read numbers of many thousand.
_ONE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
PIECE = 64 * 1024


def answer_range(
    request: HttpRequest, file: File, *, content_type: str, tag: str
) -> HttpResponseBase:
    """Return the file, or the one part of it that ``Range`` asks for (RFC 9110): 200, 206 or 416.
    ``tag`` names the bytes.

    Several parts at once are answered with the whole, as the standard allows: nobody we serve asks
    so.
    """
    size, etag = file.size, f'"{tag}"'
    start, end = 0, size
    requested = _ONE.fullmatch(request.headers.get("Range", ""))
    partly = (
        requested is not None
        and any(requested.groups())
        and request.headers.get("If-Range", etag) == etag
    )
    if partly and requested:
        first, last = requested.groups()
        start = int(first) if first else max(0, size - int(last))
        end = min(int(last) + 1, size) if first and last else size
        if first and last and int(last) < int(first):  # no range at all: as if nothing was asked
            partly, start, end = False, 0, size
    if partly and (start >= size or start >= end):
        with suppress(OSError):
            file.close()
        response: HttpResponseBase = HttpResponse(status=416, content_type=content_type)
        response["Content-Range"] = f"bytes */{size}"
        return response
    response = _Pieces(_Part(file, start, end) if partly else file, status=206 if partly else 200)
    if partly:
        response["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    response["Content-Type"] = content_type
    response["Content-Length"] = str(end - start)
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = etag
    return response


class _Pieces(FileResponse):
    block_size = PIECE


class _Part:
    """The bytes from ``start`` to ``end`` of a file, as a file that can only be read on."""

    def __init__(self, file: File, start: int, end: int) -> None:
        file.seek(start)
        self.file, self.left = file, end - start

    def read(self, most: int) -> bytes:
        data = self.file.read(min(most, self.left))
        self.left -= len(data)
        return data

    def close(self) -> None:
        self.file.close()
