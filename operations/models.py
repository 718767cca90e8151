"""Alarms: what is late or stuck, and who was notified."""

from django.db import models
from django.db.models import F, Q

# How an alarm is marked whose mail did not go out: due to be reported since it began.
NOT_REPORTED = Q(report_at__lte=F("opened_at"))


class Alarm(models.Model):
    """Something is late or stuck. Open until it is over; mail goes out once when it begins and once
    when it ends.
    """

    kind = models.CharField(max_length=40)  # which sentence of operations/presenters.py
    key = models.CharField(max_length=60, blank=True)  # the platform or queue
    facts = models.JSONField(default=dict)
    opened_at = models.DateTimeField()
    seen_at = models.DateTimeField(
        null=True
    )  # when a watch last saw the sign: an alarm ends when it stays away
    closed_at = models.DateTimeField(null=True)
    report_at = models.DateTimeField(
        null=True
    )  # when people are notified next; who moves it on notifies them
    reports = models.PositiveSmallIntegerField(
        default=0
    )  # how often its beginning, or its end, was reported

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key"], condition=Q(closed_at__isnull=True), name="one_open_alarm"
            )
        ]
        indexes = [
            models.Index(
                fields=["report_at"], condition=Q(report_at__isnull=False), name="alarm_to_tell"
            )
        ]
