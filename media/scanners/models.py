"""Store what the scanners found in a picture or video: where it is, and never what it says."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.models import JobRow, PublicIdModel
from media.models import Media

WHOLE = 10_000  # the width and the height of a picture, in the parts that boxes are measured in
LONGEST_SHOWN_NOTE = 200  # characters
SECRET_MARK = "secret_mark"  # noqa: S105 - a rule, not a password


class Scanner(models.TextChoices):
    TEXT = "text", _("text")
    FACES = "faces", _("faces")
    CODES = "codes", _("codes and links")
    STAMPS = "stamps", _("red stamps")


class Kind(models.TextChoices):
    FACE = "face", _("Face")
    TEXT = "text", _("Text")
    STAMP = "stamp", _("Red stamp")
    CODE = "code", _("Code")


class Severity(models.TextChoices):
    HARD = "hard", _("must be taken out")
    SOFT = "soft", _("needs a reason to be shown")
    WARN = "warn", _("to be looked at")
    INFO = "info", _("for your information")


class ShownAs(models.TextChoices):
    """Give the legal basis on which a box may be shown."""

    CONSENT = "consent", _("an adult, who agreed")
    GUARDIAN = "guardian", _("a parent or guardian of the child agreed")
    STAFF = "staff", _("officer of the unit")
    PUBLIC = "public", _("somebody who acts in public")
    REASON = "reason", _("another reason")


class Priority(models.IntegerChoices):
    NORMAL = 0
    BACKLOG = 1  # stored before there were scanners


class Scan(JobRow):
    """Hold what the scanners found in one picture or video, and how far they are."""

    media = models.OneToOneField(Media, models.CASCADE, related_name="scan")
    missing = models.JSONField(default=list)  # scanners that were missing or failed
    # Who looked at it instead, for what is missing.
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    reviewed_at = models.DateTimeField(null=True)
    rules = models.CharField(max_length=16, blank=True, default="")  # mark of the scanners' version

    class Meta:
        db_table = "media_scan"

    def __str__(self) -> str:
        return str(self.media)

    @property
    def needs_review(self) -> bool:
        """Check whether somebody has yet to look at it instead of a scanner."""
        return self.is_over and bool(self.missing) and self.reviewed_at is None


class BoxQuerySet(models.QuerySet):
    def open(self) -> Self:
        """Filter by what somebody has yet to decide."""
        return self.filter(shown_as="").exclude(severity=Severity.INFO)


class Box(PublicIdModel):
    """One finding: its kind and place, never its text. Measured in ten-thousandths of the picture's
    width and height; of a video, with the seconds between which it is seen.
    """

    scan = models.ForeignKey(Scan, models.CASCADE, related_name="boxes")
    kind = models.CharField(max_length=10, choices=Kind)
    rule = models.CharField(max_length=40)
    severity = models.CharField(max_length=10, choices=Severity)
    x = models.PositiveSmallIntegerField()
    y = models.PositiveSmallIntegerField()
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    from_second = models.FloatField(null=True)
    to_second = models.FloatField(null=True)
    host = models.CharField(max_length=253, blank=True, default="")  # of a code's link
    shown_as = models.CharField(max_length=10, blank=True, default="", choices=ShownAs)
    shown_note = models.CharField(max_length=LONGEST_SHOWN_NOTE, blank=True, default="")
    shown_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    shown_at = models.DateTimeField(null=True)

    objects = BoxQuerySet.as_manager()

    class Meta:
        db_table = "media_box"
        ordering = ["from_second", "y", "x", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(x__lte=WHOLE - F("width"), y__lte=WHOLE - F("height")),
                name="box_within_the_picture",
            ),
            models.CheckConstraint(
                condition=~Q(rule=SECRET_MARK) | Q(shown_as=""), name="secret_mark_never_shown"
            ),
            models.CheckConstraint(
                condition=Q(shown_as="") | Q(shown_by__isnull=False, shown_at__isnull=False),
                name="shown_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(shown_as=ShownAs.GUARDIAN) | ~Q(shown_note=""),
                name="child_shown_with_consent_note",
            ),
        ]

    def __str__(self) -> str:
        return str(Kind(self.kind).label)

    @property
    def is_open(self) -> bool:
        """Check whether somebody has yet to decide on it."""
        return not self.shown_as and self.severity != Severity.INFO

    @property
    def may_be_shown(self) -> bool:
        """Check whether a reason could let it stand."""
        return self.rule != SECRET_MARK and self.severity != Severity.HARD
