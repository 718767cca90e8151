"""Official pages that give the portal no API right: officers post there themselves, under the same
approval.
"""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import require
from audit.services import record
from channels.connection.addresses import is_platform_address, page_key
from channels.connection.attempts import reopened_fields, require_may_register
from channels.credentials.grants import NO_CREDENTIALS, fields_without_access
from channels.lifecycle.transitions import UNCONFIRMED
from channels.models import LONGEST_PAGE_ID, Channel
from channels.queries import facts_of, is_permitted
from channels.states import Health, Kind
from core.errors import Refused
from core.text import normalise
from units.models import Unit


@transaction.atomic
def register(
    platform: str, *, unit: Unit, by: User, name: str, address: str, reason: str
) -> Channel:
    """Make the page the unit's channel without credentials. Raises Refused when the page is another
    unit's, or the address does not name a page on this platform."""
    appointment = require_may_register(platform, unit=unit, by=by)
    key = _page_key(platform, address)
    pages = Channel.objects.filter(platform=platform).named_by([key])
    known = list(pages.order_by("-connected_at").select_for_update())
    if taken := next((channel for channel in known if channel.health != Health.DISCONNECTED), None):
        raise Refused(_describe_conflict(taken, unit=unit, by=by))
    own = [channel for channel in known if channel.unit_id == unit.pk]
    channel = own[0] if own else Channel(unit=unit, platform=platform, external_id=key)
    now = timezone.now()
    fields = {
        "name": normalise(name).strip()[:200],
        "address": address,
        "handle": "" if key.removeprefix("-").isdigit() else key[:100],
        "health": Health.MANUAL,
        "health_reason": _require_reason(reason),
        "connected_by": by,
        "connected_at": now,
        **NO_CREDENTIALS,
        **UNCONFIRMED,
        **reopened_fields(channel, now=now),
    }
    for field, value in fields.items():
        setattr(channel, field, value)
    try:
        with transaction.atomic():
            channel.save(update_fields=[*fields] if own else None)
    except IntegrityError:
        raise Refused(_("Another unit connected this page a moment ago.")) from None
    record(
        "channel.by_hand",
        channel,
        by=by,
        position=appointment.position,
        reason=channel.health_reason,
        page=key,
    )
    return channel


@transaction.atomic
def continue_manually(channel: Channel, *, by: User, reason: str) -> None:
    """Destroy the credentials of a channel whose API right is lost for good; what is due becomes a
    task by hand."""
    appointment = require(by, Permission.CHANNEL_MANAGE, unit=channel.unit)
    if not is_permitted(channel.platform, unit=channel.unit):
        raise Refused(
            _("The provincial police do not allow this platform now, so nothing is sent there.")
        )
    fields = {
        "health": Health.MANUAL,
        "health_reason": _require_reason(reason),
        **fields_without_access(channel),
    }
    if not Channel.objects.with_api().filter(pk=channel.pk).update(**fields):
        raise Refused(_("This channel is posted to by hand already, or it is disconnected."))
    channel.refresh_from_db(fields=list(fields))
    record(
        "channel.by_hand",
        channel,
        by=by,
        position=appointment.position,
        reason=channel.health_reason,
    )


def _page_key(platform: str, address: str) -> str:
    if not is_platform_address(platform, address):
        raise Refused(
            _("The address must lie on %(platform)s, such as %(example)s.")
            % {
                "platform": Kind(platform).label,
                "example": f"https://{facts_of(platform).hosts[0]}/…",
            }
        )
    key = page_key(platform, address)
    if not key or len(key) > LONGEST_PAGE_ID:
        raise Refused(
            _("This address names no page. Open the page and copy its address from the browser.")
        )
    return key


def _require_reason(reason: str) -> str:
    if not reason.strip():
        raise Refused(_("Say why the page is posted to by hand."))
    return normalise(reason).strip()[:300]


def _describe_conflict(channel: Channel, *, unit: Unit, by: User) -> str:
    if channel.unit_id != unit.pk:
        may_see = Channel.objects.visible_to(by).filter(pk=channel.pk).exists()
        where = channel.unit.name if may_see else _("another unit")
        return _("Connected to %(unit)s. A page belongs to one unit.") % {"unit": where}
    if channel.health == Health.LOST:
        return _(
            "This page is your channel “%(name)s” already. Open it under Channels and "
            "choose “Go on by hand”."
        ) % {"name": channel.name}
    return _("This page is your channel “%(name)s” already.") % {"name": channel.name}
