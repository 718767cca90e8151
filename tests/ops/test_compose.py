import json
import os
import re
import subprocess
import sys
from typing import Any

import jsonschema
import pytest
from django.conf import settings

from media import pictures, videos
from outreach_portal import guard
from outreach_portal.celery import app
from tests.ops import compose


def test_the_file_is_what_docker_compose_understands():
    schema = json.loads(
        (compose.ROOT / "tests" / "ops" / "compose-spec.json").read_text(encoding="utf-8")
    )

    assert [
        error.message for error in jsonschema.Draft7Validator(schema).iter_errors(compose.read())
    ] == []


def test_each_queue_has_one_service_that_works_on_it():
    queues = [
        queue
        for service in compose.services().values()
        for queue in re.findall(r"--queues (\S+)", " ".join(service.get("command", ())))
    ]

    assert sorted(queues) == sorted(settings.CELERY_TASK_QUEUES)


def test_each_task_that_beat_sends_lands_in_a_queue_that_exists():
    app.loader.import_default_modules()
    queues = {
        (entry.get("options") or {}).get("queue")
        or app.amqp.router.route({}, entry["task"])["queue"].name
        for entry in settings.CELERY_BEAT_SCHEDULE.values()
    }

    assert queues <= set(settings.CELERY_TASK_QUEUES)
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= set(app.tasks)


@pytest.mark.parametrize("name", compose.services())
def test_every_service_has_limits_and_comes_back_by_itself(name):
    service = compose.services()[name]
    if name in {"migrate", "certificates"}:  # they end when their work is done
        assert service["restart"] == "no"
        return

    assert service["restart"] == "unless-stopped"
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert "test" in service["healthcheck"]


@pytest.mark.parametrize("name", compose.services())
def test_nobody_in_a_container_gains_rights(name):
    assert compose.services()[name]["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", compose.portal_services())
def test_our_own_containers_can_change_nothing_but_their_data(name):
    service = compose.services()[name]

    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert "ports" not in service
    if name == "certificates":  # is told nothing of the portal
        assert (service["env_file"], set(service["environment"])) == (
            [],
            {"PORTAL_HOST", "MEDIA_HOST", "PROXY_CERTIFICATES"}
            | {f"INTERNAL_{kind}" for kind in ("CERTIFICATES", "CA", "WEB", "PROXY")},
        )
    else:
        assert service["environment"]["PORTAL_MODE"] == "production"


def mounts(service: dict[str, Any]) -> dict[str, str]:
    """Return which volume or folder of the machine lies where in the container."""
    named = [compose.filled(volume, {}).split(":") for volume in service.get("volumes", ())]
    return {place: source for source, place, *_how in named}


@pytest.mark.parametrize("name", compose.services())
def test_a_container_finds_each_file_that_is_named_to_it(name):
    service = compose.services()[name]
    words = [
        *map(str, service.get("environment", {}).values()),
        *service.get("command", ()),
        *service.get("entrypoint", ()),
    ]
    paths = set(
        re.findall(
            r"(?<=[\s=\"])/(?:internal|tls|deploy|certificates|data)[\w/.-]*",
            "\n".join(["", *words]),
        )
    )
    places = [*mounts(service), *(mount.split(":")[0] for mount in service.get("tmpfs", ()))]

    assert [
        path for path in paths if not any(f"{path}/".startswith(f"{place}/") for place in places)
    ] == []
    if "/internal/ca.pem" in str(service.get("environment", {}).get("DATABASE_URL")):
        assert mounts(service)["/internal"] == "internal-ca"


def test_each_key_is_seen_by_those_alone_whose_it_is():
    seen: dict[str, list[str]] = {}
    for name, service in compose.services().items():
        for volume in mounts(service).values():
            seen.setdefault(volume, []).append(name)

    assert seen["internal-servers"] == ["postgres", "redis", "certificates"]
    assert seen["internal-web"] == ["web", "web-accounts", "web-files", "certificates"]
    assert seen["internal-proxy"] == ["certificates", "proxy"]
    assert seen["checkpoints"] == ["maintenance"]


def test_what_our_image_writes_to_belongs_to_its_person():
    """Docker gives a new volume to the owner of the folder that it covers, and to root where there
    is none.
    """
    dockerfile = (compose.ROOT / "Dockerfile").read_text(encoding="utf-8")
    made = (
        re.search(r"install -d -o portal -g portal ([^&]*?)\n\S", dockerfile)[1]
        .replace("\\", " ")
        .split()
    )
    written = {
        volume.split(":")[1]
        for service in compose.portal_services().values()
        for volume in service["volumes"]
        if not volume.endswith(":ro")
    }

    assert set(made) == written | {"/data/var"}  # the latter of docker-compose.training.yml


def test_only_the_proxy_is_reached_from_outside():
    assert [name for name, service in compose.services().items() if "ports" in service] == ["proxy"]
    outside = [
        name for name, service in compose.services().items() if "outside" in service["networks"]
    ]
    assert sorted(outside) == ["egress", "mail", "maintenance", "proxy"]
    assert compose.read()["networks"]["inside"]["internal"] is True


def test_no_key_and_no_password_stands_in_an_environment():
    source = (compose.ROOT / "docker-compose.yml").read_text(encoding="utf-8")

    assert re.findall(r"\$\{\w*(?:PASSWORD|SECRET|KEY)[^S}]*\}", source) == []
    for service in compose.services().values():
        for name, value in service.get("environment", {}).items():
            assert not re.search("PASSWORD|SECRET|KEY|EMAIL_URL", name) or name.endswith("_FILE")
            assert not re.search(r"://[^/@]*:[^/@]*@", str(value))


@pytest.mark.parametrize("name", compose.services())
def test_a_service_is_given_the_files_that_it_names_and_no_other(name):
    service = compose.services()[name]
    words = [*map(str, service.get("environment", {}).values()), str(service.get("healthcheck"))]
    named = set(re.findall(r"/run/secrets/(\w+)", " ".join(words)))
    if name == "redis":  # deploy/redis/start reads the passwords of all users
        named |= {secret for secret in compose.read()["secrets"] if secret.startswith("redis_")}

    assert set(service.get("secrets", ())) == named


def test_deploy_secrets_makes_every_file_and_leaves_what_is_there(tmp_path):
    (tmp_path / "zalo_app_secret").write_text("from Zalo")
    command = [compose.ROOT / "deploy" / "secrets", tmp_path]
    subprocess.run(command, check=True, capture_output=True)
    made = {path.name: path.read_text() for path in tmp_path.iterdir()}

    subprocess.run(command, check=True, capture_output=True)

    assert set(made) == set(compose.read()["secrets"])
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == made
    assert made["zalo_app_secret"] == "from Zalo"
    drawn = [value for value in made.values() if len(value) > 30]
    assert len(drawn) == len(set(drawn)) == 17


@pytest.mark.parametrize(
    ("key", "known_to"),
    [
        (
            "secret_key",
            {"web", "publishing", "channels", "counts", "scans", "maintenance", "migrate"},
        ),
        ("credential_keys", {"web", "publishing", "channels", "counts"}),
        ("approval_key", {"web", "publishing"}),
        ("audit_signing_key", {"maintenance"}),
        ("email_url", {"web", "mail", "maintenance"}),
        ("facebook_app_secret", {"web", "publishing", "channels", "counts"}),
        ("postgres_password", {"migrate"}),
    ],
)
def test_each_key_reaches_the_processes_that_need_it_alone(key, known_to):
    services = compose.portal_services().items()
    given = {
        service["environment"]["PORTAL_PROCESS"]
        for name, service in services
        if key in service.get("secrets", ()) and name != "postgres"
    }

    assert given == known_to
    if key.upper() in guard.NEEDED_BY:
        assert given == guard.NEEDED_BY[key.upper()]


def test_the_image_runs_as_a_person_without_rights():
    dockerfile = (compose.ROOT / "Dockerfile").read_text(encoding="utf-8")

    assert re.findall(r"^USER (.+)$", dockerfile, re.MULTILINE) == ["portal"]
    assert "--require-hashes" in dockerfile


def test_each_container_signs_in_to_the_database_with_its_own_role_and_knows_no_other_password():
    for name, service in compose.portal_services().items():
        environment = service["environment"]
        if "DATABASE_URL" not in environment:
            continue
        kind = {"migrate": "", "web": "_web"}.get(environment["PORTAL_PROCESS"], "_worker")
        role = re.match(r"postgres://(\w+)@", environment["DATABASE_URL"])[1]
        known = {secret for secret in service["secrets"] if secret.startswith("postgres")}
        own = set() if name == "beat" else {f"postgres{kind}_password"}
        others = {f"postgres_{process}_password" for process in ("web", "worker", "auditor")}
        assert (name, role) == (name, f"portal{kind}")
        assert (name, known) == (name, own | others if name == "migrate" else own)


def test_each_container_is_a_user_of_its_own_at_the_broker():
    for name, service in compose.portal_services().items():
        environment = service["environment"]
        if "REDIS_URL" not in environment:
            continue
        user = re.match(r"rediss://(\w+)@", environment["REDIS_URL"])[1]
        known = [secret for secret in service["secrets"] if secret.startswith("redis")]
        process = environment["PORTAL_PROCESS"].replace("migrate", "web")
        assert (name, user, known) == (name, process, [f"redis_{process}_password"])


HASHES = """
import threading
from argon2.low_level import Type, hash_secret_raw

def sign_in():
    for _each in range(6):
        hash_secret_raw(b"password", b"sixteen bytes...", 2, 19 * 1024, 1, 32, Type.ID)

threads = [threading.Thread(target=sign_in) for _thread in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(open("/proc/self/status").read().partition("VmRSS:")[2].split()[0])
"""


def test_a_web_process_gives_back_what_hashing_took():
    measures = {
        name: value
        for name, value in compose.services()["web"]["environment"].items()
        if "MALLOC" in name
    }

    result = subprocess.run(
        [sys.executable, "-c", HASHES],
        env={**os.environ, **measures},
        capture_output=True,
        check=True,
    )

    assert int(result.stdout) < 60_000  # kilobytes, of 152,000 that eight hashes take


def test_what_reads_videos_and_pictures_fits_into_its_container_all_at_once():
    limit = compose.services()["web-files"]["deploy"]["resources"]["limits"]["memory"]
    programs = (
        videos._semaphore.limit * videos.LIMITS.memory
        + pictures._semaphore.limit * pictures.LIMITS.memory
    )

    assert (
        int(limit.removesuffix("M")) * 1024 * 1024 > programs + 200 * 1024 * 1024
    )  # the web process itself
