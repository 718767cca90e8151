"""What happens to a channel once it is connected: its health, its tokens, and the provinces' allowances."""

import random
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import batched, groupby
from operator import itemgetter

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import require
from audit.services import record
from channels import lifecycle, vault
from channels.connectors.base import AccessLost, Account, Connector, ConnectorError, Profile, Tokens
from channels.lifecycle import NO_CREDENTIALS
from channels.models import Channel, ConnectAttempt, PlatformAllowance
from channels.network import ask_each
from channels.queries import account_of, address_of, facts_of, is_allowed, keepers, row_name
from channels.states import Health, Kind
from core.bulk import update_from_values
from core.clock import Clock, steady
from core.errors import Refused
from units.models import Level, Unit

# Longer than a batch of calls to the platform can take: while it lasts nobody else renews the same channels.
_REFRESH_LEASE = timedelta(minutes=5)
# So many are claimed together, and so many calls are under way at a time.
_REFRESH_BATCH, _REFRESH_AT_ONCE = 96, 24
# A long-lived token is renewed well before its end, so that a platform's bad month does not cost the connection.
_REFRESH_AFTER = timedelta(days=7)
# Tokens younger than this that are refused are not stale, but withdrawn.
_FRESH = timedelta(minutes=10)
# Losses that no new tokens end: those for a reason of the portal's own, and a page that took our rights back.
_NOT_OF_TOKENS = ("", "unlinked")
_CHECK_BATCH = 200


# --- health -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def mark_lost(channel: Channel, *, reason: str, code: str = "") -> None:
    """The platform no longer lets us in with the credentials that ``channel`` was loaded with.

    Credentials that can be renewed are renewed first; and a refusal of old ones says nothing about newer ones.
    """
    if _may_be_stale(channel):
        ours = Channel.objects.filter(pk=channel.pk, sealed=bytes(channel.sealed), health=Health.CONNECTED)
        now = timezone.now()
        # Whoever renews them just now keeps the turn: a second one would spend the same refresh token.
        ours.filter(refresh_at__gt=now + _REFRESH_LEASE).update(refresh_at=now)
        return
    lose(channel, reason, code)


@transaction.atomic
def lose(channel: Channel, reason: str, code: str = "", *, was: Health = Health.CONNECTED) -> None:
    """As `mark_lost`, for certain: there is nothing to renew."""
    ours = Channel.objects.filter(pk=channel.pk, sealed=bytes(channel.sealed), health=was)
    if not ours.update(health=Health.LOST, health_reason=reason[:300], health_code=code):
        return
    channel.health, channel.health_reason, channel.health_code = Health.LOST, reason[:300], code
    record("channel.lost", channel, reason=reason[:300])
    notify(keepers(channel), "channel_lost", address=address_of(channel), channel=channel)


@transaction.atomic
def mark_back(channel: Channel) -> None:
    """The platform lets us in again without a new consent: the bot is back in its channel, a check was passed."""
    lost = Channel.objects.filter(pk=channel.pk, sealed=bytes(channel.sealed), health=Health.LOST)
    if lost.update(health=Health.CONNECTED, health_reason="", health_code=""):
        channel.health, channel.health_reason = Health.CONNECTED, ""
        record("channel.back", channel)


def _may_be_stale(channel: Channel) -> bool:
    if channel.refresh_at is None:
        return False
    try:
        issued = vault.unseal(channel.sealed, row=row_name(channel)).get("issued_at", "")
    except vault.Unsealable:
        return False
    return not issued or timezone.now() - datetime.fromisoformat(issued) > _FRESH


# --- tokens -----------------------------------------------------------------------------------------------------------


def sealed_tokens(channel: Channel, tokens: Tokens, *, now: datetime) -> dict[str, object]:
    """The fields of ``channel`` that new tokens fill."""
    secrets = {"token": tokens.token, "refresh_token": tokens.refresh_token, "issued_at": now.isoformat()}
    return {
        "sealed": vault.seal(secrets, row=row_name(channel)),
        "expires_at": now + tokens.grant_lifetime if tokens.grant_lifetime else None,
        "refresh_at": now + _until_refresh(tokens.lifetime) if tokens.lifetime else None,
        "refresh_failures": 0,
    }


def _until_refresh(lifetime: timedelta) -> timedelta:
    """Well ahead of the end, and not for all channels in the same minute, even if all were renewed in one."""
    return min(lifetime * 0.8, _REFRESH_AFTER) * random.uniform(1, 1.05)  # noqa: S311 - spreads load, guards nothing


def refresh_due(*, now: datetime, platform: str = "") -> int:
    """Renews what is due: many at once, and each stored as soon as it is there; how many. The turns are taken in the
    database, so two that run at a time share the work."""
    tell = steady(lambda: now)
    platforms = [platform] if platform else Kind.values
    return sum(_refresh_all(each, tell) for each in platforms)


def _refresh_all(platform: str, tell: Clock) -> int:
    due = Channel.objects.filter(platform=platform, health=Health.CONNECTED).order_by("refresh_at")
    done = 0
    while batch := list(due.filter(refresh_at__lte=tell()).only("pk", "refresh_at")[:_REFRESH_BATCH]):
        renewed, answered = _refresh(platform, batch, now=tell())
        done += renewed
        if not answered:
            break  # it is away: the next run asks again, and this thread serves others
    return done


def refresh(channel: Channel, *, now: datetime) -> bool:
    """Renews a channel's tokens; False when somebody else is at it or the platform does not answer now."""
    return bool(_refresh(channel.platform, [channel], now=now)[0])


def _refresh(platform: str, batch: Sequence[Channel], *, now: datetime) -> tuple[int, bool]:
    """How many were renewed, and whether the platform answered at all. A refresh token works once, so the turns are
    taken before the platform hears of them."""
    turns = update_from_values(
        Channel,
        [{"id": channel.pk, "refresh_at": channel.refresh_at} for channel in batch],
        match=("id", "refresh_at"),
        where={"health": Health.CONNECTED},
        fields={"refresh_at": now + _REFRESH_LEASE},
    )
    accounts = _accounts(Channel.objects.filter(pk__in=turns).select_related("unit"))
    calls = {channel: _renewing(account) for channel, account in accounts.items()}
    renewed, answered = 0, not calls  # where others took all turns, nothing is known of the platform
    for channel, answer in ask_each(platform, calls, at_once=_REFRESH_AT_ONCE):
        renewed += _renewed(channel, answer, now=now)
        answered = answered or not getattr(answer, "silent", False)
    return renewed, answered


def _renewing(account: Account) -> Callable[[Connector], Awaitable[Tokens | None]]:
    return lambda connector: connector.refresh(account)


def _renewed(channel: Channel, answer: Tokens | ConnectorError | None, *, now: datetime) -> bool:
    unchanged = Channel.objects.filter(pk=channel.pk, sealed=bytes(channel.sealed))
    match answer:
        case Tokens():
            return _store(channel, answer, now=now)
        case None:
            Channel.objects.filter(pk=channel.pk).update(refresh_at=None)
        case AccessLost():
            lose(channel, answer.detail, answer.code)
        case _:
            # A blip. If the answer alone was lost, the old refresh token is dead and the next try will tell.
            unchanged.update(refresh_failures=F("refresh_failures") + 1)
    return False


@transaction.atomic
def _store(channel: Channel, tokens: Tokens, *, now: datetime) -> bool:
    """Those that they replace may have been refused meanwhile: such a loss ends with them."""
    fields = sealed_tokens(channel, tokens, now=now)
    if not Channel.objects.filter(pk=channel.pk, sealed=bytes(channel.sealed)).update(**fields):
        return False
    channel.refresh_from_db(fields=["sealed", "health", "health_code"])
    if channel.health_code not in _NOT_OF_TOKENS:
        mark_back(channel)
    return True


def _accounts(channels: Iterable[Channel]) -> dict[Channel, Account]:
    """With their tokens opened; a channel whose tokens do not open is lost."""
    found = {}
    for channel in channels:
        try:
            found[channel] = account_of(channel)
        except vault.Unsealable:
            lose(channel, _("The stored credentials cannot be opened."))
    return found


# --- the daily look ---------------------------------------------------------------------------------------------------


def check_due(*, now: datetime) -> int:
    """Looks at each channel once a day: does it still let us in, what is it called, how many follow it."""
    not_today = Channel.objects.with_api().exclude(checked_at__gt=now - timedelta(hours=12))
    ids = list(not_today.order_by("platform", "pk").values_list("pk", "platform"))
    done = 0
    for _platform, group in groupby(ids, key=itemgetter(1)):
        for chunk in batched(group, _CHECK_BATCH, strict=False):
            channels = Channel.objects.filter(pk__in=[pk for pk, _each in chunk]).select_related("unit")
            answered = check(list(channels), now=now)
            done += answered
            if not answered and len(chunk) == _CHECK_BATCH:
                break  # it is away, or asks us to wait: tomorrow is another day
    return done


def check(channels: Sequence[Channel], *, now: datetime) -> int:
    """Looks at channels of one platform, many at a time; how many answered."""
    accounts = _accounts(channel for channel in channels if is_allowed(channel.platform, unit=channel.unit))
    calls = {channel: _looking(account) for channel, account in accounts.items()}
    answered = 0
    for channel, answer in ask_each(channels[0].platform, calls) if calls else ():
        match answer:
            case Profile():
                _note(channel, answer, now=now)
            case AccessLost():
                mark_lost(channel, reason=answer.detail, code=answer.code)
                Channel.objects.filter(pk=channel.pk).update(checked_at=now)
            case _:
                continue  # a blip disconnects nobody; tomorrow is another look
        answered += 1
    return answered


def _looking(account: Account) -> Callable[[Connector], Awaitable[Profile]]:
    return lambda connector: connector.profile(account)


@transaction.atomic
def _note(channel: Channel, profile: Profile, *, now: datetime) -> None:
    """``channel`` tells with which credentials it was asked. What the page is called meets the row as it is by now:
    somebody may have paused, resumed or disconnected it since."""
    connected = Channel.objects.with_api().select_for_update(of=("self",)).select_related("unit")
    row = connected.filter(pk=channel.pk).first()
    if row is None:
        return
    if profile.external_id != row.external_id:
        Channel.objects.filter(pk=row.pk).update(checked_at=now)
        lifecycle.freeze(row, _("The stored access opens another page than this channel's."), now=now)
        return
    facts = facts_of(channel.platform)
    Channel.objects.filter(pk=row.pk).update(**profile_fields(profile, platform=channel.platform, now=now))
    lifecycle.compare(row, profile, now=now)
    if lacking := [right for right in profile.missing if facts.rights.get(right)]:
        lose(channel, _("These rights were taken away: %(rights)s.") % {"rights": ", ".join(lacking)})
    else:
        mark_back(channel)


def profile_fields(profile: Profile, *, platform: str, now: datetime) -> dict[str, object]:
    """The fields of a channel that a profile fills."""
    rights = facts_of(platform).rights
    return {
        "name": profile.name[:200],
        "handle": profile.handle[:100],
        "address": profile.address[:300],
        "followers": profile.followers,
        "scopes": [right for right in rights if right not in profile.missing],
        "checked_at": now,
    }


# --- leaving ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def disconnect(channel: Channel, *, by: User, reason: str) -> None:
    """Ends the connection and destroys the credentials. The row stays: posts that were published point to it."""
    held = require(by, Permission.CHANNEL_MANAGE, unit=channel.unit)
    if not reason.strip():
        raise Refused(_("Say why the channel is disconnected."))
    gone = {"health": Health.DISCONNECTED, "health_reason": "", **NO_CREDENTIALS}
    if not Channel.objects.usable().filter(pk=channel.pk).update(**gone):
        raise Refused(_("This channel is disconnected already."))
    channel.refresh_from_db(fields=list(gone))
    record("channel.disconnected", channel, by=by, post_held=held.post_held, reason=reason.strip())


def forget_attempts(*, now: datetime) -> int:
    """Removes walks through a consent dialog that are over; they may hold tokens of pages that nobody chose."""
    return ConnectAttempt.objects.filter(created_at__lt=now - timedelta(hours=1)).delete()[0]


# --- allowances -------------------------------------------------------------------------------------------------------


@transaction.atomic
def allow(platform: str, *, province: Unit, by: User, reason: str) -> None:
    """Lets the units of a province use a platform that is otherwise off."""
    held = _may_allow(platform, province=province, by=by, reason=reason)
    _row, created = PlatformAllowance.objects.get_or_create(
        unit=province, platform=platform, defaults={"allowed_by": by, "reason": reason.strip()}
    )
    if not created:
        raise Refused(_("This platform is allowed already."))
    facts = {"by": by, "post_held": held.post_held, "reason": reason.strip(), "platform": platform}
    record("platform.allowed", province, **facts)


@transaction.atomic
def forbid(platform: str, *, province: Unit, by: User, reason: str) -> None:
    """Takes the allowance back. Nothing more goes out there; the connections rest until it is allowed again."""
    held = _may_allow(platform, province=province, by=by, reason=reason)
    if not PlatformAllowance.objects.filter(unit=province, platform=platform).delete()[0]:
        raise Refused(_("This platform is not allowed anyway."))
    facts = {"by": by, "post_held": held.post_held, "reason": reason.strip(), "platform": platform}
    record("platform.forbidden", province, **facts)
    in_use = Channel.objects.filter(platform=platform, health__in=[Health.CONNECTED, Health.BY_HAND])
    for channel in in_use.filter(unit__path__startswith=province.path).select_related("unit"):
        lose(channel, _("The province no longer allows this platform."), was=Health(channel.health))


def _may_allow(platform: str, *, province: Unit, by: User, reason: str):
    held = require(by, Permission.PLATFORM_ALLOW, unit=province)
    if province.level != Level.PROVINCE or not facts_of(platform).off_by_default:
        raise Refused(_("Only a province decides, and only on platforms that are off."))
    if not reason.strip():
        raise Refused(_("Give the reason for this decision."))
    return held
