"""Publishing frozen as a whole: by people, or by the portal itself when it finds that the database
was restored.

A restored database is older than the pages: what it holds as scheduled may be live there since. So
each worker asks, before anything, whether this is still the database that it was. If not,
publishing is frozen; all that may have been sent since the last moment that the database knows of
gets an unknown outcome, and the reconciliation asks the pages. Two people then release it. Taking
posts down goes on meanwhile: it is harmless twice, and a wrong post cannot wait for two people.
"""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Count, Max, Q
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import require
from audit.services import record
from channels.states import Health
from core.clock import Clock, database_now
from core.errors import Refused
from core.reasons import require_reason
from platforms.registry import CONNECTORS
from publishing.broadcasts import worker as broadcast_worker
from publishing.deliveries.transitions import end_attempts, move_many
from publishing.models import Delivery, Freeze, Heartbeat
from publishing.models.database_identity import CurrentDatabaseId, database_id
from publishing.states import (
    IN_HAND,
    PLANNED_IN_A_COPY,
    UNKNOWN_AFTER_RESTORE,
    Outcome,
    Reason,
    State,
)
from units.models import Level, Unit

RESTORED, STOPPED = "restored", "stopped"
# Prepared ahead, so the old database may have had it in hand already.
_AHEAD = timedelta(minutes=2)


# --- which database is this? ----------------------------------------------------------------------


def check_database() -> Freeze:
    """Return the one row; freeze publishing when this is not the database that wrote it.

    Of many workers that see it at once, one does. One query when all is well.
    """
    here, row = _read_identity_and_freeze()
    if row is None:
        Freeze.objects.bulk_create([Freeze(pk=1, database=here)], ignore_conflicts=True)
        row = Freeze.objects.get(pk=1)
    if row.database != here:
        _freeze_restored(row, here)
        row.refresh_from_db()
    return row


def _read_identity_and_freeze() -> tuple[str, Freeze | None]:
    """Return the database's identity and the row in one
    statement: both belong to one database, in one round trip."""
    row = Freeze.objects.annotate(here=CurrentDatabaseId()).filter(pk=1).first()
    return (row.here, row) if row else (database_id(connection), None)


@transaction.atomic
def _freeze_restored(row: Freeze, here: str) -> None:
    now = database_now()
    won = Freeze.objects.filter(pk=1, database=row.database).update(
        database=here,
        frozen_at=now,
        reason=RESTORED,
        words="",
        frozen_by=None,
        # Ticks were recorded every few seconds while the old database lived.
        known_until=Heartbeat.objects.aggregate(last=Max("last_seen_at"))["last"],
        marked_unknown_at=None,
        read_back_at=None,
        release_asked_by=None,
        release_words="",
    )
    if won:
        record("publishing.frozen", row, unit_path=ministry_unit().path, why=RESTORED)


def may_publish() -> bool:
    """Tell whether publishing is not frozen. Asked before a
    worker claims anything, and again before each further claim."""
    return check_database().frozen_at is None


def mark_unknown_after_restore(clock: Clock = database_now) -> None:
    """Mark the unknown outcomes of a restore, before anything is checked, expired or taken down.

    A lease of the old database that ran out, or a time that has passed, no longer proves that
    nothing was sent.
    """
    row = check_database()
    if row.frozen_at and row.reason == RESTORED and row.marked_unknown_at is None:
        _mark_unknown_now(clock)


# --- reading back ---------------------------------------------------------------------------------


@transaction.atomic
def _mark_unknown_now(clock: Clock) -> None:
    """Mark as unknown all that may have been sent since the last moment that the database knows of.

    Not only what fell due: what is planned for tomorrow may have been moved ahead and sent. Where a
    platform cannot be asked, a person is; those are spared what was not due.
    """
    row = Freeze.objects.select_for_update().get(pk=1)
    if row.marked_unknown_at or not row.frozen_at or row.reason != RESTORED:
        return
    now = clock()
    blind = [kind for kind, connector in CONNECTORS.items() if not connector.facts.finds]
    waiting = (
        Q(state__in=PLANNED_IN_A_COPY)
        & ~Q(channel__health=Health.MANUAL)
        & ~Q(channel__health=Health.DISCONNECTED)
    )
    waiting &= ~Q(platform__in=blind) | Q(due_at__lte=now + _AHEAD)
    deliveries = Delivery.objects.filter(
        waiting | Q(state__in=UNKNOWN_AFTER_RESTORE)
    ).select_related("unit")
    rows = list(deliveries.select_for_update(of=("self",)).order_by("pk"))
    in_hand = [delivery for delivery in rows if delivery.state in IN_HAND]
    move_many(
        rows,
        State.VERIFYING,
        now=now,
        # From when on the page's list is read.
        values_by_pk={
            delivery.pk: {"committing_at": _earliest_call(delivery, row.known_until)}
            for delivery in rows
        },
        lease_until=None,
        verify_at=now,
        verify_count=0,
        error_code=Reason.UNKNOWN,
    )
    end_attempts(in_hand, Outcome.UNKNOWN, now=now, detail="the database was restored")
    broadcast_worker.mark_unknown_after_restore(now)
    Freeze.objects.filter(pk=1).update(marked_unknown_at=now)


def _earliest_call(delivery: Delivery, known_until: datetime | None) -> datetime:
    """Return since when the delivery's visible call may have been made after the copy."""
    known = (delivery.due_at, delivery.committing_at, known_until)
    return min(moment for moment in known if moment)


def is_reading_back() -> bool:
    """Tell whether the pages are being asked what they show since a restore."""
    return Freeze.objects.filter(
        frozen_at__isnull=False, reason=RESTORED, read_back_at__isnull=True
    ).exists()


def note_pages_read_back(clock: Clock = database_now) -> None:
    """Note when no page is left to ask. The asking itself is
    done by the reconciliation, which goes on while frozen."""
    row = check_database()
    if not row.frozen_at or row.reason != RESTORED or row.read_back_at:
        return
    mark_unknown_after_restore(clock)
    if not count_unknown_outcomes():
        Freeze.objects.filter(
            pk=1, frozen_at=row.frozen_at, marked_unknown_at__isnull=False
        ).update(read_back_at=clock())


# --- what people do -------------------------------------------------------------------------------


def ministry_unit() -> Unit:
    """Return the ministry, where the right to freeze is
    checked: it concerns the whole installation."""
    return Unit.objects.get(level=Level.MINISTRY)


def _require_words(reason: str) -> str:
    return require_reason(reason, _("Please write why."))


@transaction.atomic
def freeze(
    *, by: User | None, reason: str, restored: bool = False, since: datetime | None = None
) -> None:
    """Freeze publishing: from this commit on no post becomes visible anywhere. ``by`` is None at
    the console.

    ``restored`` reads the pages back as well: for a restore that the portal cannot see, such as a
    disk set back. ``since``: when the copy was made. Without it, the last tick: wrong where workers
    have run after the restore.
    """
    unit = ministry_unit()
    appointment = require(by, Permission.SYSTEM_WATCH, unit=unit) if by else None
    reason = _require_words(reason)
    check_database()
    row = Freeze.objects.select_for_update().get(pk=1)
    if row.frozen_at and not (restored and row.reason == STOPPED):
        raise Refused(_("Publishing is frozen already."))
    row.frozen_at = row.frozen_at or database_now()
    row.reason, row.words, row.frozen_by = (RESTORED if restored else STOPPED), reason, by
    last = Heartbeat.objects.aggregate(last=Max("last_seen_at"))["last"]
    row.known_until = min(filter(None, (since, last)), default=None) if restored else None
    row.marked_unknown_at = row.read_back_at = row.release_asked_by = None
    row.release_words = ""
    row.save()
    record(
        "publishing.frozen",
        row,
        by=by,
        position=appointment.position if appointment else "",
        reason=reason,
        unit_path=unit.path,
        why=row.reason,
    )


@transaction.atomic
def release(*, by: User | None, reason: str) -> bool:
    """Release publishing and tell whether that is done: after a
    restore the first person only asks, and a second releases."""
    unit = ministry_unit()
    appointment = require(by, Permission.SYSTEM_WATCH, unit=unit) if by else None
    row = Freeze.objects.select_for_update().filter(pk=1, frozen_at__isnull=False).first()
    if row is None:
        raise Refused(_("Publishing is not frozen."))
    if row.reason == RESTORED and row.read_back_at is None:
        raise Refused(_("The pages are still being read. Release publishing when that is done."))
    who = {
        "by": by,
        "position": appointment.position if appointment else "",
        "unit_path": unit.path,
    }
    if by and row.reason == RESTORED and row.release_asked_by_id in (None, by.pk):
        if row.release_asked_by_id:
            raise Refused(
                _("A second administrator of the ministry has to confirm. Nobody does both.")
            )
        row.release_asked_by, row.release_words = by, _require_words(reason)
        row.save(update_fields=["release_asked_by", "release_words"])
        record("publishing.release_asked", row, reason=row.release_words, **who)
        return False
    record("publishing.released", row, reason=_require_words(reason), **who)
    row.frozen_at, row.reason, row.words, row.frozen_by, row.release_asked_by = (
        None,
        "",
        "",
        None,
        None,
    )
    row.release_words = ""
    row.save()
    return True


def count_unknown_outcomes() -> int:
    """Count the deliveries whose pages are still to be asked."""
    return Delivery.objects.filter(state=State.VERIFYING).count()


def count_due_posts() -> dict[str, int]:
    """Count what a release means: how many posts go out at once, and how many are too late."""
    now = database_now()
    due = Delivery.objects.filter(state=State.SCHEDULED, due_at__lte=now)
    return due.aggregate(
        go=Count("pk", filter=Q(not_after__gt=now)),
        too_late=Count("pk", filter=Q(not_after__lte=now)),
    )
