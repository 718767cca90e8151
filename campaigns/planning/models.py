"""The parts of a campaign as an undertaking, and what remains of it when it is closed; see
ADR 46.
"""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from core.models import PublicIdModel

LONGEST_PHASE, LONGEST_ITEM = 80, 200  # characters
LONGEST_DOCUMENT, LONGEST_NUMBER, LONGEST_LINK, LONGEST_EXCERPT = 200, 60, 500, 2_000
LONGEST_LESSONS = 2_000
MOST_PHASES, MOST_ITEMS, MOST_DOCUMENTS, MOST_HELPERS = 12, 40, 20, 20


class Phase(PublicIdModel):
    """A named part of a campaign's period. Phases may overlap."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="phases")
    name = models.CharField(_("name of the phase"), max_length=LONGEST_PHASE)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))

    class Meta:
        ordering = ["starts_on", "ends_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="phase_ends_after_start"
            )
        ]

    def __str__(self) -> str:
        return self.name


class ChecklistItem(PublicIdModel):
    """Something that has to be done for a campaign by some day."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="checklist")
    text = models.CharField(_("what is to be done"), max_length=LONGEST_ITEM)
    due_on = models.DateField(_("due by"))
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["due_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(done_at__isnull=True, done_by__isnull=True)
                | Q(done_at__isnull=False, done_by__isnull=False),
                name="who_did_an_item_and_when",
            )
        ]

    def __str__(self) -> str:
        return self.text


class Document(PublicIdModel):
    """A plan or a legal basis of a campaign: its name and number, with a link to a site of the
    state, or the words that matter. Files are rows of `campaigns.files`.
    """

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="documents")
    name = models.CharField(_("name of the document"), max_length=LONGEST_DOCUMENT)
    number = models.CharField(_("number"), max_length=LONGEST_NUMBER, blank=True)
    link = models.URLField(_("link"), max_length=LONGEST_LINK, blank=True)
    text = models.TextField(_("what matters of it"), max_length=LONGEST_EXCERPT, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class CampaignResult(models.Model):
    """The figures of a campaign when it was closed, with their definitions. Append-only: figures
    that platforms correct later change nothing here.
    """

    campaign = models.OneToOneField(Campaign, models.PROTECT, related_name="result")
    content = models.JSONField()
    content_sha256 = models.CharField(max_length=64)
    lessons = models.TextField(_("lessons"), max_length=LONGEST_LESSONS)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    position = models.CharField(max_length=150)
    closed_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.campaign)

    def is_shown_by(self, person: int) -> bool:
        """Check whether this person, by key, may show the result to everybody: whoever answers for
        the campaign, or a second person where that one closed it.
        """
        owner = self.campaign.answers_for_it
        return person != self.closed_by_id and owner in (person, self.closed_by_id)


class PublicSummary(PublicIdModel):
    """A page without sign-in about a closed campaign. Shown again, it keeps its address."""

    campaign = models.OneToOneField(Campaign, models.PROTECT, related_name="public_summary")
    # The posts that it may link to, best first, as they were chosen when it was shown.
    deliveries: Any = models.JSONField(default=list)
    shown_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    shown_at = models.DateTimeField()
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_by__isnull=True)
                | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="who_revoked_a_summary_and_when",
            )
        ]

    def __str__(self) -> str:
        return str(self.campaign)
