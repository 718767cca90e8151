"""The heartbeats of the queues."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from publishing import tasks
from publishing.freeze.heartbeats import _heartbeats, record_heartbeat
from publishing.models import Heartbeat

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("task", "kwargs", "queue"),
    [
        (tasks.publish_due, {"platform": "zalo"}, "publish.zalo"),
        (tasks.reconcile_unknown, {"platform": "zalo"}, "settle"),
        (tasks.take_down, {"platform": "zalo"}, "recall"),
        (tasks.prove_alive, {"queue": "mail"}, "mail"),
    ],
)
def test_a_tick_that_is_heard_leaves_its_time(task, kwargs, queue):
    Heartbeat.objects.all().delete()
    _heartbeats.clear()
    task(**kwargs)
    assert list(Heartbeat.objects.values_list("queue", flat=True)) == [queue]


def test_the_first_tick_of_a_process_says_when_it_began():
    Heartbeat.objects.all().delete()
    _heartbeats.clear()
    record_heartbeat("settle")
    row = Heartbeat.objects.get(queue="settle")
    assert row.started_at == row.last_seen_at

    _heartbeats["settle"] -= 60  # a minute later in the same process
    record_heartbeat("settle")
    later = Heartbeat.objects.get(queue="settle")
    assert later.last_seen_at > later.started_at == row.started_at

    _heartbeats.clear()  # it was killed and begins again
    record_heartbeat("settle")
    assert Heartbeat.objects.get(queue="settle").started_at > row.started_at


def test_ticks_are_noted_every_few_seconds_at_most():
    with CaptureQueriesContext(connection) as queries:
        record_heartbeat("settle")
    assert len(queries) == 0


def test_a_tick_for_a_queue_that_does_not_exist_leaves_nothing():
    tasks.prove_alive(queue="of a forger")
    assert not Heartbeat.objects.filter(queue="of a forger").exists()


TASKS = {"reconcile_unknown": "settle", "take_down": "recall", "prepare_due": "upload"}


def test_every_queue_has_a_tick_that_leaves_its_time(settings):
    rung = {f"publishing.tasks.{task}": queue for task, queue in TASKS.items()}
    queues = set()
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        if entry["task"] in ("publishing.tasks.publish_due", "publishing.tasks.prove_alive"):
            queues.add(entry["options"]["queue"])
        queues.add(rung.get(entry["task"]))
    assert queues - {None} == set(settings.CELERY_TASK_QUEUES)
