"""Sealing the channels' credentials again: under a new key, or for another unit, while the portal
runs.
"""

from collections import Counter
from datetime import datetime, timedelta

from django.db import transaction

from channels.models import Channel
from channels.queries import row_name
from core import sealing

# Longer than a batch of calls to the platform can take: while it lasts nobody else renews the same
# channels.
REFRESH_LEASE = timedelta(minutes=5)


def is_renewing(channel: Channel, *, now: datetime) -> bool:
    """Tell whether new tokens may be on their way to this row: they are stored only where it still
    holds the old ones, and a refresh token that works once would be lost.
    """
    return channel.refresh_at is not None and now < channel.refresh_at <= now + REFRESH_LEASE


def seal_for(channel: Channel, was: Channel) -> bytes:
    """Return the credentials of ``was``, sealed for ``channel``; empty stays empty. Raises
    sealing.Unsealable."""
    if not was.sealed:
        return b""
    secrets = sealing.unseal(was.sealed, row=row_name(was))
    return sealing.seal(secrets, row=row_name(channel))


def reseal_all(*, now: datetime) -> Counter[str]:
    """Seal what an older key sealed with the newest one. Safe beside the running portal
    and when it is repeated. Count ``current`` and ``resealed`` channels, those ``renewing`` now,
    and those that ``no_key`` opens.
    """
    counts: Counter[str] = Counter()
    sealed = Channel.objects.exclude(sealed=b"").order_by("pk")
    for pk in sealed.values_list("pk", flat=True).iterator(chunk_size=500):
        counts[_reseal(pk, now=now)] += 1
    return counts


@transaction.atomic
def _reseal(pk: int, *, now: datetime) -> str:
    channel = Channel.objects.select_for_update().get(pk=pk)
    if not channel.sealed or sealing.is_newest(channel.sealed, row=row_name(channel)):
        return "current"
    if is_renewing(channel, now=now):
        return "renewing"
    try:
        Channel.objects.filter(pk=pk).update(sealed=seal_for(channel, channel))
    except sealing.Unsealable:
        return "no_key"
    return "resealed"
