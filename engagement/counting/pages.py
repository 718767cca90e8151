"""Collects the figures of pages themselves, by day, where platforms tell them.

A page is asked once a day for the days that its platform may still correct. A day that is not told
stays a gap; a figure that is told otherwise later keeps what it was as a correction.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from channels.models import Channel
from channels.queries import account_of, facts_of
from channels.states import Health, Kind
from core.clock import Clock, database_now
from core.sealing import Unsealable
from engagement.counting import names, shares
from engagement.counting.claims import FULL_APP_WAIT, LEASE, lock_free_rows, wait_after
from engagement.models import PAGE_MEASURES, PageCorrection, PageCount, PageLook
from platforms import client
from platforms.connector import Connector
from platforms.errors import ConnectorError, TryLater
from platforms.messages import Account, PageFigures
from platforms.metrics import Metrics

_EVERY = timedelta(days=1)
# What is asked for after connecting, so that a page does not begin with nothing.
_FIRST_DAYS = 28
# A day in California, by which most platforms count, is over 32 hours after it began here in UTC.
_OVER_AFTER = timedelta(hours=32)
_PAGES_A_RUN = 500
_CALLS_AT_ONCE = 12
_CALL_SECONDS, _PLATFORM_SECONDS = 40.0, 90.0

Answer = list[PageFigures] | ConnectorError


@dataclass(frozen=True)
class PageRequest:
    """A page and the days that it is asked for."""

    look: PageLook
    account: Account
    first: date
    last: date


def collect_pages(*, clock: Clock = database_now) -> int:
    """Ask the pages that are due for their figures; return how many days were stored."""
    now = clock()
    schedule_new_pages(now=now)
    questions: dict[str, list[PageRequest]] = {}
    sealed: list[tuple[PageLook, Answer]] = []
    for look in claim_due_pages(now=now):
        last = (now - _OVER_AFTER).date()
        days = facts_of(look.channel.platform).corrected_for_days if look.taken_at else _FIRST_DAYS
        try:
            account = account_of(look.channel)
        except Unsealable:
            sealed.append((look, TryLater("the credentials cannot be opened")))
            continue
        asked = PageRequest(look, account, _find_first_day_to_ask(look, last, days), last)
        questions.setdefault(look.channel.platform, []).append(asked)
    store_answers(sealed, now=now)
    if not questions:
        return 0
    stored = 0
    notes = {
        platform: names.find_skipped_names(platform, of_page=True, now=now)
        for platform in questions
    }
    with ThreadPoolExecutor(len(questions), thread_name_prefix="pages") as pool:
        asked_all = [
            pool.submit(_request_days, platform, question, notes[platform])
            for platform, question in questions.items()
        ]
        for done in as_completed(asked_all):
            stored += store_answers(done.result(), now=clock())
    for platform, metrics in notes.items():
        names.store_answered_names(platform, metrics, of_page=True, now=now)
        reserved = len(questions[platform])
        shares.correct_reserved_calls(
            platform, reserved=reserved, made=metrics.calls, now=now, of_page=True
        )
    return stored


def _find_first_day_to_ask(look: PageLook, last: date, days: int) -> date:
    """Return the first day to ask for: as far back as the platform corrects, and further where the
    page was not asked for long.
    """
    first = last - timedelta(days=days - 1)
    if look.taken_at:
        missed = (look.taken_at - _OVER_AFTER).date() + timedelta(days=1)
        first = max(min(first, missed), last - timedelta(days=_FIRST_DAYS - 1))
    return first


def schedule_new_pages(*, now: datetime) -> None:
    """Add pages to the schedule whose platform reports figures of pages."""
    kinds = [kind for kind in Kind.values if facts_of(kind).page_measures]
    fresh = Channel.objects.filter(
        platform__in=kinds, health=Health.CONNECTED, page_look__isnull=True
    )
    PageLook.objects.bulk_create(
        (PageLook(channel_id=pk, next_at=now) for pk in fresh.values_list("pk", flat=True)[:5000]),
        ignore_conflicts=True,
    )


def claim_due_pages(*, now: datetime) -> list[PageLook]:
    """Claim what is due for this run alone, the page that waited longest first, and no more than
    there are calls for.
    """
    shared = [kind for kind in Kind.values if shares.has_shared_page_calls(kind)]
    due = PageLook.objects.filter(next_at__lte=now, channel__health=Health.CONNECTED)
    with transaction.atomic():
        rows = _lock_due(due.exclude(channel__platform__in=shared), most=_PAGES_A_RUN)
        for platform in shared:
            of_it = due.filter(channel__platform=platform)
            if wanted := of_it[:_PAGES_A_RUN].count():
                granted = shares.reserve_calls(platform, wanted, now=now, of_page=True)
                held = _lock_due(of_it, most=granted)
                unused = granted - len(held)
                shares.correct_reserved_calls(
                    platform, reserved=unused, made=0, now=now, of_page=True
                )
                rows += held
        lease = now + LEASE
        PageLook.objects.filter(pk__in=[row.pk for row in rows]).update(next_at=lease)
    for row in rows:
        row.next_at = lease
    return rows


def _lock_due(due: QuerySet[PageLook], *, most: int) -> list[PageLook]:
    return list(lock_free_rows(due).select_related("channel").order_by("next_at", "pk")[:most])


def _request_days(
    platform: str, questions: Sequence[PageRequest], metrics: Metrics
) -> list[tuple[PageLook, Answer]]:
    calls = {number: _make_request(question, metrics) for number, question in enumerate(questions)}
    answers = client.call_many(
        platform, calls, writes=False, at_once=_CALLS_AT_ONCE, seconds=_PLATFORM_SECONDS
    )
    return [(questions[number].look, answer) for number, answer in answers]


def _make_request(
    asked: PageRequest, metrics: Metrics
) -> Callable[[Connector], Awaitable[list[PageFigures]]]:
    async def measure(connector: Connector) -> list[PageFigures]:
        connector.metrics = metrics
        async with asyncio.timeout(_CALL_SECONDS):
            return await connector.measure_page(asked.account, asked.first, asked.last)

    return measure


def store_answers(answers: Iterable[tuple[PageLook, Answer]], *, now: datetime) -> int:
    """Store the reported days, and when each page is asked next; return how many days changed."""
    by_page = {look.pk: (look, answer) for look, answer in answers}
    with transaction.atomic():
        locked_rows = lock_free_rows(PageLook.objects.filter(pk__in=by_page))
        # Only what is still ours: after a lease ran out another run may have asked already.
        ours = {
            pk
            for pk, next_at in locked_rows.values_list("pk", "next_at")
            if next_at == by_page[pk][0].next_at
        }
        told = {
            pk: {day.day: day for day in answer}
            for pk, (_look, answer) in by_page.items()
            if pk in ours and isinstance(answer, list)
        }
        stored = _store_days(told, now=now)
        for pk in ours:
            _plan_next_look(*by_page[pk], now=now)
        PageLook.objects.bulk_update(
            [by_page[pk][0] for pk in ours], ["next_at", "taken_at", "failures"], batch_size=200
        )
    return stored


def _plan_next_look(look: PageLook, answer: Answer, *, now: datetime) -> None:
    """Set when a page is asked next, by its answer."""
    if isinstance(answer, TryLater) and answer.whole_app:
        # No failure of the page: the application's calls are used up.
        look.next_at = now + (answer.wait or FULL_APP_WAIT)
    elif isinstance(answer, ConnectorError):
        look.failures = min(look.failures + 1, 1000)
        look.next_at = now + wait_after(look.failures, answer)
    else:
        look.failures, look.taken_at, look.next_at = 0, now, now + _EVERY


def _store_days(told: dict[int, dict[date, PageFigures]], *, now: datetime) -> int:
    """Store the days of each page; return how many rows are new or changed.

    What is no longer told stays: silence corrects nothing.
    """
    days = {day for of_page in told.values() for day in of_page}
    rows = PageCount.objects.filter(channel__in=told, day__in=days)
    stored = {(row.channel_id, row.day): row for row in rows}
    new, changed, corrections = [], [], []
    for channel, of_page in told.items():
        for day, figures in of_page.items():
            values = {name: getattr(figures, name) for name in PAGE_MEASURES}
            known = {name: value for name, value in values.items() if value is not None}
            row = stored.get((channel, day))
            if row is not None:
                made = _apply_corrections(row, known, now=now)
                if made is not None:
                    corrections += made
                    changed.append(row)
            elif known:
                new.append(PageCount(channel_id=channel, day=day, taken_at=now, **known))
    PageCount.objects.bulk_create(new, ignore_conflicts=True)
    PageCount.objects.bulk_update(changed, ["taken_at", *PAGE_MEASURES], batch_size=200)
    PageCorrection.objects.bulk_create(corrections)
    return len(new) + len(changed)


def _apply_corrections(
    row: PageCount, known: dict[str, int], *, now: datetime
) -> list[PageCorrection] | None:
    """Write into the row the values that differ; return their corrections, None where none does.

    A value that was not known before is no correction.
    """
    other = {name: value for name, value in known.items() if getattr(row, name) != value}
    if not other:
        return None
    before = {name: getattr(row, name) for name in other}
    for name, value in other.items():
        setattr(row, name, value)
    row.taken_at = now
    return [
        PageCorrection(count=row, measure=name, was=was, became=other[name], at=now)
        for name, was in before.items()
        if was is not None
    ]
