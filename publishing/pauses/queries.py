"""Queries for pauses, and for the deliveries that they hold."""

from datetime import date, datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from accounts.permissions import DEEP
from core.scope import list_ancestors
from posts.states import PostState
from publishing.models import Delivery, Pause, Pauses
from publishing.states import (
    PAUSABLE,
    Reason,
    State,
)
from units.models import Unit


def pauses_for(user: User, *, now: datetime) -> Pauses:
    """Find the pauses of one's own scope and of the units above it, the widest first. One query
    where there is none, as mostly; it names no column of the rows that go with a pause.
    """
    touched = Q(pk__in=[])
    for appointment in user.current_appointments:
        touched |= Q(unit__path__in=list_ancestors(appointment.unit.path))
        if appointment.role in DEEP:
            touched |= Q(unit__path__startswith=appointment.unit.path)
    keys = list(Pause.objects.lasting(now).filter(touched).values_list("pk", flat=True))
    if not keys:
        return Pauses((), now)
    pauses = Pause.objects.filter(pk__in=keys).select_related(
        "unit", "authority", "channel", "topic", "started_by"
    )
    return Pauses(tuple(pauses.defer("channel__sealed").order_by("unit__path", "pk")), now)


def deliveries_covered_by(pause: Pause) -> QuerySet[Delivery]:
    """Find all deliveries in the pause's scope, whenever they
    are due; the pause may be one that is not stored yet."""
    deliveries = Delivery.objects.filter(unit__path__startswith=pause.unit.path)
    if pause.channel:
        deliveries = deliveries.filter(channel=pause.channel)
    if pause.topic:
        deliveries = deliveries.filter(post__topic=pause.topic)
    return deliveries.filter(post__urgent=False) if pause.urgent_passes else deliveries


def count_waiting(pause: Pause, *, start: datetime, end: datetime) -> int:
    """Count the publications on their way that fall due in the pause's scope between two times.

    From ``start``, inclusive, until ``end``, exclusive.
    """
    return (
        deliveries_covered_by(pause)
        .filter(state__in=PAUSABLE, fire_at__gte=start, fire_at__lt=end)
        .count()
    )


def count_units(pause: Pause, *, on: date) -> int:
    return 1 if pause.channel else Unit.objects.current(on).under(pause.unit).count()


def due_during(pause: Pause, now: datetime) -> QuerySet[Delivery]:
    """Find what fell due in the pause's scope while it lasted and was not published.

    That is what is still scheduled, and what waits for a decision or has had one.
    """
    if pause.started_at is None:
        return Delivery.objects.none()
    in_line = Q(state=State.SCHEDULED, fire_at__lte=now)
    ended = Q(state=State.EXPIRED, error_code=Reason.PAUSED)
    while_it_lasted = Q(not_after__gt=pause.started_at, due_at__lt=min(pause.ended_at or now, now))
    return deliveries_covered_by(pause).filter(in_line | ended, while_it_lasted)


def undecided_deliveries(deliveries: QuerySet[Delivery]) -> QuerySet[Delivery]:
    """Find what fell due during a pause and waits to be scheduled again or left unpublished."""
    again = Delivery.objects.filter(
        post=OuterRef("post"), channel=OuterRef("channel"), pk__gt=OuterRef("pk")
    )
    waiting = deliveries.filter(
        state=State.EXPIRED, error_code=Reason.PAUSED, left_unpublished_at=None
    )
    return waiting.filter(~Exists(again), post__state=PostState.APPROVED)
