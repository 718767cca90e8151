"""Accounts at the ministry's sign-in, and those that open without it."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User
from accounts.permissions import Permission, Role
from core.models import PublicIdModel
from core.scope import ScopedQuerySet
from units.models import Unit


class MinistryIdentity(models.Model):
    """A person's account at the ministry's sign-in, by issuer and subject alone: names and
    addresses change.
    """

    user = models.OneToOneField(User, models.CASCADE, related_name="ministry_identity")
    issuer = models.CharField(max_length=255)
    subject = models.CharField(max_length=255)
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    confirmed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    linked_at = models.DateTimeField()
    # From then on the ministry's second factor stands for the portal's own.
    factor_from = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["issuer", "subject"], name="one_person_a_ministry_identity"
            ),
            models.CheckConstraint(
                condition=~Q(confirmed_by=F("proposed_by"))
                & ~Q(user=F("proposed_by"))
                & ~Q(user=F("confirmed_by")),
                name="ministry_identity_by_two_others",
            ),
        ]


class MinistryRequestQuerySet(ScopedQuerySet):
    permission = Permission.ACCOUNT_MANAGE

    def open(self, now: datetime) -> Self:
        return self.filter(refused_at=None, expires_at__gt=now)


class MinistryRequest(PublicIdModel):
    """Somebody who signed in at the ministry and has no account here that is linked to it.

    Gone once it is linked or its time is over; a refused one stays until then, so that it does not
    come again at once.
    """

    issuer = models.CharField(max_length=255)
    subject = models.CharField(max_length=255)
    code = models.CharField(max_length=9)  # the person sees it and tells it to an administrator
    name = models.CharField(max_length=100, blank=True)
    units = models.JSONField(default=list)  # values of the claims, as the server sent them
    roles = models.JSONField(default=list)
    unit = models.ForeignKey(
        Unit, models.CASCADE, related_name="+"
    )  # by the mapping, else the ministry
    role = models.CharField(max_length=15, choices=Role, blank=True)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="ministry_requests")
    proposed_by = models.ForeignKey(User, models.CASCADE, null=True, related_name="+")
    proposed_at = models.DateTimeField(null=True)
    refused_by = models.ForeignKey(User, models.CASCADE, null=True, related_name="+")
    refused_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500, blank=True)

    objects = MinistryRequestQuerySet.as_manager()

    class Meta:
        ordering = ["asked_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["issuer", "subject"], name="one_ministry_request_a_subject"
            ),
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(user__isnull=False),
                name="one_ministry_request_a_person",
            ),
            models.CheckConstraint(
                condition=Q(user=None, proposed_by=None, proposed_at=None)
                | Q(user__isnull=False, proposed_by__isnull=False, proposed_at__isnull=False)
                & ~Q(user=F("proposed_by")),
                name="ministry_request_proposed_by_another",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class ClaimMapping(PublicIdModel):
    """The meaning of a claim's value here, as two administrators agreed: a unit or a role. It
    grants nothing by itself.
    """

    UNIT, ROLE = "unit", "role"
    KINDS = [(UNIT, _("Unit")), (ROLE, _("Role"))]
    kind = models.CharField(max_length=4, choices=KINDS)
    value = models.CharField(max_length=200)
    unit = models.ForeignKey(Unit, models.CASCADE, null=True, related_name="+")
    role = models.CharField(max_length=15, choices=Role, blank=True)
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["kind", "value"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "value"], name="one_meaning_a_claim_value"),
            models.CheckConstraint(
                condition=Q(kind="unit", unit__isnull=False, role="")
                | Q(kind="role", unit=None) & ~Q(role=""),
                name="claim_value_means_what_its_kind_says",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("proposed_by")),
                name="claim_mapping_confirmed_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.value} → {self.meaning}"

    @property
    def meaning(self) -> str:
        return self.unit.label if self.unit else str(self.get_role_display())


class BreakGlassAccount(models.Model):
    """An account that signs in by password though the ministry's sign-in is required, for when that
    fails.
    """

    user = models.OneToOneField(User, models.CASCADE, related_name="break_glass")
    operator = models.CharField(max_length=100)
    reason = models.CharField(max_length=500)
    marked_at = models.DateTimeField()
