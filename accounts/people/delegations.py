"""Handing approval over to a named deputy for a period, and ending that early.

A delegation makes nobody a leader: it lends what its giver holds, for days that both know, to
somebody of the same unit (docs/adr/0037-delegate-approval-for-a-limited-time.md).
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Appointment, Delegation, User
from accounts.notices import notify
from accounts.permissions import Permission, Role
from accounts.queries import NEW_LEADER_WAITS, leaders_of
from audit.services import record
from core.errors import NotAllowed, Refused
from core.reasons import require_reason
from units.models import Unit

LONGEST = 90  # days, both ends included
FURTHEST = 90  # days from today to the first one


def own_approving_posts(chief: User) -> list[Appointment]:
    """Return the appointments by which the person approves in their own right: what they may hand
    over.
    """
    now = timezone.now()
    return [a for a in chief.current_appointments if a.role == Role.APPROVER and not a.waits(now)]


def possible_deputies(unit: Unit, *, besides: Iterable[int] = ()) -> QuerySet[User]:
    """Find the active people of the unit who write or approve there."""
    posts = Appointment.objects.in_force(timezone.localdate()).filter(
        unit=unit, role__in=Delegation.DEPUTIES
    )
    users = User.objects.filter(pk__in=posts.values("user"), is_active=True)
    return users.exclude(pk__in=list(besides)).order_by("search", "pk")


@transaction.atomic
def delegate(
    *, unit: Unit, deputy: User, valid_from: date, valid_to: date, reason: str, by: User
) -> Delegation:
    """Hand one's own approval in ``unit`` over to ``deputy`` from one day to another.

    The unit's leaders, the overseers and all administrators above are notified, and may stop it.
    A deputy who was no approver before approves 24 hours later. Raise NotAllowed for users who
    approve only in somebody else's stead.
    """
    User.objects.select_for_update().get(pk=by.pk)  # two browsers at once: one deputy
    own = next((a for a in own_approving_posts(by) if a.unit_id == unit.pk), None)
    if own is None:
        raise NotAllowed(
            _("Only who approves in their own right hands approval over: no deputy names another.")
        )
    reason = require_reason(reason, _("Please write why approval is handed over."))
    _require_period(valid_from, valid_to)
    appointment = _deputys_position(deputy, unit) if deputy.pk != by.pk else None
    if appointment is None:
        raise Refused(
            _("Choose somebody else who writes or approves in %(unit)s.") % {"unit": unit}
        )
    now = timezone.now()
    others = Delegation.objects.open_on(now).filter(chief=by, unit=unit)
    if others.filter(valid_from__lte=valid_to, valid_to__gte=valid_from).exists():
        raise Refused(_("You have handed approval over within these days already. End that first."))
    row = Delegation.objects.create(
        unit=unit,
        chief=by,
        deputy=deputy,
        chief_position=own.position,
        deputy_position=appointment.position,
        valid_from=valid_from,
        valid_to=valid_to,
        reason=reason,
        given_at=now,
        approves_from=_approves_from(deputy, unit, now=now),
    )
    _record(row, "account.delegated", by=by, position=own.position, reason=reason)
    _notify(row, "delegation_received", [deputy], by=by)
    _notify(row, "delegation_given", leaders_of(unit, besides={by.pk, deputy.pk}), by=by)
    return row


def _require_period(first: date, last: date) -> None:
    today = timezone.localdate()
    if first < today:
        raise Refused(_("The first day must not lie in the past."))
    if first > today + timedelta(days=FURTHEST):
        raise Refused(_("Hand approval over at most %(n)s days ahead.") % {"n": FURTHEST})
    if last < first:
        raise Refused(_("The last day must not lie before the first."))
    if (last - first).days >= LONGEST:
        raise Refused(_("Approval is handed over for at most %(n)s days.") % {"n": LONGEST})


def _deputys_position(deputy: User, unit: Unit) -> Appointment | None:
    """Return the position of the deputy in the unit that the record names: the approver's first."""
    if not deputy.is_active:
        return None
    posts = Appointment.objects.in_force(timezone.localdate()).filter(
        user=deputy, unit=unit, role__in=Delegation.DEPUTIES
    )
    return min(posts, key=lambda post: post.role != Role.APPROVER, default=None)


def _approves_from(deputy: User, unit: Unit, *, now: datetime) -> datetime | None:
    """Return from when the deputy approves: at once if two administrators made them an approver of
    the unit and their own waiting time is over.
    """
    post = _deputys_position(deputy, unit)
    if post and post.role == Role.APPROVER:
        return post.approves_from if post.waits(now) else None
    return now + NEW_LEADER_WAITS


def may_end(user: User, row: Delegation) -> str:
    """Return the position by which the person may end the delegation early; empty where they may
    not.

    Both people may, the leaders of the unit, and those who oversee or administer it.
    """
    if user.pk == row.chief_id:
        return row.chief_position
    if user.pk == row.deputy_id:
        return row.deputy_position
    rights = (Permission.POST_WITHDRAW, Permission.ACCOUNT_MANAGE)
    authorities = (user.own_authority(right, unit=row.unit) for right in rights)
    return next((authority.position for authority in authorities if authority), "")


@transaction.atomic
def end(row: Delegation, *, by: User, reason: str) -> None:
    """End a delegation before its last day. What was done under it stays done."""
    now = timezone.now()
    rows = Delegation.objects.select_for_update(of=("self",)).select_related("unit", "chief")
    row = rows.select_related("deputy").get(pk=row.pk)
    if not (position := may_end(by, row)):
        raise NotAllowed(
            _("Its two people, the unit's leaders, overseers and administrators can end this.")
        )
    reason = require_reason(reason, _("Please write why it is ended."))
    if row.ended_at or row.valid_to < timezone.localdate(now):
        raise Refused(_("This delegation is over already."))
    row.ended_at, row.ended_by, row.ended_position, row.end_reason = now, by, position, reason
    row.save(update_fields=["ended_at", "ended_by", "ended_position", "end_reason"])
    _record(row, "account.delegation_ended", by=by, position=position, reason=reason)
    people = [row.chief, row.deputy, *leaders_of(row.unit)]
    others = [person for person in people if person.pk != by.pk]
    _notify(row, "delegation_ended", others, by=by, reason=reason)


REMINDED, OVER = 1, 2
# What ended longer ago is no news: of a portal that was away, or that told nobody before.
_NEWS = timedelta(days=7)


def notify_of_ends(*, now: datetime) -> int:
    """Notify both people of each delegation that ends by itself tomorrow, and of each that has.
    Return how many it notified of. Safe to repeat and to run twice at once.
    """
    today = timezone.localdate(now)
    ending = Delegation.objects.filter(
        ended_at=None,
        end_notices__lt=OVER,
        valid_to__lte=today + timedelta(days=1),
        valid_to__gte=today - _NEWS,
    ).select_related("unit", "chief", "deputy")
    notified = 0
    for row in ending:
        if row.valid_to < today:
            notified += _notify_of_end(row, "delegation_over", OVER)
        elif row.valid_from < today and row.end_notices < REMINDED:
            notified += _notify_of_end(row, "delegation_ends", REMINDED)
    return notified


@transaction.atomic
def _notify_of_end(row: Delegation, kind: str, number: int) -> bool:
    same = Delegation.objects.filter(pk=row.pk, end_notices=row.end_notices, ended_at=None)
    if not same.update(end_notices=number):
        return False
    _notify(row, kind, [person for person in (row.chief, row.deputy) if person.is_active])
    return True


def _record(row: Delegation, action: str, *, by: User, position: str, reason: str) -> None:
    days = {"first": f"{row.valid_from:%d/%m/%Y}", "last": f"{row.valid_to:%d/%m/%Y}"}
    record(
        action,
        row.deputy,
        by=by,
        position=position,
        reason=reason,
        unit_path=row.unit.path,
        delegation=str(row.public_id),
        chief=row.chief_id,
        **days,
    )


def _notify(row: Delegation, kind: str, people: Iterable[User], **facts: Any) -> None:
    notify(
        people,
        kind,
        address=reverse("accounts:delegation", args=[row.public_id]),
        chief=row.chief,
        deputy=row.deputy,
        unit=row.unit,
        first=f"{row.valid_from:%d/%m/%Y}",
        last=f"{row.valid_to:%d/%m/%Y}",
        **facts,
    )
