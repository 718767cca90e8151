"""Short links under the portal's own address, and how often they were followed: numbers by day,
nothing of who followed them.
"""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models import PublicIdModel
from core.scope import ScopedQuerySet
from units.models import Unit

LONGEST_TITLE, LONGEST_TARGET, LONGEST_STOP_REASON = 100, 1000, 200  # characters
LONGEST_CODE = 12


class LinkQuerySet(ScopedQuerySet):
    permission = "post_view"


class Link(PublicIdModel):
    """A short address that leads to ``target`` until it is stopped. It outlives the posts that
    name it: a printed code still works.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    code = models.CharField(max_length=LONGEST_CODE, unique=True)
    title = models.CharField(_("what it is for"), max_length=LONGEST_TITLE)
    target = models.CharField(_("where it leads"), max_length=LONGEST_TARGET)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True)
    # Public: whoever follows the link then reads it.
    stop_reason = models.CharField(max_length=LONGEST_STOP_REASON, blank=True)
    search = models.CharField(max_length=LONGEST_TITLE + LONGEST_TARGET, editable=False)
    version = models.PositiveIntegerField(default=1)

    objects = LinkQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["unit", "-created_at", "-id"], name="links_of_unit")]

    def __str__(self) -> str:
        return self.title

    @property
    def is_stopped(self) -> bool:
        return self.stopped_at is not None


class ClickCount(models.Model):
    """The clicks of a link on a day of Viet Nam's time."""

    link = models.ForeignKey(Link, models.CASCADE, related_name="click_counts")
    day = models.DateField()
    clicks = models.PositiveIntegerField()

    class Meta:
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["link", "day"], name="one_count_a_day")]
