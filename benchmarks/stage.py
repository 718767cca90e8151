"""What every benchmark stands on: servers of its own, the portal's processes as in production, and rows in bulk.

PostgreSQL and Redis are started for the run, durable and with the settings of docker-compose.yml, so that their CPU can
be counted to the last millisecond and nobody else's work is in the figures. All of it ends with the run.
"""

import argparse
import asyncio
import contextlib
import functools
import glob
import hashlib
import hmac
import json
import os
import pwd
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

ROOT = Path(__file__).resolve().parents[1]
LATENCY_MS = 200
CONNECTIONS = 1024
POSTGRESQL = {"max_connections": 200, "shared_buffers": "512MB", "wal_compression": "on"}
APP_SECRET = "simulator-facebook-secret"
_opener = build_opener(ProxyHandler({}))

# --- small things -----------------------------------------------------------------------------------------------------


def at(values: Iterable[float], share: float) -> float:
    """The value that ``share`` of all values do not exceed; nan if there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")


def wait_until(ready: Callable[[], Any], what: str, *, seconds: float = 60, every: float = 0.1) -> None:
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise SystemExit(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(every)


def sleep_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.time()))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def proof(token: str) -> str:
    return hmac.new(APP_SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()


# --- what a process costs ---------------------------------------------------------------------------------------------


def cpu_seconds(pid: int) -> float:
    """CPU of a process and of all its descendants, also those that have ended."""
    parents: dict[int, list[int]] = {}
    spent: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            parents.setdefault(int(fields[1]), []).append(int(stat.parent.name))
            spent[int(stat.parent.name)] = sum(int(ticks) for ticks in fields[11:15])
    family, ticks = [pid], 0
    while family:
        member = family.pop()
        ticks += spent.get(member, 0)
        family += parents.get(member, [])
    return ticks / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> tuple[float, float]:
    """The most that was ever resident, and what the process answers for now when shared pages are shared out."""
    status = Path(f"/proc/{pid}/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0])
    shared_out = int(Path(f"/proc/{pid}/smaps_rollup").read_text().partition("Pss:")[2].split()[0])
    return peak / 1024, shared_out / 1024


# --- servers ----------------------------------------------------------------------------------------------------------


def start(stack: contextlib.ExitStack, command: list[Any], **options: Any) -> subprocess.Popen:
    process = subprocess.Popen([str(word) for word in command], **options)
    stack.callback(stop, process)
    return process


def stop(process: subprocess.Popen, how: int = signal.SIGTERM) -> None:
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def postgresql(stack: contextlib.ExitStack) -> tuple[subprocess.Popen, str]:
    initdb = next(iter(sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), reverse=True)), shutil.which("initdb"))
    if not initdb:
        raise SystemExit("The benchmarks start a PostgreSQL of their own, and none is installed.")
    binaries = Path(initdb).parent
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="outreach-bench-")))
    options: dict[str, Any] = {"cwd": folder}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        someone = next(each for each in pwd.getpwall() if each.pw_name in ("postgres", "nobody"))
        options |= {"user": someone.pw_uid, "group": someone.pw_gid, "extra_groups": []}
        os.chown(folder, someone.pw_uid, someone.pw_gid)
    made = [binaries / "initdb", "-D", folder / "data", "-U", "portal", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
    subprocess.run(made, check=True, stdout=subprocess.DEVNULL, **options)
    port = free_port()
    given = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": folder, **POSTGRESQL}
    command = [binaries / "postgres", "-D", folder / "data", *(f"--{name}={value}" for name, value in given.items())]
    log = stack.enter_context((folder / "log").open("wb"))
    server = start(stack, command, stdout=log, stderr=log, **options)
    # Sessions that are still open must not keep it from stopping.
    stack.callback(stop, server, signal.SIGINT)
    wait_until(lambda: _listens(port), "PostgreSQL")
    url = f"postgres://portal@127.0.0.1:{port}"
    _make_database(url)
    return server, f"{url}/portal"


def _make_database(server: str) -> None:
    import psycopg2

    def made() -> bool:
        with contextlib.suppress(psycopg2.OperationalError):  # it listens a moment before it is ready
            connection = psycopg2.connect(f"{server}/postgres")
            connection.autocommit = True
            connection.cursor().execute("CREATE DATABASE portal")
            connection.close()
            return True
        return False

    wait_until(made, "PostgreSQL")


def redis(stack: contextlib.ExitStack) -> tuple[subprocess.Popen, str]:
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="outreach-bench-"))
    port = free_port()
    command = ["redis-server", "--port", port, "--bind", "127.0.0.1", "--dir", folder, "--appendonly", "yes"]
    server = start(stack, command, stdout=subprocess.DEVNULL)
    wait_until(lambda: _listens(port), "Redis")
    return server, f"redis://127.0.0.1:{port}"


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


class Simulator:
    """The three platforms in a process of their own."""

    def __init__(self, stack: contextlib.ExitStack):
        port = free_port()
        command = [sys.executable, "-m", "simulator", "--port", port]
        self.process = start(stack, command, cwd=ROOT, stdout=subprocess.DEVNULL)
        self.url = f"http://127.0.0.1:{port}"
        wait_until(lambda: _listens(port), "the simulator")
        # The rows of a benchmark say the same, and Telegram's own limits are slower than what is measured here.
        self.ask("/_sim/settings", {"facebook_duplicate_seconds": 0, "telegram_limits": False})

    def ask(self, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.url + path, data=data, headers={"Content-Type": "application/json"})
        with _opener.open(request, timeout=120) as answer:
            return json.load(answer)

    def latency(self, **milliseconds: float) -> None:
        self.ask("/_sim/latency", milliseconds)

    def pages(self, platform: str, number: int) -> list[dict[str, Any]]:
        return self.ask("/_sim/pages", [{"platform": platform, "name": f"Trang {i} Bến Nắng"} for i in range(number)])

    def truth(self, platform: str, pages: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Every post on these pages, seen or not."""
        wanted = {page["external_id"] for page in pages}
        return [post for post in self.ask(f"/_sim/truth?platform={platform}")["posts"] if post["page"] in wanted]


class Bare:
    """The floor: one loop with 1,024 connections, all of them warm, that has nothing to do but send. No database, no
    checks, no record; proofs and addresses are reckoned before the second comes.

    What it sends has the shape of the portal's own calls to Facebook: a draft by ``stage``, shown by ``show``, taken
    away by ``remove``, each naming one object by its id.
    """

    def __init__(self, simulator: Simulator, pages: list[dict[str, Any]]):
        self.simulator, self.pages = simulator, pages
        self.cpu_ms = 0.0  # a call of the last round

    def run(self, rounds: Callable[["Bare"], Any]) -> Any:
        """``rounds`` is a coroutine function of this object; it runs on the loop that the portal's wire uses too."""
        try:
            import uvloop
        except ImportError:
            return asyncio.run(self._with_session(rounds))
        return uvloop.run(self._with_session(rounds))

    async def _with_session(self, rounds: Callable[["Bare"], Any]) -> Any:
        import aiohttp

        connector = aiohttp.TCPConnector(limit=CONNECTIONS, keepalive_timeout=75)
        async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as self.session:
            return await rounds(self)

    async def stage(self) -> list[str]:
        form = {"message": "Công an không yêu cầu chuyển tiền qua điện thoại.", "published": "false"}
        answers = await self._all("POST", [f"{page['external_id']}/feed" for page in self.pages], time.time(), form)
        return [json.loads(answer)["id"] for answer in answers]

    async def show(self, drafts: list[str], due: float) -> None:
        await self._all("POST", drafts, due, {"is_published": "true", "fields": "permalink_url"})

    async def remove(self, posts: list[str], due: float) -> None:
        await self._all("DELETE", posts, due)

    async def _all(self, method: str, paths: list[str], due: float, form: dict[str, str] | None = None) -> list[bytes]:
        calls = []
        for path, page in zip(paths, self.pages, strict=True):
            token = page["tokens"]["access_token"]
            address = f"{self.simulator.url}/facebook/graph/v26.0/{path}"
            calls.append((address, {"appsecret_proof": proof(token)}, {"Authorization": f"Bearer {token}"}))

        async def one(address: str, params: dict[str, str], headers: dict[str, str]) -> bytes:
            async with self.session.request(method, address, params=params, headers=headers, data=form) as answer:
                answer.raise_for_status()
                return await answer.read()

        await asyncio.sleep(due - time.time())
        begun = time.process_time()
        answers = await asyncio.gather(*(one(*call) for call in calls))
        self.cpu_ms = (time.process_time() - begun) * 1000 / len(calls)
        return answers


# --- the portal -------------------------------------------------------------------------------------------------------


@dataclass
class Row:
    """A post with its unit and the channels it goes to."""

    unit: Any
    post: Any
    revision: Any
    channels: list[Any]


class Stage:
    def __init__(self, stack: contextlib.ExitStack):
        self.stack = stack
        resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="outreach-bench-")))
        self.processes: dict[str, subprocess.Popen] = {}
        self.processes["postgresql"], database = postgresql(stack)
        self.processes["redis"], self.redis_url = redis(stack)
        self.simulator = Simulator(stack)
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "outreach_portal.settings",
            "PORTAL_MODE": "test",
            "ENV_FILE": os.devnull,
            "DATABASE_URL": database,
            "REDIS_URL": f"{self.redis_url}/0",
            "SIMULATOR_URL": self.simulator.url,
            "VAR_DIR": str(self.folder),
            "LOG_LEVEL": "WARNING",
        }
        os.environ |= self.environment
        import django
        from django.core.management import call_command
        from django.db import connections

        django.setup()
        call_command("migrate", verbosity=0)
        stack.callback(connections.close_all)
        self.numbers = iter(range(10**9))

    # processes

    def start_portal(self, platforms: Iterable[str] = ("facebook",)) -> None:
        """The workers of docker-compose.yml that publishing needs, and beat. Returns when they are warm: a first post
        of each platform has gone out."""
        fresh = [platform for platform in platforms if f"publish {platform}" not in self.processes]
        for platform in fresh:
            self._worker(f"publish {platform}", f"publish.{platform}", 4)
        if "beat" not in self.processes:
            self._worker("settle", "settle", 6)
            self._worker("recall", "recall", 4)
            beat = [sys.executable, "-m", "celery", "-A", "outreach_portal", "beat", "-s", self.folder / "beat"]
            self._start("beat", [*beat, "-l", "WARNING"])
        for platform in fresh:
            self.deliver(self.fill(platform, 1), time.time())
        self.wait_for_end()

    def _worker(self, name: str, queue: str, threads: int) -> None:
        command = [sys.executable, "-m", "celery", "-A", "outreach_portal", "worker", "--queues", queue]
        command += ["--pool", "threads", "--concurrency", threads, "--without-gossip", "--without-mingle"]
        command += ["--hostname", f"{queue}@bench", "--loglevel", "WARNING"]
        self._start(name, command)

    def _start(self, name: str, command: list[Any]) -> None:
        log = self.stack.enter_context((self.folder / f"{name}.log").open("wb"))
        options = {"cwd": ROOT, "env": self.environment, "stdout": log, "stderr": log}
        self.processes[name] = start(self.stack, command, **options)

    def kill(self, name: str) -> None:
        """`kill -9`, and at once the same process anew."""
        killed = self.processes[name]
        killed.kill()
        killed.wait()
        self._start(name, killed.args)

    def look_after(self) -> None:
        """Ends the run with the last words of a process that has died."""
        for name, process in self.processes.items():
            if process.poll() is not None:
                said = self.folder / f"{name}.log"
                words = said.read_text(errors="replace")[-2000:] if said.exists() else ""
                raise SystemExit(f"{words}\n{name} ended with {process.returncode}")

    def cpu(self) -> dict[str, float]:
        """CPU seconds by process so far; the simulator's is not ours."""
        return {name: cpu_seconds(process.pid) for name, process in self.processes.items()}

    # rows

    @functools.cached_property
    def top(self) -> Any:
        from units.models import Level, Unit

        return Unit.objects.create(
            level=Level.MINISTRY, kind="bộ", place="Bộ", name="Bộ Công an", valid_from=date(2025, 7, 1)
        )

    @functools.cached_property
    def user(self) -> Any:
        """May withdraw and pause in the whole country."""
        from accounts.models import Appointment, User
        from accounts.permissions import Role

        user = User.objects.create(username="bench", email="bench@congan.example", full_name="Bench")
        Appointment.objects.create(user=user, unit=self.top, role=Role.OVERSEER, valid_from=date(2025, 7, 1))
        return user

    def fill(
        self, platform: str, units: int, *, each: int = 1, posts: int = 1, pages: list[dict] | None = None, **of: Any
    ) -> list[Row]:
        """Communes with ``each`` pages and ``posts`` approved posts for all of these; ``of`` are fields of the posts.

        A row for each post; those of one unit follow one another.
        """
        from django.db.models import OuterRef, Subquery
        from django.utils import timezone

        from channels import vault
        from channels.models import Channel
        from channels.queries import facts_of, row_name
        from posts import content
        from posts.models import Post, PostChannel, Revision
        from units.models import Level, Unit

        pages = self.simulator.pages(platform, units * each) if pages is None else pages
        now = timezone.now()
        made = []
        for number in (next(self.numbers) for _ in range(units)):
            unit = Unit(level=Level.COMMUNE, kind="xã", place=f"Xã {number}", name=f"Công an xã {number}")
            unit.parent, unit.valid_from = self.top, date(2025, 7, 1)
            unit.place_in_tree()
            made.append(unit)
        Unit.objects.bulk_create(made, batch_size=2000)
        common = {"author": self.user, "last_editor": self.user, "changed_at": now}
        channels_of: dict[int, list[Channel]] = {unit.pk: [] for unit in made}
        for number, page in enumerate(pages):
            unit = made[number // each]
            channel = Channel(unit=unit, platform=platform, external_id=page["external_id"], name=page["name"])
            channel.handle, channel.connected_by, channel.connected_at = page["username"], self.user, now
            secret = page["tokens"].get("access_token") or page["tokens"]["bot_token"]
            channel.sealed = vault.seal({"token": secret}, row=row_name(channel))
            channels_of[unit.pk].append(channel)
        Channel.objects.bulk_create((c for channels in channels_of.values() for c in channels), batch_size=2000)
        written = [
            Post(unit=u, title="Cảnh báo lừa đảo", body=_WORDS, **common, **of) for u in made for _ in range(posts)
        ]
        Post.objects.bulk_create(written, batch_size=2000)
        rows = [Row(post.unit, post, None, channels_of[post.unit_id]) for post in written]
        PostChannel.objects.bulk_create(
            (PostChannel(post=row.post, channel=channel) for row in rows for channel in row.channels), batch_size=5000
        )
        pattern = content.compose(written[0])
        for row in rows:
            targets = []
            for channel in row.channels:
                texts = content.text_for(
                    facts_of(platform).formats[0],
                    title=pattern["title"],
                    body=_WORDS,
                    override="",
                    link="",
                    unit_name=row.unit.name,
                )
                own = {"channel": str(channel.public_id), "platform": platform, "name": channel.name, **texts}
                targets.append({**pattern["channels"][0], **own})
            composed = {**pattern, "unit": row.unit.name, "channels": targets}
            row.revision = Revision(post=row.post, number=1, author=self.user, editor=self.user, created_at=now)
            row.revision.content, row.revision.content_sha256 = composed, content.digest(composed)
        Revision.objects.bulk_create((row.revision for row in rows), batch_size=2000)
        revision = Subquery(Revision.objects.filter(post=OuterRef("pk")).values("pk")[:1])
        Post.objects.filter(pk__in=[post.pk for post in written]).update(
            state="approved", current_revision=revision, approved_revision=revision
        )
        return rows

    def deliver(self, rows: list[Row], due: float | Callable[[int], float]) -> None:
        """A delivery to each channel of ``rows``, due at a Unix second, or at what ``due`` says to its number."""
        from publishing.models import Delivery

        deliveries = []
        for row in rows:
            for channel in row.channels:
                moment = due(len(deliveries)) if callable(due) else due
                at = datetime.fromtimestamp(moment, UTC)
                deliveries.append(
                    Delivery(
                        revision=row.revision,
                        channel=channel,
                        post=row.post,
                        unit=row.unit,
                        platform=channel.platform,
                        content_sha256=row.revision.content_sha256,
                        due_at=at,
                        fire_at=at,
                        not_after=at + timedelta(hours=2),
                        scheduled_by=self.user,
                    )
                )
        Delivery.objects.bulk_create(deliveries, batch_size=2000)

    def settle_down(self) -> None:
        """What a database of weeks has long behind it: statistics and a checkpoint."""
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
            cursor.execute("CHECKPOINT")

    def open(self) -> bool:
        from publishing.models import Delivery

        return Delivery.objects.exclude(state__in=_ENDED).exists()

    def wait_for_end(self, *, seconds: float = 300) -> None:
        def ended() -> bool:
            self.look_after()
            return not self.open()

        wait_until(ended, "all deliveries to end", seconds=seconds)


_ENDED = ["published", "failed", "expired", "needs_person", "recalled", "cancelled"]
_WORDS = "<p>Công an không yêu cầu chuyển tiền qua điện thoại. Nghi ngờ, gọi ngay 113.</p>"


def run(benchmark: Any) -> None:
    """A benchmark by itself: its module's ``options`` say what may be given, its ``measure`` returns the last line."""
    with stage() as held:
        print(benchmark.measure(held, options_of(benchmark).parse_args()))


def options_of(benchmark: Any) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=benchmark.__doc__.splitlines()[0])
    benchmark.options(parser)
    return parser


@contextlib.contextmanager
def stage() -> Iterator[Stage]:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started ends too
    with contextlib.ExitStack() as stack:
        yield Stage(stack)
