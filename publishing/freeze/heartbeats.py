"""Heartbeats: the time of each queue's last tick, for the watch and for the age of a restored
database.
"""

import time

from django.conf import settings

from core.clock import database_now
from publishing.models import Heartbeat

# One write a queue and process in so many seconds is enough to tell.
_HEARTBEAT_SECONDS = 5
_heartbeats: dict[str, float] = {}


def record_heartbeat(queue: str) -> None:
    """Record the heartbeat of this queue, whose tick has arrived."""
    heard = time.monotonic()
    if (
        queue not in settings.CELERY_TASK_QUEUES
        or heard - _heartbeats.get(queue, -_HEARTBEAT_SECONDS) < _HEARTBEAT_SECONDS
    ):
        return
    row = Heartbeat(queue=queue, last_seen_at=database_now())
    fields = ["last_seen_at"]
    if queue not in _heartbeats:  # the first tick of this process: it has just begun
        row.started_at = row.last_seen_at
        fields.append("started_at")
    Heartbeat.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["queue"], update_fields=fields
    )
    _heartbeats[queue] = heard
