import json
import re

import jsonschema
import pytest
from django.conf import settings

from outreach_portal.celery import app
from tests.ops import compose


def test_the_file_is_what_docker_compose_understands():
    schema = json.loads((compose.ROOT / "tests" / "ops" / "compose-spec.json").read_text(encoding="utf-8"))

    assert [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(compose.read())] == []


def test_each_queue_has_one_service_that_works_on_it():
    queues = [
        queue
        for service in compose.services().values()
        for queue in re.findall(r"--queues (\S+)", " ".join(service.get("command", ())))
    ]

    assert sorted(queues) == sorted(settings.CELERY_TASK_QUEUES)


def test_each_task_that_beat_rings_for_lands_in_a_queue_that_exists():
    app.loader.import_default_modules()
    queues = {
        (entry.get("options") or {}).get("queue") or app.amqp.router.route({}, entry["task"])["queue"].name
        for entry in settings.CELERY_BEAT_SCHEDULE.values()
    }

    assert queues <= set(settings.CELERY_TASK_QUEUES)
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= set(app.tasks)


@pytest.mark.parametrize("name", compose.services())
def test_every_service_has_limits_and_comes_back_by_itself(name):
    service = compose.services()[name]
    if name == "migrate":  # ends when its work is done
        assert service["restart"] == "no"
        return

    assert service["restart"] == "unless-stopped"
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert "test" in service["healthcheck"]


@pytest.mark.parametrize("name", compose.portal_services())
def test_our_own_containers_can_change_nothing_but_their_data(name):
    service = compose.services()[name]

    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["environment"]["PORTAL_MODE"] == "production"
    assert "ports" not in service


def test_only_the_proxy_is_reached_from_outside():
    assert [name for name, service in compose.services().items() if "ports" in service] == ["proxy"]
    assert [n for n, s in compose.services().items() if s["networks"] == ["inside"]] == ["postgres", "redis", "migrate"]
    assert compose.read()["networks"]["inside"]["internal"] is True


def test_no_password_has_a_default():
    source = (compose.ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    secrets = re.findall(r"\$\{(\w*(?:PASSWORD|SECRET|KEY)\w*)(.*?)\}", source)

    assert {name for name, _rest in secrets} == {"POSTGRES_PASSWORD", "REDIS_PASSWORD"}
    assert all(rest.startswith(":?") for _name, rest in secrets)


def test_the_image_runs_as_a_person_without_rights():
    dockerfile = (compose.ROOT / "Dockerfile").read_text(encoding="utf-8")

    assert re.findall(r"^USER (.+)$", dockerfile, re.MULTILINE) == ["portal"]
    assert "--require-hashes" in dockerfile
