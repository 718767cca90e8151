"""The second administrator's word on an appointment, and the leaders' word on a new approver's
waiting time.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Appointment, Decision, PendingAppointment, User, Waiver
from accounts.notices import notify
from accounts.people.appointments import set_last_day_of_all
from accounts.people.invitations import send_invitations
from accounts.permissions import Permission
from accounts.queries import (
    NEW_LEADER_WAITS,
    is_in_use,
    leaders_of,
    may_waive,
    require,
    require_confirms,
    require_fitting,
    require_independent,
)
from audit.services import record
from core.errors import NotAllowed, Refused
from core.reasons import require_reason

ENOUGH_WAIVERS = 2


def _lock(pending: PendingAppointment) -> PendingAppointment:
    """Lock and return the proposal, and lock its person. Raise Refused when it no longer waits."""
    User.objects.select_for_update().get(pk=pending.user_id)
    rows = PendingAppointment.objects.select_for_update(of=("self",)).select_related(
        "user", "unit", "asked_by"
    )
    pending = rows.get(pk=pending.pk)
    if pending.decision != Decision.WAITING:
        raise Refused(
            _("This appointment was decided already: %(how)s.")
            % {"how": pending.get_decision_display()}
        )
    if pending.expires_at <= timezone.now():
        raise Refused(_("Nobody confirmed this appointment within seven days. Propose it again."))
    return pending


def _decide(
    pending: PendingAppointment, decision: Decision, *, by: User | None, reason: str = ""
) -> None:
    pending.decision, pending.decided_by, pending.reason = decision, by, reason
    pending.decided_at = timezone.now()
    pending.save(update_fields=["decision", "decided_by", "decided_at", "reason"])


@transaction.atomic
def confirm(pending: PendingAppointment, *, by: User) -> Appointment:
    """Make the proposal an appointment, send the invitation of a new account and tell the leaders.

    Its holder uses the rights of a leader 24 hours later. Raise NotAllowed for the proposer,
    for anyone whom they appointed or who appointed them, and for its holder; Refused where the
    proposal no longer waits or its proposer has lost the right to propose.
    """
    pending = _lock(pending)
    authority = require_confirms(by, pending)
    require_independent(by, pending.asked_by)
    person, now = pending.user, timezone.now()
    begins = max(pending.valid_from, timezone.localdate())
    _require_confirmable(pending, begins=begins)
    set_last_day_of_all(pending.replaces.all(), begins - timedelta(days=1))
    post = Appointment.objects.create(
        user=pending.user,
        unit=pending.unit,
        role=pending.role,
        title=pending.title,
        valid_from=begins,
        valid_to=pending.valid_to,
        appointed_by=pending.asked_by,
        confirmed_by=by,
        confirmed_at=now,
        approves_from=now + NEW_LEADER_WAITS,
    )
    _decide(pending, Decision.CONFIRMED, by=by)
    invited = person.invitations.filter(used_at=None, withdrawn_at=None, expires_at__gt=now)
    if not is_in_use(person) and not invited.exists():
        send_invitations([person], by=pending.asked_by)
    facts = {"role": pending.role, "title": post.position, "asked_by": pending.asked_by_id}
    place = {"position": authority.position, "unit_path": pending.unit.path}
    record("account.appointment_confirmed", person, by=by, **place, **facts)
    notify(
        leaders_of(pending.unit, besides={person.pk, by.pk}),
        "leader_appointed",
        address=reverse("accounts:appointment", args=[post.public_id]),
        person=person,
        post=post.position,
        unit=pending.unit,
        asked_by=pending.asked_by,
        by=by,
    )
    return post


def _require_confirmable(pending: PendingAppointment, *, begins: date) -> None:
    """Raise Refused where the appointment can no longer begin as it was proposed."""
    person = pending.user
    if not pending.asked_by.is_active or not pending.asked_by.authority(
        Permission.ACCOUNT_MANAGE, unit=pending.unit
    ):
        raise Refused(
            _(
                "Who proposed this appointment no longer has the right to. Refuse it and "
                "propose it yourself."
            )
        )
    if not person.is_active:
        raise Refused(_("This account is disabled. Enable it first."))
    require_fitting(pending.role, pending.unit)
    if pending.valid_to and pending.valid_to < timezone.localdate():
        raise Refused(_("The last day of this post has passed already. Refuse it."))
    same = person.appointments.filter(unit=pending.unit, role=pending.role)
    if same.in_force_between(begins, pending.valid_to).exists():
        raise Refused(
            _("This person already holds this post in %(unit)s.") % {"unit": pending.unit}
        )


def confirm_many(proposals: Iterable[PendingAppointment], *, by: User) -> tuple[int, list[str]]:
    """Confirm each proposal by itself; return how many, and for each other one its person and the
    reason.
    """
    confirmed, refused = 0, []
    for pending in proposals:
        try:
            confirm(pending, by=by)
            confirmed += 1
        except Refused as error:
            refused.append(f"{pending.user}: {error}")
    return confirmed, refused


@transaction.atomic
def refuse(pending: PendingAppointment, *, by: User, reason: str) -> None:
    """Refuse a proposal as its second administrator; who proposed it learns the reason."""
    pending = _lock(pending)
    authority = require_confirms(by, pending)
    reason = require_reason(reason, _("Please write why."))
    _decide(pending, Decision.REFUSED, by=by, reason=reason)
    _record_end(
        pending, "account.appointment_refused", by=by, position=authority.position, reason=reason
    )
    notify(
        [pending.asked_by],
        "appointment_refused",
        address=reverse("accounts:pending_appointment", args=[pending.public_id]),
        by=by,
        person=pending.user,
        post=pending.position,
        unit=pending.unit,
        reason=reason,
    )


@transaction.atomic
def withdraw(pending: PendingAppointment, *, by: User) -> None:
    """Take back one's own proposal."""
    pending = _lock(pending)
    authority = require(by, Permission.ACCOUNT_MANAGE, unit=pending.unit)
    if by.pk != pending.asked_by_id:
        raise NotAllowed(_("Only who proposed this appointment takes it back. You can refuse it."))
    _decide(pending, Decision.WITHDRAWN, by=by)
    _record_end(pending, "account.appointment_withdrawn", by=by, position=authority.position)


@transaction.atomic
def expire_pending() -> int:
    """Close the proposals that nobody confirmed within seven days; return how
    many. Safe to repeat.
    """
    late = PendingAppointment.objects.filter(
        decision=Decision.WAITING, expires_at__lte=timezone.now()
    )
    rows = list(
        late.select_for_update(of=("self",), skip_locked=True).select_related(
            "user", "unit", "asked_by"
        )
    )
    for pending in rows:
        _decide(pending, Decision.EXPIRED, by=None)
        _record_end(pending, "account.appointment_expired", by=None)
        address = reverse("accounts:pending_appointment", args=[pending.public_id])
        facts: dict[str, Any] = {
            "person": pending.user,
            "post": pending.position,
            "unit": pending.unit,
        }
        notify(
            [pending.asked_by],
            "appointment_expired",
            address=address,
            joined_address=reverse("accounts:pending_appointments"),
            **facts,
        )
    return len(rows)


def _record_end(pending: PendingAppointment, action: str, **facts: object) -> None:
    place = {"unit_path": pending.unit.path, "role": pending.role, "title": pending.position}
    record(action, pending.user, **place, **facts)


@transaction.atomic
def waive(post: Appointment, *, by: User, reason: str) -> bool:
    """Waive a new approver's waiting time as one of two leaders; return whether it is over now.

    Two different people count, one of whom leads the unit or oversees it. Raise NotAllowed for the
    new approver and whoever `may_waive` leaves out.
    """
    post = (
        Appointment.objects.select_for_update(of=("self",))
        .select_related("unit", "user")
        .get(pk=post.pk)
    )
    now = timezone.now()
    if (right := may_waive(by, post)) is None:
        raise NotAllowed(
            _(
                "Leaders of the unit, overseers and administrators can waive this; not the new "
                "approver, nor who proposed or confirmed the appointment, nor whoever these two "
                "appointed. Ask an overseer or administrator of the ministry."
            )
        )
    if not post.waits(now):
        raise Refused(_("There is nothing to waive: this approver does not wait."))
    reason = require_reason(reason, _("Please write why."))
    if post.waivers.filter(by=by).exists():
        raise Refused(
            _("You have waived the waiting time already. A second leader has to do so, too.")
        )
    authority, leads = right
    Waiver.objects.create(
        appointment=post, by=by, position=authority.position, leads=leads, reason=reason, at=now
    )
    given = list(post.waivers.values_list("leads", flat=True))
    is_over = len(given) >= ENOUGH_WAIVERS and any(given)
    if is_over:
        post.approves_from = now
        post.save(update_fields=["approves_from"])
        notify([post.user], "waiting_waived", address=reverse("accounts:me"), unit=post.unit)
    record(
        "account.waiting_waived" if is_over else "account.waiver_given",
        post.user,
        by=by,
        position=authority.position,
        reason=reason,
        unit_path=post.unit.path,
        title=post.position,
    )
    return is_over
