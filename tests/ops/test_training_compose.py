"""docker-compose.training.yml: an installation that reaches nothing, and shares nothing with a live
one.
"""

import json
import os
import re
import socket
import subprocess

import jsonschema
import pytest
import redis
from django.conf import settings

from outreach_portal import guard
from tests.ops import compose
from tests.ops.processes import free_port, wait_until
from tests.ops.test_training import load_settings

FILE = compose.read("docker-compose.training.yml")
SERVICES = FILE["services"]
VALUES = {"PORTAL_HOST": "tap-huan.example.vn"}
PORTAL = [name for name, service in SERVICES.items() if "PORTAL_MODE" in service["environment"]]


def test_the_file_is_what_docker_compose_understands():
    schema = json.loads((compose.ROOT / "tests" / "ops" / "compose-spec.json").read_text())

    errors = jsonschema.Draft7Validator(schema).iter_errors(FILE)
    assert [error.message for error in errors] == []


def test_only_the_proxy_has_a_way_out():
    inside = {name for name, service in SERVICES.items() if list(service["networks"]) == ["inside"]}

    assert FILE["networks"]["inside"] == {"internal": True}
    assert set(SERVICES) - inside == {"proxy"}
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"proxy"}
    for service in SERVICES.values():
        assert not {"EGRESS_PROXY", "HTTPS_PROXY"} & set(service["environment"])


def test_it_shares_nothing_with_the_live_installation():
    live = compose.read()

    assert FILE["name"] != live["name"]  # and so no volume, network or container
    assert all(volume is None for volume in FILE["volumes"].values())
    for secret in FILE["secrets"].values():
        assert secret["file"].startswith("./secrets/training/")
    own = {service["image"] for service in SERVICES.values() if "build" in service}
    assert own.isdisjoint(service["image"] for service in live["services"].values())
    assert not any("env_file" in service for service in SERVICES.values())


def test_the_simulator_is_in_its_image_alone():
    stages = (compose.ROOT / "Dockerfile").read_text(encoding="utf-8").split("\nFROM ")
    moved = re.search(r"mv (.+) /training/", stages[0] + "".join(stages))[1].split()

    assert moved == ["simulator", "try_out", "training"]
    assert [stage.split()[0] for stage in stages[-2:]] == ["portal", "portal"]
    assert "AS training\nCOPY --from=build /training /app" in stages[-2]
    assert stages[-1].strip() == "portal"  # what is built where nobody names a stage
    assert {s["build"]["target"] for s in SERVICES.values() if "build" in s} == {"training"}


def test_the_simulator_answers_where_the_portal_looks_for_it():
    address = SERVICES["web"]["environment"]["SIMULATOR_URL"]

    assert address == "http://training-simulator:8100"
    assert "training-simulator" in guard.SIMULATOR_HOSTS
    assert "training-simulator" in SERVICES
    command = [compose.filled(word, VALUES) for word in SERVICES["training-simulator"]["command"]]
    assert command[command.index("--port") + 1] == "8100"
    # It fetches pictures by the portal's name, which in its network is the proxy's.
    aliases = SERVICES["proxy"]["networks"]["inside"]["aliases"]
    assert [compose.filled(alias, VALUES) for alias in aliases] == ["tap-huan.example.vn"]
    assert command[command.index("--media-host") + 1] == "tap-huan.example.vn"


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_bounded_and_gains_no_rights(name):
    service = SERVICES[name]

    assert service["security_opt"] == ["no-new-privileges:true"]
    if name in {"migrate", "certificates"}:
        assert service["restart"] == "no"
        return
    assert service["restart"] == "unless-stopped"
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert "test" in service["healthcheck"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_given_the_files_that_it_names_and_no_other(name):
    service = SERVICES[name]
    texts = [*map(str, service["environment"].values()), str(service.get("healthcheck"))]
    named = set(re.findall(r"/run/secrets/(\w+)", " ".join(texts)))
    if name == "redis":  # deploy/redis/start reads the passwords of all users
        named |= {secret for secret in FILE["secrets"] if secret.startswith("redis_")}

    assert set(service.get("secrets", ())) == named
    assert named <= set(FILE["secrets"])


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("training") / "secrets"
    subprocess.run([compose.ROOT / "deploy" / "secrets", folder, "training"], check=True)
    assert {path.name for path in folder.iterdir()} >= set(FILE["secrets"])
    return folder


@pytest.mark.parametrize("name", PORTAL)
def test_each_process_starts_with_what_the_file_gives_it(name, keys, tmp_path):
    given = {k: compose.filled(v, VALUES) for k, v in SERVICES[name]["environment"].items()}
    given = {k: v.replace("/run/secrets", str(keys)) for k, v in given.items()}

    started = load_settings(given | {"ENV_FILE": "/dev/null", "VAR_DIR": str(tmp_path)})

    assert (started.returncode, started.stderr) == (0, "")


@pytest.mark.parametrize("key", ["SECRET_KEY", "CREDENTIAL_KEYS"])
def test_web_refuses_a_live_key(key, keys, tmp_path):
    live = tmp_path / "live"
    subprocess.run([compose.ROOT / "deploy" / "secrets", live], check=True, capture_output=True)
    given = {k: compose.filled(v, VALUES) for k, v in SERVICES["web"]["environment"].items()}
    given = {k: v.replace("/run/secrets", str(keys)) for k, v in given.items()}
    given |= {"ENV_FILE": "/dev/null", f"{key}_FILE": str(live / key.lower())}

    assert f"{key} is no key of training" in load_settings(given).stderr


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_broker_lets_the_one_worker_work_on_each_queue(keys):
    port = free_port()
    start = [compose.ROOT / "deploy" / "redis" / "start", "redis-server", "--port", str(port)]
    users = compose.ROOT / "deploy" / "redis" / SERVICES["redis"]["environment"]["USERS"][8:]
    own = {"SECRETS": str(keys), "USERS": str(users), "ACL_FILE": str(keys.parent / "acl")}
    process = subprocess.Popen([*start, "--save", ""], env={"PATH": os.environ["PATH"], **own})
    try:
        password = (keys / "redis_web_password").read_text()
        worker = redis.Redis(port=port, username="web", password=password)
        beat = redis.Redis(
            port=port, username="beat", password=(keys / "redis_beat_password").read_text()
        )
        assert wait_until(lambda: listens(port), process)
        for queue in settings.CELERY_TASK_QUEUES:
            beat.lpush(queue, "ring")
            assert worker.brpop([queue], timeout=5) == (queue.encode(), b"ring")
        with pytest.raises(redis.exceptions.NoPermissionError):
            beat.brpop(["mail"], timeout=1)
    finally:
        process.terminate()
        process.wait()
