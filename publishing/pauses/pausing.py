"""Pausing by scope. Nothing is moved when a pause begins: every question whether a delivery may be
sent asks for pauses, up to the statement that begins the visible call. So a pause of the whole
country costs one row.
"""

from collections.abc import Iterable
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
from core.clock import database_now, format_local_time
from core.errors import NotAllowed, Refused
from core.reasons import require_reason
from core.scope import Reach
from publishing.models import Delivery, Pause, PauseQuerySet
from publishing.states import Reason, State
from units.models import Level, Unit


class AlreadyPaused(Refused):
    """The same pause is there already: ``pause``, which can be changed instead."""

    def __init__(self, message: str, pause: Pause):
        super().__init__(message)
        self.pause = pause


@transaction.atomic
def create_prepared(
    unit: Unit,
    *,
    by: User,
    reason: str,
    channel: Channel | None = None,
    topic: Topic | None = None,
    urgent_passes: bool = False,
    is_blackout: bool = False,
) -> Pause:
    """Create a pause that one action can start."""
    require(by, Permission.PUBLISHING_PAUSE, unit=unit)
    appointment = _find_appointment(by, Pause(unit=unit, authority=unit, channel=channel))
    if appointment is None:
        raise Refused(
            _(
                "A pause of %(unit)s holds all units below it as well, and only its leading "
                "department may order that. Choose one of its channels."
            )
            % {"unit": unit}
        )
    reason = require_reason(reason, _("Please write why publishing is paused."))
    if channel and not channel.unit.path.startswith(unit.path):
        raise Refused(_("This channel does not belong to the unit."))
    pause = Pause(
        unit=unit,
        channel=channel,
        topic=topic,
        reason=reason,
        urgent_passes=urgent_passes,
        is_blackout=is_blackout,
        authority=appointment.unit,
        created_by=by,
    )
    prepared = _same_scope(pause).filter(started_at=None, ended_at=None, reason=pause.reason)
    _refuse_duplicate(prepared, _("This pause is prepared already. Start or plan that one."))
    pause.save()
    record("pause.prepared", pause, by=by, position=appointment.position, reason=pause.reason)
    return pause


@transaction.atomic
def create(
    unit: Unit,
    *,
    by: User,
    at_once: bool = False,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    **what: Any,
) -> Pause:
    """Create a pause that is only prepared, or also starts
    at once or at ``starts_at``; see `create_prepared` for ``what``."""
    pause = create_prepared(unit, by=by, **what)
    if at_once:
        start(pause, by=by, ends_at=ends_at)
    elif starts_at:
        plan(pause, by=by, starts_at=starts_at, ends_at=ends_at)
    return pause


@transaction.atomic
def start(pause: Pause, *, by: User, ends_at: datetime | None = None) -> None:
    """Start a pause: from this commit on nothing within its scope goes out.

    It lasts until ``ends_at``, or until somebody ends it. A planned pause keeps the end that was
    planned for it.
    """
    appointment = _require_appointment(by, pause)
    now = database_now()
    if ends_at and ends_at <= now:
        raise Refused(_("The end must be later than now."))
    _require_end(pause, ends_at or pause.ended_at)
    active = _same_scope(pause).active(now).exclude(pk=pause.pk)
    _refuse_duplicate(
        active,
        _("Publishing is paused here already. To change how long, set the end of that pause."),
    )
    fields = {"ended_at": ends_at} if ends_at else {}
    if not _not_begun(pause, now).update(started_at=now, started_by=by, **fields):
        raise Refused(_("This pause has been started or ended already."))
    pause.refresh_from_db()
    record(
        "pause.started",
        pause,
        by=by,
        position=appointment.position,
        reason=pause.reason,
        **_times(pause),
    )
    kind = "blackout_started" if pause.is_blackout else "pause_started"
    _notify_leaders(pause, kind, by=by, reason=pause.reason, **_end_for_notice(pause))


@transaction.atomic
def plan(pause: Pause, *, by: User, starts_at: datetime, ends_at: datetime | None = None) -> None:
    """Set or change the start and the end of a pause that has not begun.

    It begins and ends by itself.
    """
    appointment = _require_appointment(by, pause)
    now = database_now()
    if starts_at <= now:
        raise Refused(_("The start must be later than now. To pause at once, choose “Start now”."))
    if ends_at and ends_at <= starts_at:
        raise Refused(_("The end must be later than the start."))
    _require_end(pause, ends_at)
    planned = _same_scope(pause).filter(started_at=starts_at).exclude(pk=pause.pk)
    _refuse_duplicate(
        planned, _("The same pause is planned for this time already. Change the times of that one.")
    )
    if _not_begun(pause, now).filter(started_at=starts_at, ended_at=ends_at).exists():
        return
    if not _not_begun(pause, now).update(started_at=starts_at, ended_at=ends_at, started_by=by):
        raise Refused(_("This pause has been started or ended already."))
    pause.refresh_from_db()
    record(
        "pause.planned",
        pause,
        by=by,
        position=appointment.position,
        reason=pause.reason,
        **_times(pause),
    )
    kind = "blackout_planned" if pause.is_blackout else "pause_planned"
    start = format_local_time(starts_at)
    _notify_leaders(pause, kind, by=by, start=start, reason=pause.reason, **_end_for_notice(pause))


@transaction.atomic
def set_end(pause: Pause, *, by: User, ends_at: datetime | None) -> None:
    """Change when an active pause ends by itself; None: only when somebody ends it."""
    appointment = _require_appointment(by, pause)
    now = database_now()
    if ends_at and ends_at <= now:
        raise Refused(_("The end must be later than now."))
    _require_end(pause, ends_at)
    if _active(pause, now).filter(ended_at=ends_at).exists():
        return
    if not _active(pause, now).update(ended_at=ends_at):
        raise Refused(_("This pause has ended already."))
    pause.refresh_from_db()
    record(
        "pause.changed",
        pause,
        by=by,
        position=appointment.position,
        reason=pause.reason,
        **_times(pause),
    )


@transaction.atomic
def end(pause: Pause, *, by: User) -> None:
    """End a pause: what falls due from now on is published.

    What fell due meanwhile is put before people instead.
    """
    appointment = _require_appointment(by, pause)
    now = database_now()
    if not _active(pause, now).update(ended_at=now, ended_by=by):
        raise Refused(_("This pause has ended already."))
    pause.refresh_from_db()
    record("pause.ended", pause, by=by, position=appointment.position, reason=pause.reason)
    _notify_leaders(pause, "pause_ended", by=by)


@transaction.atomic
def discard(pause: Pause, *, by: User) -> None:
    """Cancel a pause that has not begun."""
    appointment = _require_appointment(by, pause)
    was_planned = pause.started_at is not None
    now = database_now()
    if not _not_begun(pause, now).update(started_at=None, ended_at=now, ended_by=by):
        raise Refused(_("This pause has been started or ended already."))
    pause.refresh_from_db()
    record("pause.discarded", pause, by=by, position=appointment.position, reason=pause.reason)
    if was_planned:
        _notify_leaders(pause, "pause_discarded", by=by)


@transaction.atomic
def keep_unpublished(deliveries: Iterable[Delivery], *, by: User) -> int:
    """Decide that what fell due during a pause stays unpublished; return how many were still to be
    decided.
    """
    kept, now = 0, database_now()
    for delivery in deliveries:
        appointment = require(by, Permission.POST_SCHEDULE, unit=delivery.unit)
        row = Delivery.objects.filter(
            pk=delivery.pk, state=State.EXPIRED, error_code=Reason.PAUSED, left_unpublished_at=None
        )
        if row.update(left_unpublished_at=now):
            delivery.left_unpublished_at = now
            record("delivery.left", delivery, by=by, position=appointment.position)
            kept += 1
    return kept


def _same_scope(pause: Pause) -> PauseQuerySet:
    """Find pauses of the same scope by the same authority, with the unit locked.

    They are asked for one after another, so that of two people who act at once the second learns of
    the first.
    """
    Unit.objects.select_for_update(no_key=True).get(pk=pause.unit_id)
    scope = ("unit_id", "authority_id", "channel_id", "topic_id", "urgent_passes", "is_blackout")
    return Pause.objects.filter(**{name: getattr(pause, name) for name in scope})


def _refuse_duplicate(others: PauseQuerySet, message: str) -> None:
    if first := others.select_related("unit", "channel", "topic").first():
        raise AlreadyPaused(message, first)


def _find_appointment(by: User, pause: Pause) -> Appointment | None:
    """Find the appointment by which somebody orders this pause, the nearest one first."""
    fitting = [
        appointment
        for appointment in by.current_appointments
        if Permission.PUBLISHING_PAUSE in GRANTS[appointment.role]
        and pause.may_be_ordered_by(Reach(appointment.unit.path, appointment.role in DEEP))
    ]
    return (
        max(fitting, key=lambda appointment: len(appointment.unit.path), default=None)
        if by.is_active
        else None
    )


def _require_appointment(by: User, pause: Pause) -> Appointment:
    """Return the appointment by which somebody orders this pause; raises NotAllowed."""
    if (appointment := _find_appointment(by, pause)) is None:
        raise NotAllowed(
            _(
                "This pause was ordered by %(unit)s: only its leaders, or the unit "
                "above, can change or end it."
            )
            % {"unit": pause.authority}
        )
    return appointment


def _require_end(pause: Pause, ends_at: datetime | None) -> None:
    """Raise Refused for a blackout without an end: nobody could plan for the time after it."""
    if pause.is_blackout and ends_at is None:
        raise Refused(_("Please enter until when nothing may be scheduled."))


def _not_begun(pause: Pause, now: datetime) -> Any:
    return Pause.objects.filter(
        Q(started_at=None, ended_at=None) | Q(started_at__gt=now), pk=pause.pk
    )


def _active(pause: Pause, now: datetime) -> Any:
    return Pause.objects.active(now).filter(pk=pause.pk)


def _times(pause: Pause) -> dict[str, Any]:
    """Return the start and the end that are set, and that it is a blackout, for the record."""
    moments = {"start": pause.started_at, "end": pause.ended_at}
    times: dict[str, Any] = {name: moment.isoformat() for name, moment in moments.items() if moment}
    return {**times, "blackout": True} if pause.is_blackout else times


def _end_for_notice(pause: Pause) -> dict[str, str]:
    return {"end": format_local_time(pause.ended_at)} if pause.ended_at else {}


def _notify_leaders(pause: Pause, kind: str, *, by: User, **facts: Any) -> None:
    """Notify the leaders whom it concerns.

    A commune's own people, a province's leading department, for the country that of every province.
    Everybody else has the banner: a pause of 3,321 units must not send as many letters.
    """
    permission = (
        Permission.PUBLISHING_PAUSE
        if pause.unit.level != Level.COMMUNE
        else Permission.POST_SCHEDULE
    )
    roles = [role for role, granted in GRANTS.items() if permission in granted]
    units = Q(unit=pause.unit)
    if pause.unit.level == Level.MINISTRY:
        units |= Q(unit__parent=pause.unit)
    in_force = Appointment.objects.in_force(timezone.localdate()).filter(units, role__in=roles)
    people = User.objects.filter(pk__in=in_force.values("user"), is_active=True).exclude(pk=by.pk)
    notify(
        people,
        kind,
        address=reverse("publishing:pause", args=[pause.public_id]),
        scope=pause,
        by=by,
        **facts,
    )
