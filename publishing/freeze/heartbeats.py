"""Heartbeats: the time of each queue's last tick, for the watch and for the age of a restored
database; and how the process that serves the queue came to begin.
"""

import hashlib
import time
import uuid
from functools import cache
from pathlib import Path

from celery.signals import worker_shutdown
from django.apps import apps
from django.conf import settings
from django.db.models import Case, CharField, F, Value, When

from core.clock import database_now
from publishing.models import Heartbeat, ProcessEnd

# One write a queue and process in so many seconds is enough to tell.
_HEARTBEAT_SECONDS = 5
_heartbeats: dict[str, float] = {}


@cache
def _name_process() -> str:
    return uuid.uuid4().hex


def record_heartbeat(queue: str) -> None:
    """Record the heartbeat of this queue, whose tick has arrived."""
    heard = time.monotonic()
    if (
        queue not in settings.CELERY_TASK_QUEUES
        or heard - _heartbeats.get(queue, -_HEARTBEAT_SECONDS) < _HEARTBEAT_SECONDS
    ):
        return
    row = Heartbeat.objects.filter(queue=queue)
    if queue not in _heartbeats:
        row = row.filter(process=_name_process())  # another thread was first
    # A process that goes on ticking after another one began has not ended: they work side by side.
    ours = When(process=_name_process(), then=F("former_end"))
    former_end = Case(ours, default=Value(ProcessEnd.UNKNOWN), output_field=CharField())
    if not row.update(last_seen_at=database_now(), former_end=former_end):
        _record_start(queue)
    _heartbeats[queue] = heard


def _record_start(queue: str) -> None:
    """Record the first tick of this process, and how the one before it ended."""
    now, former = database_now(), Heartbeat.objects.filter(queue=queue).first()
    if former and former.process == _name_process():
        return  # another thread was first, just now
    row = Heartbeat(
        queue=queue,
        last_seen_at=now,
        started_at=now,
        process=_name_process(),
        version=compute_version(),
    )
    if former and former.process:  # what an earlier release wrote says nothing of its end
        row.former_end = ProcessEnd.ORDERLY if former.stopped_at else ProcessEnd.ABRUPT
        row.is_new_version = former.version != row.version
    names = [field.name for field in Heartbeat._meta.concrete_fields if not field.primary_key]
    Heartbeat.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["queue"], update_fields=names
    )


@worker_shutdown.connect
def record_end(**_: object) -> None:
    """Record that this process ends in order: one that was killed comes to no such moment."""
    rows = Heartbeat.objects.filter(queue__in=list(_heartbeats))
    rows.filter(process=_name_process()).update(stopped_at=database_now())
    # Where another one began before this one ended, that one took it for killed.
    others = rows.exclude(process=_name_process())
    others.filter(former_end=ProcessEnd.ABRUPT).update(former_end=ProcessEnd.ORDERLY)


@cache
def compute_version() -> str:
    """Return the fingerprint of the portal's code, which differs between any two releases."""
    digest = hashlib.sha256()
    for app in sorted(apps.get_app_configs(), key=lambda app: app.label):
        folder = Path(app.path)
        if folder.parent == settings.BASE_DIR:
            for file in sorted(folder.rglob("*.py")):
                digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
