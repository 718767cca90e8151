"""Channels of simulated pages, as if somebody had connected them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import require
from audit.services import record
from channels.connection.tokens import sealed_tokens
from channels.models import Channel
from platforms.messages import Tokens
from units.models import Unit


def store_channel(
    page: Mapping[str, Any],
    *,
    platform: str,
    unit: Unit,
    by: User,
    now: datetime,
    lifetime: timedelta | None = None,
    grant_lifetime: timedelta | None = None,
) -> Channel:
    """Store a page as `pages.add_page` made it as a channel of the unit, confirmed as its own. How
    long its token lives says the simulator, else ``lifetime``.
    """
    authority = require(by, Permission.CHANNEL_MANAGE, unit=unit)
    connected_at = timezone.now()
    channel = Channel(
        unit=unit,
        platform=platform,
        external_id=page["external_id"],
        name=page["name"],
        handle=page["username"],
        connected_by=by,
        connected_at=connected_at,
        confirmed_at=connected_at,
    )
    tokens = read_tokens(page["tokens"], lifetime=lifetime, grant_lifetime=grant_lifetime)
    for name, value in sealed_tokens(channel, tokens, now=now).items():
        setattr(channel, name, value)
    channel.save()
    record("channel.connected", channel, by=by, position=authority.position)
    return channel


def read_tokens(
    granted: Mapping[str, Any],
    *,
    lifetime: timedelta | None = None,
    grant_lifetime: timedelta | None = None,
) -> Tokens:
    """Return what the simulator granted for a page, by whatever names its platform uses."""
    return Tokens(
        token=granted.get("page_token") or granted.get("access_token") or granted["bot_token"],
        refresh_token=granted.get("refresh_token", ""),
        lifetime=timedelta(seconds=int(granted["expires_in"]))
        if "expires_in" in granted
        else lifetime,
        grant_lifetime=grant_lifetime,
    )
