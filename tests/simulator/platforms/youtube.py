"""A channel at YouTube, and calls to the Data API and to Google's token endpoint for it."""

import http.client
import time
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit

from simulator import images

from ..conftest import Answer, ask

CLIENT = "400000000004-simulator.apps.googleusercontent.com"
SECRET = "simulator-google-secret"
BACK = "https://portal.example.vn/youtube/callback"
BLOCK = 262_144
SCOPE = "https://www.googleapis.com/auth/"


def raw(method, url, body=None, **headers):
    """Do an exchange whose body is sent as it is. Names of headers are written with underscores."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    try:
        named = {name.replace("_", "-"): str(value) for name, value in headers.items()}
        connection.request(method, f"{parts.path}?{parts.query}", body, named)
        answer = connection.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), answer.read())
    finally:
        connection.close()


class Channel:
    """A channel and calls to the Data API for it."""

    def __init__(self, simulator, **page):
        self.simulator = simulator
        self.page = simulator.page("youtube", **page)
        self.id = self.page["external_id"]
        self.tokens = self.page["tokens"]
        self.token = self.tokens["access_token"]
        self.base = f"{simulator.url}/youtube/googleapis"

    @property
    def headers(self):
        return {"Authorization": f"Bearer {self.token}"}

    def call(self, method, path, data=None, **query):
        return ask(
            method, f"{self.base}/youtube/v3/{path}", query=query, data=data, headers=self.headers
        )

    def get(self, path, **query):
        return self.call("GET", path, **query)

    def meta(self, **changed):
        snippet = {
            "title": "Bản tin phường",
            "description": "Nội dung",
            "tags": ["phường"],
            "categoryId": "25",
        }
        status = {"privacyStatus": "private", "selfDeclaredMadeForKids": False}
        return {
            "snippet": snippet | changed.get("snippet", {}),
            "status": status | changed.get("status", {}),
        }

    def start(self, size, meta=None, part="snippet,status"):
        query = urlencode({"uploadType": "resumable", "part": part})
        return ask(
            "POST",
            f"{self.base}/upload/youtube/v3/videos?{query}",
            data=meta or self.meta(),
            headers=self.headers
            | {"X-Upload-Content-Length": str(size), "X-Upload-Content-Type": "video/mp4"},
        )

    def put(self, where, body, content_range="", **headers):
        if content_range:
            headers["Content_Range"] = content_range
        return raw("PUT", where, body, **self.headers, **headers)

    def chunk(self, where, video, start, length):
        part = video[start : start + length]
        return self.put(where, part, f"bytes {start}-{start + len(part) - 1}/{len(video)}")

    def probe(self, where, size):
        return self.put(where, b"", f"bytes */{size}")

    def upload(self, video=None, **changed):
        """Upload a whole video, and return its resource."""
        video = video or images.make_plain_mp4(1)
        answer = self.put(self.start(len(video), self.meta(**changed)).headers["Location"], video)
        assert answer.status == 200
        return answer.body

    def video(self, video_id, part="snippet,status"):
        (item,) = self.get("videos", id=video_id, part=part).body["items"]
        return item

    def processed(self):
        self.simulator.advance(2)


def reason(answer):
    return answer.status, answer.body["error"]["errors"][0]["reason"]


def visible(simulator):
    return [post["id"] for post in simulator.visible("youtube")]


def stamp(seconds):
    return datetime.fromtimestamp(time.time() + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def token_call(simulator, **form):
    form = {"client_id": CLIENT, "client_secret": SECRET} | form
    return ask("POST", f"{simulator.url}/youtube/oauth2/token", form=form)


def refreshed(channel, **form):
    token = channel.tokens["refresh_token"]
    return token_call(
        channel.simulator, grant_type="refresh_token", refresh_token=token, **form
    ).body
