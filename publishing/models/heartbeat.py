"""Heartbeats of the queues."""

from django.db import models


class ProcessEnd(models.TextChoices):
    """The end of a process: it said so when it was stopped, or it did not."""

    UNKNOWN = ""
    ORDERLY = "orderly"
    ABRUPT = "abrupt"


class Heartbeat(models.Model):
    """The time of a queue's last tick, its heartbeat. One row a queue, for those who watch."""

    queue = models.CharField(max_length=40, primary_key=True)
    last_seen_at = models.DateTimeField()
    # When the newest process that serves the queue heard its first tick.
    started_at = models.DateTimeField(null=True)
    process = models.CharField(
        max_length=32, default="", db_default=""
    )  # a name drawn at its start
    version = models.CharField(max_length=12, default="", db_default="")  # of its code
    stopped_at = models.DateTimeField(null=True)
    # Of the process before it, as far as it is known.
    former_end = models.CharField(max_length=8, choices=ProcessEnd, default="", db_default="")
    is_new_version = models.BooleanField(default=False, db_default=False)
