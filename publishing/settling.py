"""Whatever is in doubt: leases that ran out, calls without an answer, deliveries whose time is over.

Nothing is sent here. A doubt ends by looking on the platform, or before a person.
"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse

from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import holders
from channels.connectors.base import AccessLost, Account, Receipt
from channels.queries import facts_of
from channels.services import mark_lost
from core.clock import Clock, database_now, steady
from posts.states import PostState
from publishing.models import Delivery
from publishing.outgoing import Pictures, ask, message_of, pictures_for
from publishing.rows import LOOKS, ask_person, due_looks, end_attempts, locked, only_one, tell
from publishing.services import move_many
from publishing.states import IN_HAND, State
from units.models import Unit

# Without the id of a draft, absence from a page's list is believed after this many looks.
_LOOKS_FOR_ABSENCE = 3


def settle(*, platform: str, clock: Clock = database_now) -> int:
    """Takes over from runs that died and looks into doubts; how many rows it moved."""
    with only_one(f"settle {platform}") as mine:
        if not mine:
            return 0
        now = steady(clock)
        return _reap(platform, now()) + _look(platform, now)


def _reap(platform: str, now: datetime) -> int:
    """A lease that ran out: its run is dead or frozen. Never straight back to scheduled: first it is looked into."""
    with transaction.atomic():
        rows = list(
            locked().filter(platform=platform, state__in=IN_HAND, lease_until__lt=now).select_related("unit")[:500]
        )
        grace = timedelta(seconds=settings.PUBLISHING["verify_grace_seconds"])
        begun = [row for row in rows if row.committing_at]
        quiet = [row for row in rows if not row.committing_at]
        fields = {"lease_until": None, "verify_count": 0, "error_code": "unknown"}
        moved = move_many(begun, State.VERIFYING, now=now, verify_at=now + grace, **fields)
        # No visible call can have been made: that statement was never reached, and now it can no longer succeed.
        moved |= move_many(quiet, State.VERIFYING, now=now, verify_at=now, **fields)
        end_attempts([row for row in rows if row.pk in moved], "unknown", now=now, detail="the run died")
    return len(moved)


def _look(platform: str, now: Clock) -> int:
    rows = due_looks(platform, State.VERIFYING, now())
    facts = facts_of(platform)
    asked = []
    moved = 0
    for row in rows:
        if row.committing_at is None:
            moved += _resume(row, now())
        elif not facts.finds:
            moved += ask_person(row, now())
        else:
            asked.append(row)
    pictures = pictures_for(asked)
    for row, answer in ask(platform, asked, lambda row, account: _find(row, account, pictures)):
        match answer:
            case Receipt():
                moved += _found(row, answer, now())
            case None if row.draft_ref or row.verify_count >= _LOOKS_FOR_ABSENCE:
                moved += _resume(row, now())
            case AccessLost():
                mark_lost(row.channel, reason=answer.detail, code=answer.code)
                moved += ask_person(row, now()) if row.verify_count >= LOOKS else 0
            case _ if row.verify_count >= LOOKS:
                moved += ask_person(row, now())
    return moved


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


def _resume(row: Delivery, now: datetime) -> int:
    """Certainly not visible: it may be tried again, if it is not too late by then."""
    if row.attempt >= settings.PUBLISHING["max_attempts"]:
        return ask_person(row, now)
    return len(
        move_many(
            [row],
            State.SCHEDULED,
            now=now,
            fire_at=max(now, row.due_at),
            verify_at=None,
            committing_at=None,
            error_code="later",
        )
    )


def expire(*, clock: Clock = database_now) -> int:
    """Ends what is past its time. Late posts never flood a page: they are put before a person instead."""
    now = clock()
    late = Q(not_after__lte=now) | Q(post__valid_until__lte=now) | Q(unit__valid_to__lte=now.date())
    waiting = locked().filter(state=State.SCHEDULED)
    moved = sum(_expire(rows, now, code="paused") for rows in (waiting.missed(now), waiting.filter(late).held(now)))
    moved += _expire(locked().filter(late, state__in=[State.SCHEDULED, State.BY_HAND]), now, code="expired")
    return moved + _stop_unapproved(now)


def _stop_unapproved(now: datetime) -> int:
    """What was under way or in doubt when its approval ended, and turned out not to stand: it makes room for the next
    version."""
    tried = locked().filter(state=State.SCHEDULED, attempt__gt=0).select_related("unit")
    with transaction.atomic():
        rows = list(tried.exclude(post__state=PostState.APPROVED, post__approved_revision=F("revision"))[:500])
        drafts = [row for row in rows if row.draft_ref]
        moved = move_many(drafts, State.RECALLING, now=now, verify_at=now, verify_count=0, error_code="stopped")
        bare = [row for row in rows if not row.draft_ref]
        return len(moved | move_many(bare, State.CANCELLED, now=now, error_code="stopped"))


def _expire(late: Any, now: datetime, *, code: str) -> int:
    with transaction.atomic():
        rows = list(late.select_related("unit", "channel", "post")[:500])
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
