"""Pictures without a library: what a file is, how large it is, a plain one to show, and fetching one by address."""

from __future__ import annotations

import contextlib
import struct
import zlib
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import aiohttp

from simulator.calls import Intake


def kind_of(data: bytes) -> str:
    """The type by the first bytes; empty when it is none that a platform takes."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:8] == b"ftyp":
        return "video/mp4"
    return ""


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height; zeros where the file does not tell or is not whole."""
    try:
        match kind_of(data):
            case "image/png":
                return struct.unpack(">II", data[16:24])
            case "image/gif":
                return struct.unpack("<HH", data[6:10])
            case "image/jpeg":
                at = 2
                while True:
                    marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
                    if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
                        height, width = struct.unpack(">HH", data[at + 5 : at + 9])
                        return width, height
                    at += 2 + max(length, 2)
    except (struct.error, IndexError):
        pass
    return 0, 0


def plain_png(seed: int, width: int = 64, height: int = 48) -> bytes:
    """A small picture of one colour, for posts that are seeded with pictures nobody drew."""
    colour = bytes((seed * 67 % 200 + 40, seed * 131 % 200 + 40, seed * 29 % 200 + 40))
    rows = (b"\x00" + colour * width) * height

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


class Unfetchable(Exception):
    """The address gave no picture."""


class Fetcher:
    """Gets pictures by address as the platforms do, but from this machine's own hosts alone."""

    def __init__(self) -> None:
        self.session: aiohttp.ClientSession | None = None

    async def get(self, url: str, hosts: list[str], largest: int) -> bytes:
        """At most one byte more than `largest`, so that the caller can tell "too big" from "broken"."""
        data = b""
        async with self.opened(url, hosts) as answer:
            async for chunk in answer.content.iter_chunked(1 << 16):
                data += chunk
                if len(data) > largest:
                    break
        return data[: largest + 1]

    async def pour(self, url: str, hosts: list[str], intake: Intake, largest: int) -> None:
        """The same for a file too large to hold: into an intake, which is told more than `largest` if it is too big."""
        async with self.opened(url, hosts) as answer:
            async for chunk in answer.content.iter_chunked(1 << 18):
                intake.take(chunk)
                if intake.size > largest:
                    break

    @contextlib.asynccontextmanager
    async def opened(self, url: str, hosts: list[str]) -> AsyncIterator[aiohttp.ClientResponse]:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or parts.hostname not in hosts:
            raise Unfetchable(f"{parts.hostname} is not a host that pictures may come from")
        if self.session is None:
            self.session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=64), timeout=aiohttp.ClientTimeout(total=20)
            )
        try:
            async with self.session.get(url, allow_redirects=False) as answer:
                if answer.status != 200:
                    raise Unfetchable(f"status {answer.status}")
                yield answer
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unfetchable(type(error).__name__) from error

    async def close(self) -> None:
        if self.session is not None:
            await self.session.close()
