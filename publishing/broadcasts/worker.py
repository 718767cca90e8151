"""The worker that sends confirmed broadcasts, once and in daylight."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef

from accounts.permissions import Permission
from accounts.queries import holders
from channels.connection.health import mark_lost
from channels.queries import account_of
from core.clock import Clock, database_now
from core.sealing import Unsealable
from platforms import client
from platforms.client import Answers, Request
from platforms.errors import AccessLost, ConnectorError, Rejected, TryLater
from platforms.messages import Account
from publishing.broadcasts import seals
from publishing.broadcasts.broadcasting import (
    find_schedulers,
    is_within_sending_hours,
    move,
    notify_people,
    record_step,
)
from publishing.deliveries.messages import has_proved_approval
from publishing.deliveries.transitions import TransitionRefused
from publishing.models import Broadcast, Delivery
from publishing.states import (
    BROADCAST_GOING_OUT,
    BROADCASTS_UNDER_WAY,
    BroadcastReason,
    BroadcastState,
)

log = logging.getLogger(__name__)
# Longer than the queue for a platform's calls and the call itself.
_LEASE = timedelta(seconds=120)
_BEGIN_WITHIN = 30.0  # seconds after which a call that has not begun is not begun any more
_MOST_TRIES = 5
_AT_ONCE = 20


def send_due(clock: Clock = database_now) -> int:
    """Send what is confirmed and due, each at most once; return how many calls were made.

    Any number of workers may call it.
    """
    if not Broadcast.objects.filter(state__in=BROADCASTS_UNDER_WAY).exists():
        return 0  # the usual case; the questions below take 20 ms
    end_unsendable(clock)
    due = Broadcast.objects.filter(state=BroadcastState.CONFIRMED, send_at__lte=clock()).order_by(
        "send_at", "pk"
    )
    # Marked before its sending is committed: a worker that is frozen after that does not make the
    # call any more.
    begun = [
        (row, mark)
        for row in _load(due)[:_AT_ONCE]
        for mark in [monotonic()]
        if _begin(row, clock())
    ]
    _run(begun, clock)
    return len(begun)


def _load(rows: Any) -> Any:
    return rows.select_related(
        "delivery__post",
        "delivery__channel",
        "delivery__revision",
        "channel",
        "unit",
        "asked_by",
        "confirmed_by",
    )


def end_unsendable(clock: Clock = database_now) -> None:
    """End what can no longer be sent.

    A call whose worker died, what nobody confirmed, what became too late or is no longer approved.
    """
    now = clock()
    for row in _load(
        Broadcast.objects.filter(state=BroadcastState.SENDING, sending_at__lt=now - _LEASE)
    ):
        _mark_unknown(row, BroadcastReason.DIED)
    for row in _load(Broadcast.objects.filter(state=BroadcastState.PLANNED, asked_until__lte=now)):
        _try_to(
            move,
            row,
            BroadcastState.CANCELLED,
            error_code=BroadcastReason.UNCONFIRMED,
            ended_at=now,
        )
    for row in _load(Broadcast.objects.filter(state=BroadcastState.CONFIRMED, not_after__lte=now)):
        _fail(row, BroadcastReason.TOO_LATE, now=now)
    approved = Delivery.objects.still_approved(now).filter(
        pk=OuterRef("delivery"), state="published"
    )
    for row in _load(Broadcast.objects.filter(~Exists(approved), state=BroadcastState.CONFIRMED)):
        _fail(row, BroadcastReason.NOT_LIVE, now=now)


def mark_unknown_after_restore(now: datetime) -> None:
    """Mark every open broadcast as unknown or cancelled after a restore.

    The database is older than what was sent: what it holds as confirmed may have gone out, what it
    holds as asked for may have been confirmed. Called with publishing frozen.
    """
    for row in _load(Broadcast.objects.filter(state__in=BROADCAST_GOING_OUT)):
        _mark_unknown(row, BroadcastReason.RESTORED)
    for row in _load(Broadcast.objects.filter(state=BroadcastState.PLANNED)):
        _try_to(
            move, row, BroadcastState.CANCELLED, error_code=BroadcastReason.RESTORED, ended_at=now
        )


def _begin(row: Broadcast, now: datetime) -> bool:
    """Check for the last time and begin the sending: the statement that everybody else loses
    against.

    It is committed before anything is called.
    """
    may = Delivery.objects.broadcastable(now).filter(pk=OuterRef("delivery"))
    claimable = Broadcast.objects.filter(
        Exists(may),
        pk=row.pk,
        state=BroadcastState.CONFIRMED,
        tries=row.tries,
        send_at__lte=now,
        not_after__gt=now,
    )
    if not is_within_sending_hours(now):
        return False
    if seals.has_ended(row) or not (seals.is_sealed(row) and has_proved_approval(row.delivery)):
        log.error(
            "broadcast %s: its confirmation or its post's approval is not proved", row.public_id
        )
        _fail(row, BroadcastReason.NOT_APPROVED, now=now)
        return False
    with transaction.atomic():
        if not claimable.update(state=BroadcastState.SENDING, sending_at=now, tries=F("tries") + 1):
            return False
        row.refresh_from_db(fields=["state", "sending_at", "tries"])
        record_step(row, str(BroadcastState.SENDING), was=BroadcastState.CONFIRMED)
    return True


def _run(rows: list[tuple[Broadcast, float]], clock: Clock) -> None:
    answers = Answers()
    by_pk: dict[int, Broadcast] = {}
    requests: dict[str, list[Request]] = {}
    for row, mark in rows:
        try:
            account = account_of(row.channel)
        except Unsealable:
            _store_answer(row, AccessLost("the stored credentials cannot be opened"), clock())
            continue
        by_pk[row.pk] = row
        send = _broadcast_call(account, row.delivery.remote_id)
        request = Request(row.pk, send, writes=True, latest=mark + _BEGIN_WITHIN)
        requests.setdefault(row.channel.platform, []).append(request)
    for platform, of_platform in requests.items():
        client.submit(platform, of_platform, answers, begin_within=_BEGIN_WITHIN)
    while answers.outstanding:
        for pk, answer in answers.take(timeout=1):
            _store_answer(by_pk[pk], answer, clock())


def _broadcast_call(account: Account, external_id: str) -> Callable[[Any], Any]:
    return lambda connector: connector.broadcast(account, external_id)


def _store_answer(row: Broadcast, answer: Any, now: datetime) -> None:
    """Store what the platform answered, if the row is still ours.

    One that became unknown meanwhile stays unknown.
    """
    match answer:
        case str() as number:
            with transaction.atomic():
                if _try_to(
                    move,
                    row,
                    BroadcastState.SENT,
                    number=number[:100],
                    ended_at=now,
                    error_code=BroadcastReason.NONE,
                ):
                    notify_people(find_schedulers(row), row, "broadcast_sent")
        case TryLater() as error if _may_try_again(row, now + _wait_after(error)):
            answer = {"platform_code": error.code, "error_detail": error.detail}
            _try_to(
                move,
                row,
                BroadcastState.CONFIRMED,
                send_at=now + _wait_after(error),
                sending_at=None,
                error_code=BroadcastReason.LATER,
                **answer,
            )
        case TryLater() | Rejected() as error:
            _fail(row, BroadcastReason.REFUSED, now=now, error=error)
        case AccessLost() as error:
            _fail(row, BroadcastReason.ACCESS, now=now, error=error)
            mark_lost(row.channel, code=error.code)
        case error:
            _mark_unknown(row, BroadcastReason.UNKNOWN, error=error)


def _wait_after(error: TryLater) -> timedelta:
    return error.wait or timedelta(minutes=1)


def _may_try_again(row: Broadcast, at: datetime) -> bool:
    return row.tries < _MOST_TRIES and row.not_after is not None and at < row.not_after


@transaction.atomic
def _fail(
    row: Broadcast, why: BroadcastReason, *, now: datetime, error: ConnectorError | None = None
) -> None:
    answer = {"platform_code": error.code, "error_detail": error.detail} if error else {}
    if _try_to(move, row, BroadcastState.FAILED, error_code=why, ended_at=now, **answer):
        notify_people(find_schedulers(row), row, "broadcast_failed")


@transaction.atomic
def _mark_unknown(
    row: Broadcast, why: BroadcastReason, *, error: ConnectorError | None = None
) -> None:
    answer = {"platform_code": error.code, "error_detail": error.detail} if error else {}
    if _try_to(move, row, BroadcastState.UNKNOWN, error_code=why, **answer):
        notify_people(
            [*find_schedulers(row), *holders(Permission.POST_SCHEDULE, unit=row.unit)],
            row,
            "broadcast_unknown",
        )


def _try_to(action: Callable[..., None], *args: Any, **fields: Any) -> bool:
    """Run ``action`` and tell whether it succeeded.

    Somebody else may have been first, which is no error.
    """
    try:
        action(*args, **fields)
    except TransitionRefused:
        return False
    return True
