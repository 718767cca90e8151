"""Tokens of connected channels: sealed, refreshed before they end."""

import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import F

from channels.connection.health import (
    LOSSES_WITHOUT_NEW_TOKENS,
    accounts_of,
    mark_lost_for_good,
    mark_reconnected,
)
from channels.credentials.sealing import REFRESH_LEASE
from channels.models import Channel
from channels.queries import row_name
from channels.states import Health, Kind
from core import sealing
from core.bulk import update_from_values
from core.clock import Clock, make_steady_clock
from core.db_retry import with_db_retry
from platforms import client
from platforms.connector import Connector
from platforms.errors import AccessLost, ConnectorError
from platforms.messages import Account, Tokens

# So many are claimed together, and so many calls are under way at a time.
_REFRESH_BATCH, _REFRESH_AT_ONCE = 96, 24
# A long-lived token is renewed well before its end, so that a platform's bad month does not cost
# the connection.
_REFRESH_AFTER = timedelta(days=7)
# Of a connect flow: it may hold tokens of pages that nobody chose.
ATTEMPT_LIFETIME = timedelta(hours=1)


def sealed_tokens(channel: Channel, tokens: Tokens, *, now: datetime) -> dict[str, object]:
    """Return the fields of ``channel`` that new tokens fill."""
    secrets = {
        "token": tokens.token,
        "refresh_token": tokens.refresh_token,
        "issued_at": now.isoformat(),
    }
    return {
        "sealed": sealing.seal(secrets, row=row_name(channel)),
        "expires_at": now + tokens.grant_lifetime if tokens.grant_lifetime else None,
        "refresh_at": now + _time_until_refresh(tokens.lifetime) if tokens.lifetime else None,
        "refresh_failures": 0,
    }


def _time_until_refresh(lifetime: timedelta) -> timedelta:
    """Return the time until a token is renewed: well before its end, and not for all channels in
    the same minute, even if all were renewed in one."""
    return min(lifetime * 0.8, _REFRESH_AFTER) * random.uniform(1, 1.05)  # noqa: S311 - spreads load, guards nothing


def refresh_due(*, now: datetime, platform: str = "") -> int:
    """Renew what is due: many at once, and each stored as soon as it is there. Return how many. The
    turns are taken in the database, so two that run at a time share the work."""
    clock = make_steady_clock(lambda: now)
    platforms = [platform] if platform else Kind.values
    return sum(_refresh_all(platform, clock) for platform in platforms)


def _refresh_all(platform: str, clock: Clock) -> int:
    due = Channel.objects.filter(platform=platform, health=Health.CONNECTED).order_by("refresh_at")
    done = 0
    while batch := list(
        due.filter(refresh_at__lte=clock()).only("pk", "refresh_at")[:_REFRESH_BATCH]
    ):
        renewed, answered = _refresh(platform, batch, now=clock())
        done += renewed
        if not answered:
            break  # it is away: the next run asks again, and this thread serves others
    return done


def refresh(channel: Channel, *, now: datetime) -> bool:
    """Renew a channel's tokens. Return False when somebody else does so just now or the platform
    does not answer now."""
    return bool(_refresh(channel.platform, [channel], now=now)[0])


def _refresh(platform: str, batch: Sequence[Channel], *, now: datetime) -> tuple[int, bool]:
    """Renew the tokens of ``batch``. Return how many were renewed, and whether the platform
    answered at all. A refresh token works once, so the turns are taken before the platform is
    called."""
    turns = update_from_values(
        Channel,
        [{"id": channel.pk, "refresh_at": channel.refresh_at} for channel in batch],
        match=("id", "refresh_at"),
        where={"health": Health.CONNECTED},
        fields={"refresh_at": now + REFRESH_LEASE},
    )
    accounts = accounts_of(Channel.objects.filter(pk__in=turns).select_related("unit"))
    calls = {channel: _refresh_call(account) for channel, account in accounts.items()}
    renewed, answered = (
        0,
        not calls,
    )  # where others took all turns, nothing is known of the platform
    for channel, answer in client.call_many(
        platform, calls, writes=False, at_once=_REFRESH_AT_ONCE
    ):
        # A refresh token works once: new tokens that are not stored cost the connection. While the
        # database is away nobody else takes the turn.
        write = partial(_store_answer, channel, answer, sealed=bytes(channel.sealed), now=now)
        renewed += with_db_retry(write, give_up_after=REFRESH_LEASE)
        answered = answered or not getattr(answer, "silent", False)
    return renewed, answered


def _refresh_call(account: Account) -> Callable[[Connector], Awaitable[Tokens | None]]:
    return lambda connector: connector.refresh_tokens(account)


def _store_answer(
    channel: Channel, answer: Tokens | ConnectorError | None, *, sealed: bytes, now: datetime
) -> bool:
    unchanged = Channel.objects.filter(pk=channel.pk, sealed=sealed)
    match answer:
        case Tokens():
            return _store_tokens(channel, answer, sealed=sealed, now=now)
        case None:
            Channel.objects.filter(pk=channel.pk).update(refresh_at=None)
        case AccessLost():
            mark_lost_for_good(channel, "", answer.code)
        case _:
            # A blip. If the answer alone was lost, the old refresh token is dead and the next try
            # will tell.
            unchanged.update(refresh_failures=F("refresh_failures") + 1)
    return False


@transaction.atomic
def _store_tokens(channel: Channel, tokens: Tokens, *, sealed: bytes, now: datetime) -> bool:
    """Store new tokens in place of those in ``sealed``, unless others were stored meanwhile. The
    old ones may have been refused since: such a loss ends with them."""
    fields = sealed_tokens(channel, tokens, now=now)
    if not Channel.objects.filter(pk=channel.pk, sealed=sealed).update(**fields):
        return False
    channel.refresh_from_db(fields=["sealed", "health", "health_code"])
    if channel.health_code not in LOSSES_WITHOUT_NEW_TOKENS:
        mark_reconnected(channel)
    return True
