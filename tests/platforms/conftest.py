import asyncio
import base64
import hashlib
import io
from datetime import UTC, datetime

import PIL.Image
import pytest
from django.conf import settings

from platforms import client
from platforms.messages import Account, Draft, Image, Message, Video
from platforms.meta.containers.connector import Containers
from platforms.registry import CONNECTORS
from platforms.zalo.connector import Zalo
from simulator import images
from tests.videos import video_file


@pytest.fixture(autouse=True)
def _quick_jobs(monkeypatch):
    """Zalo's jobs are asked after without the pauses that suit the real platform."""
    monkeypatch.setattr(Zalo, "waits", (0.01,))


def plain_jpeg(width: int = 640, height: int = 480) -> bytes:
    """Return an image that every platform takes."""
    file = io.BytesIO()
    PIL.Image.new("RGB", (width, height), "navy").save(file, "JPEG")
    return file.getvalue()


class Platform:
    """One simulated page and the connector that speaks for it, in plain calls."""

    def __init__(self, simulator, kind: str):
        self.simulator, self.kind, self.facts = simulator, kind, CONNECTORS[kind].facts
        self.app = settings.PLATFORMS[kind]
        self.by_containers = issubclass(CONNECTORS[kind], Containers)
        linked = (
            {"facebook_page": simulator.page("facebook")["external_id"]}
            if kind == "instagram"
            else {}
        )
        self.page = simulator.page(kind, **linked)
        self.id = self.page["external_id"]
        tokens = self.page["tokens"]
        # An Instagram account is opened by the token of the page that it is linked to.
        self.token = tokens.get("page_token") or tokens.get("access_token") or tokens["bot_token"]
        self.account = self.account_with(self.token, tokens.get("refresh_token", ""))
        self.picture = plain_jpeg()
        shown = [base64.b64encode(self.picture).decode()]
        simulator.post(
            "facebook", simulator.page("facebook")["external_id"], "Nơi để ảnh", images=shown
        )
        self.picture_url = f"{simulator.url}/media/{hashlib.sha256(self.picture).hexdigest()}"
        self.video_url = ""
        simulator.settings(zalo_job_seconds=0, youtube_processing_seconds=0)

    def account_with(self, token: str, refresh_token: str = "", **other) -> Account:
        facts = {
            "external_id": self.id,
            "base_url": self.app["base_url"],
            "handle": self.page["username"],
        }
        facts |= {"token": token, "refresh_token": refresh_token, "app": self.app}
        return Account(**{**facts, **other})

    def message(
        self,
        text: str = "Công an không yêu cầu chuyển tiền.\nNghi ngờ, gọi 113.",
        *,
        pictures=None,
        **other,
    ):
        form = self.facts.formats[0]
        if pictures is None:
            pictures = max(form.images.fewest, form.needs_media) if form.images else 0
        image = Image(
            self.picture, "image/jpeg", "a" * 64, alt="Ảnh minh họa", url=self.picture_url
        )
        facts = {"title": "Cảnh giác cuộc gọi giả danh", "author": "Công an phường Bến Nắng"}
        if not form.images and form.videos:
            facts["media"] = [self.video()]
        if self.kind == "tiktok":
            facts["options"] = {"privacy": "PUBLIC_TO_EVERYONE"}
        return Message(key="one", text=text, **{"media": [image] * pictures, **facts, **other})

    def video(self, *, size: int = 4096, seconds: float = 12.0, **other) -> Video:
        """Return a video, in landscape unless ``width`` and ``height`` say something else."""
        content = images.make_plain_mp4(1, seconds=seconds, size=size)
        facts = {"sha256": "b" * 64, "content_type": "video/mp4", "size": size, "seconds": seconds}
        facts |= {
            "width": 1280,
            "height": 720,
            "fps": 30,
            "codec": "h264",
            "open": lambda: io.BytesIO(content),
        }
        return Video(**{**facts, **other})

    def message_of(
        self, form: str, text: str = "Công an không yêu cầu chuyển tiền.", **other
    ) -> Message:
        """Return a message of this format, with as few media as it needs."""
        facts = self.facts.format(form)
        pictures = max(facts.images.fewest, facts.needs_media) if facts.images else 0
        videos = (
            0 if pictures or facts.videos is None else max(facts.videos.fewest, facts.needs_media)
        )
        media = [*[self.image()] * pictures, *(self.real_video(facts) for _ in range(videos))]
        return self.message(text, **{"format": form, "media": media, **other})

    def image(self) -> Image:
        digest = hashlib.sha256(self.picture).hexdigest()
        size = {"width": 640, "height": 480, "size": len(self.picture)}
        return Image(
            self.picture, "image/jpeg", digest, alt="Ảnh minh họa", url=self.picture_url, **size
        )

    def real_video(self, form) -> Video:
        """Return a real video, upright, that fits the format; where the platform fetches it, it is
        on a host of the test's."""
        content = video_file(540, 960, 4.0)
        if form.media_by_url and not self.video_url:
            page_id = self.simulator.page("facebook")["external_id"]
            lines = [base64.b64encode(content).decode()]
            self.simulator.post("facebook", page_id, "Nơi để phim", images=lines)
            self.video_url = f"{self.simulator.url}/media/{hashlib.sha256(content).hexdigest()}"
        return Video(
            sha256=hashlib.sha256(content).hexdigest(),
            content_type="video/mp4",
            size=len(content),
            seconds=4.0,
            width=540,
            height=960,
            fps=30,
            codec="h264",
            url=self.video_url,
            open=lambda: io.BytesIO(content),
            cover=self.image(),
        )

    def call(self, name: str, *args, **named):
        return client.call(
            self.kind, lambda connector: getattr(connector, name)(*args, **named), writes=False
        )

    def stage(self, message, ref: str = "") -> str:
        """Stage the message step by step, until the draft is whole."""
        if not self.facts.stages:
            return ""
        draft = Draft(ref)
        for _ in range(50):
            draft = self.call("stage", self.account, message, draft.ref)
            if draft.ready:
                return draft.ref
            self.simulator.advance(draft.wait.total_seconds())
        raise AssertionError("this will never be whole")

    def commit(self, message, draft="", *, account=None):
        """Commit the message, and wait until residents see it, or it is refused after all."""
        return self._settled(
            self.call("commit", account or self.account, message, draft), message, account
        )

    def _settled(self, receipt, message, account=None):
        for _ in range(200):
            if not (receipt and receipt.processing):
                return receipt
            self.simulator.advance(5)
            progress = self.call(
                "check_processing", account or self.account, message, receipt.external_id
            )
            receipt = progress or receipt
        raise AssertionError("this will never be seen")

    def draft(self, *, at: str = "") -> str:
        """Make a whole draft; ``at``: one whose addresses, where it has any, are on another
        host.
        """
        return self.stage(self.message()).replace(self.simulator.url, at or self.simulator.url)

    def renew(self) -> None:
        """Take new tokens, as after a renewal: some live for hours alone."""
        tokens = self.simulator.ask(
            "POST", "/_sim/tokens", {"platform": self.kind, "page": self.id}
        )
        if self.kind in ("tiktok", "youtube", "zalo"):
            self.account = self.account_with(tokens["access_token"], tokens["refresh_token"])

    def publish(self, message):
        return self.commit(message, self.stage(message))

    def find(self, message, draft="", since=None):
        return self._settled(
            self.call("find", self.account, message, draft, since or datetime.now(UTC)), message
        )

    def withdraw(self, external_id):
        return self.call("withdraw", self.account, external_id)

    def fault(self, kind: str, **more):
        return self.simulator.fault(self.kind, kind, page=self.id, **more)

    @property
    def visible(self):
        return self.simulator.visible(self.kind, self.id)


@pytest.fixture
def platform_of(simulator):
    """Make a page on a platform: ``platform_of("zalo")``."""
    return lambda kind: Platform(simulator, kind)


@pytest.fixture
def serve():
    """A host that answers whatever the test says, for what the simulator has no reason to do."""
    servers = []

    def start(answer: bytes) -> str:
        import threading

        ready, address, loop = threading.Event(), [], asyncio.new_event_loop()

        async def handle(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()
            writer.close()

        def run():
            server = loop.run_until_complete(asyncio.start_server(handle, "127.0.0.1", 0))
            address.append(server.sockets[0].getsockname()[1])
            ready.set()
            loop.run_forever()
            server.close()
            loop.close()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        ready.wait()
        servers.append((loop, thread))
        return f"http://127.0.0.1:{address[0]}"

    yield start
    for loop, thread in servers:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
