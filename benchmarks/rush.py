"""The rush: many posts due at one second, on the simulator answering after 200 ms.

    python -m benchmarks.rush [--n 3321] [--platform facebook]

In one run, on this machine: the portal as in production (Celery worker, beat, PostgreSQL, Redis), and a bare aiohttp
loop with 1,024 connections that has nothing to do but send. Lateness is the arrival of the whole request that makes
a post visible, as the simulator saw it, minus the due second. Compare the ratio: seconds differ between machines.

Needs PostgreSQL and Redis: DATABASE_URL (a database may be created and dropped beside it) and REDIS_URL (its keys of
Celery are deleted).
"""

import argparse
import asyncio
import contextlib
import hashlib
import hmac
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

ROOT = Path(__file__).resolve().parents[1]
LATENCY_MS = 200
SECRET = "simulator-facebook-secret"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--n", type=int, default=3321)
    options.add_argument("--platform", default="facebook", choices=["facebook", "telegram"])
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, simulator(Path(folder)) as url:
        floor = Bare(url, given.n).measure()
        ours, cpu_ms = Portal(url, Path(folder), given.n, given.platform).measure()
    print(f"{'':24}{'p50 s':>8}{'p99 s':>8}{'max s':>8}{'seen':>8}")
    for name, lateness in (("bare aiohttp loop", floor), ("outreach portal", ours)):
        print(f"{name:24}{at(lateness, 0.5):8.3f}{at(lateness, 0.99):8.3f}{max(lateness):8.3f}{len(lateness):8d}")
    ratio = at(ours, 0.99) / at(floor, 0.99)
    print(
        f"rush n={given.n} p99={at(ours, 0.99):.3f} floor_p99={at(floor, 0.99):.3f} ratio={ratio:.2f} "
        f"cpu_ms={cpu_ms:.2f} lost={given.n - len(ours)} early={sum(late < 0 for late in ours)}"
    )


def at(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


@contextlib.contextmanager
def simulator(folder: Path) -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "simulator", "--port", str(port)], cwd=ROOT)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: answers(f"{url}/healthz"), "the simulator")
        ask(url, "/_sim/settings", {"facebook_duplicate_seconds": 0, "telegram_limits": False})
        yield url
    finally:
        process.terminate()
        process.wait()


class Bare:
    """The floor: one loop, warm code, no database, no checks."""

    def __init__(self, url: str, n: int):
        self.url, self.n = url, n

    def measure(self) -> list[float]:
        pages = ask(self.url, "/_sim/pages", [{"platform": "facebook", "name": f"P{i}"} for i in range(self.n)])
        ask(self.url, "/_sim/latency", {"facebook": LATENCY_MS})
        due = time.time() + 3
        asyncio.run(self._send(pages, due))
        truth = ask(self.url, "/_sim/truth?platform=facebook")["posts"]
        ask(self.url, "/_sim/latency", {"facebook": 0})
        return [post["arrived_at"] - due for post in truth if post["visible"]]

    async def _send(self, pages: list[dict], due: float) -> None:
        import aiohttp

        connector = aiohttp.TCPConnector(limit=1024)
        async with aiohttp.ClientSession(connector=connector) as session:

            async def one(page: dict) -> None:
                token = page["tokens"]["access_token"]
                form = {"message": page["name"], "access_token": token, "appsecret_proof": proof(token)}
                address = f"{self.url}/facebook/graph/v26.0/{page['external_id']}/feed"
                async with session.post(address, data=form) as answer:
                    await answer.read()

            await asyncio.sleep(due - time.time())
            await asyncio.gather(*(one(page) for page in pages))


class Portal:
    """The product as it runs in production: worker and beat as processes of their own."""

    def __init__(self, url: str, folder: Path, n: int, platform: str):
        self.url, self.folder, self.n, self.platform = url, folder, n, platform
        base = os.environ.get("DATABASE_URL", "postgres://root@127.0.0.1:5432/postgres")
        self.server, _slash, _name = base.rpartition("/")
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "outreach_portal.settings",
            "PORTAL_MODE": "test",
            "DATABASE_URL": f"{self.server}/outreach_rush",
            "REDIS_URL": os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/9"),
            "SIMULATOR_URL": url,
            "VAR_DIR": str(folder),
            "LOG_LEVEL": "WARNING",
            "PUBLISH_CLAIM_AHEAD_SECONDS": os.environ.get("PUBLISH_CLAIM_AHEAD_SECONDS", "20"),
        }

    def measure(self) -> tuple[list[float], float]:
        """Lateness of each post that became visible, and CPU milliseconds a delivery of worker, beat and PostgreSQL."""
        os.environ |= self.environment
        import psycopg2

        admin = psycopg2.connect(f"{self.server}/postgres".replace("postgres://", "postgresql://", 1))
        admin.autocommit = True
        admin.cursor().execute("DROP DATABASE IF EXISTS outreach_rush WITH (FORCE)")
        admin.cursor().execute("CREATE DATABASE outreach_rush")
        try:
            return self._measure()
        finally:
            with contextlib.suppress(Exception):
                from django.db import connection

                connection.close()
            admin.cursor().execute("DROP DATABASE IF EXISTS outreach_rush WITH (FORCE)")

    def _measure(self) -> tuple[list[float], float]:
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        pages = self._fill()
        ask(self.url, "/_sim/latency", {self.platform: LATENCY_MS})
        due = self._schedule(pages)
        celery = [sys.executable, "-m", "celery", "-A", "outreach_portal"]
        queues = f"publish.{self.platform},settle"
        worker = [*celery, "worker", "-Q", queues, "-P", "threads", "-c", "4", "--without-gossip", "-l", "WARNING"]
        beat = [*celery, "beat", "-s", str(self.folder / "rush-beat"), "-l", "WARNING"]
        postgres = postgres_cpu()
        processes = [subprocess.Popen(c, cwd=ROOT, env=self.environment) for c in (worker, beat)]
        try:
            wait_until(self._all_ended, "all deliveries to end", seconds=300)
            cpu = sum(process_cpu(p.pid) for p in processes) + postgres_cpu() - postgres
        finally:
            for process in processes:
                process.send_signal(signal.SIGTERM)
            for process in processes:
                process.wait()
        wanted = {page["external_id"] for page in pages}
        truth = ask(self.url, f"/_sim/truth?platform={self.platform}")["posts"]
        seen = [post["arrived_at"] - due for post in truth if post["visible"] and post["page"] in wanted]
        return seen, cpu * 1000 / self.n

    def _fill(self) -> list[dict]:
        return ask(self.url, "/_sim/pages", [{"platform": self.platform, "name": f"U{i}"} for i in range(self.n)])

    def _schedule(self, pages: list[dict]) -> float:
        """A unit, a page, an approved post and a delivery each, written in bulk; returns the common due second."""
        from datetime import UTC, date, datetime, timedelta

        from django.utils import timezone

        from accounts.models import User
        from channels import vault
        from channels.models import Channel
        from channels.queries import row_name
        from posts import content
        from posts.models import Post, PostChannel, Revision
        from publishing.models import Delivery
        from units.models import Level, Unit

        born = date(2025, 7, 1)
        top = Unit.objects.create(level=Level.MINISTRY, kind="bộ", place="Bộ", name="Bộ Công an", valid_from=born)
        units = [
            Unit(parent=top, level=Level.COMMUNE, kind="xã", place=f"Xã {i}", name=f"Công an xã {i}", valid_from=born)
            for i in range(self.n)
        ]
        for unit in units:
            unit.place_in_tree()
        Unit.objects.bulk_create(units)
        user = User.objects.create(username="rush", email="rush@congan.example", full_name="Rush")
        now = timezone.now()
        channels = []
        for unit, page in zip(units, pages, strict=True):
            tokens = page["tokens"]
            channel = Channel(
                unit=unit,
                platform=self.platform,
                external_id=page["external_id"],
                name=unit.name,
                handle=page["username"],
                connected_by=user,
                connected_at=now,
            )
            secret = tokens.get("access_token") or tokens["bot_token"]
            channel.sealed = vault.seal({"token": secret}, row=row_name(channel))
            channels.append(channel)
        Channel.objects.bulk_create(channels)
        words = "<p>Công an không yêu cầu chuyển tiền qua điện thoại. Nghi ngờ, gọi ngay 113.</p>"
        posts = [
            Post(unit=u, author=user, last_editor=user, title=f"Cảnh báo {i}", body=words, changed_at=now)
            for i, u in enumerate(units)
        ]
        Post.objects.bulk_create(posts)
        PostChannel.objects.bulk_create(PostChannel(post=p, channel=c) for p, c in zip(posts, channels, strict=True))
        revisions = []
        for post in posts:
            composed = content.compose(post)
            revisions.append(
                Revision(
                    post=post,
                    number=1,
                    author=user,
                    editor=user,
                    content=composed,
                    content_sha256=content.digest(composed),
                    created_at=now,
                )
            )
        Revision.objects.bulk_create(revisions)
        for post, revision in zip(posts, revisions, strict=True):
            post.state, post.current_revision, post.approved_revision = "approved", revision, revision
        Post.objects.bulk_update(posts, ["state", "current_revision", "approved_revision"], batch_size=500)
        due = float(int(time.time()) + 35)
        due_at = datetime.fromtimestamp(due, UTC)
        Delivery.objects.bulk_create(
            Delivery(
                revision=r,
                channel=c,
                post=p,
                unit=p.unit,
                platform=self.platform,
                content_sha256=r.content_sha256,
                due_at=due_at,
                fire_at=due_at,
                not_after=due_at + timedelta(hours=2),
                scheduled_by=user,
            )
            for p, r, c in zip(posts, revisions, channels, strict=True)
        )
        return due

    @staticmethod
    def _all_ended() -> bool:
        from publishing.models import Delivery

        return not Delivery.objects.exclude(state__in=["published", "failed", "expired", "needs_person"]).exists()


def proof(token: str) -> str:
    return hmac.new(SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()


def ask(url: str, path: str, body: object = None) -> dict:
    data = None if body is None else json.dumps(body).encode()
    request = Request(url + path, data=data, headers={"Content-Type": "application/json"})
    with urlopen(request, timeout=120) as answer:
        return json.load(answer)


def answers(url: str) -> bool:
    with contextlib.suppress(OSError):
        return urlopen(url, timeout=2).status == 200
    return False


def wait_until(ready, what: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise SystemExit(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(0.2)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def process_cpu(pid: int) -> float:
    """CPU seconds of a process and of the children it has waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(f) for f in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def postgres_cpu() -> float:
    """CPU seconds of this machine's PostgreSQL: its living processes, and the ended ones their parent has counted."""
    total = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            text = stat.read_text()
            if "(postgres)" in text:
                total += process_cpu(int(stat.parent.name))
    return total


if __name__ == "__main__":
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    main()
