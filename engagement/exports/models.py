from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from core.models import PublicIdModel
from engagement.exports.states import UNFINISHED, ExportState, Failure


class Export(PublicIdModel):
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
    state = models.CharField(max_length=10, choices=ExportState, default=ExportState.WAITING)
    failure = models.CharField(max_length=10, choices=Failure, blank=True, default="")
    total = models.PositiveIntegerField()  # rows
    done = models.PositiveIntegerField(default=0)
    size = models.PositiveIntegerField(default=0)  # bytes
    attempt = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField()
    worked_at = models.DateTimeField(null=True)  # last sign of who makes it
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["made_by"],
                condition=Q(state__in=[str(state) for state in UNFINISHED]),
                name="one_export_a_person",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}.{self.format}"

    @property
    def is_open(self) -> bool:
        return self.state in UNFINISHED


class ExportPart(models.Model):
    """A piece of an export's file: in the database, where a worker and the pages on any machine
    find it.
    """

    export = models.ForeignKey(Export, models.CASCADE, related_name="parts")
    attempt = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["export", "attempt", "number"], name="one_part_a_number"
            )
        ]
