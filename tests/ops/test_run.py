"""`make run` itself, as a visitor starts it: two programs, a browser's request, Ctrl-C."""

import contextlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from tests.ops.compose import ROOT

pytestmark = pytest.mark.try_out

OPENER = build_opener(ProxyHandler({}))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def environment(tmp_path) -> dict[str, str]:
    ports = {"PORT": str(free_port()), "SIMULATOR_PORT": str(free_port())}
    # The shell's own values, which the try-out must not heed: it would fill a real database with
    # invented people.
    foreign = {
        "PORTAL_MODE": "production",
        "DATABASE_URL": "postgres://nobody@127.0.0.1:9/real",
        "REDIS_URL": "redis://x",
    }
    return {**os.environ, **foreign, **ports, "VAR_DIR": str(tmp_path)}


@contextlib.contextmanager
def started(env: dict[str, str]) -> Iterator[subprocess.Popen]:
    run = subprocess.Popen(
        [sys.executable, "scripts/run.py"], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True
    )
    try:
        assert wait_until(lambda: answers(env["PORT"]), run)
        yield run
    finally:
        run.send_signal(signal.SIGTERM)
        run.communicate(timeout=60)


def answers(port: str) -> bool:
    try:
        with OPENER.open(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return answer.read() == b"ok"
    except OSError:
        return False


def wait_until(true: Callable[[], bool], run: subprocess.Popen) -> bool:
    give_up = time.monotonic() + 300
    while time.monotonic() < give_up and run.poll() is None:
        if true():
            return True
        time.sleep(0.1)
    return False


def ask(var: Path, sql: str, *values: object) -> list[tuple]:
    with (
        contextlib.closing(sqlite3.connect(var / "portal.sqlite3", timeout=20)) as database,
        database,
    ):
        return database.execute(sql, values).fetchall()


NOW = """
from datetime import timedelta
from django.utils import timezone
from publishing.deliveries import schedules
from publishing.models import Delivery
row = Delivery.objects.filter(state="scheduled").order_by("due_at").first()
row.due_at = row.fire_at = timezone.now()
row.not_after = row.due_at + timedelta(hours=1)
schedules.seal(row, moved=schedules.count_moves([row.public_id]).total())
row.save()
print(row.pk)
"""


def schedule_first_for_now(env: dict[str, str]) -> int:
    """Give the first scheduled delivery the time of now, as if it had been scheduled so."""
    own = {"PORTAL_MODE": "try-out", "ENV_FILE": os.devnull, "REDIS_URL": "filesystem://localhost"}
    own["DATABASE_URL"] = f"sqlite:///{env['VAR_DIR']}/portal.sqlite3"
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", NOW]
    done = subprocess.run(
        command, cwd=ROOT, env={**env, **own}, capture_output=True, text=True, check=True
    )
    return int(done.stdout)


def webhooks(env: dict[str, str]) -> dict[str, int]:
    """Count the portal's answers, by status, to Zalo's event that a resident follows a page:
    proven, so 200."""
    simulator = f"http://127.0.0.1:{env['SIMULATOR_PORT']}/_sim"
    with OPENER.open(f"{simulator}/webhooks", timeout=30) as answer:
        console = json.load(answer)["zalo"]
    if console["url"] and not console["answers"]:
        with OPENER.open(f"{simulator}/truth?platform=zalo", timeout=30) as answer:
            page = json.load(answer)["posts"][0]["page"]
        raw = json.dumps({"page": page, "event": "follow"}).encode()
        OPENER.open(Request(f"{simulator}/messages", raw, method="POST"), timeout=30).close()
    return console["answers"]


def processes_of(var: Path) -> list[str]:
    """Return the command lines of processes that have the try-out's folder in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"VAR_DIR={var}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


def test_it_publishes_stops_without_a_trace_and_is_there_again_with_everything(
    environment, tmp_path
):
    with started(environment) as run:
        delivery = schedule_first_for_now(environment)

        def is_out() -> bool:
            return ask(tmp_path, "SELECT state FROM publishing_delivery WHERE id=?", delivery) == [
                ("published",)
            ]

        assert wait_until(is_out, run)
        assert (
            len(processes_of(tmp_path)) == 4
        )  # run.py, the simulator, gunicorn and its one worker
        heard = wait_until(lambda: webhooks(environment).keys() == {"200"}, run)
        assert heard, webhooks(environment)
    assert run.returncode == 0
    assert processes_of(tmp_path) == []

    with started(environment):
        assert is_out()
        assert ask(tmp_path, "SELECT count(*) FROM django_migrations") != [(0,)]
    assert "Binh-yen-co-so-2026" in (tmp_path / "sign-ins.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PORT", "eight", "PORT is 'eight'; choose a number between 1 and 65535."),
        ("VAR_DIR", "/proc/nowhere", "The folder /proc/nowhere cannot be written"),
        ("SIMULATOR_PORT", None, "in use, perhaps by another `make run`"),
    ],
)
def test_a_hindrance_is_one_sentence_with_the_way_out(name, value, words, environment):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        env = {**environment, name: value or str(taken.getsockname()[1])}

        done = subprocess.run(
            [sys.executable, "scripts/run.py"], cwd=ROOT, env=env, capture_output=True, text=True
        )

    assert (done.returncode, done.stdout) == (1, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr
