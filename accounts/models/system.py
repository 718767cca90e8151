"""Changes of the people who hold power over the installation itself."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User
from core.models import PublicIdModel

PROPOSAL_LIFETIME = timedelta(days=7)


class ChangeKind(models.TextChoices):
    ADMINISTRATOR = "administrator", _("Appoint as an administrator of the ministry")
    OPERATOR = "operator", _("Make a system operator")
    DISABLE = "disable", _("Disable the account")
    ENABLE = "enable", _("Enable the account")


class SystemChangeQuerySet(models.QuerySet):
    def open(self, now: datetime) -> Self:
        return self.filter(done_at=None, stopped_at=None, asked_at__gt=now - PROPOSAL_LIFETIME)


class SystemChange(PublicIdModel):
    """A change to the ministry's administrators or to the system operators: one of them proposes
    it, and it happens when another one confirms it.
    """

    kind = models.CharField(max_length=15, choices=ChangeKind)
    user = models.ForeignKey(User, models.PROTECT, related_name="system_changes")
    reason = models.CharField(max_length=500)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    done_at = models.DateTimeField(null=True)
    stopped_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    stopped_at = models.DateTimeField(null=True)

    objects = SystemChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(done_at=None, stopped_at=None),
                name="one_open_system_change_a_person",
            ),
            models.CheckConstraint(
                condition=~Q(user=F("asked_by")), name="nobody_proposes_their_own_system_change"
            ),
            models.CheckConstraint(
                condition=Q(done_at=None, confirmed_by=None)
                | Q(done_at__isnull=False, confirmed_by__isnull=False, stopped_at=None)
                & ~Q(confirmed_by=F("asked_by"))
                & ~Q(confirmed_by=F("user")),
                name="system_change_confirmed_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.user}"
