"""Files of a campaign or of a kit, such as its plan or a letter from above, for the units that it
is for; see ADR 61.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.files.states import FileState, Kind, Refusal
from campaigns.kits.models import Kit
from campaigns.models import Campaign
from core.models import Job, PublicIdModel
from units.models import Unit

LONGEST_NAME = 120  # characters


class CampaignFile(PublicIdModel):
    """A file of a campaign, or of one of its kits. What stands in it changes by no act: another one
    is added, and this one removed.
    """

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="files")
    kit = models.ForeignKey(Kit, models.CASCADE, null=True, related_name="files")
    # Of the person who added it: the campaign's, or the kit's issuer.
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    name = models.CharField(_("name of the file"), max_length=LONGEST_NAME)
    kind = models.CharField(max_length=10, choices=Kind)
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField()  # bytes
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=FileState, default=FileState.WAITING)
    refusal = models.CharField(max_length=10, choices=Refusal, blank=True, default="")
    # All of it was text that the check could read.
    was_read = models.BooleanField(default=False)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    # Of its check.
    job = models.OneToOneField(Job, models.PROTECT, related_name="campaign_file")

    class Meta:
        db_table = "campaigns_file"
        ordering = ["added_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="refused") & ~Q(refusal="") | ~Q(state="refused") & Q(refusal=""),
                name="a_file_is_refused_for_a_reason",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_waiting(self) -> bool:
        return self.state == FileState.WAITING

    @property
    def is_ready(self) -> bool:
        return self.state == FileState.READY


class FilePart(models.Model):
    """A piece of a file: in the database, where each worker and web process finds it, and where it
    leaves with its row.
    """

    file = models.ForeignKey(CampaignFile, models.CASCADE, related_name="parts")
    number = models.PositiveSmallIntegerField()
    data = models.BinaryField()

    class Meta:
        db_table = "campaigns_filepart"
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["file", "number"], name="one_part_a_number_of_a_file")
        ]
