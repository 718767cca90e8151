"""Series: one content that goes out again and again until a day or a number, each time as a post
of its own.
"""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from core.models import PublicIdModel
from core.scope import ScopedQuerySet
from posts.models import Post
from units.models import Unit

MOST_OCCURRENCES = 52
MOST_STEP = 30


class Rhythm(models.TextChoices):
    """The ways in which occurrences follow each other."""

    DAYS = "days", _("every few days")
    WEEKS = "weeks", _("every few weeks")
    MONTHS = "months", _("every few months")


class SeriesQuerySet(ScopedQuerySet):
    permission = Permission.POST_VIEW


class Series(PublicIdModel):
    """A rule with an end, and who made it. Its occurrences are posts, made ahead: each is checked,
    submitted and approved by itself.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    title = models.CharField(max_length=200)  # of the post that it began with
    rhythm = models.CharField(max_length=10, choices=Rhythm)
    step = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(MOST_STEP)]
    )
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    stopped_at = models.DateTimeField(null=True)
    stop_reason = models.CharField(max_length=500, blank=True)

    objects = SeriesQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(step__gte=1, step__lte=MOST_STEP), name="a_series_has_a_step"
            )
        ]

    def __str__(self) -> str:
        return self.title


class Occurrence(models.Model):
    """One post of a series."""

    series = models.ForeignKey(Series, models.PROTECT, related_name="occurrences")
    post = models.OneToOneField(Post, models.CASCADE, related_name="occurrence")
    number = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["series", "number"], name="an_occurrence_once"),
            models.CheckConstraint(
                condition=Q(number__gte=1, number__lte=MOST_OCCURRENCES),
                name="a_series_has_an_end",
            ),
        ]
