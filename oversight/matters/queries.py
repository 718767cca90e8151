"""Find matters, their subjects, and who is concerned."""

import uuid
from dataclasses import dataclass
from datetime import date

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.urls import reverse

from accounts.models import Appointment, User
from accounts.permissions import GRANTS, Permission
from campaigns.kits.models import Kit
from channels.models import Channel
from oversight.matters.models import Matter, MatterQuerySet
from oversight.matters.states import WAITING, MatterState, Subject
from posts.models import Post
from units.models import Unit

FILTERS = ("waiting", "late", "answered", "closed")


def find_overseeing_appointment(user: User, unit: Unit) -> Appointment | None:
    """Return the appointment by which ``user`` oversees the unit from above it, the nearest; None
    for those of the unit itself.
    """
    above = [
        appointment
        for appointment in user.current_appointments
        if Permission.OVERSIGHT_VIEW in GRANTS[appointment.role]
        and appointment.unit_id != unit.pk
        and appointment.covers(unit)
    ]
    return max(above, key=lambda appointment: len(appointment.unit.path), default=None)


def filter_by_name(matters: MatterQuerySet, name: str, *, on: date) -> MatterQuerySet:
    match name:
        case "waiting":
            return matters.waiting()
        case "late":
            return matters.late(on)
        case "answered" | "closed":
            return matters.filter(state=name)
    return matters


def sort_for_list(matters: MatterQuerySet) -> QuerySet[Matter]:
    """Sort for the list: what waits for an answer first, by its day; then the newest."""
    closed = When(state=MatterState.CLOSED, then=Value(2))
    waits = When(state__in=WAITING, then=Value(0))
    rank = Case(waits, closed, default=Value(1), output_field=IntegerField())
    day = Case(When(state__in=WAITING, then="deadline"))
    return matters.select_related("unit__parent", "asked_from", "asked_by").order_by(
        rank, day, "-changed_at", "-pk"
    )


def find_turns(user: User) -> QuerySet[Matter]:
    """Find the matters in which it is this person's turn: to answer for their unit, or to look at
    an answer to what their own unit asked.
    """
    writing = [part.path for part in user.reach(Permission.POST_WRITE)]
    watching = [part.path for part in user.reach(Permission.OVERSIGHT_VIEW)]
    answer = Q(state__in=WAITING, unit__path__in=writing)
    look = Q(state=MatterState.ANSWERED, asked_from__path__in=watching)
    return sort_for_list(Matter.objects.visible_to(user).filter(answer | look))


@dataclass(frozen=True, slots=True)
class About:
    """The page, post or kit that a matter is about."""

    label: str
    address: str


def find_about(
    subject: str, object_id: uuid.UUID | None, *, unit: Unit, reader: User
) -> About | None:
    """Find what a matter with ``unit`` is about, as far as the reader may see it. One query."""
    if object_id is None:
        return None
    match subject:
        case Subject.PAGE:
            pages = Channel.objects.visible_to(reader).filter(unit=unit).defer("sealed")
            page = pages.filter(public_id=object_id).first()
            view = "channels:channel"
            return About(str(page), reverse(view, args=[object_id])) if page else None
        case Subject.POST | Subject.FINDING:
            posts = Post.objects.visible_to(reader).filter(unit=unit).defer("body", "search")
            post = posts.filter(public_id=object_id).first()
            view = "publishing:post"
            return About(str(post), reverse(view, args=[object_id])) if post else None
        case Subject.KIT:
            kit = Kit.objects.issued().filter(public_id=object_id).first()
            if kit is None or not unit.path.startswith(kit.unit.path):
                return None
            view = (
                "oversight:adoption" if find_overseeing_appointment(reader, unit) else "posts:kit"
            )
            return About(str(kit), reverse(view, args=[object_id]))
    return None
