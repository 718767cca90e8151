"""The freeze of all publishing, and the identity of the database that it belongs to."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext


class Freeze(models.Model):
    """The one row that says which database this is, and
    whether publishing is frozen until people have checked."""

    database = models.CharField(max_length=120)  # see publishing/freezing.py
    frozen_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=40, blank=True)  # restored, or stopped by a person
    words = models.TextField(max_length=500, blank=True)  # why, as the person wrote it
    frozen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    known_until = models.DateTimeField(
        null=True
    )  # the last moment that a restored database knows of
    marked_unknown_at = models.DateTimeField(
        null=True
    )  # when all that may have been sent since then was marked as unknown
    read_back_at = models.DateTimeField(null=True)  # when the pages had been asked
    release_asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    release_words = models.TextField(max_length=500, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_freeze_row")]

    def __str__(self) -> str:
        return gettext("Publishing")
