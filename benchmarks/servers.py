"""PostgreSQL and Redis of a run's own, durable and with the settings of docker-compose.yml; they
end with the run.
"""

import contextlib
import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

POSTGRESQL = {"max_connections": 200, "shared_buffers": "512MB", "wal_compression": "on"}


def wait_until(
    ready: Callable[[], Any], what: str, *, seconds: float = 60, every: float = 0.1
) -> None:
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise SystemExit(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(every)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


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
    initdb = next(
        iter(sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), reverse=True)),
        shutil.which("initdb"),
    )
    if not initdb:
        raise SystemExit("The benchmarks start a PostgreSQL of their own, and none is installed.")
    binaries = Path(initdb).parent
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="outreach-bench-")))
    options: dict[str, Any] = {"cwd": folder}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        someone = next(each for each in pwd.getpwall() if each.pw_name in ("postgres", "nobody"))
        options |= {"user": someone.pw_uid, "group": someone.pw_gid, "extra_groups": []}
        os.chown(folder, someone.pw_uid, someone.pw_gid)
    made = [
        binaries / "initdb",
        "-D",
        folder / "data",
        "-U",
        "portal",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
    ]
    subprocess.run(made, check=True, stdout=subprocess.DEVNULL, **options)
    port = free_port()
    settings = {
        "port": port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": folder,
        **POSTGRESQL,
    }
    command = [
        binaries / "postgres",
        "-D",
        folder / "data",
        *(f"--{name}={value}" for name, value in settings.items()),
    ]
    log = stack.enter_context((folder / "log").open("wb"))
    server = start(stack, command, stdout=log, stderr=log, **options)
    # Sessions that are still open must not keep it from stopping.
    stack.callback(stop, server, signal.SIGINT)
    wait_until(lambda: listens(port), "PostgreSQL")
    url = f"postgres://portal@127.0.0.1:{port}"
    _make_database(url)
    return server, f"{url}/portal"


def _make_database(server: str) -> None:
    import psycopg2

    def made() -> bool:
        with contextlib.suppress(
            psycopg2.OperationalError
        ):  # it listens a moment before it is ready
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
    command = [
        "redis-server",
        "--port",
        port,
        "--bind",
        "127.0.0.1",
        "--dir",
        folder,
        "--appendonly",
        "yes",
    ]
    server = start(stack, command, stdout=subprocess.DEVNULL)
    wait_until(lambda: listens(port), "Redis")
    return server, f"redis://127.0.0.1:{port}"


def listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def create_tables(database: str) -> None:
    """Create the portal's tables, by the dump that SCHEMA_DUMP names (`make test` makes one for all
    its databases) or else by the migrations, which take half a minute. Django must be set up.
    """
    if dump := os.environ.get("SCHEMA_DUMP"):
        psql = ["psql", "-q", "-X", "-v", "ON_ERROR_STOP=1", "-d", database, "-f", dump]
        subprocess.run(psql, check=True, stdout=subprocess.DEVNULL)
        return
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
