from collections.abc import Iterable
from enum import StrEnum

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from axes.helpers import get_cool_off
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Appointment, Invitation, User
from accounts.permissions import GRANTS, LEVELS, Permission, Role
from core.errors import NotAllowed, Refused
from units.models import Unit


def authority(user: User, permission: Permission, *, unit: Unit) -> Appointment | None:
    return user.authority(permission, unit=unit)


def can(user: User, permission: Permission, *, unit: Unit) -> bool:
    return authority(user, permission, unit=unit) is not None


def require(user: User, permission: Permission, *, unit: Unit) -> Appointment:
    """The authority, for the record; raises NotAllowed in the person's words."""
    if (held := authority(user, permission, unit=unit)) is None:
        raise NotAllowed(_("You do not have the right to do this. Ask your unit's administrator."))
    return held


def holders(permission: Permission, *, unit: Unit, besides: Iterable[int] = ()) -> list[User]:
    """Active people who may do this in ``unit`` by a post held in that very unit: those whom a notice concerns."""
    roles = [role for role, granted in GRANTS.items() if permission in granted]
    in_force = Appointment.objects.in_force(timezone.localdate()).filter(unit=unit, role__in=roles)
    return list(User.objects.filter(pk__in=in_force.values("user"), is_active=True).exclude(pk__in=list(besides)))


def holders_in(permission: Permission, *, units: Iterable[int]) -> set[int]:
    """`holders` of many units at once, by their keys."""
    roles = [role for role, granted in GRANTS.items() if permission in granted]
    in_force = Appointment.objects.in_force(timezone.localdate()).filter(unit__in=list(units), role__in=roles)
    return set(in_force.filter(user__is_active=True).values_list("user", flat=True))


class AccountState(StrEnum):
    """What an account is in; the first that fits, in this order."""

    DISABLED = "disabled"
    INVITED = "invited"
    LOCKED = "locked"
    ACTIVE = "active"


def with_facts(people: QuerySet) -> QuerySet:
    """Adds what the lists show: ``is_locked`` (too many wrong passwords from some address) and ``has_mfa``."""
    wrong = AccessAttempt.objects.filter(
        username=OuterRef("username"),
        failures_since_start__gte=settings.AXES_FAILURE_LIMIT,
        attempt_time__gte=timezone.now() - get_cool_off(),
    )
    second = Authenticator.objects.filter(user=OuterRef("pk")).exclude(type=Authenticator.Type.RECOVERY_CODES)
    return people.annotate(is_locked=Exists(wrong), has_mfa=Exists(second))


def state_of(person: User) -> AccountState:
    """The state of a person from `with_facts`."""
    if not person.is_active:
        return AccountState.DISABLED
    if not person.has_usable_password():
        return AccountState.INVITED
    return AccountState.LOCKED if person.is_locked else AccountState.ACTIVE


def in_state(people: QuerySet, state: str) -> QuerySet:
    """Those of `with_facts` in ``state``: the same order of questions as `state_of`, asked of the database."""
    invited = Q(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    match state:
        case AccountState.DISABLED:
            return people.filter(is_active=False)
        case AccountState.INVITED:
            return people.filter(invited, is_active=True)
        case AccountState.LOCKED:
            return people.exclude(invited).filter(is_active=True, is_locked=True)
        case AccountState.ACTIVE:
            return people.exclude(invited).filter(is_active=True, is_locked=False)
    return people


def open_posts(person: User) -> list[Appointment]:
    """Posts held now or from a later day on."""
    today = timezone.localdate()
    return [a for a in person.appointments.select_related("unit__parent") if a.valid_to is None or a.valid_to >= today]


def governs(admin: User, person: User) -> Appointment | None:
    """The post by which ``admin`` may act on the account as a whole; None where they may not.

    One must reach every unit where the person holds a post: who also serves elsewhere is not the neighbour's to
    disable. For somebody without any post, the last one counts. Nobody governs themselves, nor a system operator.
    """
    if person.pk == admin.pk or person.is_superuser:
        return None
    units = [a.unit for a in open_posts(person)]
    if not units:
        last = person.appointments.select_related("unit").order_by("valid_to").last()
        units = [last.unit] if last else []
    held = [admin.authority(Permission.ACCOUNT_MANAGE, unit=unit) for unit in units]
    return held[0] if held and all(held) else None


def require_governs(admin: User, person: User) -> Appointment:
    if held := governs(admin, person):
        return held
    if person.pk == admin.pk:
        raise NotAllowed(_("You cannot do this to your own account. Ask another administrator."))
    raise NotAllowed(
        _("This person also serves outside your area. End the post in your area, or ask the ministry's administrator.")
    )


def require_fitting(role: str, unit: Unit) -> None:
    """Raises Refused where no such post can exist."""
    if not unit.is_current:
        raise Refused(_("%(unit)s is closed. Choose its successor.") % {"unit": unit})
    if not unit.has_police_body:
        raise Refused(_("%(unit)s has no police body of its own.") % {"unit": unit})
    if unit.level not in LEVELS[role]:
        raise Refused(
            _("The role “%(role)s” does not exist in %(unit)s. Choose another role or the unit above.")
            % {"role": Role(role).label, "unit": unit}
        )


def sessions_of(person: User) -> int:
    return UserSession.objects.filter(user=person).count()


def open_invitation(secret: str) -> Invitation:
    """The invitation that ``secret`` opens. Raises Refused with what to do instead."""
    row = Invitation.objects.select_related("user").filter(secret_hash=Invitation.hash_of(secret)).first()
    if row is None or not row.user.is_active:
        raise Refused(_("This invitation link is not valid. Please check that you opened the whole link."))
    if row.used_at or row.user.has_usable_password():
        raise Refused(_("This invitation link was already used. Sign in with the password you chose."))
    if row.withdrawn_at:
        raise Refused(_("A newer invitation link was sent to you. Please use that one."))
    if row.expires_at <= timezone.now():
        raise Refused(_("This invitation link has expired. Ask your unit's administrator to send a new one."))
    return row


def unread_first(person: User) -> QuerySet:
    return person.notices.annotate(is_read=Q(read_at__isnull=False)).order_by("is_read", "-created_at", "-pk")
