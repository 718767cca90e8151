"""The growth of counts up to now: the simulator says what a post has reached today, and the way there is drawn back."""

import asyncio
import math
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

import aiohttp
from django.utils import timezone

from channels.connectors import CONNECTORS
from channels.connectors.base import Figures, Profile
from channels.models import Channel
from channels.queries import account_of, facts_of
from engagement.models import MEASURES, Count, FollowerCount, Measurement
from publishing.models import Delivery
from publishing.states import State

AGES = [timedelta(hours=h) for h in (1, 3, 6, 12, 24, 36, 48, 72)] + [timedelta(days=d) for d in range(4, 31)]
SETTLES_IN = timedelta(hours=26)
FOLLOWER_DAYS = 45


def remember(now: datetime) -> None:
    """Counts of every published post and followers of every page, as if collected all along."""
    published: dict[Channel, list[Delivery]] = defaultdict(list)
    for delivery in Delivery.objects.filter(state=State.PUBLISHED).select_related("channel", "channel__unit"):
        published[delivery.channel].append(delivery)
    channels = list(Channel.objects.select_related("unit"))
    counts, measurements, followers = [], [], []
    for channel, (profile, figures) in zip(channels, asyncio.run(_ask(channels, published)), strict=True):
        followers += _followers(channel, profile, now)
        for delivery in published[channel]:
            measurements.append(_measurement(delivery, figures.get(delivery.remote_id), now))
            if delivery.remote_id in figures:
                counts += _counts(delivery, figures[delivery.remote_id], now)
    Count.objects.bulk_create(counts)
    Measurement.objects.bulk_create(measurements)
    FollowerCount.objects.bulk_create(followers)
    Channel.objects.bulk_update(channels, ["followers"])


async def _ask(
    channels: Iterable[Channel], published: dict[Channel, list[Delivery]]
) -> list[tuple[Profile, dict[str, Figures]]]:
    asked = [(c.platform, account_of(c), [d.remote_id for d in published[c]]) for c in channels]
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        connectors = {kind: connector(session) for kind, connector in CONNECTORS.items()}

        async def one(platform: str, account: object, ids: list[str]) -> tuple[Profile, dict[str, Figures]]:
            connector = connectors[platform]
            figures = await connector.measure(account, ids) if ids and facts_of(platform).measures else {}
            return await connector.profile(account), figures

        return await asyncio.gather(*(one(*each) for each in asked))


def _share(age: timedelta, whole: timedelta) -> float:
    """How much of today's figure was there at ``age``."""
    return (1 - math.exp(-age / SETTLES_IN)) / (1 - math.exp(-whole / SETTLES_IN))


def _counts(delivery: Delivery, figures: Figures, now: datetime) -> list[Count]:
    whole = now - delivery.published_at
    rows = []
    for age in [*(age for age in AGES if age < whole), whole]:
        share = _share(age, whole)
        values = {name: getattr(figures, name) for name in MEASURES}
        grown = {name: None if value is None else int(value * share) for name, value in values.items()}
        rows.append(Count(delivery=delivery, taken_at=delivery.published_at + age, **grown))
    return rows


def _measurement(delivery: Delivery, figures: Figures | None, now: datetime) -> Measurement:
    if figures is None:
        return Measurement(delivery=delivery)
    values = {name: getattr(figures, name) for name in MEASURES}
    return Measurement(delivery=delivery, taken_at=now, next_at=now + timedelta(minutes=1), **values)


def _followers(channel: Channel, profile: Profile, now: datetime) -> list[FollowerCount]:
    channel.followers = profile.followers
    if profile.followers is None:
        return []
    today, gained = timezone.localdate(now), profile.followers // 12
    return [
        FollowerCount(
            channel=channel,
            day=today - timedelta(days=ago),
            followers=profile.followers - gained * ago // FOLLOWER_DAYS,
        )
        for ago in range(FOLLOWER_DAYS, -1, -1)
    ]
