"""PostgreSQL and Redis over TLS, by the certificates and addresses of the compose file, on ports of
this machine.
"""

import getpass
import os
import pwd
import runpy
import shutil
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest
import redis
from kombu import Connection

from deploy.certificates import make_database_certificates
from tests.ops import compose
from tests.ops.test_production_processes import free_port, production, wait_until

IS_ROOT = os.geteuid() == 0
OWNER = "postgres" if IS_ROOT else getpass.getuser()


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="outreach-tls-"))
    made.chmod(0o755)
    for place in ("servers", "ca", "strangers", "stranger-ca"):
        (made / place).mkdir()
    make_database_certificates(made / "servers", made / "ca")
    make_database_certificates(made / "strangers", made / "stranger-ca")
    yield made
    shutil.rmtree(made)


def local(url: str, port: int, ca: Path) -> str:
    """Lead an address of the compose file to a server of this machine: its certificate holds for
    localhost too."""
    text = url.replace("/internal/ca.pem", str(ca))
    user, host = urlsplit(text).username, urlsplit(text).hostname
    return text.replace(f"{user}@{host}:{urlsplit(text).port}", f"{user}:secret@localhost:{port}")


@pytest.fixture(scope="module")
def postgresql(folder: Path) -> Iterator[int]:
    port, home, binaries = (
        free_port(),
        folder / "home",
        sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1],
    )
    home.mkdir()
    shutil.copy(folder / "servers" / "postgres" / "server.key", home)
    shutil.copy(folder / "servers" / "postgres" / "server.pem", home)
    who: dict[str, object] = {}
    if IS_ROOT:
        who = {"user": OWNER, "group": pwd.getpwnam(OWNER).pw_gid, "extra_groups": []}
        for path in (home, home / "server.key", home / "server.pem"):
            shutil.chown(path, OWNER)
    hba = home / "pg_hba.conf"
    hba.write_text((compose.ROOT / "deploy" / "pg_hba.conf").read_text())
    subprocess.run(
        [binaries / "initdb", "-D", home / "data", "-U", "portal", "--auth=trust", "-N"],
        check=True,
        capture_output=True,
        cwd=home,
        **who,
    )
    said = compose.services()["postgres"]["command"]
    options = [line for line in said if line.startswith(("ssl", "hba_file"))]
    options = [
        option.replace("/tls", str(home)).replace("/deploy/pg_hba.conf", str(hba))
        for option in options
    ]
    assert "ssl=on" in options
    server = subprocess.Popen(
        [
            binaries / "postgres",
            "-D",
            home / "data",
            *(
                f"--{option}"
                for option in [*options, f"port={port}", f"unix_socket_directories={home}"]
            ),
            "--listen_addresses=localhost",
        ],
        cwd=home,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **who,
    )

    def by_socket() -> bool:
        try:
            with psycopg2.connect(
                host=str(home), port=port, user="portal", dbname="postgres"
            ) as line:
                line.cursor().execute("SELECT 1")
        except psycopg2.OperationalError:
            return False
        return True

    try:
        assert wait_until(by_socket, server)
        owner = psycopg2.connect(host=str(home), port=port, user="portal", dbname="postgres")
        owner.autocommit = True
        with owner.cursor() as cursor:
            cursor.execute("CREATE ROLE portal_web LOGIN PASSWORD 'secret'")
            cursor.execute("CREATE DATABASE portal")
        owner.close()
        yield port
    finally:
        server.terminate()
        server.wait(timeout=30)


def test_the_portal_reaches_postgresql_over_tls_by_the_composed_address(
    postgresql, folder, tmp_path
):
    url = local(
        compose.services()["web"]["environment"]["DATABASE_URL"],
        postgresql,
        folder / "ca" / "ca.pem",
    )
    script = (
        "import django; django.setup(); from django.db import connection as c; k = c.cursor();"
        "k.execute('SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()'); "
        "print(k.fetchone())"
    )
    env = production(tmp_path, url) | {"DJANGO_SETTINGS_MODULE": "outreach_portal.settings"}

    asked = subprocess.run(
        [sys.executable, "-c", script], cwd=compose.ROOT, env=env, capture_output=True, text=True
    )

    assert asked.stdout.strip() == "(True, 'TLSv1.3')", asked.stderr


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("ca/ca.pem", "stranger-ca/ca.pem"), "SSL error"),
        (("@localhost", "@127.0.0.1"), "does not match host name"),
        (("sslmode=verify-full", "sslmode=disable"), "no pg_hba.conf entry"),
    ],
    ids=["another authority", "another name", "no TLS"],
)
def test_postgresql_is_not_spoken_to_otherwise(postgresql, folder, change, words):
    url = local(
        compose.services()["web"]["environment"]["DATABASE_URL"],
        postgresql,
        folder / "ca" / "ca.pem",
    )
    assert change[0] in url

    with pytest.raises(psycopg2.OperationalError, match=words):
        psycopg2.connect(url.replace(*change))


@pytest.fixture(scope="module")
def redis_port(folder: Path) -> Iterator[int]:
    port = free_port()
    start, *words = compose.services()["redis"]["command"]
    changed = {"6379": str(port), "yes": "no"}
    words = [
        changed.get(word, word.replace("/internal", str(folder / "servers"))) for word in words
    ]
    (folder / "redis").mkdir()
    for secret in compose.services()["redis"]["secrets"]:
        (folder / "redis" / secret).write_text("secret")
    deploy = compose.ROOT / "deploy" / "redis"
    server = subprocess.Popen(
        [start.replace("/deploy", str(deploy)), *words],
        cwd=folder / "redis",
        env={
            **os.environ,
            "SECRETS": str(folder / "redis"),
            "USERS": str(deploy / "users"),
            "ACL_FILE": str(folder / "redis" / "users.acl"),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = local(
        compose.services()["web"]["environment"]["REDIS_URL"], port, folder / "ca" / "ca.pem"
    )

    def answers() -> bool:
        try:
            return bool(redis.Redis.from_url(url).ping())
        except redis.RedisError:
            return False

    try:
        assert wait_until(answers, server)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=30)


def test_celery_reaches_redis_over_tls_by_the_composed_address(redis_port, folder):
    url = local(
        compose.services()["web"]["environment"]["REDIS_URL"], redis_port, folder / "ca" / "ca.pem"
    )

    with Connection(url) as line:
        line.ensure_connection(max_retries=1, timeout=20)
        assert line.connected


@pytest.mark.parametrize(
    "change",
    [("ca/ca.pem", "stranger-ca/ca.pem"), ("rediss://", "redis://")],
    ids=["another authority", "no TLS"],
)
def test_redis_is_not_spoken_to_otherwise(redis_port, folder, change):
    url = local(
        compose.services()["web"]["environment"]["REDIS_URL"], redis_port, folder / "ca" / "ca.pem"
    )
    changed = url.replace(*change) if change[0] in url else ""
    if changed.startswith("redis://"):
        changed = changed.partition("?")[0]

    with pytest.raises(redis.ConnectionError):
        redis.Redis.from_url(changed).ping()


def test_all_connections_of_a_web_process_share_one_context():
    """gunicorn asks for each connection. Kept apart, their contexts filled the memory of a process
    in 20 minutes.
    """
    ssl_context = runpy.run_path("deploy/gunicorn.conf.py")["ssl_context"]

    made = [
        ssl_context(None, lambda: ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
        for _connection in range(3)
    ]

    assert [context is made[0] for context in made] == [True, True, True]
    assert made[0].minimum_version == ssl.TLSVersion.TLSv1_3
