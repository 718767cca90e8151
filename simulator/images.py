"""Read, draw and fetch pictures without a library."""

from __future__ import annotations

import contextlib
import struct
import zlib
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import aiohttp

from simulator.calls import Intake


def detect_kind(data: bytes) -> str:
    """Tell the type by the first bytes; empty when it is none that a platform takes."""
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
    if data.startswith(b"\x1aE\xdf\xa3"):
        return "video/webm"
    return ""


def read_size(data: bytes) -> tuple[int, int]:
    """Read width and height; zeros where the file does not tell or is not whole."""
    try:
        match detect_kind(data):
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


def make_plain_mp4(seed: int, seconds: float = 5.0, size: int = 1024) -> bytes:
    """Make a file that looks like a video: its type, how long it plays, and filling up to `size`
    bytes."""

    def box(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body) + 8) + name + body

    length = box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 1000, int(seconds * 1000)) + bytes(80))
    start = box(b"ftyp", b"mp42" + bytes(4) + b"mp42isom") + box(b"moov", length)
    filling = struct.pack(">Q", seed) * (max(0, size - len(start)) // 8 + 1)
    return start + box(b"mdat", filling[: max(0, size - len(start) - 8)])


def read_seconds(head: bytes) -> float:
    """Read how long a video plays, if its beginning tells; otherwise nothing."""
    at = head.find(b"mvhd")
    if at < 0:
        return 0.0
    try:
        wide = head[at + 4] == 1
        scale, length = struct.unpack_from(
            ">IQ" if wide else ">II", head, at + (24 if wide else 16)
        )
    except (struct.error, IndexError):
        return 0.0
    return length / scale if scale else 0.0


def make_plain_png(seed: int, width: int = 64, height: int = 48) -> bytes:
    """Draw a small picture of one colour, for posts that are seeded with pictures nobody drew."""
    colour = bytes((seed * 67 % 200 + 40, seed * 131 % 200 + 40, seed * 29 % 200 + 40))
    rows = (b"\x00" + colour * width) * height

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


class Unfetchable(Exception):
    """Report that an address gave no picture."""


class Fetcher:
    """Get pictures by address as the platforms do, but from this machine's own hosts alone."""

    def __init__(self) -> None:
        self.session: aiohttp.ClientSession | None = None

    async def get(self, url: str, hosts: list[str], largest: int) -> bytes:
        """Get at most one byte more than `largest`, so that the caller can tell "too big" from
        "broken"."""
        data = b""
        async with self.opened(url, hosts) as answer:
            async for chunk in answer.content.iter_chunked(1 << 16):
                data += chunk
                if len(data) > largest:
                    break
        return data[: largest + 1]

    async def pour(self, url: str, hosts: list[str], intake: Intake, largest: int) -> None:
        """Get a file too large to hold, into an intake, which takes more than `largest` if it is
        too big."""
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
