"""The processes of docker-compose.yml, started by the very commands that stand there, on real
PostgreSQL and Redis.
"""

import base64
import contextlib
import functools
import json
import os
import re
import secrets
import socket
import string
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import psycopg2
import pytest
import redis
from celery import app
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from channels.models import Channel
from outreach_portal.guard import (
    TRY_OUT_APPROVAL_KEY,
    TRY_OUT_CREDENTIAL_KEY,
    TRY_OUT_DOMAIN,
    TRY_OUT_SECRET,
)
from publishing.models import Attempt, Delivery
from publishing.states import State
from tests import factories
from tests.ops import compose
from tests.ops.processes import INHERITED, free_port, started, wait_until

HOST = "truyenthong.example.vn"
MEDIA_HOST = "media.truyenthong.example.vn"
BROKER = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/13")
OPENER = build_opener(ProxyHandler({}))


def production(var: Path, database: str = "postgres://127.0.0.1/none") -> dict[str, str]:
    """Return what .env and docker-compose.yml give to a container, with secrets made for this
    run.
    """
    filled_in = {
        "PORTAL_HOST": HOST,
        "MEDIA_HOST": MEDIA_HOST,
    }
    container = compose.services()["web"]["environment"]
    # In clear, so that tests speak with it past the proxy; tests/ops/proxy.py puts it back.
    env = {
        name: compose.filled(value, filled_in)
        for name, value in container.items()
        if name != "WEB_TLS" and not name.endswith("_FILE")
    }
    return {
        **INHERITED,
        **env,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "ENV_FILE": os.devnull,
        "HOSTNAME": "one",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "CREDENTIAL_KEYS": base64.b64encode(secrets.token_bytes(32)).decode(),
        "APPROVAL_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "AUDIT_SIGNING_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
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
        # Nobody listens there: what is sent is certainly not posted, and nothing leaves the
        # machine.
        "FACEBOOK_GRAPH_URL": f"https://127.0.0.1:{free_port()}",
    }


_gathered = tempfile.TemporaryDirectory(prefix="outreach-static-")


@functools.cache
def static_files() -> str:
    """Gather the static files as the build of the image does, where nothing is configured. Once for
    all tests: to compress them takes 20 s of a processor."""
    env = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "STATIC_ROOT": _gathered.name,
    }
    subprocess.run([compose.ROOT / "deploy" / "collectstatic"], env=env, check=True)
    return _gathered.name


def database_url() -> str:
    """Return the database that the tests run on, as the processes would be given it."""
    facts = connection.settings_dict
    who = f"{facts['USER']}:{facts['PASSWORD']}" if facts["PASSWORD"] else facts["USER"]
    return f"postgres://{who}@{facts['HOST']}:{facts['PORT'] or 5432}/{facts['NAME']}"


def answer_of_web(port: int, path: str) -> tuple[int, dict[str, str], bytes] | None:
    request = Request(
        f"http://127.0.0.1:{port}{path}", headers={"Host": HOST, "X-Forwarded-Proto": "https"}
    )
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
    env["STATIC_ROOT"] = static_files()
    late = timezone.now() - timedelta(hours=3)
    too_late = factories.delivery(due_at=late, platform="zalo")
    page = page_sealed_with(env)
    due = due_on(page, env)
    port = free_port()

    with (
        started("web", {**env, "PORT": str(port), "HOST": "127.0.0.1"}) as web,
        started("reconcile", env) as reconcile,
        started("publish-facebook", env) as publish,
        started("beat", env) as beat,
    ):
        assert wait_until(lambda: answer_of_web(port, "/healthz") is not None, web)
        assert answer_of_web(port, "/healthz")[2] == b"ok"
        status, headers, body = answer_of_web(port, "/accounts/login/")
        assert (status, headers["Strict-Transport-Security"].split(";")[0]) == (
            200,
            "max-age=63072000",
        )
        assert b"/static/bundles/css/" in body  # by its hashed name, from the gathered files
        healthy = subprocess.run(
            compose.services()["web"]["healthcheck"]["test"][1:],
            cwd=compose.ROOT,
            env={**env, "PORT": str(port)},
        )
        assert healthy.returncode == 0
        assert wait_until(lambda: state_of(too_late) == State.EXPIRED, reconcile, beat)
        assert wait_until(
            lambda: Attempt.objects.filter(delivery=due).exclude(outcome="").exists(), publish, beat
        )
        for service in ("reconcile", "publish-facebook", "beat"):
            assert wait_until(lambda s=service: is_alive(s, env), reconcile, publish, beat)

    assert (state_of(due), Attempt.objects.filter(delivery=due).first().outcome) == (
        State.SCHEDULED,
        "later",
    )
    for process in ("publishing", "beat"):  # what has ended gives no sign of life any more
        os.utime(tmp_path / f"alive.{process}", (0, 0))
    assert [is_alive(service, env) for service in ("reconcile", "beat")] == [False, False]


def is_alive(service: str, env: dict[str, str]) -> bool:
    """Return what the service's health check says."""
    check = compose.services()[service]["healthcheck"]["test"][1:]
    environment = compose.environment_of(service, env)
    return subprocess.run(check, cwd=compose.ROOT, env=environment).returncode == 0


@pytest.mark.django_db(transaction=True)
def test_a_worker_whose_broker_is_dead_goes_on_from_the_database(tmp_path):
    env = {
        **production(tmp_path, database_url()),
        "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",
    }
    page = page_sealed_with(env)
    due = due_on(page, env)
    too_late = factories.delivery(due_at=timezone.now() - timedelta(hours=3), platform="zalo")

    with started("publish-facebook", env) as publish, started("reconcile", env) as reconcile:
        assert wait_until(
            lambda: Attempt.objects.filter(delivery=due).exclude(outcome="").exists(), publish
        )
        assert wait_until(lambda: state_of(too_late) == State.EXPIRED, reconcile)


def is_there(pid: int) -> bool:
    """Tell whether the process runs; one that has ended and waits for its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_no_web_process_outlives_tests_that_were_killed(tmp_path):
    env = {
        **production(tmp_path),
        "HOST": "127.0.0.1",
        "PORT": str(free_port()),
        "PORTAL_MODE": "test",
    }
    script = (
        "import json, sys, time; from tests.ops import processes as p;service = p.started('web', "
        "json.load(sys.stdin)); print(service.__enter__().pid, flush=True); time.sleep(600)"
    )
    env["DATABASE_URL"] = "postgres://nobody@127.0.0.1:1/none"
    tests = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=compose.ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    tests.stdin.write(json.dumps(env))
    tests.stdin.close()
    master = int(tests.stdout.readline())
    children = Path(f"/proc/{master}/task/{master}/children")
    try:
        assert wait_until(lambda: len(children.read_text().split()) == 2)
        workers = [int(pid) for pid in children.read_text().split()]
    finally:
        tests.kill()
        tests.wait()
    assert wait_until(lambda: not any(is_there(pid) for pid in (master, *workers)), seconds=30)


@pytest.mark.django_db(transaction=True)
def test_readyz_reports_within_a_minute_that_a_worker_is_gone(tmp_path, broker):
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

    with (
        started("web", {**env, "PORT": str(port), "HOST": "127.0.0.1"}) as web,
        started("beat", env) as beat,
    ):
        with started("publish-facebook", env) as publish:
            assert wait_until(
                lambda: "publish.zalo" in silent() and "publish.facebook" not in silent(),
                publish,
                web,
            )
        assert wait_until(lambda: "publish.facebook" in silent(), web, beat)


@pytest.mark.django_db(transaction=True)
def test_every_line_of_web_worker_and_beat_is_json_whatever_they_are_sent(tmp_path, broker):
    env = production(tmp_path, database_url())
    env["STATIC_ROOT"] = static_files()
    page = page_sealed_with(env)
    unproved = factories.delivery(factories.approved(unit=page.unit, channels=[page]))
    port = free_port()
    hostile = "%1b[31m%0a%7b%22level%22:%22ERROR%22%7d"

    def send(request: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
            line.sendall(request)
            return line.recv(65536)

    host = f"Host: {HOST}\r\nX-Forwarded-Proto: https\r\nX-Request-Id: theirs\r\n"
    with (
        started("web", {**env, "PORT": str(port), "HOST": "127.0.0.1"}) as web,
        started("publish-facebook", env) as publish,
        started("maintenance", env) as maintenance,
        started("beat", env) as beat,
    ):
        assert wait_until(lambda: answer_of_web(port, "/healthz") is not None, web)
        missing = send(f"GET /{hostile} HTTP/1.1\r\n{host}Connection: close\r\n\r\n".encode())
        send(b"GET / HTTP/1.1\r\nHost: \x1b[31m\xc3\xa9{}\r\nConnection: close\r\n\r\n")
        send(b"GET /\x1b[31m\n HTTP/9.9\r\nbad\x1bheader\r\n\r\n")
        app.Celery(broker=BROKER, set_as_current=False).send_task(
            "core.tasks.run_job", kwargs={"job": hostile}, queue="maintenance"
        )
        assert wait_until(lambda: '"task"' in logged(tmp_path, "maintenance"), maintenance, beat)
        assert wait_until(lambda: Attempt.objects.filter(delivery=unproved).exists(), publish, beat)
        assert wait_until(lambda: is_alive("beat", env), beat)  # else it is ended as it starts

    for service in ("web", "publish-facebook", "maintenance", "beat"):
        for line in logged(tmp_path, service).splitlines():
            entry = json.loads(line)
            assert {"time", "level", "logger", "message"} <= set(entry), line
            assert entry["time"].endswith("+00:00"), line
            assert line.isascii(), line
            assert line.isprintable(), line
    named = re.search(rb"X-Request-Id: (\S+)", missing)[1].decode()
    of_web = [json.loads(line) for line in logged(tmp_path, "web").splitlines()]
    assert [entry["message"] for entry in of_web if entry.get("request") == named] == [
        "Not Found: (no such page)"
    ]
    of_maintenance = [json.loads(line) for line in logged(tmp_path, "maintenance").splitlines()]
    failed = [entry for entry in of_maintenance if "exception" in entry]
    assert [(entry["exception"], bool(entry["task"])) for entry in failed] == [
        ("builtins.ValueError", True)
    ]


def logged(folder: Path, service: str) -> str:
    return (folder / f"{service}.log").read_text()


def page_sealed_with(env: dict[str, str]) -> Channel:
    """Make a Facebook page whose token the processes can open: sealed with their key."""
    with override_settings(CREDENTIAL_KEYS=[env["CREDENTIAL_KEYS"]]):
        return factories.ChannelFactory(platform="facebook")


def due_on(page: Channel, env: dict[str, str]) -> Delivery:
    """Make a delivery to ``page`` whose approval the processes can prove: signed with their key."""
    with override_settings(APPROVAL_KEYS=[env["APPROVAL_KEY"]]):
        return factories.delivery(factories.approved(unit=page.unit, channels=[page]))


def state_of(delivery: Delivery) -> str:
    delivery.refresh_from_db()
    return delivery.state


# --- what a production installation refuses -------------------------------------------------------


def of_bytes(key: bytes) -> str:
    return base64.b64encode(key).decode()


def result_of(command: list[str], env: dict[str, str]) -> tuple[bool, str]:
    done = subprocess.run(
        command, cwd=compose.ROOT, env=env, capture_output=True, text=True, timeout=300
    )
    return done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"DEBUG": "true"}, "DEBUG is on"),
        ({"SECRET_KEY": TRY_OUT_SECRET}, "SECRET_KEY is the try-out's"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is the try-out's or shorter"),
        ({"CREDENTIAL_KEYS": TRY_OUT_CREDENTIAL_KEY}, "CREDENTIAL_KEYS holds the try-out's key"),
        ({"CREDENTIAL_KEYS": "bm90IDMyIGJ5dGVz"}, "not 32 bytes"),
        ({"APPROVAL_KEY": TRY_OUT_APPROVAL_KEY}, "APPROVAL_KEY holds the try-out's key"),
        ({"APPROVAL_KEY": "bm90IDMyIGJ5dGVz"}, "APPROVAL_KEY holds a key that is not 32 bytes"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS allows every host"),
        ({"ALLOWED_HOSTS": ".vn"}, "ALLOWED_HOSTS allows every host, or a whole domain"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS allows every host, or a whole domain, or none"),
        ({"CREDENTIAL_KEYS": ""}, "CREDENTIAL_KEYS is empty"),
        ({"SECRET_KEY_FALLBACKS": TRY_OUT_SECRET}, "SECRET_KEY_FALLBACKS holds the try-out's key"),
        ({"REDIS_URL": "filesystem://localhost"}, "REDIS_URL must begin with redis://"),
        ({"PROXY_COUNT": "0"}, "PROXY_COUNT must be 1 to 3"),
        ({"PROXY_COUNT": "9"}, "PROXY_COUNT must be 1 to 3"),
        ({"SECRET_KEY": "a" * 50}, "SECRET_KEY can be guessed"),
        ({"SECRET_KEY": "0123456789abcdef" * 4}, "SECRET_KEY can be guessed"),
        ({"SECRET_KEY": string.printable[:62]}, "SECRET_KEY can be guessed"),
        ({"SECRET_KEY": f"django-insecure-{secrets.token_hex(32)}"}, "SECRET_KEY can be guessed"),
        ({"SECRET_KEY_FALLBACKS": "b" * 50}, "SECRET_KEY_FALLBACKS holds a key that can"),
        ({"CREDENTIAL_KEYS": of_bytes(bytes(32))}, "CREDENTIAL_KEYS holds a key that can be"),
        ({"CREDENTIAL_KEYS": of_bytes(bytes(range(32)))}, "CREDENTIAL_KEYS holds a key that can"),
        ({"APPROVAL_KEY": of_bytes(b"0123456789abcdef" * 2)}, "APPROVAL_KEY holds a key that can"),
        ({"APPROVAL_KEY": of_bytes(bytes(32))}, "APPROVAL_KEY holds a key that can be guessed"),
        ({"AUDIT_SIGNING_KEY": of_bytes(bytes(32))}, "AUDIT_SIGNING_KEY holds a key that can be"),
        ({"TELEGRAM_HOOK_SECRET": "a"}, "telegram: hook_secret can be guessed"),
        ({"ZALO_HOOK_SECRET": "a" * 40}, "zalo: hook_secret can be guessed"),
        ({"FACEBOOK_VERIFY_TOKEN": f"{'0f' * 24},word"}, "facebook: verify_token can be guessed"),
        ({"FACTOR_RESET_HOURS": "0"}, "FACTOR_RESET_HOURS must lie between 24 and 720"),
        ({"EGRESS_PROXY": ""}, "EGRESS_PROXY is empty or no address"),
        ({"MEDIA_PUBLIC_URL": ""}, "MEDIA_PUBLIC_URL must begin with https://"),
        ({"MEDIA_PUBLIC_URL": f"https://{HOST}"}, "MEDIA_PUBLIC_URL must name another host"),
        ({"REGISTER_URL": "http://bocongan.example.vn"}, "REGISTER_URL must begin with https://"),
        ({"SECURE_SSL_REDIRECT": "false"}, "SECURE_SSL_REDIRECT is off"),
        ({"LOG_LEVEL": "DEBUG"}, "LOG_LEVEL must be INFO"),
        ({"MEDIA_LINK_SECONDS": "1000000000"}, "MEDIA_LINK_SECONDS must lie"),
        ({"IMAGE_MAX_PIXELS": "1000000000000"}, "IMAGE_MAX_PIXELS must lie"),
        ({"MEDIA_ROOM_BYTES": "0"}, "MEDIA_ROOM_BYTES must be"),
        ({"UPLOADS_A_PERSON": "0"}, "UPLOADS_A_PERSON must lie"),
        ({"PUBLISH_LEASE_SECONDS": "10"}, "PUBLISH_LEASE_SECONDS must be more than"),
        ({"PUBLISH_VERIFY_GRACE_SECONDS": "0"}, "PUBLISH_VERIFY_GRACE_SECONDS must be more than"),
        ({"PUBLISH_MAX_ATTEMPTS": "0"}, "PUBLISH_MAX_ATTEMPTS must be 1 or more"),
        ({"PUBLISH_NOT_AFTER_SECONDS": "0"}, "PUBLISH_NOT_AFTER_SECONDS must be 60 or more"),
        ({"ALARM_EMAILS": "truc"}, "ALARM_EMAILS holds what is no e-mail address"),
        ({"PORTAL_PROCESS": "mails"}, "PORTAL_PROCESS is 'mails'"),
        ({"PORTAL_PROCESS": "mail"}, "SECRET_KEY is no key of this process (mail)"),
        ({"PORTAL_PROCESS": "beat"}, "CREDENTIAL_KEYS is no key of this process (beat)"),
        ({"PORTAL_PROCESS": "scans"}, "APPROVAL_KEY is no key of this process (scans)"),
        (
            {"PORTAL_PROCESS": "maintenance"},
            "A platform's secret is no key of this process (maintenance)",
        ),
        ({"SESSION_IDLE_SECONDS": "1000000000"}, "SESSION_IDLE_SECONDS must lie between"),
        ({"SESSION_IDLE_SECONDS": "0"}, "SESSION_IDLE_SECONDS must lie between"),
        ({"ZALO_HOOK_SECRET": "try-out-zalo"}, "zalo: hook_secret is the try-out's word"),
        (
            {"FACEBOOK_VERIFY_TOKEN": "try-out-facebook"},
            "facebook: verify_token is the try-out's word",
        ),
        ({"PORTAL_URL": f"http://{HOST}"}, "PORTAL_URL must begin with https://"),
        ({"MEDIA_PUBLIC_URL": f"http://{HOST}"}, "MEDIA_PUBLIC_URL must begin with https://"),
        ({"DATABASE_URL": "sqlite:///portal.sqlite3"}, "DATABASE_URL names no PostgreSQL"),
        (
            {"DATABASE_URL": "postgres://portal@db.example.vn/portal"},
            "DATABASE_URL must end with ?sslmode=verify-full",
        ),
        (
            {"DATABASE_URL": "postgres://a@db.example.vn/portal?sslmode=require"},
            "DATABASE_URL must end with ?sslmode",
        ),
        (
            {"REDIS_URL": "redis://redis.example.vn:6379/0"},
            "REDIS_URL must begin with rediss://, unless",
        ),
        (
            {"EMAIL_URL": "smtp://mail.example.vn:25"},
            "EMAIL_URL must begin with smtp+tls:// or smtp+ssl://",
        ),
        (
            {"CLAMAV_ADDRESS": "tcp://scanner.example.vn:3310"},
            "CLAMAV_ADDRESS must name a socket of this machine",
        ),
        (
            {"FACEBOOK_GRAPH_URL": "http://127.0.0.1:8100/facebook/graph"},
            "facebook: base_url must be an https address",
        ),
        ({"ALARM_EMAILS": ""}, "ALARM_EMAILS names nobody"),
        (
            {"ZALO_APP_SECRET": "simulator-zalo-secret"},
            "zalo: the application secret is the simulator's",
        ),
        ({"PORTAL_MODE": "produktion"}, "choose try-out, test, training or production"),
    ],
)
def test_it_does_not_start_with_an_unsafe_setting_and_names_it(values, words, tmp_path):
    starts, said = result_of(
        [sys.executable, "manage.py", "check"], {**production(tmp_path), **values}
    )

    assert not starts
    assert words in said


def test_it_starts_with_the_addresses_of_the_compose_file(tmp_path):
    """They name other machines than localhost, over TLS."""
    environment = compose.services()["web"]["environment"]
    values = {name: environment[name] for name in ("DATABASE_URL", "REDIS_URL")}
    values["EMAIL_URL"] = "smtp+tls://portal:unused@mail.example.vn:587"

    starts, said = result_of(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", "pass"],
        {**production(tmp_path), **values},
    )

    assert starts, said


@pytest.mark.parametrize(
    "name",
    ["SECRET_KEY", "CREDENTIAL_KEYS", "APPROVAL_KEY", "DATABASE_URL", "REDIS_URL", "EMAIL_URL"],
)
def test_it_does_not_start_without_a_value_that_has_no_safe_default(name, tmp_path):
    env = production(tmp_path)
    del env[name]

    starts, said = result_of([sys.executable, "manage.py", "check"], env)

    assert not starts
    assert name in said


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("service", ["web", "reconcile"])
def test_no_process_starts_while_try_out_accounts_can_sign_in(service, tmp_path):
    factories.UserFactory(email=f"hai-chau.canbo@{TRY_OUT_DOMAIN}")
    env = {**production(tmp_path, database_url()), "PORT": str(free_port()), "HOST": "127.0.0.1"}

    starts, said = result_of(compose.command_of(service), env)

    assert not starts
    assert "active try-out accounts" in said


def test_production_cookies_belong_to_this_host_alone(tmp_path):
    asked = (
        "from django.conf import settings as s; import json; "
        "print(json.dumps({n: getattr(s, n) for n in dir(s) if 'COOKIE' in n}))"
    )
    starts, said = result_of(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", asked], production(tmp_path)
    )

    assert starts, said
    facts = json.loads(said.splitlines()[-1])
    names = [value for name, value in facts.items() if name.endswith(("COOKIE_NAME", "_COOKIE"))]
    assert len(names) == 5
    assert all(name.startswith("__Host-") for name in names), names
    flags = {
        name: value for name, value in facts.items() if name.endswith(("_SECURE", "_HTTPONLY"))
    }
    assert flags == dict.fromkeys(flags, True)
    assert {value for name, value in facts.items() if name.endswith("_SAMESITE")} == {"Lax"}


def test_static_files_are_gathered_where_nothing_is_configured():
    assert (Path(static_files()) / "staticfiles.json").exists()


@pytest.mark.django_db(transaction=True)
def test_the_deployment_checks_find_nothing(tmp_path):
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]

    clean, said = result_of(command, production(tmp_path, database_url()))

    assert clean, said
    assert "0 silenced" in said


def test_there_is_no_sample_content_in_production(tmp_path):
    starts, said = result_of([sys.executable, "manage.py", "try_out"], production(tmp_path))

    assert not starts
    assert "Unknown command: 'try_out'" in said


def test_migrations_run_as_the_compose_file_says(tmp_path, django_db_blocker):
    name = f"outreach_migrate_{secrets.token_hex(4)}"
    with django_db_blocker.unblock():
        server = database_url().rpartition("/")[0]
    maintenance = psycopg2.connect(f"{server}/postgres")
    maintenance.autocommit = True
    with contextlib.closing(maintenance), maintenance.cursor() as cursor:
        # Of tables that stand already where `make test` has made some: what is tried here are the
        # command, its roles, and that it may run again.
        tables = os.environ.get("TEST_TEMPLATE", "template1")
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{tables}"')
        try:
            # The roles belong to the whole server: these are named like the database, and go with
            # it.
            env = production(tmp_path, f"{server}/{name}") | {"POSTGRES_ROLE_PREFIX": name}
            env |= {
                f"POSTGRES_{kind}_PASSWORD": "of the test" for kind in ("WEB", "WORKER", "AUDITOR")
            }
            done, said = result_of(compose.command_of("migrate"), env)
            again, said_again = result_of(compose.command_of("migrate"), env)
        finally:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
            cursor.execute(f"DROP ROLE IF EXISTS {name}_web, {name}_worker, {name}_auditor")

    assert (done, again) == (True, True), said + said_again
    assert "3356 units created" in said
    assert "Nothing to change" in said_again
