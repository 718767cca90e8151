"""A live post, sent to everybody who follows its page.

It cannot be undone, and no platform can be asked about it afterwards; so two people ask for it, it
is sent at most once, and a person checks an unknown outcome.

planned → confirmed → sending → sent, or unknown. The sending is committed before the call. Whoever
dies in between leaves a row that becomes unknown, and nobody sends that again: neither the portal
nor, before a person has checked, anybody else.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import holders, require
from audit.services import record
from channels.queries import facts_of
from core.clock import database_now
from core.errors import Refused
from core.reasons import require_reason
from publishing.broadcasts import seals
from publishing.deliveries.messages import has_proved_approval
from publishing.deliveries.transitions import TransitionRefused
from publishing.models import Broadcast, Delivery
from publishing.scheduling.scheduling import refuse_after_validity
from publishing.states import (
    BROADCAST_NEXT,
    BROADCAST_REASONS,
    BroadcastReason,
    BroadcastState,
)

HERE = ZoneInfo("Asia/Ho_Chi_Minh")
# When followers may be disturbed; Zalo takes nothing outside these hours either.
OPENS, CLOSES = time(6), time(22)
# Confirmed or sent later than this after its time, it is not what was asked for.
PATIENCE = timedelta(hours=2)
_UNCONFIRMED = timedelta(days=3)


@transaction.atomic
def move(
    row: Broadcast,
    to: BroadcastState,
    *,
    by: User | None = None,
    position: str = "",
    **fields: Any,
) -> None:
    """Change the broadcast's state, as all but `_begin` do: checked, race-free, on record.

    Raises TransitionRefused.
    """
    was = BroadcastState(row.state)
    unmoved = Broadcast.objects.filter(pk=row.pk, state=was, tries=row.tries)
    reason = fields.pop("reason", "")
    may_bear = fields.get("error_code", row.error_code) in BROADCAST_REASONS[to]
    if to not in BROADCAST_NEXT[was] or not may_bear or not unmoved.update(state=to, **fields):
        raise TransitionRefused(f"{row.public_id}: {was} -> {to}")
    row.refresh_from_db(fields=["state", "tries", *fields])
    record_step(
        row, str(to), by=by, position=position, reason=reason, was=was, error=row.error_code
    )


def record_step(row: Broadcast, action: str, **facts: Any) -> None:
    record(f"broadcast.{action}", row, channel=str(row.channel), **facts)


def is_within_sending_hours(at: datetime) -> bool:
    return OPENS <= at.astimezone(HERE).time() < CLOSES


def _end_of_sending_hours(at: datetime) -> datetime:
    """Return the end of the sending hours on the day of ``at``."""
    return datetime.combine(at.astimezone(HERE).date(), CLOSES, HERE)


def day_of(at: datetime) -> date:
    return at.astimezone(HERE).date()


@transaction.atomic
def plan(
    delivery: Delivery, *, by: User, reason: str, requested_time: datetime | None = None
) -> Broadcast:
    """Ask for a broadcast, which somebody else has to confirm.
    ``requested_time`` None: send it as soon as that is done."""
    appointment = require(by, Permission.POST_SCHEDULE, unit=delivery.unit)
    now = database_now()
    _require_broadcastable(delivery, now)
    if requested_time:
        if requested_time <= now:
            raise Refused(_("The time must be later than now."))
        _require_sending_hours(requested_time)
        refuse_after_validity(delivery.post, requested_time)
    try:
        with transaction.atomic():
            row = Broadcast.objects.create(
                delivery=delivery,
                channel=delivery.channel,
                unit=delivery.unit,
                reason=_require_words(reason),
                followers=delivery.channel.followers,
                requested_time=requested_time,
                asked_by=by,
                asked_at=now,
                asked_until=min(requested_time + PATIENCE, _end_of_sending_hours(requested_time))
                if requested_time
                else now + _UNCONFIRMED,
            )
    except IntegrityError:
        raise Refused(
            _("This post has been sent to the followers already, or somebody has asked for it.")
        ) from None
    record_step(row, "planned", by=by, position=appointment.position, reason=row.reason)
    others = [
        holder for holder in holders(Permission.POST_APPROVE, unit=row.unit) if holder.pk != by.pk
    ]
    notify_people(others, row, "broadcast_asked", by=by)
    return row


@transaction.atomic
def confirm(row: Broadcast, *, by: User, reason: str) -> None:
    """Confirm the broadcast as the second person: from here on it is sent at its time."""
    appointment = require(by, Permission.POST_APPROVE, unit=row.unit)
    if by.pk == row.asked_by_id:
        raise Refused(_("Who asks for a broadcast does not confirm it: a second person has to."))
    now = database_now()
    if row.state == BroadcastState.PLANNED and now >= row.asked_until:
        raise Refused(_("The time for this broadcast has passed. Ask for it again."))
    _require_broadcastable(row.delivery, now)
    at = max(row.requested_time or now, now)
    _require_sending_hours(at)
    refuse_after_validity(row.delivery.post, at)
    row.confirmed_by, row.confirmed_at, row.day, row.not_after = (
        by,
        now,
        day_of(at),
        min(at + PATIENCE, _end_of_sending_hours(at)),
    )
    # Two posts of one page confirmed for one day: the constraint knows which came first.
    try:
        move(
            row,
            BroadcastState.CONFIRMED,
            by=by,
            position=appointment.position,
            reason=_require_words(reason),
            confirmed_by=by,
            confirmed_at=now,
            words=_require_words(reason),
            day=row.day,
            send_at=at,
            not_after=row.not_after,
            **seals.seal(row),
        )
    except IntegrityError:
        raise Refused(
            _("The followers of this page receive another broadcast on that day already.")
        ) from None
    except TransitionRefused:
        raise Refused(_("Somebody has decided this meanwhile. Reload the page.")) from None


@transaction.atomic
def call_off(row: Broadcast, *, by: User, reason: str) -> None:
    """Cancel the broadcast before its sending has begun: nothing of it reaches anybody."""
    appointment = require(by, Permission.POST_SCHEDULE, unit=row.unit)
    try:
        move(
            row,
            BroadcastState.CANCELLED,
            by=by,
            position=appointment.position,
            reason=_require_words(reason),
            error_code=BroadcastReason.NONE,
            ended_at=database_now(),
        )
    except TransitionRefused:
        raise Refused(_("It is being sent already and can no longer be called off.")) from None


@transaction.atomic
def decide(row: Broadcast, *, by: User, sent: bool, reason: str) -> None:
    """Record what a person saw in the platform's own app: it was sent, or it was not.

    Ends an unknown outcome that nothing else can end.
    """
    appointment = require(by, Permission.POST_SCHEDULE, unit=row.unit)
    try:
        move(
            row,
            BroadcastState.SENT if sent else BroadcastState.FAILED,
            by=by,
            position=appointment.position,
            reason=_require_words(reason),
            decided_by=by,
            ended_at=database_now(),
            error_code=BroadcastReason.NONE if sent else BroadcastReason.NOT_THERE,
        )
    except TransitionRefused:
        raise Refused(_("Somebody has decided this meanwhile. Reload the page.")) from None


def _require_words(text: str) -> str:
    return require_reason(text, _("Please write why."))


def _require_broadcastable(delivery: Delivery, now: datetime) -> None:
    if not facts_of(delivery.platform).broadcasts:
        raise Refused(_("This platform sends no posts to followers."))
    this = Delivery.objects.filter(pk=delivery.pk)
    if not this.visible(now).exists() or not has_proved_approval(delivery):
        raise Refused(
            _(
                "Only a post that stands on its page as it was approved can be sent to "
                "the followers."
            )
        )
    if not this.confirmed_pages().exists():
        raise Refused(
            _(
                "A second person must confirm under Channels that the page is the unit's before "
                "anything is sent to its followers."
            )
        )
    if not this.broadcastable(now).exists():
        raise Refused(
            _("Publishing is paused or frozen here, so nothing is sent to the followers either.")
        )


def _require_sending_hours(at: datetime) -> None:
    if not is_within_sending_hours(at):
        raise Refused(_("Followers are sent something between 06:00 and 22:00 only."))


def notify_people(people: Iterable[User], row: Broadcast, kind: str, **facts: Any) -> None:
    notify(
        people,
        kind,
        address=reverse("publishing:broadcast", args=[row.public_id]),
        joined_address=reverse("publishing:broadcast_list"),
        title=row.delivery.post,
        channel=row.channel,
        **facts,
    )


def find_schedulers(row: Broadcast) -> list[User]:
    return [person for person in (row.asked_by, row.confirmed_by) if person]


def broadcasts_awaiting(user: User) -> QuerySet[Broadcast]:
    """Find broadcasts that wait for this person: to be confirmed,
    never by the person who asked, or to be checked on the platform."""
    asked = Broadcast.objects.within(user.reach(Permission.POST_APPROVE)).filter(
        state=BroadcastState.PLANNED
    )
    undecided = Broadcast.objects.within(user.reach(Permission.POST_SCHEDULE)).filter(
        state=BroadcastState.UNKNOWN
    )
    awaiting = asked.exclude(asked_by=user) | undecided
    return awaiting.select_related("channel", "unit", "asked_by", "delivery__post").order_by(
        "asked_until", "pk"
    )
