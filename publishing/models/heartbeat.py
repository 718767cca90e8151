"""Heartbeats of the queues."""

from django.db import models


class Heartbeat(models.Model):
    """The time of a queue's last tick, its heartbeat. One row a queue, for those who watch."""

    queue = models.CharField(max_length=40, primary_key=True)
    last_seen_at = models.DateTimeField(db_column="rung_at")
    # When the newest process that serves the queue heard its first tick.
    started_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "publishing_pulse"
