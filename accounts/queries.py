from collections.abc import Iterable

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Appointment, User
from accounts.permissions import GRANTS, Permission
from core.errors import NotAllowed
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
