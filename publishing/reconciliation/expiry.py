"""The end of deliveries whose time is over, whose approval ended, or that a stricter rule of the
leak check stops.
"""

import time
from datetime import datetime, timedelta
from itertools import batched
from typing import Any

from django.db import transaction
from django.db.models import F, Min, Q
from django.urls import reverse
from django.utils import timezone

from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import holders
from core.clock import Clock, database_now
from posts.leak_rules.enforcement import find_held_back
from posts.models import RevisionMedia
from posts.states import PostState
from publishing.deliveries.claims import skip_locked
from publishing.deliveries.leaks import fail_deliveries_with_leaks
from publishing.deliveries.notices import notify_schedulers
from publishing.deliveries.transitions import move_many
from publishing.models import Delivery, match_expired_media
from publishing.reconciliation.reconcile import BATCH
from publishing.states import WAITING, Reason, State
from units.models import Unit


def expire(*, clock: Clock = database_now) -> int:
    """End what is past its time; return how many rows it moved.

    Late posts never flood a page: they are put before a person instead.
    """
    now = clock()
    late = (
        Q(not_after__lte=now)
        | Q(post__valid_until__lte=now)
        | Q(post__legal_until__lt=timezone.localdate(now))
        | Q(unit__valid_to__lte=timezone.localdate(now))
        | Q(match_expired_media(now))
    )
    waiting = skip_locked().filter(state=State.SCHEDULED)
    moved = sum(
        _expire(rows, now, reason=Reason.PAUSED)
        for rows in (waiting.missed(now), waiting.filter(late).under_pause(now))
    )
    moved += _expire(skip_locked().filter(late, state__in=WAITING), now, reason=Reason.EXPIRED)
    return moved + _stop_unapproved(now)


def _stop_unapproved(now: datetime) -> int:
    """Stop what was under way or of unknown outcome when its approval ended, and turned out not to
    be live.

    It makes room for the next version.
    """
    tried = skip_locked().filter(state=State.SCHEDULED, attempt__gt=0).select_related("unit")
    with transaction.atomic():
        rows = list(
            tried.exclude(post__state=PostState.APPROVED, post__approved_revision=F("revision"))[
                :BATCH
            ]
        )
        with_draft = [row for row in rows if row.draft_ref]
        moved = move_many(
            with_draft,
            State.RECALLING,
            now=now,
            verify_at=now,
            verify_count=0,
            error_code=Reason.STOPPED,
        )
        without_draft = [row for row in rows if not row.draft_ref]
        return len(
            moved | move_many(without_draft, State.CANCELLED, now=now, error_code=Reason.STOPPED)
        )


def _expire(late: Any, now: datetime, *, reason: Reason) -> int:
    with transaction.atomic():
        rows = list(late.select_related("unit", "channel", "post")[:BATCH])
        moved = move_many(rows, State.EXPIRED, now=now, error_code=reason)
        rows = [row for row in rows if row.pk in moved]
        if reason == Reason.PAUSED:
            # One notice a unit, however much a pause held back there.
            by_unit: dict[Unit, int] = {}
            for row in rows:
                by_unit[row.unit] = by_unit.get(row.unit, 0) + 1
            for unit, n in by_unit.items():
                people = holders(Permission.POST_SCHEDULE, unit=unit)
                notify(people, "pause_held_back", address=reverse("publishing:held"), n=n)
        else:
            _notify_of_end(rows, now)
    return len(moved)


def _notify_of_end(rows: list[Delivery], now: datetime) -> None:
    """Say what was too late, or which day of a picture is over."""
    revisions = {row.revision_id for row in rows}
    over = RevisionMedia.objects.filter(
        revision__in=revisions, media__expires_on__lt=timezone.localdate(now)
    )
    days = dict(
        over.values("revision")
        .annotate(day=Min("media__expires_on"))
        .values_list("revision", "day")
    )
    for row in rows:
        if day := days.get(row.revision_id):
            notify_schedulers(row, "picture_over", day=f"{day:%d/%m/%Y}")
        else:
            notify_schedulers(row, "delivery_expired")


# So long before its hour content is checked by the rules as they are: its unit has time to change
# it, and the engine finds it checked.
CHECKED_AHEAD = timedelta(days=1)
# Seconds after which a run leaves the rest to the next one: a new set of rules reads everything.
_LONGEST_RUN = 20.0
_AT_ONCE = 200


def stop_leaks(*, clock: Clock = database_now) -> int:
    """Check what goes out within a day, the soonest first; return how many deliveries it ended."""
    now, begun = clock(), time.monotonic()
    ahead = Delivery.objects.filter(state=State.SCHEDULED, fire_at__lte=now + CHECKED_AHEAD)
    soonest = dict(ahead.order_by("fire_at", "pk").values_list("revision", "unit__path"))
    held: set[int] = set()
    for some in batched(soonest.items(), _AT_ONCE):
        held |= find_held_back(dict(some), now=now)
        if time.monotonic() - begun > _LONGEST_RUN:
            break
    if not held:
        return 0
    with transaction.atomic():
        waiting = skip_locked().filter(state=State.SCHEDULED, revision__in=held)
        rows = list(waiting.select_related("unit", "channel", "post")[:BATCH])
        return len(fail_deliveries_with_leaks(rows, now=now))
