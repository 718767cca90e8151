"""The heartbeats of the queues."""

import hashlib

import pytest
from celery.signals import worker_shutdown
from django.db import connection
from django.test.utils import CaptureQueriesContext

from operations.presenters import describe_start
from publishing import tasks
from publishing.freeze import heartbeats
from publishing.freeze.heartbeats import _heartbeats, record_heartbeat
from publishing.models import Heartbeat

pytestmark = pytest.mark.django_db(transaction=True)


def begin_process():
    """Forget what a process knows of itself, as a new one does."""
    _heartbeats.clear()
    heartbeats._name_process.cache_clear()


@pytest.fixture
def reconcile():
    """The row of a queue whose process began and has ticked."""
    Heartbeat.objects.all().delete()
    begin_process()
    record_heartbeat("reconcile")
    return lambda: Heartbeat.objects.get(queue="reconcile")


@pytest.mark.parametrize(
    ("task", "kwargs", "queue"),
    [
        (tasks.publish_due, {"platform": "zalo"}, "publish.zalo"),
        (tasks.reconcile_unknown, {"platform": "zalo"}, "reconcile"),
        (tasks.take_down, {"platform": "zalo"}, "recall"),
        (tasks.serve_queue, {"queue": "mail"}, "mail"),
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
    record_heartbeat("reconcile")
    row = Heartbeat.objects.get(queue="reconcile")
    assert row.started_at == row.last_seen_at

    _heartbeats["reconcile"] -= 60  # a minute later in the same process
    record_heartbeat("reconcile")
    later = Heartbeat.objects.get(queue="reconcile")
    assert later.last_seen_at > later.started_at == row.started_at

    begin_process()  # it was killed and begins again
    record_heartbeat("reconcile")
    assert Heartbeat.objects.get(queue="reconcile").started_at > row.started_at


def test_of_the_first_process_ever_no_cause_is_told(reconcile):
    assert describe_start(reconcile()) == ""


def test_a_process_that_was_killed_is_told_from_one_that_was_stopped(reconcile):
    begin_process()  # without a word from the one before it
    record_heartbeat("reconcile")
    assert describe_start(reconcile()) == "the one before it ended without stopping in order"

    worker_shutdown.send(sender=None)
    begin_process()
    record_heartbeat("reconcile")
    assert describe_start(reconcile()) == "stopped in order and started again"


def test_a_process_of_another_version_says_so(reconcile, monkeypatch):
    monkeypatch.setattr(heartbeats, "compute_version", lambda: "other code")
    worker_shutdown.send(sender=None)
    begin_process()
    record_heartbeat("reconcile")
    assert describe_start(reconcile()) == "new version"

    monkeypatch.undo()
    begin_process()
    record_heartbeat("reconcile")
    words = "the one before it ended without stopping in order; new version"
    assert describe_start(reconcile()) == words


@pytest.fixture
def overlapping(reconcile, monkeypatch):
    """The row of a queue that a second process serves, seen by the first, which goes on."""
    elder = heartbeats._name_process()
    begin_process()
    record_heartbeat("reconcile")
    monkeypatch.setattr(heartbeats, "_name_process", lambda: elder)
    return reconcile


def test_a_process_beside_another_has_not_taken_its_place(overlapping):
    _heartbeats["reconcile"] -= 60
    before = overlapping()
    record_heartbeat("reconcile")

    assert describe_start(before) == "the one before it ended without stopping in order"
    assert describe_start(overlapping()) == ""
    assert overlapping().process == before.process


def test_a_process_that_stops_after_another_began_ended_in_order(overlapping):
    worker_shutdown.send(sender=None)

    assert describe_start(overlapping()) == "stopped in order and started again"


def test_what_an_earlier_release_wrote_says_nothing_of_its_end(reconcile):
    Heartbeat.objects.update(process="", version="")
    begin_process()
    record_heartbeat("reconcile")
    assert describe_start(reconcile()) == ""


def test_the_version_is_that_of_the_code(tmp_path, settings):
    assert len(heartbeats.compute_version()) == 12
    settings.BASE_DIR = tmp_path  # where no code lies
    assert heartbeats.compute_version.__wrapped__() == hashlib.sha256().hexdigest()[:12]


def test_ticks_are_noted_every_few_seconds_at_most():
    with CaptureQueriesContext(connection) as queries:
        record_heartbeat("reconcile")
    assert len(queries) == 0


def test_a_tick_for_a_queue_that_does_not_exist_leaves_nothing():
    tasks.serve_queue(queue="of a forger")
    assert not Heartbeat.objects.filter(queue="of a forger").exists()


def test_what_fails_in_the_tick_of_reconcile_stops_nothing_after_it(monkeypatch, caplog):
    done = []
    for name in ("read_back", "reconcile_unknown"):
        monkeypatch.setattr(getattr(tasks, name), "run", lambda name=name: done.append(name))
    monkeypatch.setattr(tasks.create_manual_tasks, "run", lambda: 1 / 0)

    tasks.reconcile_and_expire()

    assert done == ["read_back", "reconcile_unknown"]
    assert "publishing.tasks.create_manual_tasks" in caplog.text


TASKS = {"reconcile_and_expire": "reconcile", "take_down": "recall", "prepare_due": "upload"}


def test_every_queue_has_a_tick_that_leaves_its_time(settings):
    rung = {f"publishing.tasks.{task}": queue for task, queue in TASKS.items()}
    queues = set()
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        if entry["task"] in ("publishing.tasks.publish_due", "publishing.tasks.serve_queue"):
            queues.add(entry["options"]["queue"])
        queues.add(rung.get(entry["task"]))
    assert queues - {None} == set(settings.CELERY_TASK_QUEUES)
