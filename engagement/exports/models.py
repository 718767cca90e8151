from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models import JobRow, JobState, PublicIdModel


class Failure(models.TextChoices):
    """The reason why an export came to nothing."""

    GONE = "gone", _("What it shows is no longer there, or no longer in your position.")
    LARGE = "large", _("It became too large. Narrow the filters, then export again.")
    BROKEN = "broken", _("It was interrupted several times. Export again, or call the technicians.")


class Export(PublicIdModel, JobRow):
    """A file of many rows that a worker makes for one person, and that only they may fetch."""

    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=30)
    format = models.CharField(max_length=4)
    language = models.CharField(max_length=10)
    params = models.JSONField(default=dict)  # what the page was asked for
    # The person's positions when they asked: with others, the file is no longer theirs to read.
    positions = models.JSONField(encoder=DjangoJSONEncoder)
    name = models.CharField(max_length=100)
    page = models.CharField(max_length=1000)  # the address it was asked for on
    total = models.PositiveIntegerField()  # rows
    size = models.PositiveIntegerField(default=0)  # bytes
    asked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}.{self.format}"

    @property
    def done(self) -> int:
        """Return how many rows are written, about."""
        return self.total * self.progress // 100

    @property
    def failure(self) -> str:
        """Return the reason for which there is no file, in words; "" as long as there may be."""
        if self.state != JobState.FAILED:
            return ""
        code = self.job.error if self.job.error in Failure else Failure.BROKEN
        return str(Failure(code).label)


class ExportPart(models.Model):
    """A piece of an export's file: in the database, where a worker and the pages on any machine
    find it.
    """

    export = models.ForeignKey(Export, models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["export", "number"], name="one_part_a_number")
        ]
