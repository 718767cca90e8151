"""Health of channels: connected, lost, back, disconnected; and the check that asks the platform."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, time, timedelta
from itertools import batched, groupby
from operator import itemgetter

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import require
from audit.services import record
from channels.credentials.grants import fields_without_access
from channels.credentials.sealing import REFRESH_LEASE
from channels.lifecycle import transitions
from channels.models import Channel
from channels.queries import (
    account_of,
    address_of,
    facts_of,
    find_keepers,
    is_allowed,
    row_name,
)
from channels.reasons import describe_reason
from channels.states import Health
from core import sealing
from core.errors import Refused
from platforms import client
from platforms.connector import Connector
from platforms.errors import AccessLost
from platforms.messages import Account, Profile

# Tokens younger than this that are refused are not stale, but withdrawn.
_FRESH = timedelta(minutes=10)
# Losses that no new tokens end: those for a reason of the portal's own, and a page that took our
# rights back.
LOSSES_WITHOUT_NEW_TOKENS = ("", "unlinked")
_CHECK_BATCH = 200


@transaction.atomic
def mark_lost(channel: Channel, *, code: str = "") -> None:
    """Mark the channel as lost: the platform no longer lets us in with the credentials that
    ``channel`` was loaded with. Of its answer the code alone is kept: its words may repeat what was
    sent, and the record is for ever.

    Credentials that can be renewed are renewed first; and a refusal of old ones says nothing about
    newer ones.
    """
    if _may_be_stale(channel):
        ours = Channel.objects.filter(
            pk=channel.pk, sealed=bytes(channel.sealed), health=Health.CONNECTED
        )
        now = timezone.now()
        # Whoever renews them just now keeps the turn: a second one would spend the same refresh
        # token.
        ours.filter(refresh_at__gt=now + REFRESH_LEASE).update(refresh_at=now)
        return
    mark_lost_for_good(channel, "", code)


@transaction.atomic
def mark_lost_for_good(
    channel: Channel, reason: str, code: str = "", *, was: Health = Health.CONNECTED
) -> None:
    """Mark the channel as lost for certain, where `mark_lost` would renew first: there is nothing
    to renew. ``reason``: the portal's own words; empty where the platform's code says enough."""
    reason = (reason or ("" if code else _("The platform no longer lets the portal in.")))[:300]
    ours = Channel.objects.filter(pk=channel.pk, sealed=bytes(channel.sealed), health=was)
    if not ours.update(health=Health.LOST, health_reason=reason, health_code=code):
        return
    channel.health, channel.health_reason, channel.health_code = Health.LOST, reason, code
    record(
        "channel.lost", channel, reason=reason or describe_reason(channel.platform, code), code=code
    )
    notify(
        find_keepers(channel),
        "channel_lost",
        address=address_of(channel),
        joined_address=reverse("channels:list"),
        channel=channel,
    )


@transaction.atomic
def mark_reconnected(channel: Channel) -> None:
    """Mark a lost channel as connected: the platform lets us in again without a new consent, for
    the bot is back in its channel or a check was passed."""
    lost = Channel.objects.filter(pk=channel.pk, sealed=bytes(channel.sealed), health=Health.LOST)
    if lost.update(health=Health.CONNECTED, health_reason="", health_code=""):
        channel.health, channel.health_reason = Health.CONNECTED, ""
        record("channel.back", channel)


def _may_be_stale(channel: Channel) -> bool:
    if channel.refresh_at is None:
        return False
    try:
        issued = sealing.unseal(channel.sealed, row=row_name(channel)).get("issued_at", "")
    except sealing.Unsealable:
        return False
    return not issued or timezone.now() - datetime.fromisoformat(issued) > _FRESH


def accounts_of(channels: Iterable[Channel]) -> dict[Channel, Account]:
    """Return the channels' accounts with their tokens opened; a channel whose tokens do not open is
    marked as lost."""
    accounts = {}
    for channel in channels:
        try:
            accounts[channel] = account_of(channel)
        except sealing.Unsealable:
            mark_lost_for_good(channel, _("The stored credentials cannot be opened."))
    return accounts


def check_due(*, now: datetime) -> int:
    """Check each channel once a day: does it still let us in, what is it called, how many follow
    it. Return how many answered."""
    not_today = Channel.objects.with_api().exclude(checked_at__gt=now - timedelta(hours=12))
    ids = list(not_today.order_by("platform", "pk").values_list("pk", "platform"))
    done = 0
    for _platform, group in groupby(ids, key=itemgetter(1)):
        for chunk in batched(group, _CHECK_BATCH):
            channels = Channel.objects.filter(pk__in=[pk for pk, _each in chunk]).select_related(
                "unit"
            )
            answered = check(list(channels), now=now)
            done += answered
            if not answered and len(chunk) == _CHECK_BATCH:
                break  # it is away, or asks us to wait: tomorrow is another day
    return done


def check(channels: Sequence[Channel], *, now: datetime) -> int:
    """Check channels of one platform, many at a time, and return how many answered."""
    accounts = accounts_of(
        channel for channel in channels if is_allowed(channel.platform, unit=channel.unit)
    )
    calls = {channel: _profile_call(account) for channel, account in accounts.items()}
    answered = 0
    for channel, answer in client.call_many(channels[0].platform, calls, writes=False):
        match answer:
            case Profile():
                _store_profile(channel, answer, now=now)
            case AccessLost():
                mark_lost(channel, code=answer.code)
                Channel.objects.filter(pk=channel.pk).update(checked_at=now)
            case _:
                continue  # a blip disconnects nobody; tomorrow is another look
        answered += 1
    return answered


def _profile_call(account: Account) -> Callable[[Connector], Awaitable[Profile]]:
    return lambda connector: connector.read_profile(account)


@transaction.atomic
def _store_profile(channel: Channel, profile: Profile, *, now: datetime) -> None:
    """Store what a check found. ``channel`` shows with which credentials the platform was asked.
    The page's name is compared with the row as it is by now: somebody may have paused, resumed or
    disconnected it since."""
    connected = Channel.objects.with_api().select_for_update(of=("self",))
    row = connected.filter(pk=channel.pk).first()
    if row is None:
        return
    if profile.external_id != row.external_id:
        Channel.objects.filter(pk=row.pk).update(checked_at=now)
        transitions.freeze(
            row, _("The stored access opens another page than this channel's."), now=now
        )
        return
    facts = facts_of(channel.platform)
    Channel.objects.filter(pk=row.pk).update(
        **profile_fields(profile, platform=channel.platform, now=now)
    )
    transitions.freeze_if_renamed(row, profile, now=now)
    if missing_rights := [right for right in profile.missing if facts.rights.get(right)]:
        mark_lost_for_good(
            channel,
            _("These rights were taken away: %(rights)s.") % {"rights": ", ".join(missing_rights)},
        )
    else:
        mark_reconnected(channel)


def profile_fields(profile: Profile, *, platform: str, now: datetime) -> dict[str, object]:
    """Return the fields of a channel that a profile fills."""
    rights = facts_of(platform).rights
    package_until = profile.package_until
    return {
        "name": profile.name[:200],
        "handle": profile.handle[:100],
        "address": profile.address[:300],
        "followers": profile.followers,
        "scopes": [right for right in rights if right not in profile.missing],
        "package_ends_at": package_until
        and datetime.combine(package_until, time.max, tzinfo=timezone.get_current_timezone()),
        "checked_at": now,
    }


@transaction.atomic
def disconnect(channel: Channel, *, by: User, reason: str) -> None:
    """End the connection; the access is ended at the platform where that can be told, and the
    credentials destroyed. The row stays: posts that were published point to it."""
    appointment = require(by, Permission.CHANNEL_MANAGE, unit=channel.unit)
    if not reason.strip():
        raise Refused(_("Say why the channel is disconnected."))
    gone = {"health": Health.DISCONNECTED, "health_reason": "", **fields_without_access(channel)}
    if not Channel.objects.usable().filter(pk=channel.pk).update(**gone):
        raise Refused(_("This channel is disconnected already."))
    channel.refresh_from_db(fields=list(gone))
    record(
        "channel.disconnected", channel, by=by, position=appointment.position, reason=reason.strip()
    )
