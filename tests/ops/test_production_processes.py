"""The processes of docker-compose.yml, started by the very commands that stand there, on real PostgreSQL and Redis."""

import base64
import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import psycopg2
import pytest
import redis
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from channels.models import Channel
from outreach_portal.guard import TRY_OUT_CREDENTIAL_KEY, TRY_OUT_DOMAIN, TRY_OUT_SECRET
from publishing.models import Attempt, Delivery
from publishing.states import State
from tests import factories
from tests.ops import compose

HOST = "truyenthong.example.vn"
BROKER = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/13")
OPENER = build_opener(ProxyHandler({}))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def production(var: Path, database: str = "postgres://127.0.0.1/none") -> dict[str, str]:
    """What .env and docker-compose.yml give to a container, with secrets made for this run."""
    filled_in = {"PORTAL_HOST": HOST, "POSTGRES_PASSWORD": "unused", "REDIS_PASSWORD": "unused"}
    container = compose.services()["web"]["environment"]
    env = {name: compose.filled(value, filled_in) for name, value in container.items()}
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        **env,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "ENV_FILE": os.devnull,
        "HOSTNAME": "one",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "CREDENTIAL_KEYS": base64.b64encode(secrets.token_bytes(32)).decode(),
        "DATABASE_URL": database,
        "REDIS_URL": BROKER,
        "VAR_DIR": str(var),
        "MEDIA_ROOT": str(var / "media"),
        "STATIC_ROOT": str(var / "staticfiles"),
        "EMAIL_URL": "smtp://127.0.0.1:9",
        "DEFAULT_FROM_EMAIL": f"cong@{HOST}",
        "ALARM_EMAILS": f"truc.ky.thuat@{HOST}",
        "FACEBOOK_APP_ID": "1",
        "FACEBOOK_APP_SECRET": "of the test",
        "ZALO_APP_ID": "1",
        "ZALO_APP_SECRET": "of the test",
        # Nobody listens there: what is sent is certainly not posted, and nothing leaves the machine.
        "FACEBOOK_GRAPH_URL": f"https://127.0.0.1:{free_port()}",
    }


def database_url() -> str:
    """The database that the tests run on, as the processes would be told."""
    facts = connection.settings_dict
    who = f"{facts['USER']}:{facts['PASSWORD']}" if facts["PASSWORD"] else facts["USER"]
    return f"postgres://{who}@{facts['HOST']}:{facts['PORT'] or 5432}/{facts['NAME']}"


@contextlib.contextmanager
def started(service: str, env: dict[str, str]) -> Iterator[subprocess.Popen]:
    """The service until the end of the block, where it is told to stop and must end by itself."""
    log = Path(env["VAR_DIR"]) / f"{service}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            compose.command_of(service),
            cwd=compose.ROOT,
            env={**env, "HOSTNAME": service},  # as docker gives each container a name of its own
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        yield process
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=40) == 0, log.read_text(errors="replace")
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_until(true: Callable[[], bool], *processes: subprocess.Popen, seconds: int = 60) -> bool:
    """Whether it came true in time; gives up at once when a process has ended."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up and all(p.poll() is None for p in processes):
        if true():
            return True
        time.sleep(0.2)
    return true()


def answer_of_web(port: int, path: str) -> tuple[int, dict[str, str], bytes] | None:
    request = Request(f"http://127.0.0.1:{port}{path}", headers={"Host": HOST, "X-Forwarded-Proto": "https"})
    try:
        with OPENER.open(request, timeout=5) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except OSError:
        return None


@pytest.fixture
def broker() -> Iterator[None]:
    """An empty Redis database before and after: a ring of another run must not be heard here."""
    client = redis.Redis.from_url(BROKER)
    client.flushdb()
    yield
    client.flushdb()
    client.close()


@pytest.mark.django_db(transaction=True)
def test_web_worker_and_beat_carry_deliveries_to_their_next_step(tmp_path, broker):
    env = production(tmp_path, database_url())
    subprocess.run([compose.ROOT / "deploy" / "collectstatic"], env=env, check=True)
    late = timezone.now() - timedelta(hours=3)
    too_late = factories.delivery(due_at=late, platform="zalo")
    page = page_sealed_with(env)
    due = factories.delivery(factories.approved(unit=page.unit, channels=[page]))
    port = free_port()

    with (
        started("web", {**env, "PORT": str(port), "HOST": "127.0.0.1"}) as web,
        started("settle", env) as settle,
        started("publish-facebook", env) as publish,
        started("beat", env) as beat,
    ):
        assert wait_until(lambda: answer_of_web(port, "/healthz") is not None, web)
        assert answer_of_web(port, "/healthz")[2] == b"ok"
        status, headers, body = answer_of_web(port, "/accounts/login/")
        assert (status, headers["Strict-Transport-Security"].split(";")[0]) == (200, "max-age=63072000")
        assert b"/static/css/portal." in body  # by its hashed name, from the gathered files
        healthy = subprocess.run(
            compose.services()["web"]["healthcheck"]["test"][1:], cwd=compose.ROOT, env={**env, "PORT": str(port)}
        )
        assert healthy.returncode == 0
        assert wait_until(lambda: state_of(too_late) == State.EXPIRED, settle, beat)
        assert wait_until(lambda: Attempt.objects.filter(delivery=due).exclude(outcome="").exists(), publish, beat)
        for service in ("settle", "publish-facebook", "beat"):
            check = compose.filled(compose.services()[service]["healthcheck"]["test"][1], {})
            asked = subprocess.run(["sh", "-c", check], env={**env, "HOSTNAME": service}, capture_output=True)
            assert asked.returncode == 0, asked.stderr

    assert (state_of(due), Attempt.objects.filter(delivery=due).first().outcome) == (State.SCHEDULED, "later")


@pytest.mark.django_db(transaction=True)
def test_a_worker_whose_broker_is_dead_goes_on_from_the_database(tmp_path):
    env = {**production(tmp_path, database_url()), "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"}
    page = page_sealed_with(env)
    due = factories.delivery(factories.approved(unit=page.unit, channels=[page]))
    too_late = factories.delivery(due_at=timezone.now() - timedelta(hours=3), platform="zalo")

    with started("publish-facebook", env) as publish, started("settle", env) as settle:
        assert wait_until(lambda: Attempt.objects.filter(delivery=due).exclude(outcome="").exists(), publish)
        assert wait_until(lambda: state_of(too_late) == State.EXPIRED, settle)


@pytest.mark.django_db(transaction=True)
def test_readyz_tells_within_a_minute_that_a_worker_is_gone(tmp_path, broker):
    env = production(tmp_path, database_url())
    port = free_port()

    def silent() -> set[str]:
        request = Request(f"http://127.0.0.1:{port}/readyz", headers={"Host": HOST})
        try:
            with OPENER.open(request, timeout=5) as answer:
                signs = json.load(answer)["signs"]
        except HTTPError as error:
            signs = json.load(error)["signs"]
        except OSError:
            return set()  # not there yet
        return {sign["of"] for sign in signs if sign["kind"] == "silent"}

    with started("web", {**env, "PORT": str(port), "HOST": "127.0.0.1"}) as web, started("beat", env) as beat:
        with started("publish-facebook", env) as publish:
            assert wait_until(lambda: "publish.zalo" in silent() and "publish.facebook" not in silent(), publish, web)
        assert wait_until(lambda: "publish.facebook" in silent(), web, beat)


def page_sealed_with(env: dict[str, str]) -> Channel:
    """A Facebook page whose token the processes can open: sealed with their key."""
    with override_settings(CREDENTIAL_KEYS=[env["CREDENTIAL_KEYS"]]):
        return factories.ChannelFactory(platform="facebook")


def state_of(delivery: Delivery) -> str:
    delivery.refresh_from_db()
    return delivery.state


# --- what a production installation refuses ---------------------------------------------------------------------------


def told_by(command: list[str], env: dict[str, str]) -> tuple[bool, str]:
    done = subprocess.run(command, cwd=compose.ROOT, env=env, capture_output=True, text=True, timeout=60)
    return done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"DEBUG": "true"}, "DEBUG is on"),
        ({"SECRET_KEY": TRY_OUT_SECRET}, "SECRET_KEY is the try-out's"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is the try-out's or shorter"),
        ({"CREDENTIAL_KEYS": TRY_OUT_CREDENTIAL_KEY}, "CREDENTIAL_KEYS holds the try-out's key"),
        ({"CREDENTIAL_KEYS": "bm90IDMyIGJ5dGVz"}, "not 32 bytes"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS allows every host"),
        ({"PORTAL_URL": f"http://{HOST}"}, "PORTAL_URL must begin with https://"),
        ({"MEDIA_PUBLIC_URL": f"http://{HOST}"}, "MEDIA_PUBLIC_URL must begin with https://"),
        ({"DATABASE_URL": "sqlite:///portal.sqlite3"}, "production needs PostgreSQL"),
        ({"FACEBOOK_GRAPH_URL": "http://127.0.0.1:8100/facebook/graph"}, "facebook: base_url must be an https address"),
        ({"ALARM_EMAILS": ""}, "ALARM_EMAILS names nobody"),
        ({"ZALO_APP_SECRET": "simulator-zalo-secret"}, "zalo: the application secret is the simulator's"),
        ({"PORTAL_MODE": "produktion"}, "choose try-out, test or production"),
    ],
)
def test_it_does_not_start_with_an_unsafe_setting_and_names_it(values, words, tmp_path):
    starts, said = told_by([sys.executable, "manage.py", "check"], {**production(tmp_path), **values})

    assert not starts
    assert words in said


@pytest.mark.parametrize("name", ["SECRET_KEY", "CREDENTIAL_KEYS", "DATABASE_URL", "REDIS_URL", "EMAIL_URL"])
def test_it_does_not_start_without_a_value_that_has_no_safe_default(name, tmp_path):
    env = production(tmp_path)
    del env[name]

    starts, said = told_by([sys.executable, "manage.py", "check"], env)

    assert not starts
    assert name in said


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("service", ["web", "settle"])
def test_no_process_starts_while_try_out_accounts_can_sign_in(service, tmp_path):
    factories.UserFactory(email=f"hai-chau.canbo@{TRY_OUT_DOMAIN}")
    env = {**production(tmp_path, database_url()), "PORT": str(free_port()), "HOST": "127.0.0.1"}

    starts, said = told_by(compose.command_of(service), env)

    assert not starts
    assert "active try-out accounts" in said


@pytest.mark.django_db(transaction=True)
def test_the_deployment_checks_find_nothing(tmp_path):
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]

    clean, said = told_by(command, production(tmp_path, database_url()))

    assert clean, said
    assert "0 silenced" in said


def test_there_is_no_sample_content_in_production(tmp_path):
    starts, said = told_by([sys.executable, "manage.py", "try_out"], production(tmp_path))

    assert not starts
    assert "Unknown command: 'try_out'" in said


def test_migrations_run_as_the_compose_file_says(tmp_path, django_db_blocker):
    name = f"outreach_migrate_{secrets.token_hex(4)}"
    with django_db_blocker.unblock():
        server = database_url().rpartition("/")[0]
    maintenance = psycopg2.connect(f"{server}/postgres")
    maintenance.autocommit = True
    with contextlib.closing(maintenance), maintenance.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
        try:
            done, said = told_by(compose.command_of("migrate"), production(tmp_path, f"{server}/{name}"))
            again, said_again = told_by(compose.command_of("migrate"), production(tmp_path, f"{server}/{name}"))
        finally:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    assert (done, again) == (True, True), said + said_again
    assert "3356 units created" in said
    assert "Nothing to change" in said_again
