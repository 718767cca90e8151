"""Rate limits and breakers that every worker waits for."""

from django.db import models

from channels.states import platforms


class RateLimit(models.Model):
    """A rate limit or breaker that every worker waits for before it calls a platform: the pace of
    one of our applications there, a wait that the platform asked for, or, with an empty key, the
    circuit breaker of the platform as a whole."""

    platform = models.CharField(max_length=10, choices=platforms)
    key = models.CharField(
        max_length=64, blank=True
    )  # the application; a bot's by the hash of its token
    opens_at = models.DateTimeField()
    failures = models.PositiveSmallIntegerField(default=0)  # how often in a row the breaker opened

    class Meta:
        constraints = [models.UniqueConstraint(fields=["platform", "key"], name="one_gate_a_key")]
