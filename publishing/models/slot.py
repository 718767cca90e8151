"""Slots: the weekly times at which a unit publishes, and those that a unit above suggests."""

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from channels.models import Channel
from channels.states import platforms
from core.models import PublicIdModel
from core.scope import ScopedQuerySet
from units.models import Unit


class Weekday(models.IntegerChoices):
    """The days of the week, numbered as Python does."""

    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


def _weekday_field() -> models.PositiveSmallIntegerField:
    return models.PositiveSmallIntegerField(choices=Weekday, validators=[MaxValueValidator(6)])


class SlotQuerySet(ScopedQuerySet):
    permission = Permission.POST_VIEW


class Slot(PublicIdModel):
    """A weekly time at which the unit publishes on one channel, on the station's clock."""

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="slots")
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="slots", db_index=False)
    weekday = _weekday_field()
    at = models.TimeField()

    objects = SlotQuerySet.as_manager()

    class Meta:
        ordering = ["channel", "at", "weekday"]
        constraints = [
            models.UniqueConstraint(fields=["channel", "weekday", "at"], name="one_slot_a_time"),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="slot_on_a_weekday"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} · {self.get_weekday_display()} {self.at:%H:%M}"


class SlotSuggestion(PublicIdModel):
    """A weekly time that a unit suggests to all units below it: for one platform, or for all."""

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="slot_suggestions", db_index=False)
    platform = models.CharField(max_length=10, choices=platforms, blank=True)
    weekday = _weekday_field()
    at = models.TimeField()

    objects = SlotQuerySet.as_manager()

    class Meta:
        ordering = ["unit", "platform", "at", "weekday"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "platform", "weekday", "at"], name="one_suggestion_a_time"
            ),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="suggestion_on_a_weekday"),
        ]

    def __str__(self) -> str:
        return f"{self.unit} · {self.get_weekday_display()} {self.at:%H:%M}"
