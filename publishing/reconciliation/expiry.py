"""The end of deliveries whose time is over, and of those whose approval ended."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Min, Q
from django.urls import reverse
from django.utils import timezone

from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import holders
from core.clock import Clock, database_now
from posts.models import RevisionMedia
from posts.states import PostState
from publishing.deliveries.claims import skip_locked
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
