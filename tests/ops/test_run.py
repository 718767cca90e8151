"""`make run` itself, as a visitor starts it: its programs, a browser's request, Ctrl-C."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import ProxyHandler, Request, build_opener

import psycopg2
import pytest

from scripts import local_postgresql
from tests.ops.compose import ROOT
from tests.ops.heights import find_too_high
from tests.ops.processes import free_port

pytestmark = pytest.mark.try_out

OPENER = build_opener(ProxyHandler({}))


@pytest.fixture
def var(tmp_path) -> Path:
    return tmp_path / "dữ liệu dùng thử"


@pytest.fixture
def environment(var) -> dict[str, str]:
    ports = {"PORT": str(free_port()), "SIMULATOR_PORT": str(free_port())}
    # The shell's own values, which the try-out must not heed.
    foreign = {"PORTAL_MODE": "production", "REDIS_URL": "redis://x", "PGPORT": "9"}
    shell = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return {**shell, **foreign, **ports, "VAR_DIR": str(var)}


@contextlib.contextmanager
def started(env: dict[str, str], *words: str) -> Iterator[subprocess.Popen]:
    command = [sys.executable, "scripts/run.py", *words]
    run = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
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


def address(var: Path) -> str:
    """Return where the try-out's server listens, as it notes itself."""
    pid, _data, _begun, port, folder, *_ = (
        (var / "postgresql" / "postmaster.pid").read_text().splitlines()
    )
    return local_postgresql.Server(int(pid), folder, int(port)).address("portal")


def ask(address: str, sql: str, *values: object) -> list[tuple]:
    with contextlib.closing(psycopg2.connect(address)) as database, database.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


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
    own["DATABASE_URL"] = address(Path(env["VAR_DIR"]))
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


def processes_of(var: Path) -> dict[int, str]:
    """Return the command lines of processes that have the try-out's folder in their environment or
    work in it, as PostgreSQL's do, which write their titles over their environment."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            named = f"VAR_DIR={var}".encode() in (folder / "environ").read_bytes().split(b"\0")
            if named or (folder / "cwd").readlink().is_relative_to(var):
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                found[int(folder.name)] = line
    return found


def test_it_publishes_stops_without_a_trace_and_is_there_again_with_everything(environment, var):
    with started(environment) as run:
        delivery = schedule_first_for_now(environment)

        def is_out() -> bool:
            sql = "SELECT state FROM publishing_delivery WHERE id = %s"
            return ask(address(var), sql, delivery) == [("published",)]

        assert wait_until(is_out, run)
        databases = [line for line in processes_of(var).values() if "postgres" in line]
        # run.py, the shell that watches it, the simulator, gunicorn and its one worker
        assert len(processes_of(var)) - len(databases) == 5
        heard = wait_until(lambda: webhooks(environment).keys() == {"200"}, run)
        assert heard, webhooks(environment)
        # Here, for nowhere else is the sample content behind a server.
        assert find_too_high(f"http://localhost:{environment['PORT']}") == []
    assert run.returncode == 0
    assert processes_of(var) == {}

    with started(environment) as run:
        assert is_out()
        run.kill()
        # Its programs end with it.
        run.wait()
        give_up = time.monotonic() + 60
        while processes_of(var) and time.monotonic() < give_up:
            time.sleep(0.1)
    assert processes_of(var) == {}

    with started(environment) as run:
        for pid in processes_of(var):  # as a loss of power does
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    with started(environment):
        assert is_out()
    assert "Binh-yen-co-so-2026" in (var / "sign-ins.txt").read_text(encoding="utf-8")


def test_it_takes_the_database_that_is_named_and_refuses_one_with_other_data(
    environment, var, tmp_path
):
    taken = "CREATE TABLE stock (id int)"
    log = tmp_path / "log"
    with local_postgresql.serving(tmp_path / "other", log=log, durable=False) as server:
        named = local_postgresql.make_database(server, "stock")
        with contextlib.closing(psycopg2.connect(named)) as database, database:
            database.cursor().execute(taken)

        done = subprocess.run(
            [sys.executable, "scripts/run.py"],
            cwd=ROOT,
            env={**environment, "DATABASE_URL": named},
            capture_output=True,
            text=True,
        )

        tables = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'"
        assert ask(named, tables) == [("stock",)]
    assert done.returncode == 1
    assert "holds other data, and nothing in it was changed" in done.stderr
    assert not (var / "postgresql").exists()


def test_training_has_keys_and_a_database_of_its_own_whatever_the_shell_names(environment, var):
    live = {
        "EGRESS_PROXY": "http://egress:3128",
        "OIDC_ISSUER": "https://sign-in.example.vn",
        "SECRET_KEY": "of a live installation, " * 3,
        "TELEGRAM_API_URL": "https://api.telegram.org",
    }
    with started(environment | live, "training"):
        page = f"http://localhost:{environment['PORT']}/accounts/login/"
        with OPENER.open(page, timeout=30) as answer:
            assert 'class="training-frame"' in answer.read().decode()
        assert ask(address(var), "SELECT kind FROM core_installation") == [("training",)]
        keys = {(var / "secrets" / name).read_text() for name in ("secret_key", "approval_key")}
        assert {key[:9] for key in keys} == {"training-"}
        assert len(keys) == 2


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PORT", "eight", "PORT is 'eight'; choose a number between 1 and 65535."),
        ("VAR_DIR", "/proc/nowhere", "The folder /proc/nowhere cannot be written"),
        ("SIMULATOR_PORT", None, "in use, perhaps by another `make run`"),
        ("DATABASE_URL", "sqlite:///portal.sqlite3", "DATABASE_URL names no PostgreSQL"),
        ("DATABASE_URL", "postgres://portal@127.0.0.1:9/portal", "names does not answer"),
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
