"""Reports and their forms: what a unit reports upward about a period, and how (ADR 51)."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from campaigns.models import Campaign
from core.models import JobRow, PublicIdModel
from core.periods import Period
from core.scope import ScopedQuerySet
from engagement.reports.states import (
    FROZEN,
    OPEN,
    TONES,
    WERE_SENT,
    FileFormat,
    ReportKind,
    ReportState,
)
from units.models import Unit

LONGEST_REASON, LONGEST_CHANGES, LONGEST_NUMBER = 500, 1_000, 10  # characters


class ReportForm(PublicIdModel):
    """A version of the form that a ministry or a province asks of the units below it, see
    `standard`. Append-only: what is changed is a new version, and the newest counts.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="report_forms")
    kind = models.CharField(max_length=10, choices=ReportKind)
    version = models.PositiveIntegerField()
    content: Any = models.JSONField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    position = models.CharField(max_length=150)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["unit", "kind", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "kind", "version"], name="a_version_of_a_form_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.version}"


class ReportFigures(models.Model):
    """The figures of a unit for a period, as they were when they were taken, with their
    definitions. Append-only: figures taken again are another row.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    content: Any = models.JSONField()
    content_sha256 = models.CharField(max_length=64)
    as_of = models.DateTimeField()

    def __str__(self) -> str:
        return self.content_sha256


class ReportQuerySet(ScopedQuerySet):
    permission = Permission.FIGURES_VIEW

    def were_sent(self) -> "ReportQuerySet":
        return self.filter(state__in=sorted(WERE_SENT))


class Report(PublicIdModel):
    """A version of a unit's report on a period. What was sent is corrected by the next version."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="reports")
    kind = models.CharField(max_length=10, choices=ReportKind)
    first = models.DateField(_("first day"))
    last = models.DateField(_("last day"))
    due_on = models.DateField(_("to be sent by"))
    campaign = models.ForeignKey(Campaign, models.PROTECT, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1)
    changes = models.TextField(_("what changed"), max_length=LONGEST_CHANGES, blank=True)
    form = models.ForeignKey(ReportForm, models.PROTECT, null=True, related_name="+")
    figures = models.ForeignKey(ReportFigures, models.PROTECT, related_name="+")
    texts: Any = models.JSONField(default=dict)  # by the key of the part
    state = models.CharField(max_length=10, choices=ReportState, default=ReportState.DRAFT)
    # Empty: the portal drafted it, and nobody has written in it.
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    writers = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    # Of the unit's register, as its clerk signed the paper out: "125", and the day on the paper.
    number = models.CharField(
        _("number of the paper"), max_length=LONGEST_NUMBER, blank=True, db_default=""
    )
    signed_on = models.DateField(_("day on the paper"), null=True)
    sent_at = models.DateTimeField(null=True)
    # Of a return: by the unit's leader to its author, or by the superior unit.
    reason = models.CharField(max_length=LONGEST_REASON, blank=True)
    returned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    returned_at = models.DateTimeField(null=True)

    objects = ReportQuerySet.as_manager()

    class Meta:
        ordering = ["-last", "kind", "-version"]
        indexes = [
            models.Index(fields=["unit", "-last"], name="report_unit_last"),
            models.Index(fields=["kind", "first", "last", "unit"], name="report_kind_period"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "kind", "first", "last", "version"],
                condition=Q(campaign__isnull=True),
                name="a_version_of_a_report_once",
            ),
            models.UniqueConstraint(
                fields=["unit", "campaign", "version"],
                condition=Q(campaign__isnull=False),
                name="a_version_of_a_campaign_report_once",
            ),
            models.UniqueConstraint(
                fields=["unit", "kind", "first", "last"],
                condition=Q(state__in=sorted(OPEN), campaign__isnull=True),
                name="one_open_version_of_a_report",
            ),
            models.CheckConstraint(condition=Q(last__gte=F("first")), name="report_ends_later"),
            models.CheckConstraint(
                condition=Q(version=1) | ~Q(changes=""), name="a_new_version_says_what_changed"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=sorted(WERE_SENT)) | Q(sent_at__isnull=False),
                name="a_report_was_sent_at_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(state=ReportState.RETURNED)
                | (Q(returned_by__isnull=False, returned_at__isnull=False) & ~Q(reason="")),
                name="a_report_is_returned_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return (
            f"{self.get_kind_display().capitalize()} {self.first:%d/%m/%Y} – {self.last:%d/%m/%Y}"
        )

    @property
    def period(self) -> Period:
        return Period(self.first, self.last)

    @property
    def is_frozen(self) -> bool:
        return self.state in FROZEN

    @property
    def is_late(self) -> bool:
        """Check whether it was sent after its day, or is not sent although that has passed."""
        day = timezone.localdate(self.sent_at) if self.sent_at else timezone.localdate()
        return day > self.due_on

    @property
    def tone(self) -> str:
        return TONES[self.state][0]

    @property
    def icon(self) -> str:
        return TONES[self.state][1]


class ReportApproval(models.Model):
    """The content of a report as a leader approved it, who did not write it. Append-only."""

    report = models.OneToOneField(Report, models.PROTECT, related_name="approval")
    content: Any = models.JSONField()
    content_sha256 = models.CharField(max_length=64)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    position = models.CharField(max_length=150)
    approved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(author=F("approved_by")), name="four_eyes_on_a_report"
            ),
        ]

    def __str__(self) -> str:
        return self.content_sha256


class ReportFile(JobRow):
    """A file of an approved report: a worker makes it from the approved content, at the approval to
    be signed and when it is sent with its number; or it is the scan of the signed paper.
    """

    report = models.ForeignKey(Report, models.PROTECT, related_name="files")
    format = models.CharField(max_length=5, choices=FileFormat)
    watched_at = models.DateTimeField(null=True)  # somebody waits for it at its page
    # Of the last failure.
    reason = models.CharField(max_length=LONGEST_REASON, blank=True, db_default="")
    made_at = models.DateTimeField(null=True)
    data = models.BinaryField(null=True)  # pages and workers share no folder
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["format"]
        constraints = [
            models.UniqueConstraint(fields=["report", "format"], name="a_report_once_a_format"),
            models.CheckConstraint(
                condition=Q(made_at__isnull=True) | Q(data__isnull=False),
                name="a_file_that_is_ready_has_bytes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.report_id}.{self.format}"
