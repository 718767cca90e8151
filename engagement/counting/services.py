"""Counts how residents took published posts up: totals by post, never people.

Who is due stands in the database. A run takes what is due for itself by pushing its next time ahead
before it asks the platforms, so two runs never count the same post twice, and one that dies is only
late.
"""

import asyncio
import logging
from bisect import bisect_right
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import batched, groupby
from math import ceil

from django.db import transaction
from django.db.models import Count as Tally
from django.db.models import Max, Min, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import require
from audit.services import record
from channels.models import Channel
from channels.queries import account_of, facts_of
from channels.states import Health, Kind
from core.clock import Clock, database_now
from core.errors import Refused
from core.sealing import Unsealable
from engagement.counting import names, shares
from engagement.counting.claims import FULL_APP_WAIT, LEASE, locked, wait_after
from engagement.models import MEASURES, Count, FollowerCount, Measurement, Source
from engagement.rollups import months
from platforms import client
from platforms.connector import Connector
from platforms.errors import AccessLost, ConnectorError, Rejected, TryLater
from platforms.messages import Account, Figures
from platforms.metrics import Metrics
from publishing.models import Delivery
from publishing.states import ReceiptSource, State

log = logging.getLogger(__name__)
# The ages at which a published post is counted. Residents react in the first hours, and officers
# look then; after two weeks little moves, and after two months nothing that is worth a call from
# the budget which publishing shares.
LOOKS = (
    *(timedelta(minutes=m) for m in (5, 15)),
    *(timedelta(hours=h) for h in (1, 3, 12)),
    *(timedelta(days=d) for d in range(1, 15)),
    *(timedelta(weeks=w) for w in range(3, 9)),
)
_ROWS_A_RUN = 2000
# A post waits so long for others with which it is asked about: runs come every few seconds, and
# each that asked for what is due by then would make a call for a handful.
_GATHERED = timedelta(minutes=5)
_MOST_RANKED = 20_000  # posts that take turns where there are too few calls
_NEVER = datetime.min.replace(tzinfo=UTC)
_POSTS_A_CALL = 50
_CALLS_AT_ONCE = 24
# A page or a platform that does not answer delays no other.
_CALL_SECONDS, _PLATFORM_SECONDS = 30.0, 45.0


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


Answer = dict[str, Figures] | ConnectorError


def next_count_at(published_at: datetime | None, *, after: datetime) -> datetime | None:
    """Return the next time on the schedule; None when the post is not or no longer counted."""
    if published_at is None:
        return None
    place = bisect_right(LOOKS, after - published_at)
    return published_at + LOOKS[place] if place < len(LOOKS) else None


def collect(*, clock: Clock = database_now) -> int:
    """Count what is due; return how many posts were measured."""
    now = clock()
    remember_followers(now=now)
    enrol(now=now)
    stop_counting_withdrawn(now=now)
    by_platform: dict[str, list[Batch]] = {}
    sealed: list[Measurement] = []
    for batch in _batches(claim(now=now), sealed):
        by_platform.setdefault(batch.rows[0].delivery.platform, []).append(batch)
    if sealed:
        _store([(sealed, TryLater("the credentials cannot be opened"))], now=now)
    if not by_platform:
        return 0
    measured = 0
    notes = {
        platform: names.metrics_for(platform, of_page=False, now=now) for platform in by_platform
    }
    # The threads only talk to the platforms. Each platform's figures are stored as soon as it is
    # through.
    with ThreadPoolExecutor(len(by_platform), thread_name_prefix="counts") as pool:
        asked = [
            pool.submit(_ask_all, platform, batches, notes[platform])
            for platform, batches in by_platform.items()
        ]
        for done in as_completed(asked):
            measured += _store(done.result(), now=clock())
    for platform, metrics in notes.items():
        names.remember(platform, metrics, of_page=False, now=now)
        questions = len(by_platform[platform])
        shares.correct(platform, reserved=questions, made=metrics.calls, now=now)
    return measured


# --- who is due -----------------------------------------------------------------------------------


def enrol(*, now: datetime) -> None:
    """Add newly published posts to the schedule; without a next time where the platform reports
    nothing.
    """
    fresh = Delivery.objects.filter(
        state=State.PUBLISHED, published_at__gt=now - LOOKS[-1], measurement__isnull=True
    ).order_by("published_at")
    Measurement.objects.bulk_create(
        (
            Measurement(
                delivery_id=pk,
                next_at=published_at + LOOKS[0]
                if published_at and reports_figures(platform, source)
                else None,
            )
            for pk, platform, source, published_at in fresh.values_list(
                "pk", "platform", "receipt_source", "published_at"
            )[:5000]
        ),
        ignore_conflicts=True,
    )


def reports_figures(platform: str, source: str) -> bool:
    """Check whether the platform reports figures of this post; where it does not, people may enter
    them.
    """
    # What a person reported as published carries no id that the platform would know.
    return bool(facts_of(platform).measures) and source == ReceiptSource.PLATFORM


def stop_counting_withdrawn(*, now: datetime) -> None:
    """Stop counting withdrawn posts. Those still being withdrawn wait: they may turn out to be
    live.
    """
    gone = Measurement.objects.filter(next_at__lte=now, delivery__state=State.RECALLED)
    Measurement.objects.filter(pk__in=gone.values("pk")).update(next_at=None)


def claim(*, now: datetime, most: int = _ROWS_A_RUN) -> list[Measurement]:
    """Claim what is due for this run alone. A lost channel's posts stay due until it is connected
    again.
    """
    due = Measurement.objects.filter(
        next_at__lte=now,
        delivery__state=State.PUBLISHED,
        delivery__channel__health=Health.CONNECTED,
    ).exclude(delivery__platform__in=shares.closed(now=now))
    shared = [kind for kind in Kind.values if facts_of(kind).reading]
    rows = _lease_due(due.exclude(delivery__platform__in=shared), now=now, most=most)
    waiting = due.filter(delivery__platform__in=shared).order_by()
    channels: dict[str, list[int]] = {}
    for platform, channel in waiting.values_list(
        "delivery__platform", "delivery__channel"
    ).distinct():
        channels.setdefault(platform, []).append(channel)
    for platform, of_platform in channels.items():
        of_it = due.filter(delivery__platform=platform)
        rows += _claim_shared(platform, of_it, of_platform, now=now, most=most)
    return rows


def _claim_shared(
    platform: str, due: QuerySet[Measurement], channels: list[int], *, now: datetime, most: int
) -> list[Measurement]:
    """Claim what there are calls for of those that all pages share. The others stay due: their
    looks are only later, and those missed meanwhile are left out.
    """
    reading = facts_of(platform).reading
    assert reading is not None
    together = reading.posts_per_request
    if reading.across_pages:
        wanted = _questions_across(due, together, now=now, most=most)
        granted = shares.reserve(platform, wanted, now=now)
        most = min(most, granted * together)
        if granted < wanted:
            due = due.filter(pk__in=_choose_posts_in_turn(due, channels, most))
        rows = _lease_due(due, now=now, most=most)
        asked = ceil(len(rows) / together)
    else:
        granted = shares.reserve(platform, len(channels), now=now)
        if granted < len(channels):
            due = due.filter(delivery__channel__in=_sort_by_last_count(channels)[:granted])
        rows = _lease_due(due, now=now, most=most, of_channel=together)
        asked = len({row.delivery.channel_id for row in rows})
    shares.correct(platform, reserved=granted - asked, made=0, now=now)
    return rows


def _questions_across(
    due: QuerySet[Measurement], together: int, *, now: datetime, most: int
) -> int:
    """Return how many questions there are to ask: full ones, and what is left once a post has
    waited for others long enough.
    """
    found = due.aggregate(posts=Tally("pk"), first=Min("next_at"))
    posts = min(found["posts"], most)
    waited = found["first"] and found["first"] <= now - _GATHERED
    return ceil(posts / together) if waited else posts // together


def _sort_by_last_count(channels: list[int]) -> list[int]:
    """Sort channels by when one of their posts was looked at, the one longest ago first."""
    looked_at = _last_counts(channels)
    return sorted(channels, key=lambda pk: (looked_at.get(pk, _NEVER), pk))


def _choose_posts_in_turn(due: QuerySet[Measurement], channels: list[int], most: int) -> list[int]:
    """Return posts that are due, the first of each channel before the second of any, and channels
    in turn.
    """
    looked_at = _last_counts(channels)
    of_channel = Window(RowNumber(), partition_by="delivery__channel", order_by=("next_at", "pk"))
    rows = due.annotate(turn=of_channel).order_by("turn", "next_at", "pk")
    ranked = sorted(
        (turn, looked_at.get(channel, _NEVER), pk)
        for turn, channel, pk in rows.values_list("turn", "delivery__channel", "pk")[:_MOST_RANKED]
    )
    return [pk for _turn, _at, pk in ranked[:most]]


def _last_counts(channels: list[int]) -> dict[int, datetime]:
    return dict(
        Measurement.objects.filter(delivery__channel__in=channels, taken_at__isnull=False)
        .order_by()
        .values_list("delivery__channel")
        .annotate(newest=Max("taken_at"))
    )


def _lease_due(
    due: QuerySet[Measurement], *, now: datetime, most: int, of_channel: int = _ROWS_A_RUN
) -> list[Measurement]:
    """Lease rows that are due, at most ``of_channel`` of each channel."""
    taken: Counter[int] = Counter()
    rows = []
    with transaction.atomic():
        for row in locked(due).select_related("delivery__channel").order_by("next_at", "pk")[:most]:
            taken[row.delivery.channel_id] += 1
            if taken[row.delivery.channel_id] <= of_channel:
                rows.append(row)
        lease = now + LEASE
        Measurement.objects.filter(pk__in=[row.pk for row in rows]).update(next_at=lease)
    for row in rows:
        row.next_at = lease
    return rows


def _batches(rows: Iterable[Measurement], sealed: list[Measurement]) -> Iterator[Batch]:
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
        for some in batched(asked, reading.posts_per_request if reading else _POSTS_A_CALL):
            accounts = {account.external_id: account for account, _row in some}
            yield Batch(list(accounts.values()), [row for _account, row in some])


# --- asking ---------------------------------------------------------------------------------------


def _ask_all(
    platform: str, batches: Sequence[Batch], metrics: Metrics
) -> list[tuple[Sequence[Measurement], Answer]]:
    calls = {number: _measure_call(batch, metrics) for number, batch in enumerate(batches)}
    answers = client.call_many(
        platform, calls, writes=False, at_once=_CALLS_AT_ONCE, seconds=_PLATFORM_SECONDS
    )
    return [(batches[number].rows, answer) for number, answer in answers]


def _measure_call(
    batch: Batch, metrics: Metrics
) -> Callable[[Connector], Awaitable[dict[str, Figures]]]:
    async def measure(connector: Connector) -> dict[str, Figures]:
        connector.metrics = metrics
        async with asyncio.timeout(_CALL_SECONDS):
            if len(batch.accounts) == 1:
                return await connector.measure(batch.accounts[0], batch.remote_ids)
            return await _measure_by_any_token(connector, batch.accounts, batch.remote_ids)

    return measure


async def _measure_by_any_token(
    connector: Connector, accounts: Sequence[Account], ids: Sequence[str]
) -> dict[str, Figures]:
    """Ask by the first token that still opens. A post for which the platform refuses the whole
    question is found by halves, and left out.
    """
    *others, last = accounts
    try:
        for account in others:
            with suppress(AccessLost):
                return await connector.measure(account, ids)
        return await connector.measure(last, ids)
    except Rejected:
        if len(ids) == 1:
            return {}
    found: dict[str, Figures] = {}
    for half in (ids[: len(ids) // 2], ids[len(ids) // 2 :]):
        found |= await _measure_by_any_token(connector, accounts, half)
    return found


# --- by hand --------------------------------------------------------------------------------------


@transaction.atomic
def enter_figures(delivery: Delivery, *, by: User, figures: Mapping[str, int | None]) -> Count:
    """Store the totals that an officer read on the page, where the platform reports none. None: not
    known.
    """
    authority = require(by, Permission.POST_SCHEDULE, unit=delivery.unit)
    if delivery.state != State.PUBLISHED:
        raise Refused(_("Figures belong to a post that stands on the page."))
    if reports_figures(delivery.platform, delivery.receipt_source):
        raise Refused(_("The platform tells the figures of this post itself."))
    if delivery.published_at and timezone.localdate(delivery.published_at) < months.kept_from():
        raise Refused(_("The counts of the month of this post are archived. Its figures stay."))
    counts = {measure: figures.get(measure) for measure in MEASURES}
    known = {measure: value for measure, value in counts.items() if value is not None}
    if not known:
        raise Refused(_("Please enter at least one total. Leave empty what you do not know."))
    now = timezone.now()
    count = Count.objects.create(delivery=delivery, taken_at=now, source=Source.HAND, **counts)
    newest = {"taken_at": now, "source": Source.HAND, "next_at": None, **known}
    Measurement.objects.update_or_create(delivery=delivery, defaults=newest)
    record("delivery.counted", delivery, by=by, position=authority.position, figures=known)
    return count


# --- storing --------------------------------------------------------------------------------------


def _store(answers: Iterable[tuple[Sequence[Measurement], Answer]], *, now: datetime) -> int:
    rows: dict[int, tuple[Measurement, Answer]] = {}
    for batch, answer in answers:
        rows |= {row.pk: (row, answer) for row in batch}
        if isinstance(answer, TryLater) and answer.whole_app:
            wait = answer.wait or FULL_APP_WAIT
            shares.close(batch[0].delivery.platform, until=now + wait)
    counts, changed = [], []
    with transaction.atomic():
        # Only what is still ours: after a lease ran out another run may have counted the post
        # already.
        ours = locked(Measurement.objects.filter(pk__in=rows)).values_list("pk", "next_at")
        for pk, next_at in list(ours):
            row, answer = rows[pk]
            if next_at != row.next_at:
                continue
            changed.append(row)
            figures = answer.get(row.delivery.remote_id) if isinstance(answer, dict) else None
            if figures and any(getattr(figures, measure) is not None for measure in MEASURES):
                counts.append(_apply_figures(row, figures, now=now))
            else:
                _postpone(row, answer, now=now)
        Count.objects.bulk_create(counts)
        Measurement.objects.bulk_update(
            changed, ["next_at", "taken_at", "failures", *MEASURES], batch_size=200
        )
    if failed := len(changed) - len(counts):
        log.info("counted %s posts, %s gave no figures", len(counts), failed)
    return len(counts)


def _apply_figures(row: Measurement, figures: Figures, *, now: datetime) -> Count:
    row.failures, row.taken_at = 0, now
    row.next_at = next_count_at(row.delivery.published_at, after=now)
    for measure in MEASURES:
        # A measure that failed this time keeps its last known total in sums; the count itself says
        # what was told.
        if (value := getattr(figures, measure)) is not None:
            setattr(row, measure, value)
    counts = {measure: getattr(figures, measure) for measure in MEASURES}
    return Count(delivery_id=row.pk, taken_at=now, **counts)


def _postpone(row: Measurement, answer: Answer, *, now: datetime) -> None:
    """Store nothing, above all no 0, where nothing was reported. Retry soon after an error, else by
    the schedule. Calls of the application that are used up are no failure of a post: its look is
    later.
    """
    if isinstance(answer, TryLater) and answer.whole_app:
        row.next_at = now + (answer.wait or FULL_APP_WAIT)
        return
    row.failures = min(row.failures + 1, 1000)
    later = next_count_at(row.delivery.published_at, after=now)
    if later is None or not isinstance(answer, ConnectorError):
        row.next_at = later
        return
    row.next_at = now + wait_after(row.failures, answer)


# --- followers ------------------------------------------------------------------------------------


def remember_followers(*, now: datetime) -> int:
    """Store today's number of followers of each channel, from the daily check of the channels."""
    today = timezone.localdate(now)
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    counted_today = Channel.objects.filter(
        checked_at__gte=midnight, followers__isnull=False
    ).exclude(follower_counts__day=today)
    rows = [
        FollowerCount(channel_id=pk, day=today, followers=n)
        for pk, n in counted_today.values_list("pk", "followers")
        if n is not None
    ]
    FollowerCount.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)
