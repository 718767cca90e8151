"""Whether a unit uses its page: rested, renamed, in other hands, closed, handed to another unit. Every step is one act
by one person with a reason, or the portal's own when a page is no longer called what it was."""

import unicodedata
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Appointment, User
from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import authority, require
from audit.services import record
from channels import signals
from channels.connectors.base import Profile
from channels.models import Channel
from channels.queries import address_of, is_permitted, keepers, province_keepers
from channels.states import LIFE, Health, Life
from core.errors import Refused
from core.text import normal
from units.models import Unit

NO_CREDENTIALS = {"health_code": "", "sealed": b"", "refresh_at": None, "expires_at": None, "scopes": []}
# The others are held back already, or closed.
_FREEZABLE = (Life.ACTIVE, Life.PAUSED)


# --- what a page is called --------------------------------------------------------------------------------------------


def compare(channel: Channel, profile: Profile, *, now: datetime) -> None:
    """Freezes the channel where the page is no longer called what a person knows it by, whenever that was first seen.
    ``channel``: the locked row, as it was before the look."""
    known_name, known_handle = channel.known_name or profile.name, channel.known_handle or profile.handle
    if not channel.known_name or not channel.known_handle:
        Channel.objects.filter(pk=channel.pk).update(known_name=known_name[:200], known_handle=known_handle[:100])
    if not (differ(known_name, profile.name) or differ(known_handle, profile.handle)):
        return
    seen = not (differ(channel.name, profile.name) or differ(channel.handle, profile.handle))
    if seen and channel.life not in _FREEZABLE:
        return  # it is on record, and is held back already
    names = {"was": _called(known_name, known_handle), "now": _called(profile.name, profile.handle)}
    record("channel.renamed", channel, **names)
    freeze(channel, _("The page was called “%(was)s” and is now called “%(now)s”.") % names, now=now)


def differ(one: str, other: str) -> bool:
    """Beyond case, spaces and how a letter is put together; a name that is not told says nothing."""
    return bool(one and other) and _bare(one) != _bare(other)


def _bare(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def _called(name: str, handle: str) -> str:
    return f"{name} (@{handle})" if handle else name


@transaction.atomic
def freeze(channel: Channel, reason: str, *, now: datetime) -> None:
    """Holds back what is to go out there until a person has looked. Those of the unit and of the province are told."""
    if channel.life not in _FREEZABLE or not _step(channel, Life.FROZEN, reason, now=now):
        return
    record("channel.frozen", channel, reason=reason)
    people = [*keepers(channel), *province_keepers(channel.unit)]
    notify(people, "channel_frozen", address=address_of(channel), channel=channel, unit=channel.unit, reason=reason)


# --- a person's acts --------------------------------------------------------------------------------------------------


@transaction.atomic
def pause(channel: Channel, *, by: User, reason: str) -> None:
    """The unit does not use the page for a while: it is not offered for posts, and nothing goes out there."""
    _act(channel, Life.PAUSED, "channel.paused", _may_stop(by, channel), by=by, reason=reason)


@transaction.atomic
def resume(channel: Channel, *, by: User, reason: str) -> None:
    """In use again: after a rest, or because a person of the unit has looked and says that the page is the unit's."""
    held = require(by, Permission.CHANNEL_MANAGE, unit=channel.unit)
    action = "channel.resumed" if channel.life == Life.PAUSED else "channel.confirmed"
    if channel.life == Life.RETIRED:
        raise Refused(_("This channel is closed. To use the page again, connect it again."))
    _act(channel, Life.ACTIVE, action, held, by=by, reason=reason)
    Channel.objects.filter(pk=channel.pk).update(known_name=channel.name, known_handle=channel.handle)


@transaction.atomic
def report_taken_over(channel: Channel, *, by: User, reason: str) -> None:
    """Somebody else controls the page: nothing goes out there, and the province is alarmed."""
    _act(channel, Life.TAKEN_OVER, "channel.taken_over", _may_stop(by, channel), by=by, reason=reason)
    people = [*keepers(channel), *province_keepers(channel.unit)]
    notify(
        [person for person in people if person.pk != by.pk],
        "channel_taken_over",
        address=address_of(channel),
        channel=channel,
        unit=channel.unit,
        by=by,
        reason=reason.strip(),
    )


@transaction.atomic
def retire(channel: Channel, *, by: User, reason: str, successor: Channel | None = None) -> None:
    """Closed for good: the access is destroyed, what waits there stops, the record stays. ``successor`` is the channel
    to which residents should go instead."""
    held = require(by, Permission.CHANNEL_MANAGE, unit=channel.unit)
    if successor is not None:
        if successor.pk == channel.pk or successor.life == Life.RETIRED:
            raise Refused(_("A closed channel cannot take the place of another. Choose one that is in use."))
        if not Channel.objects.visible_to(by).filter(pk=successor.pk).exists():
            raise Refused(_("Choose a channel that you can see."))
    fields = {"health": Health.DISCONNECTED, "health_reason": "", **NO_CREDENTIALS, "successor": successor}
    data = {"successor": str(successor.public_id)} if successor else {}
    _act(channel, Life.RETIRED, "channel.retired", held, by=by, reason=reason, fields=fields, **data)
    _let_go(channel, channel.unit, by, held, reason)


@transaction.atomic
def hand_over(channel: Channel, *, to: Unit, by: User, reason: str) -> None:
    """Another unit's from now on, as after a merger. The access moves along; what the old unit had planned there stops,
    and its posts stay its own."""
    was = channel.unit
    held = require(by, Permission.CHANNEL_MANAGE, unit=was)
    require(by, Permission.CHANNEL_MANAGE, unit=to)
    reason = _reason(reason)
    if to.pk == was.pk:
        raise Refused(_("The channel belongs to this unit already."))
    if not to.is_current or not to.has_police_body:
        raise Refused(_("%(unit)s cannot hold channels: it is closed or has no police body.") % {"unit": to})
    if not is_permitted(channel.platform, unit=to):
        raise Refused(
            _("%(platform)s is off until the provincial police allow it. Ask the department in charge there.")
            % {"platform": channel.get_platform_display()}
        )
    if channel.life == Life.RETIRED:
        raise Refused(_("This channel is closed; its record stays with the unit."))
    if not Channel.objects.filter(pk=channel.pk, unit=was).update(unit=to):
        raise Refused(_("Somebody has changed this channel meanwhile. Reload the page."))
    channel.unit = to
    facts = {"by": by, "post_held": held.post_held, "reason": reason, "was": was.key, "to": to.key}
    facts |= {"from_name": str(was), "to_name": str(to)}
    for unit in (was, to):  # each unit's record tells it
        record("channel.handed_over", channel, unit_path=unit.path, **facts)
    _let_go(channel, was, by, held, reason)
    notify(
        [person for person in keepers(channel) if person.pk != by.pk],
        "channel_handed_over",
        address=address_of(channel),
        channel=channel,
        unit=was,
        by=by,
    )


def _may_stop(by: User, channel: Channel) -> Appointment:
    """Who may pause publishing may stop a page too: to stop is never to wait for the one who is away."""
    stopping = authority(by, Permission.PUBLISHING_PAUSE, unit=channel.unit)
    return stopping or require(by, Permission.CHANNEL_MANAGE, unit=channel.unit)


def _act(
    channel: Channel,
    to: Life,
    action: str,
    held: Appointment,
    *,
    by: User,
    reason: str,
    fields: dict[str, object] | None = None,
    **data: object,
) -> None:
    reason = _reason(reason)
    if not _step(channel, to, "" if to == Life.ACTIVE else reason, now=timezone.now(), **(fields or {})):
        raise Refused(_("Somebody has changed this channel meanwhile. Reload the page."))
    record(action, channel, by=by, post_held=held.post_held, reason=reason, **data)


def _step(channel: Channel, to: Life, reason: str, *, now: datetime, **fields: object) -> bool:
    """The one way a channel's life changes: by the table, and only from the word that was read."""
    if to not in LIFE[channel.life]:
        return False
    values = {"life": to, "life_reason": reason[:500], "life_since": now, **fields}
    if not Channel.objects.filter(pk=channel.pk, life=channel.life).update(**values):
        return False
    for name, value in values.items():
        setattr(channel, name, value)
    return True


def _let_go(channel: Channel, unit: Unit, by: User, held: Appointment, reason: str) -> None:
    facts = {"channel": channel, "unit": unit, "by": by, "post_held": held.post_held, "reason": reason.strip()}
    signals.let_go.send(Channel, **facts)


def _reason(reason: str) -> str:
    if not reason.strip():
        raise Refused(_("Please enter the reason."))
    return normal(reason).strip()[:500]
