from datetime import date
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.models import PublicIdModel
from core.scope import ScopedQuerySet, line_of
from core.text import fold
from units.models import Unit


class Topic(models.Model):
    code = models.SlugField(max_length=30, unique=True)
    name_vi = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "code"]

    def __str__(self) -> str:
        return self.name_en if get_language() == "en" else self.name_vi


class CampaignQuerySet(ScopedQuerySet):
    permission = "campaign_view"

    def visible_to(self, user: object) -> Self:
        """One's own ground, and the campaigns of the units above it: they are for one's posts too."""
        own = super().visible_to(user)
        reach = user.reach(self.permission) if getattr(user, "is_active", False) and hasattr(user, "reach") else ()
        return own | self.filter(unit__path__in={path for part in reach for path in line_of(part.path)})

    def open_to(self, unit: Unit) -> Self:
        """Campaigns that a post of ``unit`` may belong to: its own and those of the units above it."""
        return self.filter(unit__path__in=line_of(unit.path))

    def running(self, on: date) -> Self:
        return self.filter(starts_on__lte=on, ends_on__gte=on)

    def past(self, on: date) -> Self:
        return self.filter(ends_on__lt=on)

    def coming(self, on: date) -> Self:
        return self.filter(starts_on__gt=on)

    def search(self, words: str) -> Self:
        found = self
        for word in fold(words).split():
            found = found.filter(search__contains=word)
        return found


class Campaign(PublicIdModel):
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="campaigns")
    name = models.CharField(_("name"), max_length=150)
    aim = models.TextField(_("aim"), max_length=2000, blank=True)
    starts_on = models.DateField(_("starts on"))
    ends_on = models.DateField(_("ends on"))
    # The units' posts of one moment go out spread over so many minutes; 0: all at once.
    spread_minutes = models.PositiveSmallIntegerField(_("spread over minutes"), default=0)
    topics = models.ManyToManyField(Topic, verbose_name=_("topics"), blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    search = models.CharField(max_length=200, editable=False)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_on", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="campaign_ends_after_start")
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, **kwargs: object) -> None:
        self.search = fold(self.name)
        super().save(**kwargs)

    def stage(self, on: date) -> str:
        """Where it stands in its own time: coming, running or past."""
        return "coming" if self.starts_on > on else "past" if self.ends_on < on else "running"
