import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class PublicIdModel(models.Model):
    """Give rows an id for addresses that reveals neither how many rows there
    are nor the next one.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    class Meta:
        abstract = True


class Installation(models.Model):
    """The one row that says for which kind of installation the database was made; see
    ``core.installation``.
    """

    class Kind(models.TextChoices):
        LIVE = "live"
        TRAINING = "training"

    kind = models.CharField(max_length=10, choices=Kind)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_installation_row")]

    def __str__(self) -> str:
        return self.kind


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


class JobState(models.TextChoices):
    """The states of work that is done in the background."""

    WAITING = "waiting", _("waits")
    RUNNING = "running", _("is being made")
    DONE = "done", _("ready")
    FAILED = "failed", _("could not be made")


UNFINISHED = (JobState.WAITING, JobState.RUNNING)


class Job(models.Model):
    """A piece of work for a worker, see ``core.jobs``. What it is about says the row that refers to
    it.
    """

    kind = models.CharField(max_length=30)
    # Of one kind and key, one job at a time is unfinished; empty where any number may be.
    key = models.CharField(max_length=40, blank=True, default="")
    state = models.CharField(max_length=10, choices=JobState, default=JobState.WAITING)
    priority = models.PositiveSmallIntegerField(default=0)  # the lowest first
    attempts = models.PositiveSmallIntegerField(default=0)
    run_at = models.DateTimeField()  # not before
    # The fence: who was overtaken bears another one and changes nothing any more.
    owner = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)  # afterwards another worker may take it
    progress = models.PositiveSmallIntegerField(default=0)  # of 100
    queued_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    # Of the last failure: a code that the kind registered, never words.
    error = models.CharField(max_length=20, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key"],
                condition=Q(state__in=["waiting", "running"]) & ~Q(key=""),
                name="one_unfinished_job_a_key",
            ),
            models.CheckConstraint(
                condition=Q(state="running", owner__isnull=False, leased_until__isnull=False)
                | ~Q(state="running") & Q(owner__isnull=True, leased_until__isnull=True),
                name="a_job_runs_on_a_lease",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["done", "failed"], ended_at__isnull=False)
                | Q(state__in=["waiting", "running"], ended_at__isnull=True),
                name="a_job_ends_at_a_time",
            ),
            models.CheckConstraint(condition=Q(progress__lte=100), name="progress_of_a_job"),
        ]
        indexes = [
            models.Index(
                fields=["kind", "priority", "run_at"],
                condition=Q(state__in=["waiting", "running"]),
                name="job_unfinished",
            ),
            models.Index(fields=["ended_at"], condition=Q(state="failed"), name="job_failed"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def is_over(self) -> bool:
        return self.state not in UNFINISHED


class JobRow(models.Model):
    """Give rows a job, which says how far the work on them is."""

    job = models.OneToOneField(Job, models.PROTECT, related_name="%(class)s")

    class Meta:
        abstract = True

    @property
    def state(self) -> JobState:
        return JobState(self.job.state)

    @property
    def progress(self) -> int:
        return self.job.progress

    @property
    def is_over(self) -> bool:
        return self.job.is_over


class Letter(JobRow):
    """A mail to one address; see ``core.outbox``. Emptied as soon as it is sent or given up."""

    to = models.EmailField(max_length=254, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)
    written_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"letter {self.pk}"
