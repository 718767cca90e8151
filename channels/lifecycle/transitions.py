"""The use of a page by its unit: rested, renamed, in other hands, closed, handed to another unit.
Every step is one action by one person with a reason, or the portal's own when a page is no longer
called what it was."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Authority, User
from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import authority, require
from audit.services import record
from channels import signals
from channels.credentials.grants import fields_without_access
from channels.credentials.sealing import is_renewing, seal_for
from channels.models import Channel
from channels.queries import address_of, find_keepers, find_province_keepers, is_permitted
from channels.states import LIFECYCLE_STEPS, Health, Lifecycle
from core import sealing
from core.errors import Refused
from core.text import normalise
from platforms.messages import Profile
from platforms.text import normalize_unicode
from units.models import Unit

UNCONFIRMED: dict[str, Any] = {"confirmed_by": None, "confirmed_at": None}
# The others are held back already, or closed.
_FREEZABLE = (Lifecycle.ACTIVE, Lifecycle.PAUSED)


# --- what a page is called ------------------------------------------------------------------------


def freeze_if_renamed(channel: Channel, profile: Profile, *, now: datetime) -> None:
    """Freeze the channel where the page is no longer called what a person knows it by, whenever
    that was first seen. ``channel``: the locked row, as it was before the check."""
    known_name, known_handle = (
        channel.known_name or profile.name,
        channel.known_handle or profile.handle,
    )
    if not channel.known_name or not channel.known_handle:
        Channel.objects.filter(pk=channel.pk).update(
            known_name=known_name[:200], known_handle=known_handle[:100]
        )
    if not (names_differ(known_name, profile.name) or names_differ(known_handle, profile.handle)):
        return
    seen = not (
        names_differ(channel.name, profile.name) or names_differ(channel.handle, profile.handle)
    )
    if seen and channel.lifecycle not in _FREEZABLE:
        return  # it is on record, and is held back already
    names = {
        "was": _full_name(known_name, known_handle),
        "now": _full_name(profile.name, profile.handle),
    }
    record("channel.renamed", channel, **names)
    freeze(
        channel, _("The page was called “%(was)s” and is now called “%(now)s”.") % names, now=now
    )


def names_differ(one: str, other: str) -> bool:
    """Tell whether two names differ beyond case, spaces and how a letter is put together. A name
    that is not known differs from none."""
    return bool(one and other) and _normalise(one) != _normalise(other)


def _normalise(name: str) -> str:
    return "".join(normalize_unicode("NFKC", name).casefold().split())


def _full_name(name: str, handle: str) -> str:
    return f"{name} (@{handle})" if handle else name


@transaction.atomic
def freeze(channel: Channel, reason: str, *, now: datetime) -> None:
    """Hold back what is to go out there until a person has looked, and notify the people of the
    unit and of the province."""
    if channel.lifecycle not in _FREEZABLE or not _move_lifecycle(
        channel, Lifecycle.FROZEN, reason, now=now
    ):
        return
    record("channel.frozen", channel, reason=reason)
    people = [*find_keepers(channel), *find_province_keepers(channel.unit)]
    notify(
        people,
        "channel_frozen",
        address=address_of(channel),
        joined_address=reverse("channels:list"),
        channel=channel,
        unit=channel.unit,
        reason=reason,
    )


# --- a person's acts ------------------------------------------------------------------------------


@transaction.atomic
def pause(channel: Channel, *, by: User, reason: str) -> None:
    """Mark the page as not used by the unit for a while: it is not offered for posts, and nothing
    goes out there."""
    _change_lifecycle(
        channel,
        Lifecycle.PAUSED,
        "channel.paused",
        _require_may_stop(by, channel),
        by=by,
        reason=reason,
    )


@transaction.atomic
def resume(channel: Channel, *, by: User, reason: str) -> None:
    """Mark the page as in use again: after a rest, or because a person of the unit has looked and
    says that the page is the unit's."""
    appointment = require(by, Permission.CHANNEL_MANAGE, unit=channel.unit)
    action = "channel.resumed" if channel.lifecycle == Lifecycle.PAUSED else "channel.confirmed"
    if channel.lifecycle == Lifecycle.RETIRED:
        raise Refused(_("This channel is closed. To use the page again, connect it again."))
    _change_lifecycle(channel, Lifecycle.ACTIVE, action, appointment, by=by, reason=reason)
    Channel.objects.filter(pk=channel.pk).update(
        known_name=channel.name, known_handle=channel.handle
    )


@transaction.atomic
def report_taken_over(channel: Channel, *, by: User, reason: str) -> None:
    """Mark the page as controlled by somebody else: nothing goes out there, and the province is
    alarmed."""
    _change_lifecycle(
        channel,
        Lifecycle.TAKEN_OVER,
        "channel.taken_over",
        _require_may_stop(by, channel),
        by=by,
        reason=reason,
    )
    people = [*find_keepers(channel), *find_province_keepers(channel.unit)]
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
    """Close the channel for good: the access is destroyed, what waits there stops, the record
    stays. ``successor`` is the channel to which residents should go instead."""
    appointment = require(by, Permission.CHANNEL_MANAGE, unit=channel.unit)
    if successor is not None:
        if successor.pk == channel.pk or successor.lifecycle == Lifecycle.RETIRED:
            raise Refused(
                _("A closed channel cannot take the place of another. Choose one that is in use.")
            )
        if not Channel.objects.visible_to(by).filter(pk=successor.pk).exists():
            raise Refused(_("Choose a channel that you can see."))
    fields = {
        "health": Health.DISCONNECTED,
        "health_reason": "",
        **fields_without_access(channel),
        "successor": successor,
    }
    data = {"successor": str(successor.public_id)} if successor else {}
    _change_lifecycle(
        channel,
        Lifecycle.RETIRED,
        "channel.retired",
        appointment,
        by=by,
        reason=reason,
        fields=fields,
        **data,
    )
    _announce_release(channel, channel.unit, by, appointment, reason)


@transaction.atomic
def transfer(channel: Channel, *, to: Unit, by: User, reason: str) -> None:
    """Give the channel to another unit from now on, as after a merger. The access moves along; what
    the old unit had planned there stops, and its posts stay its own."""
    was = channel.unit
    appointment = require(by, Permission.CHANNEL_MANAGE, unit=was)
    require(by, Permission.CHANNEL_MANAGE, unit=to)
    reason = _require_reason(reason)
    if to.pk == was.pk:
        raise Refused(_("The channel belongs to this unit already."))
    if not to.is_current or not to.has_police_body:
        raise Refused(
            _("%(unit)s cannot hold channels: it is closed or has no police body.") % {"unit": to}
        )
    if not is_permitted(channel.platform, unit=to):
        raise Refused(
            _(
                "%(platform)s is off until the provincial police allow it. Ask the "
                "department in charge there."
            )
            % {"platform": channel.get_platform_display()}
        )
    if channel.lifecycle == Lifecycle.RETIRED:
        raise Refused(_("This channel is closed; its record stays with the unit."))
    row = Channel.objects.select_for_update().filter(pk=channel.pk, unit=was).first()
    if row is None:
        raise Refused(_("Somebody has changed this channel meanwhile. Reload the page."))
    if is_renewing(row, now=timezone.now()):
        raise Refused(
            _("The access to this page is being renewed just now. Try again in five minutes.")
        )
    channel.unit = to
    try:
        channel.sealed = seal_for(channel, row)
    except sealing.Unsealable:
        channel.sealed = row.sealed  # the daily look finds it
    # Two people bind a page to its new unit too: one connected it, another hands it over.
    two = row.confirmed_at is not None and by.pk != row.connected_by_id
    confirmed = {"confirmed_by": by, "confirmed_at": timezone.now()} if two else UNCONFIRMED
    Channel.objects.filter(pk=channel.pk).update(unit=to, sealed=channel.sealed, **confirmed)
    facts = {
        "by": by,
        "position": appointment.position,
        "reason": reason,
        "was": was.key,
        "to": to.key,
    }
    facts |= {"from_name": str(was), "to_name": str(to)}
    for unit in (was, to):  # each unit's record tells it
        record("channel.handed_over", channel, unit_path=unit.path, **facts)
    _announce_release(channel, was, by, appointment, reason)
    notify(
        [person for person in find_keepers(channel) if person.pk != by.pk],
        "channel_handed_over",
        address=address_of(channel),
        channel=channel,
        unit=was,
        by=by,
    )


def _require_may_stop(by: User, channel: Channel) -> Authority:
    """Return the appointment by which ``by`` may stop the page, or raise NotAllowed. A user who may
    pause publishing may stop a page too: a stop must not wait for somebody who is away."""
    stopping = authority(by, Permission.PUBLISHING_PAUSE, unit=channel.unit)
    return stopping or require(by, Permission.CHANNEL_MANAGE, unit=channel.unit)


def _change_lifecycle(
    channel: Channel,
    to: Lifecycle,
    action: str,
    appointment: Authority,
    *,
    by: User,
    reason: str,
    fields: dict[str, object] | None = None,
    **data: object,
) -> None:
    reason = _require_reason(reason)
    if not _move_lifecycle(
        channel, to, "" if to == Lifecycle.ACTIVE else reason, now=timezone.now(), **(fields or {})
    ):
        raise Refused(_("Somebody has changed this channel meanwhile. Reload the page."))
    record(action, channel, by=by, position=appointment.position, reason=reason, **data)


def _move_lifecycle(
    channel: Channel, to: Lifecycle, reason: str, *, now: datetime, **fields: object
) -> bool:
    """Change a channel's life, which is done only here: by the table, and only from the value that
    was read. Return whether it changed."""
    if to not in LIFECYCLE_STEPS[channel.lifecycle]:
        return False
    values = {"lifecycle": to, "lifecycle_reason": reason[:500], "lifecycle_since": now, **fields}
    if not Channel.objects.filter(pk=channel.pk, lifecycle=channel.lifecycle).update(**values):
        return False
    for name, value in values.items():
        setattr(channel, name, value)
    return True


def _announce_release(
    channel: Channel, unit: Unit, by: User, appointment: Authority, reason: str
) -> None:
    facts = {
        "channel": channel,
        "unit": unit,
        "by": by,
        "position": appointment.position,
        "reason": reason.strip(),
    }
    signals.channel_released.send(Channel, **facts)


def _require_reason(reason: str) -> str:
    if not reason.strip():
        raise Refused(_("Please enter the reason."))
    return normalise(reason).strip()[:500]
