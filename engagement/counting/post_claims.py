"""Claim the posts that are due, as many as there are calls for, and group them into requests.

A run pushes the next time of what it claims ahead before it asks the platforms, so two runs never
count the same post twice, and one that dies is only late.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import batched, groupby
from math import ceil

from django.db import transaction
from django.db.models import Count, Max, Min, QuerySet, Window
from django.db.models.functions import RowNumber

from channels.queries import account_of, facts_of
from channels.states import Health, Kind
from core.sealing import Unsealable
from engagement.counting import shares
from engagement.counting.claims import LEASE, lock_free_rows
from engagement.models import Measurement
from platforms.messages import Account
from publishing.states import State

MOST_POSTS_PER_RUN = 2000
# A post waits so long for others with which it is asked about: runs come every few seconds, and
# each that asked for what is due by then would make a call for a handful.
GATHERING_TIME = timedelta(minutes=5)
_MOST_POSTS_IN_TURN = 20_000  # posts that take turns where there are too few calls
_NEVER = datetime.min.replace(tzinfo=UTC)
_POSTS_PER_CALL = 50


@dataclass(frozen=True)
class Batch:
    """Posts that are requested together: of one channel, or of any where the token of each reads
    all.
    """

    accounts: Sequence[Account]
    rows: Sequence[Measurement]

    @property
    def remote_ids(self) -> list[str]:
        return [row.delivery.remote_id for row in self.rows]


def claim_due_posts(*, now: datetime, most: int = MOST_POSTS_PER_RUN) -> list[Measurement]:
    """Claim what is due for this run alone. A lost channel's posts stay due until it is connected
    again.
    """
    due = Measurement.objects.filter(
        next_at__lte=now,
        delivery__state=State.PUBLISHED,
        delivery__channel__health=Health.CONNECTED,
    ).exclude(delivery__platform__in=shares.list_used_up_platforms(now=now))
    shared = [kind for kind in Kind.values if facts_of(kind).reading]
    rows = _lease_rows(due.exclude(delivery__platform__in=shared), now=now, most=most)
    waiting = due.filter(delivery__platform__in=shared).order_by()
    channels: dict[str, list[int]] = {}
    for platform, channel in waiting.values_list(
        "delivery__platform", "delivery__channel"
    ).distinct():
        channels.setdefault(platform, []).append(channel)
    for platform, of_platform in channels.items():
        of_it = due.filter(delivery__platform=platform)
        rows += _claim_shared_calls(platform, of_it, of_platform, now=now, most=most)
    return rows


def _claim_shared_calls(
    platform: str, due: QuerySet[Measurement], channels: list[int], *, now: datetime, most: int
) -> list[Measurement]:
    """Claim as many due posts as the calls allow that all pages of a platform share. The others
    stay due: their looks are only later, and those missed meanwhile are left out.
    """
    reading = facts_of(platform).reading
    assert reading is not None
    together = reading.posts_per_request
    if reading.across_pages:
        wanted = _count_requests(due, together, now=now, most=most)
        granted = shares.reserve_calls(platform, wanted, now=now)
        most = min(most, granted * together)
        if granted < wanted:
            due = due.filter(pk__in=_choose_posts_in_turn(due, channels, most))
        rows = _lease_rows(due, now=now, most=most)
        asked = ceil(len(rows) / together)
    else:
        granted = shares.reserve_calls(platform, len(channels), now=now)
        if granted < len(channels):
            due = due.filter(delivery__channel__in=_sort_by_last_count(channels)[:granted])
        rows = _lease_rows(due, now=now, most=most, of_channel=together)
        asked = len({row.delivery.channel_id for row in rows})
    shares.correct_reserved_calls(platform, reserved=granted - asked, made=0, now=now)
    return rows


def _count_requests(due: QuerySet[Measurement], together: int, *, now: datetime, most: int) -> int:
    """Return how many requests are to be made: full ones, and one for the rest once a post of it
    has waited GATHERING_TIME.
    """
    totals = due.aggregate(posts=Count("pk"), first=Min("next_at"))
    posts = min(totals["posts"], most)
    waited = totals["first"] and totals["first"] <= now - GATHERING_TIME
    return ceil(posts / together) if waited else posts // together


def _sort_by_last_count(channels: list[int]) -> list[int]:
    """Sort channels by when one of their posts was looked at, the one longest ago first."""
    looked_at = _find_last_counts(channels)
    return sorted(channels, key=lambda pk: (looked_at.get(pk, _NEVER), pk))


def _choose_posts_in_turn(due: QuerySet[Measurement], channels: list[int], most: int) -> list[int]:
    """Return posts that are due, the first of each channel before the second of any, and channels
    in turn.
    """
    looked_at = _find_last_counts(channels)
    of_channel = Window(RowNumber(), partition_by="delivery__channel", order_by=("next_at", "pk"))
    rows = due.annotate(turn=of_channel).order_by("turn", "next_at", "pk")
    ranked = sorted(
        (turn, looked_at.get(channel, _NEVER), pk)
        for turn, channel, pk in rows.values_list("turn", "delivery__channel", "pk")[
            :_MOST_POSTS_IN_TURN
        ]
    )
    return [pk for _turn, _at, pk in ranked[:most]]


def _find_last_counts(channels: list[int]) -> dict[int, datetime]:
    return dict(
        Measurement.objects.filter(delivery__channel__in=channels, taken_at__isnull=False)
        .order_by()
        .values_list("delivery__channel")
        .annotate(newest=Max("taken_at"))
    )


def _lease_rows(
    due: QuerySet[Measurement], *, now: datetime, most: int, of_channel: int = MOST_POSTS_PER_RUN
) -> list[Measurement]:
    """Lease rows that are due, at most ``of_channel`` of each channel."""
    taken: Counter[int] = Counter()
    rows = []
    with transaction.atomic():
        for row in (
            lock_free_rows(due).select_related("delivery__channel").order_by("next_at", "pk")[:most]
        ):
            taken[row.delivery.channel_id] += 1
            if taken[row.delivery.channel_id] <= of_channel:
                rows.append(row)
        lease = now + LEASE
        Measurement.objects.filter(pk__in=[row.pk for row in rows]).update(next_at=lease)
    for row in rows:
        row.next_at = lease
    return rows


def group_into_batches(rows: Iterable[Measurement], sealed: list[Measurement]) -> Iterator[Batch]:
    """Group the rows by channel, or by platform where the token of each page reads the posts of
    all; add those of channels whose credentials do not open to ``sealed``.
    """
    by_channel = sorted(
        rows, key=lambda row: (row.delivery.platform, row.delivery.channel_id, row.pk)
    )
    together: dict[str | int, list[tuple[Account, Measurement]]] = {}
    for _channel, group in groupby(by_channel, key=lambda row: row.delivery.channel_id):
        of_channel = list(group)
        channel = of_channel[0].delivery.channel
        try:
            account = account_of(channel)
        except Unsealable:
            sealed += of_channel
            continue
        reading = facts_of(channel.platform).reading
        key = channel.platform if reading and reading.across_pages else channel.pk
        together.setdefault(key, []).extend((account, row) for row in of_channel)
    for asked in together.values():
        reading = facts_of(asked[0][1].delivery.platform).reading
        for some in batched(asked, reading.posts_per_request if reading else _POSTS_PER_CALL):
            accounts = {account.external_id: account for account, _row in some}
            yield Batch(list(accounts.values()), [row for _account, row in some])
