"""Rows of those who oversee: whom they reminded of what."""

from django.conf import settings
from django.db import models

from units.models import Unit


class Reminder(models.Model):
    """A unit was reminded of something that it needs to mend: once a day of each kind at most."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="reminders")
    kind = models.CharField(max_length=15)  # of kinds.KINDS
    day = models.DateField()
    # Empty: the portal itself.
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    sent_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "kind", "day"], name="one_reminder_a_day")
        ]


class Digest(models.Model):
    """The weekly mail to somebody who oversees: one a person and week. ``counts``: units by kind of
    need and late matters, so that the next one says what changed.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="digests")
    week = models.DateField()  # its Monday
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="+")  # whose units it tells of
    counts = models.JSONField(default=dict)
    sent_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "week"], name="one_digest_a_week"),
        ]


class NoDigest(models.Model):
    """Somebody who does not want the weekly mail."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="no_digest")
    since = models.DateTimeField()
