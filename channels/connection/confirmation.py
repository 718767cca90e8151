"""A page that somebody connected goes on air once a second person says that it is the unit's."""

import hashlib
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Authority, User
from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import holders, require
from audit.services import record
from channels.credentials.grants import fields_without_access
from channels.lifecycle.transitions import UNCONFIRMED
from channels.models import Channel
from channels.queries import address_of, find_keepers
from channels.states import Health, Lifecycle
from core.errors import Refused
from core.text import normalise
from units.models import Unit


def confirmation_fields(channel: Channel, external_id: str, *, by: User) -> dict[str, Any]:
    """Return the fields that say who confirmed ``channel`` once ``by`` connects it to the page
    ``external_id``.

    The same page, connected again, stays confirmed; another page, or one that was closed, is asked
    for again. Where the one who confirmed it connects it now, the two change places: both have
    named this very page.
    """
    if (
        channel.pk is None
        or channel.external_id != external_id
        or channel.lifecycle == Lifecycle.RETIRED
    ):
        return dict(UNCONFIRMED)
    if channel.confirmed_by_id == by.pk:
        return {"confirmed_by_id": channel.connected_by_id}
    return {}


def notify_confirmers(channel: Channel, *, by: User) -> None:
    """Tell those who may confirm the page which ``by`` has connected."""
    above = Unit.objects.filter(
        path__in=[channel.unit.province_path, channel.unit.path.split("/")[0] + "/"]
    )
    superiors = [
        person for unit in above for person in holders(Permission.CHANNEL_MANAGE, unit=unit)
    ]
    people = [person for person in [*find_keepers(channel), *superiors] if person.pk != by.pk]
    notify(
        people,
        "channel_to_confirm",
        address=address_of(channel),
        channel=channel,
        unit=channel.unit,
        by=by,
    )


def fingerprint(channel: Channel) -> str:
    """Name what a person compares: this page, of this name, for this unit, connected by this
    person.
    """
    facts = f"{channel.unit_id}\n{channel.external_id}\n{channel.connected_by_id}\n{channel.name}"
    return hashlib.sha256(facts.encode()).hexdigest()


@transaction.atomic
def confirm(channel: Channel, *, by: User, seen: str) -> None:
    """Say that the page is the unit's: what is scheduled there goes out. ``seen``: the
    `fingerprint` on the page that the person looked at.
    """
    row, appointment = _lock_waiting(channel, by=by, seen=seen)
    now = timezone.now()
    Channel.objects.filter(pk=row.pk).update(
        confirmed_by=by, confirmed_at=now, known_name=row.name, known_handle=row.handle
    )
    facts = {"page": row.external_id, "name": row.name, "connected_by": row.connected_by.full_name}
    record("channel.page_confirmed", row, by=by, position=appointment.position, **facts)
    if row.connected_by_id:
        notify(
            [row.connected_by],
            "channel_page_confirmed",
            address=address_of(row),
            channel=row,
            by=by,
        )


@transaction.atomic
def refuse(channel: Channel, *, by: User, reason: str, seen: str) -> None:
    """Say that the page is not the unit's: the connection ends and its credentials are
    destroyed.
    """
    reason = normalise(reason).strip()[:500]
    if not reason:
        raise Refused(_("Please enter the reason."))
    row, appointment = _lock_waiting(channel, by=by, seen=seen)
    Channel.objects.filter(pk=row.pk).update(
        health=Health.DISCONNECTED, health_reason="", **fields_without_access(row)
    )
    facts = {"page": row.external_id, "name": row.name, "reason": reason}
    record("channel.page_refused", row, by=by, position=appointment.position, **facts)
    notify(
        [row.connected_by],
        "channel_page_refused",
        address=address_of(row),
        channel=row,
        by=by,
        reason=reason,
    )


def _lock_waiting(channel: Channel, *, by: User, seen: str) -> tuple[Channel, Authority]:
    """Return the locked row that waits for ``by`` to decide, and the post by which they may. Raises
    NotAllowed and Refused.
    """
    row = Channel.objects.select_for_update(of=("self",)).get(pk=channel.pk)
    appointment = require(by, Permission.CHANNEL_MANAGE, unit=row.unit)
    if not row.awaits_confirmation:
        raise Refused(_("This channel waits for no confirmation."))
    if row.connected_by_id == by.pk:
        raise Refused(
            _(
                "You connected this page yourself. Ask another leader of the unit or the "
                "administrator above to confirm it."
            )
        )
    if fingerprint(row) != seen:
        raise Refused(_("Somebody has changed this channel meanwhile. Reload the page."))
    return row, appointment
