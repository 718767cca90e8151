"""A platform call as the stand-ins read it, and the reply they give, whatever way the parameters travelled."""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from dataclasses import dataclass, field
from typing import IO, Any
from urllib.parse import parse_qsl

from aiohttp import ClientError, web
from aiohttp.web_request import FileField

KEPT_WHOLE = 4 << 20


class Intake:
    """A file as it comes, in one piece or many: hashed and counted, and kept only while it is small."""

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
    """A request that has arrived whole. `arrived` is the moment its last byte was read."""

    method: str
    path: str
    params: dict[str, Any]
    files: dict[str, Upload]
    headers: Any
    origin: str
    arrived: float = field(default_factory=time.time)
    page: str = ""  # the page that the platform says it is about
    body: IO[bytes] | None = None  # a body that is a file, on disk if it is large

    @classmethod
    async def read(cls, request: web.Request) -> Call:
        params: dict[str, Any] = dict(request.query)
        files: dict[str, Upload] = {}
        file: IO[bytes] | None = None
        if request.body_exists:
            if request.content_type == "multipart/form-data":
                for name, value in (await request.post()).items():
                    if isinstance(value, FileField):
                        files[name] = Upload(value.file.read(), value.filename)
                    else:
                        params[name] = value
            elif request.content_type == "application/json":
                params |= decode_object(await request.read())
            elif is_file(request.content_type):
                file = await spooled(request)
            else:
                body = (await request.read()).decode("utf-8", "replace")
                params |= parse_qsl(body, keep_blank_values=True)
        origin = f"{request.scheme}://{request.host}"
        return cls(request.method, request.match_info["tail"], params, files, request.headers, origin, body=file)

    def text(self, name: str, default: str = "") -> str:
        """A parameter as text; JSON bodies may bring numbers and booleans."""
        value = self.params.get(name, default)
        if isinstance(value, bool):
            return "true" if value else "false"
        return value if isinstance(value, str) else json.dumps(value) if isinstance(value, dict | list) else str(value)

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.text(name).lower()
        return value in ("1", "true", "yes", "on") if value else default

    def number(self, name: str, default: int) -> int:
        try:
            return int(self.text(name, str(default)))
        except ValueError:
            return default

    def nested(self, name: str) -> Any:
        """A parameter that is an object or a list: itself in a JSON body, a JSON string in a form. None if broken."""
        value = self.params.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            return None


def is_file(content_type: str) -> bool:
    named = content_type.startswith(("video/", "image/", "multipart/related"))
    return named or content_type == "application/octet-stream"


async def spooled(request: web.Request) -> IO[bytes]:
    """The body in a file. A connection that breaks leaves what had come by then, as a resumed upload needs."""
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
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body, ensure_ascii=False).encode()

    def response(self) -> web.Response:
        return web.Response(
            body=self.encode(),
            status=self.status,
            headers=self.headers,
            content_type=self.content_type,
            charset="utf-8",
        )


NGINX_502 = Reply("<html><head><title>502 Bad Gateway</title></head></html>", 502, content_type="text/html")
