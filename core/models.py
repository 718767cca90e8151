import uuid

from django.db import models


class PublicIdModel(models.Model):
    """Give rows an id for addresses that reveals neither how many rows there
    are nor the next one.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    class Meta:
        abstract = True


class QuotaUse(models.Model):
    """Count how often something was done until ``ends_at``; see ``core.quotas``."""

    key = models.CharField(max_length=200)
    ends_at = models.DateTimeField(db_index=True)
    used = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "ends_at"], name="one_count_a_window")
        ]


class CacheEntry(models.Model):
    """One row of the cache: limits, locks and used one-time codes, seen by every process; see
    ``core.cache``.
    """

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)


class Letter(models.Model):
    """A mail to one address; see ``core.letters``. Emptied as soon as it is sent or given up."""

    to = models.EmailField(max_length=254, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)
    written_at = models.DateTimeField(auto_now_add=True)
    try_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, db_index=True)
    outcome = models.CharField(max_length=10, blank=True)  # sent, given_up; empty while it waits

    class Meta:
        indexes = [
            models.Index(
                fields=["try_at"], condition=models.Q(ended_at=None), name="letter_waiting"
            )
        ]

    def __str__(self) -> str:
        return f"letter {self.pk}"
