import hashlib
from collections.abc import Iterable
from datetime import date
from functools import cached_property
from typing import Self

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.permissions import DEEP, GRANTS, Role
from core.models import PublicIdModel
from core.scope import Reach, ScopedQuerySet
from core.text import fold
from units.models import Unit


class UserQuerySet(ScopedQuerySet):
    """Accounts lie where their appointments lie, the ended ones too: a record keeps its page."""

    permission = "account_manage"

    def within(self, reach: Iterable[Reach]) -> Self:
        return self.filter(pk__in=Appointment.objects.within(reach).values("user"))  # no join: no row twice

    def search(self, words: str) -> Self:
        found = self
        for word in fold(words).split():
            found = found.filter(search__contains=word)
        return found


class PortalUserManager(UserManager.from_queryset(UserQuerySet)):
    use_in_migrations = False


class User(PublicIdModel, AbstractUser):
    first_name = last_name = None  # Vietnamese names are one field
    full_name = models.CharField(_("full name"), max_length=100)
    email = models.EmailField(_("e-mail"), unique=True)
    language = models.CharField(_("language"), max_length=5, default="vi")
    search = models.CharField(max_length=300, editable=False, default="")

    objects = PortalUserManager()
    REQUIRED_FIELDS = ["email", "full_name"]

    def __str__(self) -> str:
        return self.full_name or self.username

    def save(self, **kwargs: object) -> None:
        self.email = self.email.lower()
        self.fill_search()
        super().save(**kwargs)

    def fill_search(self) -> None:
        """For bulk writers that do not pass through ``save``."""
        self.search = fold(f"{self.full_name} {self.username} {self.email}")[:300]

    def get_full_name(self) -> str:
        return self.full_name

    def get_short_name(self) -> str:
        return self.full_name

    @cached_property
    def held(self) -> list["Appointment"]:
        """The appointments in force today. Kept for the life of this object, which is one request."""
        return list(self.appointments.in_force(timezone.localdate()).select_related("unit"))

    def reach(self, permission: str) -> list[Reach]:
        """The parts of the tree where some post held grants ``permission``."""
        return [Reach(a.unit.path, a.role in DEEP) for a in self.held if permission in GRANTS[a.role]]

    def authority(self, permission: str, *, unit: Unit) -> "Appointment | None":
        """The post held by which this person may do this in ``unit``, the nearest one first; or None."""
        if not self.is_active:
            return None
        fitting = [
            a
            for a in self.held
            if permission in GRANTS[a.role] and Reach(a.unit.path, a.role in DEEP).covers(unit.path)
        ]
        return max(fitting, key=lambda a: len(a.unit.path), default=None)


class AppointmentQuerySet(ScopedQuerySet):
    permission = "account_manage"

    def in_force(self, on: date) -> Self:
        return self.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=on), valid_from__lte=on)

    def in_force_between(self, first: date, last: date | None) -> Self:
        """Those whose days overlap with ``first`` to ``last`` (or for ever)."""
        begun = self.filter(valid_from__lte=last) if last else self
        return begun.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=first))


class Appointment(PublicIdModel):
    """A post held: this person has this role in this unit, from then until then."""

    user = models.ForeignKey(User, models.CASCADE, related_name="appointments")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="appointments")
    role = models.CharField(_("role"), max_length=15, choices=Role)
    title = models.CharField(_("post held"), max_length=100, blank=True)
    valid_from = models.DateField(_("valid from"), default=timezone.localdate)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        ordering = ["unit__path", "role"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "unit", "role"], condition=Q(valid_to__isnull=True), name="one_open_appointment_a_role"
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="appointment_valid_to_after_from",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.post_held}, {self.unit}"

    @property
    def post_held(self) -> str:
        """How the record names the authority: the written title, else the role."""
        return self.title or str(self.get_role_display())


class Invitation(PublicIdModel):
    """A single-use link by which a person sets the password of an account that an administrator made."""

    user = models.ForeignKey(User, models.CASCADE, related_name="invitations")
    secret_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)  # a newer link took its place

    @staticmethod
    def hash_of(secret: str) -> str:
        """Only this is stored: who reads the table cannot open an account."""
        return hashlib.sha256(secret.encode()).hexdigest()


class PeopleImport(PublicIdModel):
    """A spreadsheet of people between its preview and its confirmation: kept here, never in the browser."""

    made_by = models.ForeignKey(User, models.CASCADE, related_name="+")
    file_name = models.CharField(max_length=200)
    rows = models.JSONField()  # as read: the plan is made anew from them when it is shown and when it is applied
    created_at = models.DateTimeField(auto_now_add=True)
    applied_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.file_name


class Notice(PublicIdModel):
    """Something a person should know, in the portal; ``kind`` names the sentence in ``accounts/notices.py``."""

    user = models.ForeignKey(User, models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=40)
    facts = models.JSONField(default=dict)
    address = models.CharField(max_length=300)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["user"], condition=Q(read_at__isnull=True), name="unread_notices")]
