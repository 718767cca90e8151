"""Pausing by scope. Nothing is moved when a pause begins: every question whether a delivery may be sent asks for
pauses, up to the statement that begins the visible call. So a pause of the whole country costs one row."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Appointment, User
from accounts.notices import notify
from accounts.permissions import DEEP, GRANTS, Permission
from accounts.queries import require
from audit.services import record
from campaigns.models import Topic
from channels.models import Channel
from core.clock import database_now
from core.errors import NotAllowed, Refused
from core.scope import Reach
from publishing.models import Delivery, Pause
from publishing.services import local
from publishing.states import State
from units.models import Level, Unit


@transaction.atomic
def prepare(
    unit: Unit,
    *,
    by: User,
    reason: str,
    channel: Channel | None = None,
    topic: Topic | None = None,
    urgent_passes: bool = False,
) -> Pause:
    """A pause that one act can start."""
    require(by, Permission.PUBLISHING_PAUSE, unit=unit)
    held = _appointment(by, Pause(unit=unit, authority=unit, channel=channel))
    if held is None:
        raise Refused(
            _(
                "A pause of %(unit)s holds all units below it as well, and only its leading department may order that. "
                "Choose one of its channels."
            )
            % {"unit": unit}
        )
    if not reason.strip():
        raise Refused(_("Please write why publishing is paused."))
    if channel and not channel.unit.path.startswith(unit.path):
        raise Refused(_("This channel does not belong to the unit."))
    pause = Pause.objects.create(
        unit=unit,
        channel=channel,
        topic=topic,
        reason=reason.strip(),
        urgent_passes=urgent_passes,
        authority=held.unit,
        created_by=by,
    )
    record("pause.prepared", pause, by=by, post_held=held.post_held, reason=pause.reason)
    return pause


@transaction.atomic
def make(
    unit: Unit,
    *,
    by: User,
    at_once: bool = False,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    **what: Any,
) -> Pause:
    """A pause that is only prepared, or also starts at once or at ``starts_at``; see `prepare` for ``what``."""
    pause = prepare(unit, by=by, **what)
    if at_once:
        start(pause, by=by, ends_at=ends_at)
    elif starts_at:
        plan(pause, by=by, starts_at=starts_at, ends_at=ends_at)
    return pause


@transaction.atomic
def start(pause: Pause, *, by: User, ends_at: datetime | None = None) -> None:
    """From this commit on nothing within the pause's scope goes out; until ``ends_at``, or until somebody ends it.

    A planned pause keeps the end that was planned for it.
    """
    held = _held(by, pause)
    now = database_now()
    if ends_at and ends_at <= now:
        raise Refused(_("The end must be later than now."))
    fields = {"ended_at": ends_at} if ends_at else {}
    if not _not_begun(pause, now).update(started_at=now, started_by=by, **fields):
        raise Refused(_("This pause has been started or ended already."))
    pause.refresh_from_db()
    record("pause.started", pause, by=by, post_held=held.post_held, reason=pause.reason, **_times(pause))
    _tell(pause, "pause_started", by=by, reason=pause.reason)


@transaction.atomic
def plan(pause: Pause, *, by: User, starts_at: datetime, ends_at: datetime | None = None) -> None:
    """Sets or changes the start and the end of a pause that has not begun. It begins and ends by itself."""
    held = _held(by, pause)
    now = database_now()
    if starts_at <= now:
        raise Refused(_("The start must be later than now. To pause at once, choose “Start now”."))
    if ends_at and ends_at <= starts_at:
        raise Refused(_("The end must be later than the start."))
    if not _not_begun(pause, now).update(started_at=starts_at, ended_at=ends_at, started_by=by):
        raise Refused(_("This pause has been started or ended already."))
    pause.refresh_from_db()
    record("pause.planned", pause, by=by, post_held=held.post_held, reason=pause.reason, **_times(pause))
    _tell(pause, "pause_planned", by=by, start=local(starts_at), reason=pause.reason)


@transaction.atomic
def set_end(pause: Pause, *, by: User, ends_at: datetime | None) -> None:
    """Changes when an active pause ends by itself; None: only when somebody ends it."""
    held = _held(by, pause)
    now = database_now()
    if ends_at and ends_at <= now:
        raise Refused(_("The end must be later than now."))
    if not _active(pause, now).update(ended_at=ends_at):
        raise Refused(_("This pause has ended already."))
    pause.refresh_from_db()
    record("pause.changed", pause, by=by, post_held=held.post_held, reason=pause.reason, **_times(pause))


@transaction.atomic
def end(pause: Pause, *, by: User) -> None:
    """Publishing goes on with what falls due from now on; what fell due meanwhile is put before people instead."""
    held = _held(by, pause)
    now = database_now()
    if not _active(pause, now).update(ended_at=now, ended_by=by):
        raise Refused(_("This pause has ended already."))
    pause.refresh_from_db()
    record("pause.ended", pause, by=by, post_held=held.post_held, reason=pause.reason)
    _tell(pause, "pause_ended", by=by)


@transaction.atomic
def discard(pause: Pause, *, by: User) -> None:
    """Calls off a pause that has not begun."""
    held = _held(by, pause)
    was_planned = pause.started_at is not None
    now = database_now()
    if not _not_begun(pause, now).update(started_at=None, ended_at=now, ended_by=by):
        raise Refused(_("This pause has been started or ended already."))
    pause.refresh_from_db()
    record("pause.discarded", pause, by=by, post_held=held.post_held, reason=pause.reason)
    if was_planned:
        _tell(pause, "pause_discarded", by=by)


def leave(delivery: Delivery, *, by: User) -> None:
    """The decision that what fell due during a pause stays unpublished: it no longer waits for anybody."""
    leave_many([delivery], by=by)


@transaction.atomic
def leave_many(deliveries: list[Delivery], *, by: User) -> int:
    """Decides so about several at once; how many were still to be decided."""
    left = 0
    for delivery in deliveries:
        held = require(by, Permission.POST_SCHEDULE, unit=delivery.unit)
        row = Delivery.objects.filter(pk=delivery.pk, state=State.EXPIRED, error_code="paused")
        if row.update(error_code="left"):
            delivery.error_code = "left"
            record("delivery.left", delivery, by=by, post_held=held.post_held)
            left += 1
    return left


def _appointment(by: User, pause: Pause) -> Appointment | None:
    """The post held by which somebody orders this pause, the nearest one first."""
    fitting = [
        held
        for held in by.held
        if Permission.PUBLISHING_PAUSE in GRANTS[held.role]
        and pause.may_be_ordered_by(Reach(held.unit.path, held.role in DEEP))
    ]
    return max(fitting, key=lambda held: len(held.unit.path), default=None) if by.is_active else None


def _held(by: User, pause: Pause) -> Appointment:
    """The post held, for the record; raises NotAllowed."""
    if (held := _appointment(by, pause)) is None:
        raise NotAllowed(
            _("This pause was ordered by %(unit)s: only its leaders, or the unit above, can change or end it.")
            % {"unit": pause.authority}
        )
    return held


def _not_begun(pause: Pause, now: datetime) -> Any:
    return Pause.objects.filter(Q(started_at=None, ended_at=None) | Q(started_at__gt=now), pk=pause.pk)


def _active(pause: Pause, now: datetime) -> Any:
    return Pause.objects.active(now).filter(pk=pause.pk)


def _times(pause: Pause) -> dict[str, str]:
    """For the record."""
    moments = {"start": pause.started_at, "end": pause.ended_at}
    return {name: moment.isoformat() for name, moment in moments.items() if moment}


def _tell(pause: Pause, kind: str, *, by: User, **facts: Any) -> None:
    """Tells the leaders whom it concerns: a commune's own people, a province's leading department, for the country
    that of every province. Everybody else has the banner: a pause of 3,321 units must not send as many letters."""
    permission = Permission.PUBLISHING_PAUSE if pause.unit.level != Level.COMMUNE else Permission.POST_SCHEDULE
    roles = [role for role, granted in GRANTS.items() if permission in granted]
    units = Q(unit=pause.unit)
    if pause.unit.level == Level.MINISTRY:
        units |= Q(unit__parent=pause.unit)
    in_force = Appointment.objects.in_force(timezone.localdate()).filter(units, role__in=roles)
    people = User.objects.filter(pk__in=in_force.values("user"), is_active=True).exclude(pk=by.pk)
    notify(people, kind, address=reverse("publishing:pause", args=[pause.public_id]), scope=pause, by=by, **facts)
