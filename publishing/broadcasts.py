"""A post that stands, sent to everybody who follows its page. It cannot be undone, and no platform can be asked about
it afterwards; so two people want it, it is sent at most once, and what is in doubt is looked up by a person.

planned → confirmed → sending → sent, or unknown. The sending is committed before the call. Whoever dies in between
leaves a row that becomes unknown, and nobody sends that again: neither the portal nor, before a person has looked,
anybody else.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import holders, require
from audit.services import record
from channels.connectors.base import AccessLost, Account, ConnectorError, Rejected, TryLater
from channels.queries import account_of, facts_of
from channels.services import mark_lost
from channels.vault import Unsealable
from core.clock import Clock, database_now
from core.errors import Refused
from publishing.models import Broadcast, Delivery
from publishing.services import StepRefused, local
from publishing.states import BROADCAST_NEXT, BroadcastState
from publishing.wire import Answers, Errand, unexpected, wire

HERE = ZoneInfo("Asia/Ho_Chi_Minh")
# When followers may be disturbed; Zalo takes nothing outside these hours either.
OPENS, CLOSES = time(6), time(22)
# Confirmed or sent later than this after its time, it is not what was wanted.
PATIENCE = timedelta(hours=2)
_UNCONFIRMED = timedelta(days=3)
# Longer than the queue for a platform's calls and the call itself.
_LEASE = timedelta(seconds=120)
_HELD_FOR = 30.0  # seconds after which a call that has not begun is not begun any more
_MOST_TRIES = 5
_AT_ONCE = 20
B = BroadcastState


@transaction.atomic
def move(row: Broadcast, to: BroadcastState, *, by: User | None = None, post_held: str = "", **fields: Any) -> None:
    """The one way a broadcast changes state: checked, race-free, on record. Raises StepRefused."""
    was = BroadcastState(row.state)
    mine = Broadcast.objects.filter(pk=row.pk, state=was, tries=row.tries)
    reason = fields.pop("reason", "")
    if to not in BROADCAST_NEXT[was] or not mine.update(state=to, **fields):
        raise StepRefused(f"{row.public_id}: {was} -> {to}")
    row.refresh_from_db(fields=["state", "tries", *fields])
    _record(row, str(to), by=by, post_held=post_held, reason=reason, was=was, error=row.error_code)


def _record(row: Broadcast, act: str, **facts: Any) -> None:
    record(f"broadcast.{act}", row, channel=str(row.channel), **facts)


# --- hours ------------------------------------------------------------------------------------------------------------


def is_open(at: datetime) -> bool:
    return OPENS <= at.astimezone(HERE).time() < CLOSES


def _closing(at: datetime) -> datetime:
    """The end of that day's hours."""
    return datetime.combine(at.astimezone(HERE).date(), CLOSES, HERE)


def day_of(at: datetime) -> date:
    return at.astimezone(HERE).date()


# --- what people do ---------------------------------------------------------------------------------------------------


@transaction.atomic
def plan(delivery: Delivery, *, by: User, reason: str, wanted_at: datetime | None = None) -> Broadcast:
    """Asks for a broadcast; somebody else has to confirm it. ``wanted_at`` None: as soon as that is done."""
    held = require(by, Permission.POST_SCHEDULE, unit=delivery.unit)
    now = database_now()
    _refuse_unless_it_may(delivery, now)
    if wanted_at:
        if wanted_at <= now:
            raise Refused(_("The time must be later than now."))
        _refuse_by_night(wanted_at)
        _refuse_after_validity(delivery, wanted_at)
    try:
        with transaction.atomic():
            row = Broadcast.objects.create(
                delivery=delivery,
                channel=delivery.channel,
                unit=delivery.unit,
                reason=_words(reason),
                followers=delivery.channel.followers,
                wanted_at=wanted_at,
                asked_by=by,
                asked_at=now,
                asked_until=min(wanted_at + PATIENCE, _closing(wanted_at)) if wanted_at else now + _UNCONFIRMED,
            )
    except IntegrityError:
        raise Refused(_("This post has been sent to the followers already, or somebody has asked for it.")) from None
    _record(row, "planned", by=by, post_held=held.post_held, reason=row.reason)
    others = [each for each in holders(Permission.POST_APPROVE, unit=row.unit) if each.pk != by.pk]
    _tell(others, row, "broadcast_asked", by=by)
    return row


@transaction.atomic
def confirm(row: Broadcast, *, by: User, words: str) -> None:
    """The second person's word: from here on it goes out at its time."""
    held = require(by, Permission.POST_APPROVE, unit=row.unit)
    if by.pk == row.asked_by_id:
        raise Refused(_("Who asks for a broadcast does not confirm it: a second person has to."))
    now = database_now()
    if row.state == B.PLANNED and now >= row.asked_until:
        raise Refused(_("The time for this broadcast has passed. Ask for it again."))
    _refuse_unless_it_may(row.delivery, now)
    at = max(row.wanted_at or now, now)
    _refuse_by_night(at)
    _refuse_after_validity(row.delivery, at)
    # Two posts of one page confirmed for one day: the constraint knows which came first.
    try:
        move(
            row,
            B.CONFIRMED,
            by=by,
            post_held=held.post_held,
            reason=_words(words),
            confirmed_by=by,
            confirmed_at=now,
            words=_words(words),
            day=day_of(at),
            send_at=at,
            not_after=min(at + PATIENCE, _closing(at)),
        )
    except IntegrityError:
        raise Refused(_("The followers of this page receive another broadcast on that day already.")) from None
    except StepRefused:
        raise Refused(_("Somebody has decided this meanwhile. Reload the page.")) from None


@transaction.atomic
def call_off(row: Broadcast, *, by: User, reason: str) -> None:
    """Before its sending has begun: nothing of it reaches anybody."""
    held = require(by, Permission.POST_SCHEDULE, unit=row.unit)
    try:
        move(row, B.CANCELLED, by=by, post_held=held.post_held, reason=_words(reason), ended_at=database_now())
    except StepRefused:
        raise Refused(_("It is being sent already and can no longer be called off.")) from None


@transaction.atomic
def decide(row: Broadcast, *, by: User, sent: bool, words: str) -> None:
    """A person has looked in the platform's own app: it was sent, or it was not. Ends a doubt that nothing else can."""
    held = require(by, Permission.POST_SCHEDULE, unit=row.unit)
    try:
        move(
            row,
            B.SENT if sent else B.FAILED,
            by=by,
            post_held=held.post_held,
            reason=_words(words),
            decided_by=by,
            ended_at=database_now(),
            error_code="" if sent else "not_there",
        )
    except StepRefused:
        raise Refused(_("Somebody has decided this meanwhile. Reload the page.")) from None


def _words(text: str) -> str:
    if not text.strip():
        raise Refused(_("Please write why."))
    return text.strip()[:500]


def _refuse_unless_it_may(delivery: Delivery, now: datetime) -> None:
    if not facts_of(delivery.platform).broadcasts:
        raise Refused(_("This platform sends no posts to followers."))
    mine = Delivery.objects.filter(pk=delivery.pk)
    if not mine.standing_by(now).exists():
        raise Refused(_("Only a post that stands on its page as it was approved can be sent to the followers."))
    if not mine.broadcastable(now).exists():
        raise Refused(_("Publishing is paused or frozen here, so nothing is sent to the followers either."))


def _refuse_by_night(at: datetime) -> None:
    if not is_open(at):
        raise Refused(_("Followers are sent something between 06:00 and 22:00 only."))


def _refuse_after_validity(delivery: Delivery, at: datetime) -> None:
    if delivery.post.valid_until and at >= delivery.post.valid_until:
        raise Refused(_("The post is valid only until %(when)s.") % {"when": local(delivery.post.valid_until)})


def _tell(people: Iterable[User], row: Broadcast, kind: str, **facts: Any) -> None:
    address = reverse("publishing:broadcast", args=[row.public_id])
    notify(people, kind, address=address, title=row.delivery.post, channel=row.channel, **facts)


# --- what the portal does ---------------------------------------------------------------------------------------------


def send_due(clock: Clock = database_now) -> int:
    """Sends what is confirmed and due, each at most once; how many calls were made. Any number of workers may ask."""
    give_up(clock)
    due = Broadcast.objects.filter(state=B.CONFIRMED, send_at__lte=clock()).order_by("send_at", "pk")
    # Marked before its sending is committed: a worker that is frozen after that does not make the call any more.
    begun = [(row, mark) for row in _loaded(due)[:_AT_ONCE] for mark in [monotonic()] if _begin(row, clock())]
    _carry(begun, clock)
    return len(begun)


def _loaded(rows: Any) -> Any:
    return rows.select_related("delivery__post", "delivery__channel", "channel", "unit", "asked_by", "confirmed_by")


def give_up(clock: Clock = database_now) -> None:
    """Ends what can no longer go its way: a call whose worker died, what nobody confirmed, what became too late."""
    now = clock()
    for row in _loaded(Broadcast.objects.filter(state=B.SENDING, sending_at__lt=now - _LEASE)):
        _doubt(row, "died")
    for row in _loaded(Broadcast.objects.filter(state=B.PLANNED, asked_until__lte=now)):
        _quietly(move, row, B.CANCELLED, error_code="unconfirmed", ended_at=now)
    for row in _loaded(Broadcast.objects.filter(state=B.CONFIRMED, not_after__lte=now)):
        _fail(row, "too_late", now=now)
    rightful = Delivery.objects.rightful(now).filter(pk=OuterRef("delivery"), state="published")
    for row in _loaded(Broadcast.objects.filter(~Exists(rightful), state=B.CONFIRMED)):
        _fail(row, "not_standing", now=now)


def doubt_after_restore(now: datetime) -> None:
    """The database is older than what was sent: what it holds as confirmed may have gone out, what it holds as asked
    for may have been confirmed. Called when a restore is noticed, with publishing frozen."""
    for row in _loaded(Broadcast.objects.filter(state__in=[B.CONFIRMED, B.SENDING])):
        _doubt(row, "restored")
    for row in _loaded(Broadcast.objects.filter(state=B.PLANNED)):
        _quietly(move, row, B.CANCELLED, error_code="restored", ended_at=now)


def _begin(row: Broadcast, now: datetime) -> bool:
    """The last question and the statement that everybody else loses against: committed before anything is called."""
    may = Delivery.objects.broadcastable(now).filter(pk=OuterRef("delivery"))
    mine = Broadcast.objects.filter(
        Exists(may), pk=row.pk, state=B.CONFIRMED, tries=row.tries, send_at__lte=now, not_after__gt=now
    )
    if not is_open(now):
        return False
    with transaction.atomic():
        if not mine.update(state=B.SENDING, sending_at=now, tries=F("tries") + 1):
            return False
        row.refresh_from_db(fields=["state", "sending_at", "tries"])
        _record(row, str(B.SENDING), was=B.CONFIRMED)
    return True


def _carry(rows: list[tuple[Broadcast, float]], clock: Clock) -> None:
    answers = Answers()
    by_pk: dict[int, Broadcast] = {}
    calls: dict[str, list[Errand]] = {}
    for row, mark in rows:
        try:
            account = account_of(row.channel)
        except Unsealable:
            _written(row, AccessLost("the stored credentials cannot be opened"), clock())
            continue
        by_pk[row.pk] = row
        errand = Errand(row.pk, _call(account, row.delivery.remote_id), latest=mark + _HELD_FOR)
        calls.setdefault(row.channel.platform, []).append(errand)
    for platform, errands in calls.items():
        wire().send(platform, errands, answers, held_for=_HELD_FOR)
    while answers.outstanding:
        for pk, answer in answers.take(timeout=1):
            _written(by_pk[pk], answer, clock())


def _call(account: Account, external_id: str) -> Callable[[Any], Any]:
    return lambda connector: connector.broadcast(account, external_id)


def _written(row: Broadcast, answer: Any, now: datetime) -> None:
    """What the platform said, if the row is still ours: one that has become unknown meanwhile stays so."""
    if isinstance(answer, Exception) and not isinstance(answer, ConnectorError):
        answer = unexpected(answer)
    match answer:
        case str() as number:
            with transaction.atomic():
                if _quietly(move, row, B.SENT, number=number[:100], ended_at=now, error_code=""):
                    _tell(_people(row), row, "broadcast_sent")
        case TryLater() as error if row.tries < _MOST_TRIES and now + _wait(error) < row.not_after:
            told = {"platform_code": error.code, "error_detail": error.detail}
            _quietly(move, row, B.CONFIRMED, send_at=now + _wait(error), sending_at=None, error_code="later", **told)
        case TryLater() | Rejected() as error:
            _fail(row, "refused", now=now, error=error)
        case AccessLost() as error:
            _fail(row, "access", now=now, error=error)
            mark_lost(row.channel, reason=error.detail, code=error.code)
        case error:
            _doubt(row, "unknown", error=error)


def _wait(error: TryLater) -> timedelta:
    return error.wait or timedelta(minutes=1)


@transaction.atomic
def _fail(row: Broadcast, code: str, *, now: datetime, error: ConnectorError | None = None) -> None:
    told = {"platform_code": error.code, "error_detail": error.detail} if error else {}
    if _quietly(move, row, B.FAILED, error_code=code, ended_at=now, **told):
        _tell(_people(row), row, "broadcast_failed")


@transaction.atomic
def _doubt(row: Broadcast, code: str, *, error: ConnectorError | None = None) -> None:
    told = {"platform_code": error.code, "error_detail": error.detail} if error else {}
    if _quietly(move, row, B.UNKNOWN, error_code=code, **told):
        _tell([*_people(row), *holders(Permission.POST_SCHEDULE, unit=row.unit)], row, "broadcast_unknown")


def _people(row: Broadcast) -> list[User]:
    return [each for each in (row.asked_by, row.confirmed_by) if each]


def _quietly(act: Callable[..., None], *args: Any, **fields: Any) -> bool:
    """Whether it was ours to do: somebody else may have been first, and that is fine."""
    try:
        act(*args, **fields)
    except StepRefused:
        return False
    return True
