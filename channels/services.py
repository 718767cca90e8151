"""What happens to a channel once it is connected: its health, its tokens, and the provinces' allowances."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import holders, require
from audit.services import record
from channels import vault
from channels.connectors.base import AccessLost, Connector, ConnectorError, Profile, Tokens
from channels.models import Channel, ConnectAttempt, PlatformAllowance
from channels.network import ask as ask  # engagement counts through it
from channels.queries import account_of, facts_of, is_allowed, row_name
from channels.states import Health
from core.errors import Refused
from units.models import Level, Unit

# Longer than the call to the platform can take: while it lasts nobody else renews the same channel.
_REFRESH_LEASE = timedelta(minutes=5)
# Tokens younger than this that are refused are not stale, but withdrawn.
_FRESH = timedelta(minutes=10)
_WARN_DAYS = {14, 7, 1}
NO_CREDENTIALS = {"health_code": "", "sealed": b"", "refresh_at": None, "expires_at": None, "scopes": []}


# --- health -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def mark_lost(channel: Channel, *, reason: str, code: str = "") -> None:
    """The platform no longer lets us in with the credentials that ``channel`` was loaded with.

    Credentials that can be renewed are renewed first; and a refusal of old ones says nothing about newer ones.
    """
    ours = Channel.objects.filter(pk=channel.pk, sealed=bytes(channel.sealed))
    if _may_be_stale(channel):
        ours.filter(health=Health.CONNECTED).update(refresh_at=timezone.now())
        return
    _lose(channel, reason, code)


@transaction.atomic
def _lose(channel: Channel, reason: str, code: str = "", *, was: Health = Health.CONNECTED) -> None:
    ours = Channel.objects.filter(pk=channel.pk, sealed=bytes(channel.sealed), health=was)
    if not ours.update(health=Health.LOST, health_reason=reason[:300], health_code=code):
        return
    channel.health, channel.health_reason, channel.health_code = Health.LOST, reason[:300], code
    record("channel.lost", channel, reason=reason[:300])
    people = holders(Permission.CHANNEL_MANAGE, unit=channel.unit)
    notify(people, "channel_lost", address=_address(channel), channel=channel)


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


def _address(channel: Channel) -> str:
    return reverse("channels:channel", args=[channel.public_id])


# --- tokens -----------------------------------------------------------------------------------------------------------


def sealed_tokens(channel: Channel, tokens: Tokens, *, now: datetime) -> dict[str, object]:
    """The fields of ``channel`` that new tokens fill."""
    secrets = {"token": tokens.token, "refresh_token": tokens.refresh_token, "issued_at": now.isoformat()}
    return {
        "sealed": vault.seal(secrets, row=row_name(channel)),
        "expires_at": now + tokens.grant_lifetime if tokens.grant_lifetime else None,
        # Well ahead, so that a platform's bad day does not cost the connection.
        "refresh_at": now + tokens.lifetime * 0.8 if tokens.lifetime else None,
    }


def refresh_due(*, now: datetime) -> int:
    """Renews what is due, one channel after another, each stored before the next is asked for."""
    due = Channel.objects.filter(health=Health.CONNECTED, refresh_at__lte=now).order_by("refresh_at")
    return sum(refresh(channel, now=now) for channel in due.select_related("unit")[:1000])


def refresh(channel: Channel, *, now: datetime) -> bool:
    """Renews a channel's tokens; False when somebody else is at it or the platform does not answer now.

    A refresh token works once, so the turn is taken in the database before the platform hears of it.
    """
    turn = Channel.objects.filter(pk=channel.pk, refresh_at=channel.refresh_at, health=Health.CONNECTED)
    if not turn.update(refresh_at=now + _REFRESH_LEASE):
        return False
    channel.refresh_from_db(fields=["sealed", "refresh_at", "health"])
    try:
        account = account_of(channel)
        tokens = ask(channel.platform, lambda connector: connector.refresh(account))
    except (AccessLost, vault.Unsealable) as error:
        _lose(
            channel,
            getattr(error, "detail", "") or _("The stored credentials cannot be opened."),
            getattr(error, "code", ""),
        )
        return False
    except ConnectorError:
        # A blip. If the answer alone was lost, the old refresh token is dead and the next try will tell.
        return False
    if tokens is None:
        Channel.objects.filter(pk=channel.pk).update(refresh_at=None)
        return False
    unchanged = Channel.objects.filter(pk=channel.pk, sealed=bytes(channel.sealed))
    return bool(unchanged.update(**sealed_tokens(channel, tokens, now=now)))


# --- the daily look ---------------------------------------------------------------------------------------------------


def check_due(*, now: datetime) -> int:
    """Looks at each channel once a day: does it still let us in, what is it called, how many follow it."""
    not_today = Channel.objects.with_api().exclude(checked_at__gt=now - timedelta(hours=12))
    ids = list(not_today.order_by("platform", "pk").values_list("pk", "platform"))
    done = 0
    for start in range(0, len(ids), 200):
        chunk = ids[start : start + 200]
        for platform in dict.fromkeys(platform for _pk, platform in chunk):
            pks = [pk for pk, each in chunk if each == platform]
            done += check(list(Channel.objects.filter(pk__in=pks).select_related("unit")), now=now)
    return done


def check(channels: Sequence[Channel], *, now: datetime) -> int:
    """Looks at channels of one platform, all at once; how many answered."""
    accounts = {}
    for channel in channels:
        if not is_allowed(channel.platform, unit=channel.unit):
            continue
        try:
            accounts[channel] = account_of(channel)
        except vault.Unsealable:
            _lose(channel, _("The stored credentials cannot be opened."))
    if not accounts:
        return 0

    async def look(connector: Connector) -> list[Profile | BaseException]:
        calls = (connector.profile(account) for account in accounts.values())
        return await asyncio.gather(*calls, return_exceptions=True)

    answers = ask(channels[0].platform, look)
    answered = 0
    for channel, answer in zip(accounts, answers, strict=True):
        match answer:
            case Profile():
                _note(channel, answer, now=now)
                answered += 1
            case AccessLost():
                mark_lost(channel, reason=answer.detail)
                Channel.objects.filter(pk=channel.pk).update(checked_at=now)
                answered += 1
            case ConnectorError():
                pass  # a blip disconnects nobody; tomorrow is another look
            case _:
                raise answer
        _warn(channel, now=now)
    return answered


def _note(channel: Channel, profile: Profile, *, now: datetime) -> None:
    facts = facts_of(channel.platform)
    Channel.objects.filter(pk=channel.pk).update(**profile_fields(profile, platform=channel.platform, now=now))
    if lacking := [right for right in profile.missing if facts.rights.get(right)]:
        _lose(channel, _("These rights were taken away: %(rights)s.") % {"rights": ", ".join(lacking)})
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


def _warn(channel: Channel, *, now: datetime) -> None:
    if channel.expires_at is None or channel.health != Health.CONNECTED:
        return
    last_day = timezone.localtime(channel.expires_at).date()
    if (last_day - timezone.localtime(now).date()).days in _WARN_DAYS:
        people = holders(Permission.CHANNEL_MANAGE, unit=channel.unit)
        notify(
            people,
            "channel_expiring",
            address=_address(channel),
            channel=channel,
            date=last_day.strftime("%d/%m/%Y"),
        )


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
        _lose(channel, _("The province no longer allows this platform."), was=Health(channel.health))


def _may_allow(platform: str, *, province: Unit, by: User, reason: str):
    held = require(by, Permission.PLATFORM_ALLOW, unit=province)
    if province.level != Level.PROVINCE or not facts_of(platform).off_by_default:
        raise Refused(_("Only a province decides, and only on platforms that are off."))
    if not reason.strip():
        raise Refused(_("Give the reason for this decision."))
    return held
