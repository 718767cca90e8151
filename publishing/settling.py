"""Whatever is in doubt: leases that ran out, calls without an answer, deliveries whose time is over.

And what a platform has taken and still works on. Nothing is sent here. A doubt ends by looking on the platform, or
before a person.
"""

import logging
import time
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DataError, IntegrityError, transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import holders
from channels.connectors.base import AccessLost, Account, ConnectorError, Receipt, Rejected, TryLater
from channels.models import Channel
from channels.queries import facts_of
from channels.reasons import in_words
from channels.services import check, mark_lost
from core.clock import Clock, database_now, steady
from core.sessions import Gone
from posts.states import PostState
from publishing import freezing
from publishing.models import Delivery
from publishing.outgoing import Pictures, ask, message_of, pictures_for
from publishing.rows import LOOKS, ask_person, due_looks, end_attempts, locked, only_one, tell, tell_of_inbox
from publishing.services import move_many
from publishing.states import IN_HAND, State
from publishing.wire import longest_call
from units.models import Unit

log = logging.getLogger(__name__)

# Without the id of a whole draft, absence from a page's list is believed after this many looks.
_LOOKS_FOR_ABSENCE = 3
_BATCH = 500
# Seconds that one ring goes on for while there is more to do.
_AT_A_RING = 20.0
# So long a platform may work on what it has taken, or a person on what waits in its app.
PROCESSING = timedelta(hours=24)


def settle(*, platform: str, clock: Clock = database_now) -> int:
    """Takes over from runs that died and looks into doubts, until nothing is left to do now or the next ring may as
    well go on; how many rows it moved."""
    moved, until = 0, time.monotonic() + _AT_A_RING
    look, word = settings.PUBLISHING["look_seconds"], settings.PUBLISHING["processing_seconds"]
    with only_one(f"settle {platform}") as mine:
        while mine and time.monotonic() < until:
            now = steady(clock)
            freed = _reap(platform, now()) + _release(platform, now())
            begun = {"committing_at__isnull": False}
            doubts = due_looks(platform, State.VERIFYING, now(), first=look, longest=max(900, look), **begun)
            moved += freed + _look(platform, doubts, now)
            taken = due_looks(platform, State.PROCESSING, now(), first=word, longest=20 * word)
            moved += _follow(platform, taken, now)
            if not (freed or doubts or taken):
                break
    return moved


def waiting(clock: Clock = database_now) -> list[str]:
    """The platforms on which a run has died, or something is to be looked at now."""
    now = clock()
    dead = Q(_left(now), state__in=sorted(IN_HAND))
    looks = Q(state__in=[State.VERIFYING, State.PROCESSING], verify_at__lte=now)
    found = (Delivery.objects.filter(each).order_by().values_list("platform", flat=True) for each in (dead, looks))
    return sorted({platform for rows in found for platform in rows.distinct()})


def _left(now: datetime) -> Q:
    """Of what is in hand: its run is dead or frozen. A run may also have lost no more than its connection: where the
    platform cannot be asked about a call that is under way, its receipt is waited for as long as the lease runs."""
    mute = [name for name in settings.PLATFORMS if not facts_of(name).finds]
    told_by_lease = Q(committing_at__isnull=False, platform__in=mute)
    return Q(lease_until__lt=now) | Q(Gone("session")) & ~told_by_lease


def _reap(platform: str, now: datetime) -> int:
    """Takes over what was left. Never straight back to scheduled: first it is looked into."""
    with transaction.atomic():
        rows = list(locked().filter(_left(now), platform=platform, state__in=IN_HAND).select_related("unit")[:_BATCH])
        grace = timedelta(seconds=settings.PUBLISHING["verify_grace_seconds"])
        fields = {"lease_until": None, "verify_count": 0, "error_code": "unknown"}
        # Its run may live on without its connection: until then the call may be on its way.
        ends = {row.pk: row.committing_at + longest_call() for row in rows if row.committing_at}
        looks = {pk: {"verify_at": max(now, at) + grace} for pk, at in ends.items()}
        begun = move_many([row for row in rows if row.pk in looks], State.VERIFYING, now=now, each=looks, **fields)
        # No visible call can have been made: that statement was never reached, and now it can no longer succeed.
        quiet = [row for row in rows if row.pk not in looks]
        idle = move_many(quiet, State.VERIFYING, now=now, verify_at=now, **fields)
        end_attempts([row for row in rows if row.pk in begun], "unknown", now=now, detail="the run died")
        end_attempts([row for row in rows if row.pk in idle], "stopped", now=now, detail="the run died")
    return len(begun | idle)


def _release(platform: str, now: datetime) -> int:
    """What nobody was told to make visible needs no look on the platform."""
    idle = locked().filter(platform=platform, state=State.VERIFYING, verify_at__lte=now, committing_at__isnull=True)
    with transaction.atomic():
        return _resume(list(idle.select_related("unit")[:_BATCH]), now)


def _look(platform: str, rows: list[Delivery], now: Clock) -> int:
    facts = facts_of(platform)
    asked = []
    moved = 0
    for row in rows:
        if not facts.finds:
            moved += ask_person(row, now())
        else:
            asked.append(row)
    pictures = pictures_for(asked)
    reading = bool(asked) and freezing.is_reading()
    answers = ask(platform, asked, lambda row, account: _find(row, account, pictures))
    if reading:
        # Of several that say the same on one page, what stands is the first one's.
        answers = sorted(answers, key=lambda pair: pair[0].due_at)
    for row, answer in answers:
        try:
            # After a restore the whole country waits for the one page that says no. A platform that is away, or asks to
            # wait, is waited for: else all that is planned there would be put before people.
            away = isinstance(answer, ConnectorError) and (answer.silent or isinstance(answer, TryLater))
            moved += _conclude(row, answer, now(), _LOOKS_FOR_ABSENCE if reading and not away else LOOKS)
        except (IntegrityError, DataError):
            log.error("delivery %s: the platform returned an id that another delivery has", row.public_id)
            moved += ask_person(row, now())
    return moved


def _conclude(row: Delivery, answer: Any, now: datetime, looks: int) -> int:
    """IntegrityError when what was found is another delivery's: only a person can tell them apart."""
    match answer:
        case Receipt(processing=True):
            return _taken(row, answer, now)
        case Receipt():
            return _found(row, answer, now)
        case None if (row.draft_ref and not row.draft_partial) or row.verify_count >= _LOOKS_FOR_ABSENCE:
            return _resume([row], now)
        case AccessLost():
            mark_lost(row.channel, reason=answer.detail, code=answer.code)
    return ask_person(row, now) if row.verify_count >= looks else 0


def _find(row: Delivery, account: Account, pictures: Pictures) -> Any:
    message = message_of(row, pictures)
    return lambda connector: connector.find(account, message, row.draft_ref, row.committing_at)


def _found(row: Delivery, receipt: Receipt, now: datetime) -> int:
    return len(
        move_many(
            [row],
            State.PUBLISHED,
            now=now,
            remote_id=receipt.external_id,
            permalink=receipt.permalink,
            # Begun a moment ahead of its second, or, after a restore, at an hour that is only known to be earlier.
            published_at=max(row.committing_at, min(row.due_at, now)),
            verify_at=None,
            error_code="",
            platform_code="",
            error_detail="",
        )
    )


def _taken(row: Delivery, receipt: Receipt, now: datetime) -> int:
    """It came through, and the platform still works on it, or a person is to finish it in the app."""
    in_app = _format_of(row) == "inbox"
    with transaction.atomic():
        moved = move_many(
            [row],
            State.PROCESSING,
            now=now,
            remote_id=receipt.external_id,
            permalink=receipt.permalink,
            verify_at=now + timedelta(seconds=settings.PUBLISHING["processing_seconds"]),
            verify_count=0,
            error_code="in_app" if in_app else "",
            platform_code="",
            error_detail="",
        )
        if in_app:
            tell_of_inbox(moved)
    return len(moved)


def _format_of(row: Delivery) -> str:
    wanted = str(row.channel.public_id)
    return next((t.get("format", "") for t in row.revision.content["channels"] if t["channel"] == wanted), "")


def _follow(platform: str, rows: list[Delivery], now: Clock) -> int:
    """Asks what became of posts that the platform has taken and still works on."""
    pictures = pictures_for(rows)
    refused: list[Channel] = []
    moved = 0
    for row, answer in ask(platform, rows, lambda row, account: _progress(row, account, pictures)):
        match answer:
            case Receipt(processing=False):
                moved += _stands(row, answer, now())
            case Rejected():
                moved += _refused(row, answer, now())
                refused.append(row.channel)
            case _ if now() - (row.committing_at or row.due_at) > PROCESSING:
                moved += ask_person(row, now(), code="in_app" if row.error_code == "in_app" else "processing")
            case AccessLost():
                mark_lost(row.channel, reason=answer.detail, code=answer.code)
            case ConnectorError(wait=timedelta() as wait):
                # Asked for again not sooner than the platform bears.
                later = Delivery.objects.filter(pk=row.pk, state=State.PROCESSING, verify_at__lt=now() + wait)
                later.update(verify_at=now() + wait)
    if refused:
        # Perhaps because the page lets us in no longer: that is the platform's to say, and what it says now counts.
        check(refused, now=now())
    return moved


def _progress(row: Delivery, account: Account, pictures: Pictures) -> Any:
    message = message_of(row, pictures)
    return lambda connector: connector.progress(account, message, row.remote_id)


def _stands(row: Delivery, receipt: Receipt, now: datetime) -> int:
    """Residents see it now, at last. Its id may be another than while it was worked on; that a person finished it in
    the app stays on the row, for people have until the deadline."""
    told = {"remote_id": receipt.external_id, "permalink": receipt.permalink or row.permalink}
    clean = {"verify_at": None, "platform_code": "", "error_detail": ""}
    try:
        with transaction.atomic():
            return len(move_many([row], State.PUBLISHED, now=now, published_at=now, **told, **clean))
    except IntegrityError:
        log.error("delivery %s: the platform returned an id that another delivery has", row.public_id)
        return 0


def _refused(row: Delivery, error: Rejected, now: datetime) -> int:
    """Taken, looked at and refused after all."""
    told = {"error_code": "refused", "platform_code": error.code, "error_detail": error.detail}
    with transaction.atomic():
        moved = move_many([row], State.FAILED, now=now, verify_at=None, **told)
        if moved:
            tell(row, "delivery_failed", reason=in_words(row.platform, error.code, error.detail))
    return len(moved)


def _resume(rows: list[Delivery], now: datetime) -> int:
    """Certainly not visible: they may be tried again, if it is not too late by then."""
    tired = [row for row in rows if row.tries >= settings.PUBLISHING["max_attempts"]]
    moved = sum(ask_person(row, now) for row in tired)
    plain, films = {}, {}
    for row in rows:
        # Once is an accident. What kills every run that takes it must not use up its tries in a minute.
        at = now + timedelta(seconds=min(90, 5 * 2 ** (row.attempt - 2)) if row.attempt > 1 else 0)
        if row.prepare_at:
            films[row.pk] = {"fire_at": max(at, row.due_at), "prepare_at": max(at, row.prepare_at)}
        else:
            plain[row.pk] = {"fire_at": max(at, row.due_at)}
    for each in (plain, films):
        alike = [row for row in rows if row.pk in each and row not in tired]
        fields = {"verify_at": None, "committing_at": None, "error_code": "later"}
        moved += len(move_many(alike, State.SCHEDULED, now=now, each=each, **fields))
    return moved


def expire(*, clock: Clock = database_now) -> int:
    """Ends what is past its time. Late posts never flood a page: they are put before a person instead."""
    now = clock()
    late = Q(not_after__lte=now) | Q(post__valid_until__lte=now) | Q(unit__valid_to__lte=timezone.localdate(now))
    waiting = locked().filter(state=State.SCHEDULED)
    moved = sum(_expire(rows, now, code="paused") for rows in (waiting.missed(now), waiting.filter(late).held(now)))
    moved += _expire(locked().filter(late, state__in=[State.SCHEDULED, State.BY_HAND]), now, code="expired")
    return moved + _stop_unapproved(now)


def _stop_unapproved(now: datetime) -> int:
    """What was under way or in doubt when its approval ended, and turned out not to stand: it makes room for the next
    version."""
    tried = locked().filter(state=State.SCHEDULED, attempt__gt=0).select_related("unit")
    with transaction.atomic():
        rows = list(tried.exclude(post__state=PostState.APPROVED, post__approved_revision=F("revision"))[:_BATCH])
        drafts = [row for row in rows if row.draft_ref]
        moved = move_many(drafts, State.RECALLING, now=now, verify_at=now, verify_count=0, error_code="stopped")
        bare = [row for row in rows if not row.draft_ref]
        return len(moved | move_many(bare, State.CANCELLED, now=now, error_code="stopped"))


def _expire(late: Any, now: datetime, *, code: str) -> int:
    with transaction.atomic():
        rows = list(late.select_related("unit", "channel", "post")[:_BATCH])
        moved = move_many(rows, State.EXPIRED, now=now, error_code=code)
        rows = [row for row in rows if row.pk in moved]
        if code == "paused":
            _tell_held_back(rows)
        else:
            for row in rows:
                tell(row, "delivery_expired")
    return len(moved)


def _tell_held_back(rows: list[Delivery]) -> None:
    """One notice a unit, however much a pause held back there."""
    by_unit: dict[Unit, int] = {}
    for row in rows:
        by_unit[row.unit] = by_unit.get(row.unit, 0) + 1
    for unit, n in by_unit.items():
        people = holders(Permission.POST_SCHEDULE, unit=unit)
        notify(people, "pause_held_back", address=reverse("publishing:held"), n=n)
