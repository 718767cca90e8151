"""People, the posts they hold, and how they get them."""

import hashlib
from collections.abc import Iterable
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models.sign_in import FACTORS, FactorDate
from accounts.permissions import CONFIRMED, DEEP, DELAYED, GRANTS, Permission, Role
from core.models import PublicIdModel
from core.scope import Reach, ScopedQuerySet
from core.text import fold
from units.models import Unit

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

# The record holds 150 characters of the position by which somebody acted.
_LONGEST_POSITION = 60


class UserQuerySet(ScopedQuerySet):
    """Accounts, scoped by the units of their appointments, ended and proposed ones included: a
    record keeps its page.
    """

    permission = Permission.ACCOUNT_MANAGE

    def within(self, reach: Iterable[Reach]) -> Self:
        reach = list(reach)
        holders = Appointment.objects.within(reach).values("user")  # no join: no row twice
        proposed = PendingAppointment.objects.within(reach).values("user")
        return self.filter(Q(pk__in=holders) | Q(pk__in=proposed))

    def search(self, query: str) -> Self:
        rows = self
        for word in fold(query).split():
            rows = rows.filter(search__contains=word)
        return rows


class PortalUserManager(UserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]  # the stubs follow no call here
    use_in_migrations = False

    def create_superuser(self, *args: Any, **fields: Any) -> "User":
        """Make the first system operator, for `manage.py createsuperuser`. Raise ValidationError
        while there is one: whoever holds the console would otherwise make a second person of
        their own, to confirm what the first proposes.
        """
        if self.filter(is_superuser=True, is_active=True).exists():
            raise ValidationError(
                gettext(
                    "There is a system operator already. They, or an administrator of the "
                    "ministry, propose another one in the portal, and a second person confirms."
                )
            )
        return super().create_superuser(*args, **fields)


class User(PublicIdModel, AbstractUser):
    first_name = last_name = None  # type: ignore[assignment]  # Vietnamese names are one field
    full_name = models.CharField(_("full name"), max_length=100)
    email = models.EmailField(_("e-mail"), unique=True)
    language = models.CharField(_("language"), max_length=5, default="vi")
    search = models.CharField(max_length=300, editable=False, default="")
    # Parts of pages that this person keeps open, of `core.folds.NAMES`.
    open_folds = models.JSONField(default=list, editable=False)
    # The filters of lists that this person named: {name of the list's view: {name: query}}.
    saved_views = models.JSONField(default=dict, editable=False)
    disabled_at = models.DateTimeField(null=True, editable=False)
    pseudonymised_at = models.DateTimeField(
        null=True, editable=False
    )  # see accounts/people/leavers.py
    # The day on which all exercises were done, in a training installation, of which nothing else
    # comes here. An administrator notes it.
    trained_on = models.DateField(_("training completed on"), null=True, editable=False)

    becomes_operator: bool  # of the save that is under way, see accounts/receivers.py
    # Annotated by `queries.with_facts`.
    has_link: bool
    is_locked: bool

    objects: ClassVar[PortalUserManager] = PortalUserManager()
    REQUIRED_FIELDS = ["email", "full_name"]

    def __str__(self) -> str:
        return self.full_name or self.username

    def save(self, **kwargs: Any) -> None:
        self.email = self.email.lower()
        self.fill_search()
        self.disabled_at = None if self.is_active else self.disabled_at or timezone.now()
        super().save(**kwargs)

    def fill_search(self) -> None:
        """Fill the search column; for bulk writers that do not pass through ``save``."""
        self.search = fold(f"{self.full_name} {self.username} {self.email}")[:300]

    def get_full_name(self) -> str:
        return self.full_name

    def get_short_name(self) -> str:
        return self.full_name

    @cached_property
    def current_appointments(self) -> list["Appointment"]:
        """Return the appointments in force today, with what each page asks of their holder.
        Cached for the life of this object, which is one request.
        """
        open_ones = Delegation.objects.open_on(timezone.now()).filter(deputy=OuterRef("user"))
        appointments: Any = self.appointments.in_force(timezone.localdate()).select_related("unit")
        decided = FactorDate.objects.order_by("-pk").values("day")[:1]
        factors = Authenticator.objects.filter(user=OuterRef("user"), type__in=FACTORS)
        return list(
            appointments.annotate(
                may_deputise=Exists(open_ones),
                factor_day=Subquery(decided),
                has_factor=Exists(factors),
            )
        )

    @cached_property
    def delegated(self) -> list["Delegation"]:
        """Return the delegations in force now: in whose stead this person approves. Cached as
        ``current_appointments`` are, which tell most people that they have none.
        """
        if not any(appointment.may_deputise for appointment in self.current_appointments):
            return []
        return list(self.delegations.in_force(timezone.now()).select_related("unit", "chief"))

    @property
    def is_operator(self) -> bool:
        """Check whether this account opens `/system/`: it operates, and reads no post."""
        return self.is_active and self.is_staff and self.is_superuser

    def reach(self, permission: Permission) -> list[Reach]:
        """Return the parts of the tree where some appointment or delegation grants
        ``permission``.
        """
        own = [
            Reach(a.unit.path, a.role in DEEP)
            for a in self.current_appointments
            if permission in GRANTS[a.role]
        ]
        if permission != Permission.POST_APPROVE:
            return own
        lent = [Reach(delegation.unit.path, deep=False) for delegation in self.delegated]
        return [*own, *(part for part in lent if part not in own)]

    def authority(self, permission: Permission, *, unit: Unit) -> "Appointment | Delegation | None":
        """Return the appointment by which this person may do this in ``unit``, preferring the
        nearest; or None. Approving is also handed over: a delegation in force comes before the
        person's own appointment, so that the record names in whose stead they acted.

        A new leader, and a deputy who was none before, uses no right of `DELAYED` before
        ``approves_from``.
        """
        if permission == Permission.POST_APPROVE and (lent := self.deputises_in(unit)):
            return lent
        return self.own_authority(permission, unit=unit)

    def deputises_in(self, unit: Unit) -> "Delegation | None":
        """Return the delegation under which this person approves in ``unit`` now, or None."""
        if not self.is_active:
            return None
        now = timezone.now()
        fitting = (delegation for delegation in self.delegated if delegation.covers(unit))
        return next((delegation for delegation in fitting if not delegation.waits(now)), None)

    def own_authority(self, permission: Permission, *, unit: Unit) -> "Appointment | None":
        """Do as `authority` does, by the person's own appointments alone."""
        if not self.is_active:
            return None
        fitting = [
            a for a in self.current_appointments if permission in GRANTS[a.role] and a.covers(unit)
        ]
        if permission in DELAYED:
            now = timezone.now()
            fitting = [a for a in fitting if not a.waits(now)]
        return max(fitting, key=lambda a: len(a.unit.path), default=None)


class AppointmentQuerySet(ScopedQuerySet):
    permission = Permission.ACCOUNT_MANAGE

    def in_force(self, on: date) -> Self:
        return self.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=on), valid_from__lte=on)

    def in_force_between(self, first: date, last: date | None) -> Self:
        """Filter by days that overlap with ``first`` to ``last`` (or for ever)."""
        begun = self.filter(valid_from__lte=last) if last else self
        return begun.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=first))


class Appointment(PublicIdModel):
    """A position: this person has this role in this unit, from then until then."""

    user = models.ForeignKey(User, models.PROTECT, related_name="appointments")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="appointments")
    role = models.CharField(_("role"), max_length=15, choices=Role)
    title = models.CharField(_("position"), max_length=100, blank=True)
    valid_from = models.DateField(_("valid from"), default=timezone.localdate)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    # Empty: made when the installation was set up, or before appointments were confirmed.
    appointed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    confirmed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Until then a new leader uses no right of `DELAYED`; empty: all at once.
    approves_from = models.DateTimeField(null=True, blank=True, editable=False)

    # Annotated by `User.current_appointments`.
    may_deputise: bool
    factor_day: date | None  # from which everybody needs a second factor
    has_factor: bool  # a second factor of the holder

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        ordering = ["unit__path", "role"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "unit", "role"],
                condition=Q(valid_to__isnull=True),
                name="one_open_appointment_a_role",
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="appointment_valid_to_after_from",
            ),
            models.CheckConstraint(
                condition=Q(appointed_by=None) | ~Q(appointed_by=F("user")),
                name="nobody_appoints_themselves",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None)
                | (~Q(confirmed_by=F("user")) & ~Q(confirmed_by=F("appointed_by"))),
                name="appointment_confirmed_by_another",
            ),
            models.CheckConstraint(
                condition=Q(appointed_by=None)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False)
                | ~Q(role__in=sorted(CONFIRMED)),
                name="grave_appointment_is_confirmed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position}, {self.unit}"

    @property
    def position(self) -> str:
        """Return the name of the authority for the record: the written title, else the role."""
        return self.title or str(self.get_role_display())

    @property
    def role_beside(self) -> str:
        """Return the role where the position is called otherwise, to stand beside it."""
        role = str(self.get_role_display())
        return "" if self.position == role else role

    def covers(self, unit: Unit) -> bool:
        return Reach(self.unit.path, self.role in DEEP).covers(unit.path)

    def waits(self, now: datetime) -> bool:
        return self.approves_from is not None and self.approves_from > now


class DelegationQuerySet(ScopedQuerySet):
    permission = Permission.ACCOUNT_MANAGE

    def visible_to(self, user: "User | AnonymousUser") -> Self:  # type: ignore[override]
        """Filter by what the person gave or received, and what those who lead, oversee or
        administer the unit may stop.
        """
        if not isinstance(user, User) or not user.is_active:
            return self.none()
        reach = [*user.reach(Permission.ACCOUNT_MANAGE), *user.reach(Permission.POST_WITHDRAW)]
        return self.filter(Q(chief=user) | Q(deputy=user)) | self.within(reach)

    def open_on(self, now: datetime) -> Self:
        """Filter by those that nobody ended and whose last day is not over."""
        return self.filter(ended_at=None, valid_to__gte=timezone.localdate(now))

    def in_force(self, now: datetime) -> Self:
        """Filter by those under which the deputy acts today.

        A delegation lives no longer than the positions that it rests on: the leader still approves
        in the unit, the deputy still serves there, and neither account is disabled.
        """
        today = timezone.localdate(now)
        posts = Appointment.objects.in_force(today).filter(unit=OuterRef("unit"))
        approves = Q(approves_from=None) | Q(approves_from__lte=now)
        leads = posts.filter(approves, user=OuterRef("chief"), role=Role.APPROVER)
        serves = posts.filter(user=OuterRef("deputy"), role__in=Delegation.DEPUTIES)
        return self.open_on(now).filter(
            Exists(leads),
            Exists(serves),
            valid_from__lte=today,
            chief__is_active=True,
            deputy__is_active=True,
        )


class Delegation(PublicIdModel):
    """A leader's word that a named person of the unit approves in their stead, from one day to
    another. What was done under it names both.
    """

    # Who may be named: people who write or approve in the unit.
    DEPUTIES = (Role.OFFICER, Role.APPROVER)

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="delegations")
    chief = models.ForeignKey(User, models.PROTECT, related_name="delegations_given")
    deputy = models.ForeignKey(User, models.PROTECT, related_name="delegations")
    # The positions of both, as they were called when it was given.
    chief_position = models.CharField(max_length=100)
    deputy_position = models.CharField(max_length=100)
    valid_from = models.DateField()
    valid_to = models.DateField()
    reason = models.CharField(max_length=500)
    given_at = models.DateTimeField()
    approves_from = models.DateTimeField(null=True)  # empty: from the first day on
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    ended_position = models.CharField(max_length=150, blank=True)
    end_reason = models.CharField(max_length=500, blank=True)
    # Of its end by itself: 1 once both were reminded of it, 2 once they were told that it is over.
    end_notices = models.PositiveSmallIntegerField(default=0, db_default=0)

    objects = DelegationQuerySet.as_manager()

    class Meta:
        ordering = ["-valid_from", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(chief=F("deputy")), name="nobody_is_their_own_deputy"
            ),
            models.CheckConstraint(
                condition=Q(valid_to__gte=F("valid_from")), name="delegation_ends_after_it_begins"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="a_delegation_has_a_reason"),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by=None)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="who_ended_a_delegation_is_known",
            ),
        ]
        indexes = [
            models.Index(fields=["deputy"], condition=Q(ended_at=None), name="delegation_open")
        ]

    def __str__(self) -> str:
        return self.position

    @property
    def position(self) -> str:
        """Name both positions, as the record and reviews show them."""
        return gettext("%(deputy)s by delegation of %(chief)s") % {
            "deputy": self.deputy_position[:_LONGEST_POSITION],
            "chief": self.chief_position[:_LONGEST_POSITION],
        }

    def covers(self, unit: Unit) -> bool:
        return Reach(self.unit.path, deep=False).covers(unit.path)

    def waits(self, now: datetime) -> bool:
        return self.approves_from is not None and self.approves_from > now

    def stage(self, now: datetime) -> str:
        """Return where now lies in its life: coming, running, over or ended early."""
        today = timezone.localdate(now)
        if self.ended_at:
            return "ended"
        if self.valid_to < today:
            return "over"
        return "coming" if self.valid_from > today else "running"


# By what somebody acts: a position of their own, or one in whose stead they are.
type Authority = Appointment | Delegation


class Decision(models.TextChoices):
    WAITING = "", _("Waiting")
    CONFIRMED = "confirmed", _("Confirmed")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    EXPIRED = "expired", _("Expired")


class PendingAppointmentQuerySet(ScopedQuerySet):
    permission = Permission.ACCOUNT_MANAGE

    def waiting(self, now: datetime) -> Self:
        return self.filter(decision=Decision.WAITING, expires_at__gt=now)


class PendingAppointment(PublicIdModel):
    """A position that an administrator proposed and a second one has to confirm.

    A table of its own: no query for appointments can mistake a proposal for one.
    """

    user = models.ForeignKey(User, models.PROTECT, related_name="pending_appointments")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="pending_appointments")
    role = models.CharField(max_length=15, choices=Role)
    title = models.CharField(max_length=100, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    replaces = models.ManyToManyField(
        Appointment, related_name="+"
    )  # these end when it is confirmed
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    decision = models.CharField(
        max_length=10, choices=Decision, blank=True, default=Decision.WAITING
    )
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500, blank=True)

    objects = PendingAppointmentQuerySet.as_manager()

    class Meta:
        ordering = ["asked_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "unit", "role"],
                condition=Q(decision=""),
                name="one_pending_appointment_a_role",
            ),
            models.CheckConstraint(
                condition=~Q(asked_by=F("user")), name="nobody_proposes_themselves"
            ),
            models.CheckConstraint(
                condition=~Q(decision="confirmed")
                | (
                    Q(decided_by__isnull=False)
                    & ~Q(decided_by=F("asked_by"))
                    & ~Q(decided_by=F("user"))
                ),
                name="proposal_confirmed_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position}, {self.unit}"

    @property
    def position(self) -> str:
        return self.title or str(self.get_role_display())

    @property
    def role_beside(self) -> str:
        role = str(self.get_role_display())
        return "" if self.position == role else role


class Waiver(models.Model):
    """A leader's statement that a new approver need not wait for 24 hours. Two of them count."""

    appointment = models.ForeignKey(Appointment, models.CASCADE, related_name="waivers")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    position = models.CharField(max_length=150)
    leads = (
        models.BooleanField()
    )  # an approver of the unit or an overseer above it, not an administrator
    reason = models.CharField(max_length=500)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["appointment", "by"], name="one_waiver_a_leader")
        ]


class Invitation(PublicIdModel):
    """A single-use link by which a person sets the password of an account that an administrator
    made.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="invitations")
    secret_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)  # a newer link took its place

    @staticmethod
    def hash_of(secret: str) -> str:
        """Hash a secret. Only the hash is stored: a reader of the table cannot open an account."""
        return hashlib.sha256(secret.encode()).hexdigest()


class PeopleImport(PublicIdModel):
    """A spreadsheet of people between its preview and its confirmation: kept here, never in the
    browser.
    """

    made_by = models.ForeignKey(User, models.CASCADE, related_name="+")
    file_name = models.CharField(max_length=200)
    rows = (
        models.JSONField()
    )  # as read: the plan is made again from them when it is shown and when it is applied
    created_at = models.DateTimeField(auto_now_add=True)
    applied_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.file_name
