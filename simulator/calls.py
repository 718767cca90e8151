"""Read a platform call and write its reply, whatever way the parameters travelled."""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from email.parser import HeaderParser
from typing import IO, Any
from urllib.parse import parse_qsl

from aiohttp import ClientError, web

KEPT_WHOLE = 4 << 20


class Intake:
    """Take a file as it comes, in one piece or many: hash and count it, and keep it only while it
    is small."""

    def __init__(self, keep: int = KEPT_WHOLE) -> None:
        self.keep = keep
        self.hash = hashlib.sha256()
        self.size = 0
        self.head = b""
        self.data: bytearray | None = bytearray()

    def take(self, chunk: bytes) -> None:
        self.hash.update(chunk)
        self.size += len(chunk)
        self.head = (self.head + chunk[: 64 - len(self.head)])[:64]
        if self.data is not None:
            self.data += chunk
            if self.size > self.keep:
                self.data = None

    def pour(self, file: IO[bytes]) -> None:
        while chunk := file.read(1 << 20):
            self.take(chunk)

    @property
    def sha256(self) -> str:
        return self.hash.hexdigest()


@dataclass
class Upload:
    data: bytes
    filename: str


@dataclass
class Call:
    """Hold a request that has arrived whole. `arrived` is the moment its last byte was read."""

    method: str
    path: str
    params: dict[str, Any]
    files: dict[str, Upload]
    headers: Any
    origin: str
    mount: str  # the platform's address, of which `path` is the rest
    arrived: float = field(default_factory=time.time)
    page: str = ""  # the page that the platform says it is about
    body: IO[bytes] | None = None  # a body that is a file, on disk if it is large

    @classmethod
    async def read(cls, request: web.Request, mount: str) -> Call:
        params: dict[str, Any] = dict(request.query)
        if len(parts := request.query.getall("part", [])) > 1:  # Google's clients may repeat it
            params["part"] = ",".join(parts)
        files: dict[str, Upload] = {}
        file: IO[bytes] | None = None
        if request.body_exists:
            if request.content_type == "multipart/form-data":
                for name, filename, data in split_form(
                    request.headers["Content-Type"], await request.read()
                ):
                    if filename:
                        files[name] = Upload(data, filename)
                    else:
                        params[name] = data.decode("utf-8", "replace")
            elif request.content_type == "application/json":
                params |= decode_object(await request.read())
            elif is_file(request.content_type):
                file = await spool_body(request)
            else:
                body = (await request.read()).decode("utf-8", "replace")
                params |= parse_qsl(body, keep_blank_values=True)
        origin = f"{request.scheme}://{request.host}"
        path = request.match_info["tail"]
        return cls(request.method, path, params, files, request.headers, origin, mount, body=file)

    def text(self, name: str, default: str = "") -> str:
        """Give a parameter as text; JSON bodies may bring numbers and booleans."""
        value = self.params.get(name, default)
        if isinstance(value, bool):
            return "true" if value else "false"
        return (
            value
            if isinstance(value, str)
            else json.dumps(value)
            if isinstance(value, dict | list)
            else str(value)
        )

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.text(name).lower()
        return value in ("1", "true", "yes", "on") if value else default

    def number(self, name: str, default: int) -> int:
        try:
            return int(self.text(name, str(default)))
        except ValueError:
            return default

    def nested(self, name: str) -> Any:
        """Give a parameter that is an object or a list: itself in a JSON body, a JSON string in a
        form. None if broken."""
        value = self.params.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            return None


def split_form(content_type: str, body: bytes) -> Iterator[tuple[str, str, bytes]]:
    """Read name, file name and content of each part of a form.

    aiohttp's own reader refuses a file that calls itself multipart/form-data, as Zalo's Java SDK
    names what it sends.
    """
    whole = Message()
    whole["Content-Type"] = content_type
    if not (boundary := whole.get_boundary()):
        raise web.HTTPBadRequest(text="The form names no boundary.")
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary.encode())[1:]:
        if part.startswith(b"--"):
            return
        head, _, content = part.partition(b"\r\n\r\n")
        header = HeaderParser().parsestr(head.decode("utf-8", "replace").strip())
        name = header.get_param("name", "", "Content-Disposition")
        yield str(name), header.get_filename(""), content


def is_file(content_type: str) -> bool:
    named = content_type.startswith(("video/", "image/", "multipart/related"))
    return named or content_type == "application/octet-stream"


async def spool_body(request: web.Request) -> IO[bytes]:
    """Put the body in a file. A connection that breaks leaves what had come by then, as a resumed
    upload needs."""
    file = tempfile.SpooledTemporaryFile(1 << 20)  # noqa: SIM115
    try:
        async for chunk in request.content.iter_chunked(1 << 18):
            file.write(chunk)
    except (ConnectionError, ClientError):
        pass
    file.seek(0)
    return file


def decode_object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


@dataclass
class Reply:
    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"

    def encode(self) -> bytes:
        return (
            self.body.encode()
            if isinstance(self.body, str)
            else json.dumps(self.body, ensure_ascii=False).encode()
        )

    def response(self) -> web.Response:
        return web.Response(
            body=self.encode(),
            status=self.status,
            headers=self.headers,
            content_type=self.content_type,
            charset="utf-8",
        )


NGINX_502 = Reply(
    "<html><head><title>502 Bad Gateway</title></head></html>", 502, content_type="text/html"
)
