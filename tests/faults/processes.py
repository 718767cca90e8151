"""The portal as it runs in production, each part a process that may be killed: and a database of
its own to crash.
"""

import contextlib
import glob
import itertools
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.request import Request, urlopen

from benchmarks.servers import create_tables
from tests.ops.processes import free_port

ROOT = Path(__file__).resolve().parents[2]
PLATFORMS = ("facebook", "telegram", "zalo")
# Every time of the engine, about ten times shorter. Their order is kept: claims ahead < call < half
# a lease < lease, and the grace is longer than a call, the platform's slowest apply and its listing
# lag together.
SHORT = {
    "PUBLISH_CLAIM_AHEAD_SECONDS": "2",
    "PUBLISH_LEASE_SECONDS": "10",
    "PUBLISH_CALL_SECONDS": "3",
    "PUBLISH_VERIFY_GRACE_SECONDS": "6",
    "PUBLISH_LOOK_SECONDS": "1.5",
    "PUBLISH_PREPARE_AHEAD_SECONDS": "7",
    "PUBLISH_PROCESSING_SECONDS": "0.5",
    "FAULTS_RETRY_SECONDS": "1.5",
}


def wait_until(ready: Callable[[], bool], what: str, seconds: float = 600) -> None:
    """Wait with patience: beside the other runs of `make test` a machine is five times as slow."""
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise SystemExit(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(0.05)


class Process:
    """A program that is started, and may be started again after its end."""

    def __init__(self, name: str, command: list[str], folder: Path, **options: object):
        self.name, self.command, self.folder, self.options = name, command, folder, options
        self.running: subprocess.Popen | None = None

    def start(self, **environment: str) -> None:
        options = dict(self.options)
        options["env"] = {**os.environ, **options.get("env", {}), **environment}
        with (self.folder / f"{self.name}.log").open("ab") as log:
            self.running = subprocess.Popen(
                self.command, stdout=log, stderr=log, **{"cwd": ROOT, **options}
            )

    @property
    def is_up(self) -> bool:
        return self.running is not None and self.running.poll() is None

    def send(self, number: int) -> None:
        if self.is_up:
            self.running.send_signal(number)

    def kill(self, number: int = signal.SIGKILL) -> None:
        self.send(number)
        if self.running is not None:
            self.running.wait()

    def end(self) -> None:
        """Kill the process: nothing that it holds is needed any more."""
        self.kill()


class Postgres(Process):
    def __init__(self, folder: Path):
        binaries = sorted(
            glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4])
        )
        binary = (
            Path(binaries[-1])
            if binaries
            else Path(shutil.which("postgres") or "/none/postgres").parent
        )
        home = folder / "postgresql"
        home.mkdir()
        self.port = free_port()
        options: dict[str, object] = {"cwd": home, "env": {"HOME": str(home)}}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            someone = next(
                name
                for name in ("postgres", "nobody")
                if name in {p.pw_name for p in pwd.getpwall()}
            )
            options |= {"user": someone, "group": pwd.getpwnam(someone).pw_gid, "extra_groups": []}
            shutil.chown(home, someone)
            folder.chmod(0o755)
        made = [
            binary / "initdb",
            "-D",
            home / "data",
            "-U",
            "portal",
            "--auth=trust",
            "--encoding=UTF8",
            "-N",
        ]
        subprocess.run(
            [*made, "--locale=C.UTF-8"], check=True, capture_output=True, **_with_env(options)
        )
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": home,
        }
        # What is committed must survive the crash of the process, as it would; that of the machine
        # is not played.
        settings |= {
            "fsync": "off",
            "full_page_writes": "off",
            "synchronous_commit": "on",
            "max_connections": 300,
        }
        command = [str(binary / "postgres"), "-D", str(home / "data")]
        command += [f"--{name}={value}" for name, value in settings.items()]
        super().__init__("postgresql", command, folder, **options)
        self.url = f"postgres://portal@127.0.0.1:{self.port}/faults"

    def open(self) -> None:
        self.start()
        wait_until(self.answers, "PostgreSQL")

    def answers(self) -> bool:
        import psycopg2

        with contextlib.suppress(psycopg2.OperationalError):
            address = self.url.replace("postgres://", "postgresql://").replace(
                "/faults", "/postgres"
            )
            psycopg2.connect(address, connect_timeout=2).close()
            return True
        return False

    def sql(self, statement: str, database: str = "postgres") -> None:
        import psycopg2

        address = self.url.replace("postgres://", "postgresql://").replace(
            "/faults", f"/{database}"
        )
        connection = psycopg2.connect(address)
        connection.autocommit = True
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute(statement)

    def end(self) -> None:
        self.kill(signal.SIGQUIT)  # killed outright, it would leave its shared memory behind

    def crash(self) -> None:
        """Crash as `pg_ctl -m immediate restart` does: no checkpoint, every connection cut, then
        recovery from the log."""
        self.kill(signal.SIGQUIT)
        self.open()


def _with_env(options: dict[str, object]) -> dict[str, object]:
    return {**options, "env": {**os.environ, **options["env"]}}


class Redis(Process):
    def __init__(self, folder: Path):
        self.port = free_port()
        command = [
            "redis-server",
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ]
        super().__init__("redis", [*command, "--dir", str(folder)], folder)
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def open(self) -> None:
        self.start()
        wait_until(self.answers, "Redis")

    def client(self):
        import redis

        return redis.Redis.from_url(self.url, socket_connect_timeout=2, socket_timeout=5)

    def answers(self) -> bool:
        import redis

        with contextlib.suppress(redis.RedisError), contextlib.closing(self.client()) as client:
            return bool(client.ping())
        return False

    def flush(self) -> None:
        with contextlib.closing(self.client()) as client:
            client.flushall()


class Simulator(Process):
    def __init__(self, folder: Path):
        port = free_port()
        super().__init__(
            "simulator", [sys.executable, "-m", "simulator", "--port", str(port)], folder
        )
        self.url = f"http://127.0.0.1:{port}"

    def open(self) -> None:
        self.start()
        wait_until(self.answers, "the simulator")

    def answers(self) -> bool:
        with contextlib.suppress(OSError):
            return urlopen(f"{self.url}/healthz", timeout=2).status == 200
        return False

    def ask(self, path: str, body: object = None, method: str | None = None) -> dict | list:
        data = None if body is None else json.dumps(body).encode()
        request = Request(
            self.url + path, data=data, method=method, headers={"Content-Type": "application/json"}
        )
        with urlopen(request, timeout=120) as answer:
            return json.load(answer)

    def truth(self, **of: str) -> list[dict]:
        query = "&".join(f"{name}={value}" for name, value in of.items())
        return self.ask(f"/_sim/truth?{query}")["posts"]


class Worker(Process):
    """A Celery worker that may be told to die at a step, to run on a wrong clock, or without one of
    its guards.
    """

    def __init__(self, name: str, queues: str, folder: Path):
        celery = ["-A", "outreach_portal", "worker", "-Q", queues, "-P", "threads", "-c", "6"]
        celery += ["--without-gossip", "--without-mingle", "-n", f"{name}@%h", "-l", "WARNING"]
        super().__init__(name, [sys.executable, "-m", "tests.faults.worker", *celery], folder)
        self.up_file = folder / f"{name}.up"
        self.freeze_file, self.runs_file = folder / f"{name}.freeze", folder / f"{name}.runs"
        self.numbers = itertools.count()

    def start(self, **environment: str) -> None:
        self.up_file.unlink(missing_ok=True)
        env = {"FAULTS_UP": str(self.up_file), "FAULTS_DEATHS": str(self.folder / "deaths")}
        env["FAULTS_STUMBLES"] = str(self.folder / "stumbles")
        env |= {"FAULTS_FREEZE": str(self.freeze_file), "FAULTS_RUNS": str(self.runs_file)}
        super().start(**env, **environment)

    @property
    def is_ready(self) -> bool:
        return self.up_file.exists()

    @property
    def is_frozen(self) -> bool:
        state = Path(f"/proc/{self.running.pid}/stat").read_text().rpartition(")")[2]
        return state.split()[0] == "T"

    def has_run_since(self, began: float, name: str) -> bool:
        """Tell whether a run of this name has ended that began after this monotonic time. Runs of
        one name follow each other, so all that began before have ended, too.
        """
        lines = self.runs_file.read_text().splitlines() if self.runs_file.exists() else []
        runs = (line.split(" ", 1) for line in lines if line.endswith(name))
        return any(float(start) >= began for start, _name in runs)


def wait_for_workers(workers: list[Worker]) -> None:
    def ready() -> bool:
        for worker in workers:
            if not worker.is_up:
                raise SystemExit(
                    f"{worker.name} ended:\n"
                    f"{(worker.folder / f'{worker.name}.log').read_text()[-2000:]}"
                )
        return all(worker.is_ready for worker in workers)

    wait_until(ready, "the workers")


class Beat(Process):
    def __init__(self, name: str, folder: Path):
        celery = [sys.executable, "-m", "celery", "-A", "outreach_portal", "beat", "-l", "WARNING"]
        super().__init__(
            name, [*celery, "-s", str(folder / f"{name}-schedule"), "--pidfile="], folder
        )


class Portal:
    """Everything together. Use as a context; Django is set up inside it, on the database of its
    own.
    """

    def __init__(self, keep: Path | None = None, times: dict[str, str] | None = None):
        self.keep, self.times = keep, {**SHORT, **(times or {})}
        self.stack = contextlib.ExitStack()

    def __enter__(self) -> "Portal":
        if self.keep:
            self.keep.mkdir(parents=True, exist_ok=True)
            self.folder = Path(tempfile.mkdtemp(prefix="run-", dir=self.keep))
        else:
            self.folder = Path(
                self.stack.enter_context(tempfile.TemporaryDirectory(prefix="outreach-faults-"))
            )
        with contextlib.ExitStack() as stack:
            self.postgres, self.redis, self.simulator = (
                made(self.folder) for made in (Postgres, Redis, Simulator)
            )
            for server in (self.postgres, self.redis, self.simulator):
                stack.callback(server.end)
                server.open()
            self.postgres.sql("CREATE DATABASE faults")
            self._set_up_django()
            stack.callback(self._serve_pictures().shutdown)
            self.stack.push(stack.pop_all())
        return self

    def __exit__(self, *error: object) -> None:
        self.stack.close()

    def worker(self, name: str, queues: str) -> Worker:
        made = Worker(name, queues, self.folder)
        self.stack.callback(made.end)
        return made

    def beat(self, name: str = "beat") -> Beat:
        made = Beat(name, self.folder)
        self.stack.callback(made.end)
        return made

    def _set_up_django(self) -> None:
        self.web_port = free_port()
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "outreach_portal.settings",
            "PORTAL_MODE": "test",
            "ENV_FILE": os.devnull,
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.redis.url,
            "SIMULATOR_URL": self.simulator.url,
            "PORTAL_URL": f"http://127.0.0.1:{self.web_port}",
            "VAR_DIR": str(self.folder),
            "STATIC_ROOT": str(self.folder / "static"),  # stays empty; a missing one is warned of
            "LOG_LEVEL": "WARNING",
            "PYTHONDONTWRITEBYTECODE": "1",
            **self.times,
        }
        (self.folder / "static").mkdir()
        import django

        django.setup()
        create_tables(self.postgres.url)

    def _serve_pictures(self):
        """Serve the web, as far as platforms need it: they fetch images by address."""
        from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
        from django.core.wsgi import get_wsgi_application

        class Quiet(WSGIRequestHandler):
            def log_message(self, *words: object) -> None:
                pass

        server = ThreadedWSGIServer(("127.0.0.1", self.web_port), Quiet)
        server.daemon_threads = True
        server.set_app(get_wsgi_application())
        threading.Thread(target=server.serve_forever, name="web", daemon=True).start()
        return server
