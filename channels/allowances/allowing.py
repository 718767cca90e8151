"""Permission of units to connect to a platform that not everybody may use."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import require
from audit.services import record
from channels.connection.health import mark_lost_for_good
from channels.models import Channel, PlatformAllowance
from channels.queries import facts_of
from channels.states import Health
from core.errors import Refused
from units.models import Level, Unit


@transaction.atomic
def allow(platform: str, *, province: Unit, by: User, reason: str) -> None:
    """Allow the units of a province to use a platform that is otherwise off."""
    appointment = _may_allow(platform, province=province, by=by, reason=reason)
    _row, created = PlatformAllowance.objects.get_or_create(
        unit=province, platform=platform, defaults={"allowed_by": by, "reason": reason.strip()}
    )
    if not created:
        raise Refused(_("This platform is allowed already."))
    facts = {
        "by": by,
        "position": appointment.position,
        "reason": reason.strip(),
        "platform": platform,
    }
    record("platform.allowed", province, **facts)


@transaction.atomic
def forbid(platform: str, *, province: Unit, by: User, reason: str) -> None:
    """Take the allowance back. Nothing more goes out there; the connections rest until it is
    allowed again."""
    appointment = _may_allow(platform, province=province, by=by, reason=reason)
    if not PlatformAllowance.objects.filter(unit=province, platform=platform).delete()[0]:
        raise Refused(_("This platform is not allowed anyway."))
    facts = {
        "by": by,
        "position": appointment.position,
        "reason": reason.strip(),
        "platform": platform,
    }
    record("platform.forbidden", province, **facts)
    in_use = Channel.objects.filter(platform=platform, health__in=[Health.CONNECTED, Health.MANUAL])
    for channel in in_use.filter(unit__path__startswith=province.path).select_related("unit"):
        mark_lost_for_good(
            channel, _("The province no longer allows this platform."), was=Health(channel.health)
        )


def _may_allow(platform: str, *, province: Unit, by: User, reason: str):
    appointment = require(by, Permission.PLATFORM_ALLOW, unit=province)
    if province.level != Level.PROVINCE or not facts_of(platform).off_by_default:
        raise Refused(_("Only a province decides, and only on platforms that are off."))
    if not reason.strip():
        raise Refused(_("Give the reason for this decision."))
    return appointment
