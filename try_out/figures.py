"""The growth of counts up to now. Today's figures are asked for as on any day; the way there is
drawn back from it.
"""

import math
from datetime import datetime, timedelta

from django.utils import timezone

from channels.models import Channel
from engagement.counting import pages
from engagement.counting.schedule import COUNT_AGES
from engagement.counting.services import collect_posts
from engagement.models import MEASURES, Count, FollowerCount, Measurement

SETTLES_IN = timedelta(hours=26)
FOLLOWER_DAYS = 45


def store_past_counts(now: datetime) -> None:
    """Store counts of every published post and followers of every page, as if
    collected all along.
    """
    collect_posts(clock=lambda: now)
    pages.collect_pages(clock=lambda: now)
    measured = Measurement.objects.filter(taken_at__isnull=False).select_related("delivery")
    Count.objects.bulk_create(count for row in measured for count in _make_earlier_counts(row, now))
    FollowerCount.objects.bulk_create(
        row
        for channel in Channel.objects.filter(followers__isnull=False)
        for row in _make_follower_counts(channel, now)
    )


def _make_earlier_counts(row: Measurement, now: datetime) -> list[Count]:
    published_at = row.delivery.published_at
    whole = now - published_at
    totals = {name: value for name in MEASURES if (value := getattr(row, name)) is not None}
    return [
        Count(
            delivery_id=row.pk,
            taken_at=published_at + age,
            **{name: int(value * _compute_share(age, whole)) for name, value in totals.items()},
        )
        for age in COUNT_AGES
        if age < whole
    ]


def _compute_share(age: timedelta, whole: timedelta) -> float:
    """Return the share of today's figure that was reached at ``age``."""
    return (1 - math.exp(-age / SETTLES_IN)) / (1 - math.exp(-whole / SETTLES_IN))


def _make_follower_counts(channel: Channel, now: datetime) -> list[FollowerCount]:
    """Build the rows of followers of the days before today; today's own row comes from the
    collection.
    """
    today, gained = timezone.localdate(now), channel.followers // 12
    return [
        FollowerCount(
            channel=channel,
            day=today - timedelta(days=ago),
            followers=channel.followers - gained * ago // FOLLOWER_DAYS,
        )
        for ago in range(FOLLOWER_DAYS, 0, -1)
    ]
