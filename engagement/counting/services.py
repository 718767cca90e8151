"""Count how residents took published posts up: totals by post, never people."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import require
from audit.services import record
from channels.models import Channel
from core.clock import Clock, database_now
from core.errors import Refused
from engagement.counting import names, shares
from engagement.counting.claims import FULL_APP_WAIT, lock_free_rows, wait_after
from engagement.counting.post_claims import Batch, claim_due_posts, group_into_batches
from engagement.counting.schedule import (
    compute_next_count,
    reports_figures,
    schedule_new_posts,
    stop_counting_withdrawn,
)
from engagement.models import MEASURES, Count, FollowerCount, Measurement, Source
from engagement.rollups import months
from platforms import client
from platforms.connector import Connector
from platforms.errors import AccessLost, ConnectorError, Rejected, TryLater
from platforms.messages import Account, Figures
from platforms.metrics import Metrics
from publishing.models import Delivery
from publishing.states import State

log = logging.getLogger(__name__)
_PARALLEL_CALLS = 24
# A page or a platform that does not answer delays no other.
_CALL_SECONDS, _PLATFORM_SECONDS = 30.0, 45.0


Answer = dict[str, Figures] | ConnectorError


def collect_posts(*, clock: Clock = database_now) -> int:
    """Count what is due; return how many posts were measured."""
    now = clock()
    store_followers(now=now)
    schedule_new_posts(now=now)
    stop_counting_withdrawn(now=now)
    by_platform: dict[str, list[Batch]] = {}
    sealed: list[Measurement] = []
    for batch in group_into_batches(claim_due_posts(now=now), sealed):
        by_platform.setdefault(batch.rows[0].delivery.platform, []).append(batch)
    if sealed:
        _store_answers([(sealed, TryLater("the credentials cannot be opened"))], now=now)
    if not by_platform:
        return 0
    measured = 0
    notes = {
        platform: names.find_skipped_names(platform, of_page=False, now=now)
        for platform in by_platform
    }
    # The threads only talk to the platforms. Each platform's figures are stored as soon as it is
    # through.
    with ThreadPoolExecutor(len(by_platform), thread_name_prefix="counts") as pool:
        asked = [
            pool.submit(_request_figures, platform, batches, notes[platform])
            for platform, batches in by_platform.items()
        ]
        for done in as_completed(asked):
            measured += _store_answers(done.result(), now=clock())
    for platform, metrics in notes.items():
        names.store_answered_names(platform, metrics, of_page=False, now=now)
        questions = len(by_platform[platform])
        shares.correct_reserved_calls(platform, reserved=questions, made=metrics.calls, now=now)
    return measured


def _request_figures(
    platform: str, batches: Sequence[Batch], metrics: Metrics
) -> list[tuple[Sequence[Measurement], Answer]]:
    calls = {number: _make_request(batch, metrics) for number, batch in enumerate(batches)}
    answers = client.call_many(
        platform, calls, writes=False, at_once=_PARALLEL_CALLS, seconds=_PLATFORM_SECONDS
    )
    return [(batches[number].rows, answer) for number, answer in answers]


def _make_request(
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
    measured: dict[str, Figures] = {}
    for half in (ids[: len(ids) // 2], ids[len(ids) // 2 :]):
        measured |= await _measure_by_any_token(connector, accounts, half)
    return measured


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
    if (
        delivery.published_at
        and timezone.localdate(delivery.published_at) < months.find_first_kept_day()
    ):
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


def _store_answers(
    answers: Iterable[tuple[Sequence[Measurement], Answer]], *, now: datetime
) -> int:
    rows: dict[int, tuple[Measurement, Answer]] = {}
    for batch, answer in answers:
        rows |= {row.pk: (row, answer) for row in batch}
        if isinstance(answer, TryLater) and answer.whole_app:
            wait = answer.wait or FULL_APP_WAIT
            shares.stop_calls_until(batch[0].delivery.platform, until=now + wait)
    counts, changed = [], []
    with transaction.atomic():
        # Only what is still ours: after a lease ran out another run may have counted the post
        # already.
        ours = lock_free_rows(Measurement.objects.filter(pk__in=rows)).values_list("pk", "next_at")
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
    row.next_at = compute_next_count(row.delivery.published_at, after=now)
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
    later = compute_next_count(row.delivery.published_at, after=now)
    if later is None or not isinstance(answer, ConnectorError):
        row.next_at = later
        return
    row.next_at = now + wait_after(row.failures, answer)


def store_followers(*, now: datetime) -> int:
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
