"""Giving posts. What a single administrator may give begins at once; the rest waits for a second
one.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.alarms import raise_alarm
from accounts.models import Appointment, PendingAppointment, User
from accounts.notices import notify
from accounts.permissions import CONFIRMED, Permission, Role
from accounts.queries import confirmers, require, require_fitting
from audit.services import record
from core.errors import Refused
from units.models import Level, Unit

PROPOSAL_LIFETIME = timedelta(days=7)


def build_proposal(
    person: User,
    *,
    unit: Unit,
    role: str,
    title: str,
    valid_from: date,
    valid_to: date | None = None,
    by: User,
) -> PendingAppointment:
    """Make an unsaved proposal that a second administrator has seven days to confirm."""
    now = timezone.now()
    return PendingAppointment(
        user=person,
        unit=unit,
        role=role,
        title=title,
        valid_from=valid_from,
        valid_to=valid_to,
        asked_by=by,
        asked_at=now,
        expires_at=now + PROPOSAL_LIFETIME,
    )


def give_or_propose(
    person: User,
    *,
    unit: Unit,
    role: str,
    title: str,
    valid_from: date,
    valid_to: date | None = None,
    by: User,
) -> Appointment | PendingAppointment:
    """Give the position, or propose it where the role asks for a second administrator. The callers
    check and record.
    """
    facts: dict[str, Any] = {
        "unit": unit,
        "role": role,
        "title": title,
        "valid_from": valid_from,
        "valid_to": valid_to,
    }
    if role not in CONFIRMED:
        post = Appointment.objects.create(user=person, appointed_by=by, **facts)
        notify_unit_of([post], by=by)
        return post
    pending = build_proposal(person, by=by, **facts)
    pending.save()
    ask_to_confirm([pending], by=by)
    return pending


def notify_unit_of(posts: Sequence[Appointment], *, by: User) -> None:
    """Tell the approvers of each unit of posts in it that one administrator gave: they know whether
    these people serve there.
    """
    approvers: dict[int, list[User]] = defaultdict(list)
    leading = Appointment.objects.in_force(timezone.localdate()).filter(
        unit__in={post.unit_id for post in posts}, role=Role.APPROVER, user__is_active=True
    )
    for appointment in leading.select_related("user"):
        approvers[appointment.unit_id].append(appointment.user)
    by_unit: dict[Unit, list[Appointment]] = defaultdict(list)
    for post in posts:
        if approvers[post.unit_id]:
            by_unit[post.unit].append(post)
    for unit, given in by_unit.items():
        names = ", ".join(str(post.user) for post in given[:3]) + ("…" if given[3:] else "")
        notify(
            approvers[unit.pk],
            "officers_appointed",
            address=reverse("units:unit", args=[unit.key]),
            mail=False,
            by=by,
            names=names,
            unit=unit,
        )


def ask_to_confirm(proposals: Sequence[PendingAppointment], *, by: User) -> None:
    """Notify those who may confirm, each once, however many proposals there are."""
    asked: dict[int, list[PendingAppointment]] = defaultdict(list)
    people: dict[int, User] = {}
    known: dict[tuple[int, int], list[User]] = {}
    for pending in proposals:
        place = (pending.unit_id, pending.user_id)
        if place not in known:
            known[place] = confirmers(pending.unit, besides={by.pk, pending.user_id}, proposer=by)
        for person in known[place]:
            people[person.pk] = person
            asked[person.pk].append(pending)
    for key, theirs in asked.items():
        if len(theirs) == 1:
            (one,) = theirs
            address = reverse("accounts:pending_appointment", args=[one.public_id])
            facts: dict[str, Any] = {
                "by": by,
                "person": one.user,
                "post": one.position,
                "unit": one.unit,
            }
            notify([people[key]], "appointment_proposed", address=address, **facts)
        else:
            address = reverse("accounts:pending_appointments")
            notify([people[key]], "appointments_proposed", address=address, by=by, n=len(theirs))


def set_last_day(post: Appointment, on: date) -> None:
    """Make ``on`` the last day of an appointment; the callers check and record."""
    if on < post.valid_from:
        post.delete()  # it never came into force
    elif post.valid_to is None or post.valid_to > on:
        post.valid_to = on
        post.save(update_fields=["valid_to"])


def set_last_day_of_all(posts: Iterable[Appointment], on: date) -> None:
    for post in posts:
        set_last_day(post, on)


@transaction.atomic
def appoint(
    person: User,
    *,
    unit: Unit,
    role: str,
    by: User,
    title: str = "",
    valid_from: date,
    valid_to: date | None = None,
) -> Appointment | PendingAppointment:
    """Give ``person`` a position in a unit that ``by`` reaches, or propose it to a second
    administrator.

    Nobody appoints themselves.
    """
    authority = require(by, Permission.ACCOUNT_MANAGE, unit=unit)
    if person.pk == by.pk:
        raise Refused(_("You cannot give yourself a post. Ask another administrator."))
    require_fitting(role, unit)
    if valid_to and valid_to < valid_from:
        raise Refused(_("The last day must not lie before the first."))
    User.objects.select_for_update().get(
        pk=person.pk
    )  # two administrators at once: the second sees the first's post
    same = person.appointments.filter(unit=unit, role=role).in_force_between(valid_from, valid_to)
    if same.exists():
        raise Refused(_("This person already holds this post in %(unit)s.") % {"unit": unit})
    if person.pending_appointments.waiting(timezone.now()).filter(unit=unit, role=role).exists():
        raise Refused(_("This post is proposed already and waits for a second administrator."))
    # One that nobody confirmed in time, and that no task has closed yet, gives way.
    person.pending_appointments.filter(unit=unit, role=role, decision="").update(decision="expired")
    post = give_or_propose(
        person, unit=unit, role=role, title=title, valid_from=valid_from, valid_to=valid_to, by=by
    )
    record(
        "account.appointment_proposed"
        if isinstance(post, PendingAppointment)
        else "account.appointed",
        person,
        by=by,
        position=authority.position,
        unit_path=unit.path,
        role=role,
        title=title,
        valid_from=valid_from.isoformat(),
        valid_to=valid_to.isoformat() if valid_to else "",
    )
    return post


@transaction.atomic
def end_post(post: Appointment, *, on: date, by: User, reason: str = "") -> None:
    """End an appointment; ``on`` is its last day. Delete one that has not begun yet. Nobody ends
    their own.
    """
    authority = require(by, Permission.ACCOUNT_MANAGE, unit=post.unit)
    post = (
        Appointment.objects.select_for_update(of=("self",))
        .select_related("unit", "user")
        .get(pk=post.pk)
    )
    today = timezone.localdate()
    if post.user_id == by.pk:
        raise Refused(_("You cannot end your own post. Ask another administrator."))
    if post.valid_to and post.valid_to < today:
        raise Refused(_("This post has ended already."))
    if on < today - timedelta(days=1):
        raise Refused(
            _("A post can end yesterday at the earliest: what was done under it stays valid.")
        )
    if post.role == Role.ADMINISTRATOR and post.unit.level == Level.MINISTRY:
        address = reverse("accounts:people")
        raise_alarm("administrator_ended", address=address, by=by, name=post.user)
    set_last_day(post, on)
    record(
        "account.post_ended",
        post.user,
        by=by,
        position=authority.position,
        reason=reason,
        unit_path=post.unit.path,
        role=post.role,
        title=post.title,
        on=on.isoformat(),
    )


def follow_ended_unit(
    unit: Unit, *, successor: Unit | None, on: date, by: User, position: str, move_people: bool
) -> tuple[int, int]:
    """End the appointments of a unit that ends on ``on``, the day before; continue them in the
    successor if ``move_people``.

    An appointment that covers more in the successor than before is proposed there to a second
    administrator. Called in the transaction that ends the unit. Return how many appointments ended
    and how many continue.
    """
    ended = list(
        unit.appointments.filter(valid_to=None) | unit.appointments.filter(valid_to__gte=on)
    )
    moved = 0
    proposed: list[PendingAppointment] = []
    if successor and move_people:
        moved, proposed = _continue_in_successor(successor, ended, former=unit, on=on, by=by)
    for post in ended:
        set_last_day(post, on - timedelta(days=1))
    ask_to_confirm(proposed, by=by)
    if ended:
        record("unit.posts_followed", unit, by=by, position=position, ended=len(ended), moved=moved)
    return len(ended), moved


def _continue_in_successor(
    successor: Unit, ended: Iterable[Appointment], *, former: Unit, on: date, by: User
) -> tuple[int, list[PendingAppointment]]:
    """Continue appointments in the successor from ``on``; return how many do, and which wait for a
    second administrator.
    """
    covers_more = _takes_in_others(successor, besides=former)
    moved = 0
    proposed = []
    for post in ended:
        begins = max(on, post.valid_from)
        same = successor.appointments.filter(user=post.user_id, role=post.role)
        if same.in_force_between(begins, post.valid_to).exists():
            moved += 1
        elif not (covers_more and post.role in CONFIRMED):
            _copy_to_successor(successor, post, begins=begins)
            moved += 1
        elif post.user_id != by.pk:  # nobody proposes themselves
            proposed.append(_propose_once(post, successor, begins=begins, by=by))
    return moved, proposed


def _takes_in_others(successor: Unit, *, besides: Unit) -> bool:
    """Check whether the successor includes more than ``besides``."""
    others = Unit.objects.filter(successor=successor).exclude(pk=besides.pk)
    is_older = besides.valid_to is not None and successor.valid_from < besides.valid_to
    return is_older or others.exists()


def _copy_to_successor(successor: Unit, post: Appointment, *, begins: date) -> None:
    Appointment.objects.create(
        user_id=post.user_id,
        unit=successor,
        role=post.role,
        title=post.title,
        valid_from=begins,
        valid_to=post.valid_to,
        appointed_by_id=post.appointed_by_id,
        confirmed_by_id=post.confirmed_by_id,
        confirmed_at=post.confirmed_at,
        approves_from=post.approves_from,
    )


def _propose_once(
    post: Appointment, successor: Unit, *, begins: date, by: User
) -> PendingAppointment:
    """Return the proposal of this position that waits already, or a new one."""
    waiting = post.user.pending_appointments.filter(
        unit=successor, role=post.role, decision=""
    ).first()
    if waiting is None:
        waiting = build_proposal(
            post.user,
            unit=successor,
            role=post.role,
            title=post.title,
            valid_from=begins,
            valid_to=post.valid_to,
            by=by,
        )
        waiting.save()
    return waiting
