"""Publishing frozen as a whole: by people, or by the portal itself when it finds that the database was restored.

A restored database is older than the pages: what it holds as scheduled may stand there since. So each worker asks,
before anything, whether this is still the database that it was. If not, publishing is frozen; all that may have been
sent since the last moment that the database knows of is put in doubt, and settling asks the pages. Two people then
release it. Taking posts down goes on meanwhile: it is harmless twice, and a wrong post cannot wait for two people.
"""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Count, Max, Q
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import require
from audit.services import record
from channels.connectors import CONNECTORS
from channels.states import Health
from core.clock import Clock, database_now
from core.errors import Refused
from publishing import broadcasts, identity
from publishing.identity import Here
from publishing.models import Delivery, Freeze, Pulse
from publishing.rows import end_attempts
from publishing.services import move_many
from publishing.states import IN_HAND, State
from units.models import Level, Unit

RESTORED, STOPPED = "restored", "stopped"
# Prepared ahead, so the old database may have had it in hand already.
_AHEAD = timedelta(minutes=2)


# --- which database is this? ------------------------------------------------------------------------------------------


def check() -> Freeze:
    """The one row. Freezes publishing when this is not the database that the row was written in; of many workers that
    see it at once, one does. One query when all is well."""
    here, row = _both()
    if row is None:
        Freeze.objects.bulk_create([Freeze(pk=1, database=here)], ignore_conflicts=True)
        row = Freeze.objects.get(pk=1)
    if row.database != here:
        _freeze_restored(row, here)
        row.refresh_from_db()
    return row


def _both() -> tuple[str, Freeze | None]:
    """Both in one statement, so that they belong to one database and cost one round trip."""
    row = Freeze.objects.annotate(here=Here()).filter(pk=1).first()
    return (row.here, row) if row else (identity.of(connection), None)


@transaction.atomic
def _freeze_restored(row: Freeze, here: str) -> None:
    now = database_now()
    won = Freeze.objects.filter(pk=1, database=row.database).update(
        database=here,
        frozen_at=now,
        reason=RESTORED,
        words="",
        frozen_by=None,
        # The bells rang every few seconds while the old database lived.
        known_until=Pulse.objects.aggregate(last=Max("rung_at"))["last"],
        doubted_at=None,
        read_back_at=None,
        release_asked_by=None,
        release_words="",
    )
    if won:
        record("publishing.frozen", row, unit_path=top().path, why=RESTORED)


def may_publish() -> bool:
    """Asked before a worker claims anything, and again before each further claim."""
    return check().frozen_at is None


def doubt_first(clock: Clock = database_now) -> None:
    """Called before anything is looked into, expired or taken down. After a restore the doubts come first: a lease of
    the old database that ran out, or a time that has passed, no longer proves that nothing was sent."""
    row = check()
    if row.frozen_at and row.reason == RESTORED and row.doubted_at is None:
        _doubt(clock)


# --- reading back -----------------------------------------------------------------------------------------------------


@transaction.atomic
def _doubt(clock: Clock) -> None:
    """Puts in doubt all that may have been sent since the last moment that the database knows of.

    Not only what fell due: what is planned for tomorrow may have been moved ahead and sent. Where a platform cannot be
    asked, a person is; those are spared what was not due.
    """
    row = Freeze.objects.select_for_update().get(pk=1)
    if row.doubted_at or not row.frozen_at or row.reason != RESTORED:
        return
    now = clock()
    blind = [kind for kind, connector in CONNECTORS.items() if not connector.facts.finds]
    waiting = Q(state=State.SCHEDULED) & ~Q(channel__health=Health.BY_HAND) & ~Q(channel__health=Health.DISCONNECTED)
    waiting &= ~Q(platform__in=blind) | Q(due_at__lte=now + _AHEAD)
    found = Delivery.objects.filter(waiting | Q(state__in=[*IN_HAND, State.VERIFYING])).select_related("unit")
    rows = list(found.select_for_update(of=("self",)).order_by("pk"))
    in_hand = [each for each in rows if each.state in IN_HAND]
    move_many(
        rows,
        State.VERIFYING,
        now=now,
        # From when on the page's list is read.
        each={
            each.pk: {"committing_at": min(t for t in (each.due_at, each.committing_at, row.known_until) if t)}
            for each in rows
        },
        lease_until=None,
        verify_at=now,
        verify_count=0,
        error_code="unknown",
    )
    end_attempts(in_hand, "unknown", now=now, detail="the database was restored")
    broadcasts.doubt_after_restore(now)
    Freeze.objects.filter(pk=1).update(doubted_at=now)


def is_reading() -> bool:
    """Whether the pages are being asked what they show since a restore."""
    return Freeze.objects.filter(frozen_at__isnull=False, reason=RESTORED, read_back_at__isnull=True).exists()


def read_back(clock: Clock = database_now) -> None:
    """Notes when no page is left to ask. The asking itself is the settling's, which goes on while frozen."""
    row = check()
    if not row.frozen_at or row.reason != RESTORED or row.read_back_at:
        return
    doubt_first(clock)
    if not doubts():
        Freeze.objects.filter(pk=1, frozen_at=row.frozen_at, doubted_at__isnull=False).update(read_back_at=clock())


# --- what people do ---------------------------------------------------------------------------------------------------


def top() -> Unit:
    """Freezing concerns the whole installation, so the right to do it is asked for at the ministry."""
    return Unit.objects.get(level=Level.MINISTRY)


def _reason(reason: str) -> str:
    if not reason.strip():
        raise Refused(_("Please write why."))
    return reason.strip()[:500]


@transaction.atomic
def freeze(*, by: User | None, reason: str, restored: bool = False, since: datetime | None = None) -> None:
    """From this commit on no post becomes visible anywhere. ``by`` is None at the console.

    ``restored`` reads the pages back as well: for a restore that the portal cannot see, such as a disk set back.
    ``since``: when the copy was made. Without it, the last bell: wrong where workers have rung after the restore.
    """
    unit = top()
    held = require(by, Permission.SYSTEM_WATCH, unit=unit) if by else None
    reason = _reason(reason)
    check()
    row = Freeze.objects.select_for_update().get(pk=1)
    if row.frozen_at and not (restored and row.reason == STOPPED):
        raise Refused(_("Publishing is frozen already."))
    row.frozen_at = row.frozen_at or database_now()
    row.reason, row.words, row.frozen_by = (RESTORED if restored else STOPPED), reason, by
    last = Pulse.objects.aggregate(last=Max("rung_at"))["last"]
    row.known_until = min(filter(None, (since, last)), default=None) if restored else None
    row.doubted_at = row.read_back_at = row.release_asked_by = None
    row.release_words = ""
    row.save()
    record(
        "publishing.frozen",
        row,
        by=by,
        post_held=held.post_held if held else "",
        reason=reason,
        unit_path=unit.path,
        why=row.reason,
    )


@transaction.atomic
def release(*, by: User | None, reason: str) -> bool:
    """Publishing goes on. Whether it does: after a restore the first person only asks, and a second one releases."""
    unit = top()
    held = require(by, Permission.SYSTEM_WATCH, unit=unit) if by else None
    row = Freeze.objects.select_for_update().filter(pk=1, frozen_at__isnull=False).first()
    if row is None:
        raise Refused(_("Publishing is not frozen."))
    if row.reason == RESTORED and row.read_back_at is None:
        raise Refused(_("The pages are still being read. Release publishing when that is done."))
    who = {"by": by, "post_held": held.post_held if held else "", "unit_path": unit.path}
    if by and row.reason == RESTORED and row.release_asked_by_id in (None, by.pk):
        if row.release_asked_by_id:
            raise Refused(_("A second administrator of the ministry has to confirm. Nobody does both."))
        row.release_asked_by, row.release_words = by, _reason(reason)
        row.save(update_fields=["release_asked_by", "release_words"])
        record("publishing.release_asked", row, reason=row.release_words, **who)
        return False
    record("publishing.released", row, reason=_reason(reason), **who)
    row.frozen_at, row.reason, row.words, row.frozen_by, row.release_asked_by = None, "", "", None, None
    row.release_words = ""
    row.save()
    return True


def doubts() -> int:
    """How many pages are still to be asked."""
    return Delivery.objects.filter(state=State.VERIFYING).count()


def waiting() -> dict[str, int]:
    """What a release means: how many posts go out at once, and how many are too late by then."""
    now = database_now()
    due = Delivery.objects.filter(state=State.SCHEDULED, due_at__lte=now)
    return due.aggregate(
        go=Count("pk", filter=Q(not_after__gt=now)), too_late=Count("pk", filter=Q(not_after__lte=now))
    )
