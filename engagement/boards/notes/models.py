from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.models import PublicIdModel
from units.models import Unit

LONGEST_NOTE = 120


class BoardNote(PublicIdModel):
    """Words of somebody in charge of a unit about some days, beside the figures of these. A removed
    one is kept, for the record.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="board_notes")
    first = models.DateField(_("first day"))
    last = models.DateField(_("last day"))
    text = models.CharField(_("note"), max_length=LONGEST_NOTE)
    # Stands on the dashboards of all units below, too.
    reaches_below = models.BooleanField(_("for all units below, too"), default=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    position = models.CharField(max_length=150)
    written_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(last__gte=F("first")), name="a_note_ends_after_it_begins"
            ),
            models.CheckConstraint(condition=~Q(text=""), name="a_note_of_a_board_has_words"),
        ]
        indexes = [
            models.Index(
                fields=["unit", "first"],
                condition=Q(removed_at__isnull=True),
                name="board_note_of_unit",
            )
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def has_many_days(self) -> bool:
        return self.last > self.first
