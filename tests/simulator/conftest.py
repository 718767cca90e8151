import hashlib
import hmac
import http.client
import json
import threading
import uuid
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlencode, urlsplit

import pytest

from simulator import images

# Followers: of so many, some react and write, whatever interest chance gives a post.
CROWD = 1_000_000


@dataclass
class Answer:
    status: int
    headers: dict
    raw: bytes
    body: dict = field(init=False)

    def __post_init__(self):
        try:
            self.body = json.loads(self.raw)
        except ValueError:
            self.body = {}

    @property
    def error(self):
        """Return Facebook's error as (code, subcode)."""
        return self.body["error"]["code"], self.body["error"].get("error_subcode")


def ask(method, url, *, query=None, form=None, data=None, files=None, body=None, headers=None):
    """Do one plain HTTP exchange, on a connection of its own: no pool, no redirect, no retry."""
    headers = dict(headers or {})
    if files:
        boundary = uuid.uuid4().hex
        parts = [(f'name="{name}"', str(value).encode()) for name, value in (form or {}).items()]
        parts += [
            (f'name="{name}"; filename="{name}.bin"', content) for name, content in files.items()
        ]
        body = b"".join(
            f"--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode()
            + content
            + b"\r\n"
            for head, content in parts
        )
        body += f"--{boundary}--\r\n".encode()
        headers["Content-Type"] = f"multipart/form-data; boundary={boundary}"
    elif data is not None:
        body, headers["Content-Type"] = json.dumps(data).encode(), "application/json"
    elif form is not None:
        body, headers["Content-Type"] = (
            urlencode(form).encode(),
            "application/x-www-form-urlencoded",
        )
    parts = urlsplit(url)
    asked = "&".join(filter(None, [parts.query, urlencode(query or {})]))
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    try:
        connection.request(method, parts.path + (f"?{asked}" if asked else ""), body, headers)
        answer = connection.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), answer.read())
    finally:
        connection.close()


@pytest.fixture
def simulator(running_simulator):
    running_simulator.reset()
    return running_simulator


class Graph:
    """A page on Facebook and calls to it with its own token and proof."""

    def __init__(self, simulator, **page):
        self.base = f"{simulator.url}/facebook/graph/v26.0"
        self.page = simulator.page("facebook", **page)
        self.id = self.page["external_id"]
        self.token = self.page["tokens"]["access_token"]

    def call(self, method, path, *, token=None, files=None, **params):
        token = token or self.token
        params = {"access_token": token, "appsecret_proof": proof(token)} | params
        if method == "GET":
            return ask("GET", f"{self.base}/{path}", query=params)
        return ask(method, f"{self.base}/{path}", form=params, files=files)

    def get(self, path, **params):
        return self.call("GET", path, **params)

    def post(self, path, **params):
        return self.call("POST", path, **params)


def proof(token):
    return hmac.new(b"simulator-facebook-secret", token.encode(), hashlib.sha256).hexdigest()


class Account:
    """A Zalo account and calls to it."""

    def __init__(self, simulator, pictures, **page):
        self.simulator = simulator
        self.url = simulator.url
        self.page = simulator.page("zalo", **page)
        self.id = self.page["external_id"]
        self.token = self.page["tokens"]["access_token"]
        self.pictures = pictures

    def get(self, path, **query):
        return ask(
            "GET",
            f"{self.url}/zalo/openapi/v2.0/{path}",
            query=query,
            headers={"access_token": self.token},
        ).body

    def post(self, path, **data):
        return ask(
            "POST",
            f"{self.url}/zalo/openapi/v2.0/{path}",
            data=data,
            headers={"access_token": self.token},
        ).body

    def article(self, **changed):
        return {
            "type": "normal",
            "title": "Lịch tiếp công dân",
            "author": "Công an phường",
            "description": "Giờ làm việc",
            "cover": {
                "cover_type": "photo",
                "photo_url": f"{self.pictures}/small.png",
                "status": "show",
            },
            "body": [{"type": "text", "content": "<p>Từ ngày <b>01/12</b></p>"}],
            "comment": "hide",
        } | changed

    def create(self, **changed):
        """Create an article, wait on the world's clock until its job is over, and return the
        article's id."""
        token = self.post("article/create", **self.article(**changed))["data"]["token"]
        return self.verified(token)["data"]["id"]

    def verified(self, token):
        """Ask until the job is over. Each round ages the world by a second, so nothing here waits
        for real time."""
        while True:
            answer = self.post("article/verify", token=token)
            if answer["error"] != -214:
                return answer
            self.simulator.advance(1)


class Bot:
    """A Telegram channel and calls to the bot."""

    def __init__(self, simulator, **page):
        self.page = simulator.page("telegram", **page)
        self.id = self.page["external_id"]
        self.base = f"{simulator.url}/telegram/bot{self.page['tokens']['bot_token']}"

    def call(self, method, *, files=None, **params):
        if files:
            return ask("POST", f"{self.base}/{method}", form=params, files=files)
        return ask("POST", f"{self.base}/{method}", data=params)

    def send(self, text, **more):
        return self.call("sendMessage", chat_id=self.id, text=text, **more)


class Pictures(BaseHTTPRequestHandler):
    FILES = {
        "/small.png": images.make_plain_png(1),
        "/other.png": images.make_plain_png(2),
        "/large.png": images.make_plain_png(3) + b"\x00" * (1 << 20),
        "/text.png": b"<html>",
    }

    def do_GET(self):
        data = self.FILES.get(self.path)
        self.send_response(200 if data else 404)
        self.send_header("Content-Length", str(len(data or b"")))
        self.end_headers()
        self.wfile.write(data or b"")

    def log_message(self, *args):
        pass


@pytest.fixture(scope="session")
def pictures():
    """A web server that holds a few files; Zalo fetches from it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pictures)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def graph(simulator):
    return Graph(simulator)


@pytest.fixture
def account(simulator, pictures):
    return Account(simulator, pictures)


@pytest.fixture
def bot(simulator):
    simulator.settings(telegram_limits=False)
    return Bot(simulator)
