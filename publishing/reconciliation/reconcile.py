"""Reconciliation of unknown outcomes: leases that ran out, calls without an answer, deliveries
whose time is over.

And of what a platform has taken and still works on. Nothing is sent here. An unknown outcome ends
by a check on the platform, or before a person.
"""

import logging
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DataError, IntegrityError, transaction
from django.db.models import Q

from channels.connection.health import check, mark_lost
from channels.models import Channel
from channels.queries import facts_of
from channels.reasons import describe_reason
from core.clock import Clock, database_now, make_steady_clock
from core.sessions import BackendIsGone
from platforms.client import Call
from platforms.errors import AccessLost, ConnectorError, Rejected, TryLater
from platforms.messages import Account, Receipt
from posts.canonical import content
from publishing.deliveries.claims import MAX_CHECKS, claim_due_checks, exclusive_run, skip_locked
from publishing.deliveries.messages import Pictures, build_approved_message, pictures_for
from publishing.deliveries.notices import ask_person, notify_of_inbox_videos, notify_schedulers
from publishing.deliveries.requests import ask_platform, longest_call
from publishing.deliveries.transitions import change_reasons, end_attempts, move_many
from publishing.freeze import freezing
from publishing.models import Delivery
from publishing.states import ASKED_ABOUT, IN_HAND, Outcome, Reason, State

log = logging.getLogger(__name__)
# Without the id of a whole draft, absence from a page's list is believed after this many checks.
_CHECKS_FOR_ABSENCE = 3
BATCH = 500
# Seconds that one tick goes on for while there is more to do.
_LONGEST_PASS = 20.0
# After which a platform is first asked about the call of a run that died: most calls have ended by
# then.
_FIRST_CHECK = timedelta(seconds=10)
# So long a platform may work on what it has taken, or a person on what waits in its app.
PROCESSING = timedelta(hours=24)


def reconcile(*, platform: str, clock: Clock = database_now) -> int:
    """Take over from runs that died and check unknown outcomes; return how many rows it moved.

    It repeats until nothing is left to do now, or the next tick may as well continue.
    """
    moved, until = 0, time.monotonic() + _LONGEST_PASS
    unknown_wait = settings.PUBLISHING["look_seconds"]
    processing_wait = settings.PUBLISHING["processing_seconds"]
    with exclusive_run(f"reconcile {platform}") as is_only_one:
        while is_only_one and time.monotonic() < until:
            now = make_steady_clock(clock)
            freed = _take_over_expired_leases(platform, now()) + _resume_not_begun(platform, now())
            begun = {"committing_at__isnull": False}
            longest = max(900, unknown_wait)
            unknown = claim_due_checks(
                platform, State.VERIFYING, now(), first=unknown_wait, longest=longest, **begun
            )
            moved += freed + _check_unknown(platform, unknown, now)
            longest = 20 * processing_wait
            processing = claim_due_checks(
                platform, State.PROCESSING, now(), first=processing_wait, longest=longest
            )
            moved += _check_processing(platform, processing, now)
            if not (freed or unknown or processing):
                break
    return moved


def platforms_to_check(clock: Clock = database_now) -> list[str]:
    """Return the platforms on which a run has died, or something is to be checked now."""
    now = clock()
    abandoned = Q(_match_abandoned(now), state__in=sorted(IN_HAND))
    to_check = Q(state__in=ASKED_ABOUT, verify_at__lte=now)
    rows = [Delivery.objects.filter(condition).order_by() for condition in (abandoned, to_check)]
    return sorted(
        {platform for due in rows for platform in due.values_list("platform", flat=True).distinct()}
    )


# --- runs that died -------------------------------------------------------------------------------


def _match_abandoned(now: datetime) -> Q:
    """Return the condition that a claimed delivery's run is dead or frozen.

    A run may also have lost no more than its connection: where the platform cannot be asked about a
    call that is under way, its receipt is waited for as long as the lease runs.
    """
    cannot_be_asked = [name for name in settings.PLATFORMS if not facts_of(name).finds]
    only_by_lease = Q(committing_at__isnull=False, platform__in=cannot_be_asked)
    return Q(lease_until__lt=now) | Q(BackendIsGone("session")) & ~only_by_lease


def _take_over_expired_leases(platform: str, now: datetime) -> int:
    """Take over what dead runs left. Never straight back to scheduled: first it is checked."""
    with transaction.atomic():
        abandoned = skip_locked().filter(
            _match_abandoned(now), platform=platform, state__in=IN_HAND
        )
        rows = list(abandoned.select_related("unit")[:BATCH])
        fields: dict[str, Any] = {"verify_count": 0, "error_code": Reason.UNKNOWN}
        # Its run may live on without its connection: until then the call may be on its way.
        leases = {
            row.pk: {"lease_until": max(now, row.committing_at + longest_call())}
            for row in rows
            if row.committing_at
        }
        begun = move_many(
            [row for row in rows if row.pk in leases],
            State.VERIFYING,
            now=now,
            values_by_pk=leases,
            verify_at=now + _FIRST_CHECK,
            **fields,
        )
        # No visible call can have been made: that statement was never reached, and now it can no
        # longer succeed.
        others = [row for row in rows if row.pk not in leases]
        not_begun = move_many(
            others, State.VERIFYING, now=now, lease_until=None, verify_at=now, **fields
        )
        end_attempts(
            [row for row in rows if row.pk in begun],
            Outcome.UNKNOWN,
            now=now,
            detail="the run died",
        )
        end_attempts(
            [row for row in rows if row.pk in not_begun],
            Outcome.STOPPED,
            now=now,
            detail="the run died",
        )
    return len(begun | not_begun)


def _resume_not_begun(platform: str, now: datetime) -> int:
    """Resume rows whose visible call was never begun: they need no check on the platform."""
    rows = skip_locked().filter(
        platform=platform, state=State.VERIFYING, verify_at__lte=now, committing_at__isnull=True
    )
    with transaction.atomic():
        return _resume(list(rows.select_related("unit")[:BATCH]), now)


def _resume(rows: Sequence[Delivery], now: datetime) -> int:
    """Schedule again what is certainly not visible: it may be tried if it is not too late by then.

    What is out of tries is put before a person.
    """
    out_of_tries = [row for row in rows if row.tries >= settings.PUBLISHING["max_attempts"]]
    moved = sum(ask_person(row, now) for row in out_of_tries)
    plain: dict[int, dict[str, datetime]] = {}
    with_videos: dict[int, dict[str, datetime]] = {}
    for row in rows:
        # Once is an accident. What kills every run that takes it must not use up its tries in a
        # minute.
        at = now + timedelta(seconds=min(90, 5 * 2 ** (row.attempt - 2)) if row.attempt > 1 else 0)
        if row.prepare_at:
            with_videos[row.pk] = {
                "fire_at": max(at, row.due_at),
                "prepare_at": max(at, row.prepare_at),
            }
        else:
            plain[row.pk] = {"fire_at": max(at, row.due_at)}
    for values_by_pk in (plain, with_videos):
        group = [row for row in rows if row.pk in values_by_pk and row not in out_of_tries]
        fields: dict[str, Any] = {
            "verify_at": None,
            "committing_at": None,
            "error_code": Reason.LATER,
        }
        moved += len(
            move_many(group, State.SCHEDULED, now=now, values_by_pk=values_by_pk, **fields)
        )
    return moved


# --- unknown outcomes -----------------------------------------------------------------------------


def _check_unknown(platform: str, rows: Sequence[Delivery], now: Clock) -> int:
    """Ask the platform about calls without an answer; where it cannot be asked, ask a person."""
    if not facts_of(platform).finds:
        return sum(ask_person(row, now()) for row in rows)
    moved = 0
    pictures = pictures_for(rows)
    is_after_restore = bool(rows) and freezing.is_reading_back()
    answers = ask_platform(platform, rows, lambda row, account: _find_call(row, account, pictures))
    if is_after_restore:
        # Of several that say the same on one page, what is live is the first one's.
        answers = sorted(answers, key=lambda pair: pair[0].due_at)
    for row, answer in answers:
        try:
            # After a restore the whole country waits for the one page that says no. A platform that
            # is away, or asks to wait, is waited for: else all that is planned there would be put
            # before people.
            is_away = isinstance(answer, ConnectorError) and (
                answer.silent or isinstance(answer, TryLater)
            )
            checks = _CHECKS_FOR_ABSENCE if is_after_restore and not is_away else MAX_CHECKS
            moved += _conclude(row, answer, now(), checks)
        except (IntegrityError, DataError):
            log.error(
                "delivery %s: the platform returned an id that another delivery has", row.public_id
            )
            moved += ask_person(row, now())
    return moved


def _find_call(row: Delivery, account: Account, pictures: Pictures) -> Call:
    message = build_approved_message(row, pictures)
    begun_at = _begun_at(row)
    return lambda connector: connector.find(account, message, row.draft_ref, begun_at)


def _begun_at(row: Delivery) -> datetime:
    """Return when the visible call began whose outcome is unknown."""
    assert row.committing_at is not None, "only rows whose call has begun are asked about"
    return row.committing_at


def _conclude(row: Delivery, answer: Any, now: datetime, checks: int) -> int:
    """Act on the platform's answer about one row; return how many rows moved.

    After ``checks`` without an answer that decides, a person is asked. IntegrityError when the
    receipt is another delivery's: only a person can tell them apart.
    """
    match answer:
        case Receipt(processing=True):
            return _record_processing(row, answer, now)
        case Receipt():
            return _record_published(row, answer, now)
        case AccessLost():
            mark_lost(row.channel, code=answer.code)
    grace = timedelta(seconds=settings.PUBLISHING["verify_grace_seconds"])
    if row.lease_until and now < row.lease_until + grace:
        # Its run may live: what was found counts, but not that nothing was.
        soon = now + timedelta(seconds=settings.PUBLISHING["look_seconds"])
        again = {"verify_at": min(soon, row.lease_until + grace), "verify_count": 0}
        change_reasons([row], State.VERIFYING, values_by_pk={row.pk: again})
        return 0
    if answer is None and _is_absence_believed(row):
        return _resume([row], now)
    return ask_person(row, now) if row.verify_count >= checks else 0


def _is_absence_believed(row: Delivery) -> bool:
    """Tell whether a check that found nothing proves that nothing is there."""
    has_whole_draft = bool(row.draft_ref) and not row.draft_partial
    return has_whole_draft or row.verify_count >= _CHECKS_FOR_ABSENCE


def _record_published(row: Delivery, receipt: Receipt, now: datetime) -> int:
    """Move a row to published whose lost call turned out to have gone through."""
    return len(
        move_many(
            [row],
            State.PUBLISHED,
            now=now,
            remote_id=receipt.external_id,
            permalink=receipt.permalink,
            # Begun a moment ahead of its second, or, after a restore, at an hour that is only known
            # to be earlier.
            published_at=max(_begun_at(row), min(row.due_at, now)),
            lease_until=None,
            verify_at=None,
            error_code=Reason.NONE,
            platform_code="",
            error_detail="",
        )
    )


def _record_processing(row: Delivery, receipt: Receipt, now: datetime) -> int:
    """Move a row to processing: the platform took it and still works on it, or a person is to
    finish it.

    The person finishes it in the platform's app.
    """
    target = content.target_of(row.revision.content, row.channel.public_id) or {}
    is_in_app = facts_of(row.platform).format(target.get("format", "")).finished_in_app
    with transaction.atomic():
        moved = move_many(
            [row],
            State.PROCESSING,
            now=now,
            remote_id=receipt.external_id,
            permalink=receipt.permalink,
            lease_until=None,
            verify_at=now + timedelta(seconds=settings.PUBLISHING["processing_seconds"]),
            verify_count=0,
            error_code=Reason.IN_APP if is_in_app else Reason.NONE,
            platform_code="",
            error_detail="",
        )
        if is_in_app:
            notify_of_inbox_videos(moved)
    return len(moved)


# --- what platforms still work on -----------------------------------------------------------------


def _check_processing(platform: str, rows: Sequence[Delivery], now: Clock) -> int:
    """Ask what became of posts that the platform has taken and still works on."""
    pictures = pictures_for(rows)
    refused: list[Channel] = []
    moved = 0
    for row, answer in ask_platform(
        platform, rows, lambda row, account: _progress_call(row, account, pictures)
    ):
        match answer:
            case Receipt(processing=False):
                moved += _record_visible(row, answer, now())
            case Rejected():
                moved += _record_refused(row, answer, now())
                refused.append(row.channel)
            case _ if now() - (row.committing_at or row.due_at) > PROCESSING:
                reason = Reason.IN_APP if row.error_code == Reason.IN_APP else Reason.PROCESSING
                moved += ask_person(row, now(), reason=reason)
            case AccessLost():
                mark_lost(row.channel, code=answer.code)
            case ConnectorError(wait=timedelta() as wait):
                # Asked for again not sooner than the platform bears.
                later = Delivery.objects.filter(
                    pk=row.pk, state=State.PROCESSING, verify_at__lt=now() + wait
                )
                later.update(verify_at=now() + wait)
    if refused:
        # Perhaps because the page lets us in no longer: that is the platform's to say, and what it
        # says now counts.
        check(refused, now=now())
    return moved


def _progress_call(row: Delivery, account: Account, pictures: Pictures) -> Call:
    message = build_approved_message(row, pictures)
    return lambda connector: connector.check_processing(account, message, row.remote_id)


def _record_visible(row: Delivery, receipt: Receipt, now: datetime) -> int:
    """Move a row to published: residents see it now, at last.

    Its id may be another than while it was worked on; that a person finished it in the app stays on
    the row, for people have until the deadline.
    """
    fields: dict[str, Any] = {
        "remote_id": receipt.external_id,
        "permalink": receipt.permalink or row.permalink,
    }
    fields |= {"verify_at": None, "platform_code": "", "error_detail": ""}
    try:
        with transaction.atomic():
            return len(move_many([row], State.PUBLISHED, now=now, published_at=now, **fields))
    except IntegrityError:
        log.error(
            "delivery %s: the platform returned an id that another delivery has", row.public_id
        )
        return 0


def _record_refused(row: Delivery, error: Rejected, now: datetime) -> int:
    """Move a row to failed: the platform took it, looked at it and refused it after all."""
    fields: dict[str, Any] = {
        "error_code": Reason.REFUSED,
        "platform_code": error.code,
        "error_detail": error.detail,
    }
    with transaction.atomic():
        moved = move_many([row], State.FAILED, now=now, verify_at=None, **fields)
        if moved:
            notify_schedulers(
                row,
                "delivery_failed",
                reason=describe_reason(row.platform, error.code, error.detail),
            )
    return len(moved)
