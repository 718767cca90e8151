"""Redis as production runs it: a user for each kind of process, who does its work and no more."""

import os
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import redis
from celery import Celery
from django.conf import settings
from django.utils import timezone

from outreach_portal import guard
from publishing.models import Heartbeat
from tests.ops import compose
from tests.ops.processes import free_port, started, wait_until
from tests.ops.test_production_processes import database_url, is_alive, production

USERS = compose.ROOT / "deploy" / "redis" / "users"
PROCESSES = [process for process in guard.PROCESSES if process != "migrate"]  # which calls as web
QUEUES = sorted(settings.CELERY_TASK_QUEUES)


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[SimpleNamespace]:
    """Run Redis by deploy/redis/start; yield how each user reaches it."""
    folder: Path = tmp_path_factory.mktemp("broker")
    for user in ("operator", *PROCESSES):
        (folder / f"redis_{user}_password").write_text(f"of {user}\n")
    port = free_port()
    process = subprocess.Popen(
        [
            compose.ROOT / "deploy" / "redis" / "start",
            *("redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""),
        ],
        env={
            "PATH": os.environ["PATH"],
            "SECRETS": str(folder),
            "USERS": str(USERS),
            "ACL_FILE": str(folder / "users.acl"),
        },
        stdout=subprocess.DEVNULL,
        cwd=folder,
    )

    def client(user: str) -> redis.Redis:
        return redis.Redis(port=port, username=user, password=f"of {user}")

    def listens() -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=2).close()
        except OSError:
            return False
        return True

    try:
        assert wait_until(listens, process)
        yield SimpleNamespace(
            client=client,
            url=lambda user: f"redis://{user}:of%20{user}@127.0.0.1:{port}/0",
            port=port,
        )
    finally:
        process.terminate()
        process.wait(timeout=30)


def refused(client: redis.Redis, *words: object) -> bool:
    try:
        client.execute_command(*words)
    except redis.exceptions.NoPermissionError:
        return True
    return False


@pytest.mark.parametrize("user", PROCESSES)
@pytest.mark.parametrize(
    "words",
    [
        ("FLUSHALL",),
        ("FLUSHDB",),
        ("KEYS", "*"),
        ("SCAN", "0"),
        ("CONFIG", "GET", "*"),
        ("ACL", "LIST"),
        ("ACL", "WHOAMI"),
        ("CLIENT", "LIST"),
        ("CLIENT", "KILL", "TYPE", "normal"),
        ("MONITOR",),
        ("SHUTDOWN", "NOSAVE"),
        ("SAVE",),
        ("REPLICAOF", "127.0.0.1", "1"),
        ("MODULE", "LIST"),
        ("SUBSCRIBE", "/0.celery.pidbox"),
        ("PUBLISH", "/0.celery.pidbox", "shutdown"),
        ("LPUSH", "worker@x.celery.pidbox", "shutdown"),
        ("SADD", "_kombu.binding.celery.pidbox", "x"),
        ("SET", "anything", "x"),
        ("GET", "anything"),
        ("EVAL", "return redis.call('FLUSHALL')", "0"),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_no_process_rules_the_broker_or_other_processes(server, user, words):
    assert refused(server.client(user), *words)


def test_the_broker_knows_nobody_without_a_name(server):
    with pytest.raises(redis.exceptions.AuthenticationError):
        redis.Redis(port=server.port).ping()
    with pytest.raises(redis.exceptions.AuthenticationError):
        redis.Redis(port=server.port, username="mail", password="of web").ping()


def test_a_mail_worker_reaches_its_own_queue_alone(server):
    mail = server.client("mail")
    others = [queue for queue in QUEUES if queue != "mail"]

    assert [queue for queue in others if not refused(mail, "LPUSH", queue, "x")] == []
    assert [queue for queue in others if not refused(mail, "RPOP", queue)] == []
    assert not refused(mail, "RPOP", "mail")
    for process in set(PROCESSES) - {"mail"}:
        assert refused(mail, "HSET", f"unacked.{process}", "x", "x")
        assert refused(mail, "HGET", f"unacked.{process}", "x")
    for queue in others:
        assert refused(mail, "SADD", f"_kombu.binding.{queue}", "x")


@pytest.mark.parametrize("user", ["web", "beat"])
def test_who_only_sends_reads_no_queue(server, user):
    client = server.client(user)
    for queue in QUEUES:
        assert not refused(client, "LPUSH", queue, "x")
        assert refused(client, "RPOP", queue)
        assert refused(client, "LRANGE", queue, "0", "-1")
    server.client("operator").flushall()


def test_each_kind_of_process_is_a_user_who_works_on_its_queues(server):
    lines = [line.split("|") for line in USERS.read_text().splitlines() if line[0] != "#"]
    listed = {name.strip(): set(works.split()) for name, works, _sends in lines}
    served: dict[str, set[str]] = {name: set() for name in PROCESSES}
    for service in compose.portal_services().values():
        for queue in re.findall(r"--queues (\S+)", " ".join(service["command"])):
            pattern = re.sub(r"^publish\..*", "publish.*", queue)
            served[service["environment"]["PORTAL_PROCESS"]].add(pattern)

    assert served == listed


@pytest.mark.parametrize("user", [process for process in PROCESSES if process != "mail"])
def test_whoever_sends_reaches_every_queue(server, user):
    app = Celery(broker=server.url(user), set_as_current=False)
    app.conf.task_queues = None
    for queue in QUEUES:
        app.send_task("nothing", queue=queue)

    operator = server.client("operator")
    assert {queue: operator.llen(queue) for queue in QUEUES} == dict.fromkeys(QUEUES, 1)
    app.close()
    server.client("operator").flushall()


@pytest.mark.django_db(transaction=True)
def test_beat_and_workers_do_their_work_as_these_users(server, tmp_path):
    env = production(tmp_path, database_url())
    begun = timezone.now()

    def of(user: str) -> dict[str, str]:
        return {**env, "REDIS_URL": server.url(user), "REDIS_PASSWORD": ""}

    with (
        started("mail", of("mail")) as mail,
        started("scans", of("scans")) as scans,
        started("publish-facebook", of("publishing")) as publish,
        started("beat", of("beat")) as beat,
    ):
        for service in ("mail", "scans", "publish-facebook", "beat"):
            assert wait_until(lambda s=service: is_alive(s, env), mail, scans, publish, beat)
        for queue in ("mail", "scans", "publish.facebook"):
            heard = Heartbeat.objects.filter(queue=queue, last_seen_at__gte=begun)
            assert wait_until(heard.exists, mail, scans, publish, beat), queue
