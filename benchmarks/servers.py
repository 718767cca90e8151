"""PostgreSQL and Redis of a run's own, durable and with the settings of docker-compose.yml; they
end with the run.
"""

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts import local_postgresql
from scripts.local_postgresql import free_port

POSTGRESQL = {"max_connections": 200, "shared_buffers": "512MB", "wal_compression": "on"}


def wait_until(
    ready: Callable[[], Any], what: str, *, seconds: float = 60, every: float = 0.1
) -> None:
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise SystemExit(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(every)


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


def postgresql(stack: contextlib.ExitStack) -> tuple[local_postgresql.Server, str]:
    """Start a server; return it and the address of an empty database."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="outreach-bench-")))
    folder.chmod(0o711)  # as root the server runs as another user
    serving = local_postgresql.serving(
        folder / "data", log=folder / "log", port=free_port(), settings=POSTGRESQL
    )
    server = stack.enter_context(serving)
    return server, local_postgresql.make_database(server, "portal")


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
