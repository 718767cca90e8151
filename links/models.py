"""Short links under the portal's own address, and how often they were followed: numbers by day,
nothing about the people who followed them.
"""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from core.models import PublicIdModel
from core.scope import ScopedQuerySet
from units.models import Unit

LONGEST_TITLE, LONGEST_TARGET, LONGEST_STOP_REASON = 100, 1000, 200  # characters
LONGEST_CODE = 12


class StopReason(models.TextChoices):
    """A reason for stopping a link, as whoever follows it reads it. Anybody who writes for the unit
    may choose one; other words are the leader's.
    """

    REPAIR = "repair", _("The page behind this link is being repaired. Please try again later.")
    MOVED = "moved", _("The page behind this link has moved. Look for it on the unit's own page.")
    OVER = "over", _("What this link was for is over.")
    MISTAKE = "mistake", _("This link was printed or posted by mistake. Please do not use it.")
    UNSAFE = (
        "unsafe",
        _("The page behind this link is not safe. Enter nothing there, and pay nothing."),
    )
    OWN = "own", _("In words of your own")


class LinkQuerySet(ScopedQuerySet):
    permission = Permission.POST_VIEW


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
    # Empty: own words, of before there was a choice.
    stop_kind = models.CharField(
        max_length=10, choices=StopReason, blank=True, default="", db_default=""
    )
    # A leader's own words. Public: whoever follows the link then reads them.
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

    @property
    def stop_text(self) -> str:
        """Return what whoever follows the stopped link reads."""
        return self.stop_reason or self.get_stop_kind_display()


class ClickCount(models.Model):
    """The clicks of a link on a day of Viet Nam's time."""

    link = models.ForeignKey(Link, models.CASCADE, related_name="click_counts")
    day = models.DateField()
    clicks = models.PositiveIntegerField()

    class Meta:
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["link", "day"], name="one_count_a_day")]
