"""Changes of the ministry's administrators and of system operators: one of them proposes one,
another confirms it.

One system operator could otherwise disable the administrators and appoint two of their own.
"""

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.alarms import raise_alarm
from accounts.models import Appointment, ChangeKind, SystemChange, User
from accounts.people import lifecycle
from accounts.permissions import CONFIRMED, Role
from accounts.queries import (
    NEW_LEADER_WAITS,
    account_named,
    had_ministry_administrators,
    has_factor,
    is_in_use,
    may_change_system,
    require_independent,
    unit_path_of,
)
from audit.services import record
from core.errors import NotAllowed, Refused
from core.reasons import require_reason
from units.models import Level, Unit


def require_may_change(user: User) -> None:
    """Raise NotAllowed for everybody but operators and administrators of the ministry."""
    if not may_change_system(user):
        raise NotAllowed(
            _(
                "System operators and administrators of the ministry do this, from 24 hours "
                "after they became that."
            )
        )


@transaction.atomic
def propose(*, kind: str, account: str, reason: str, by: User) -> SystemChange:
    """Propose a change to the account that ``by`` names; tell all who could stop it, and its
    holder.
    """
    require_may_change(by)
    if not had_ministry_administrators():
        raise Refused(_("Appoint the ministry's first two administrators in /system/ first."))
    person = account_named(account)
    if person is None:
        raise Refused(_("There is no account with this user name or e-mail."))
    if person.pk == by.pk:
        raise Refused(
            _(
                "Nobody proposes a change to their own account. Ask another operator or "
                "administrator."
            )
        )
    reason = require_reason(reason, _("Please write why."))
    _require_possible(kind, person)
    now = timezone.now()
    same = SystemChange.objects.filter(user=person, done_at=None, stopped_at=None)
    same.exclude(pk__in=SystemChange.objects.open(now)).update(stopped_at=now)  # out of time
    try:
        with transaction.atomic():
            change = SystemChange.objects.create(
                kind=kind, user=person, reason=reason, asked_by=by, asked_at=now
            )
    except IntegrityError as waiting:
        raise Refused(_("A change to this account waits already. Decide about it first.")) from (
            waiting
        )
    _announce(change, "proposed", by=by, reason=reason)
    return change


def _require_possible(kind: str, person: User) -> None:
    """Raise Refused where the change makes no sense for this account, or is somebody else's."""
    holds = Appointment.objects.in_force(timezone.localdate()).filter(user=person)
    administers = holds.filter(role=Role.ADMINISTRATOR, unit__level=Level.MINISTRY).exists()
    if kind == ChangeKind.DISABLE:
        _require_of_system(person, administers=administers)
        if not person.is_active:
            raise Refused(_("This account is disabled already."))
    elif kind == ChangeKind.ENABLE:
        _require_of_system(person, administers=administers)
        lifecycle.require_can_be_enabled(person)
    elif not person.is_active or not is_in_use(person):
        raise Refused(
            _(
                "Choose somebody who uses an account already. An administrator invites new people "
                "to a post first."
            )
        )
    elif kind == ChangeKind.ADMINISTRATOR:
        if person.is_superuser:
            raise Refused(_("A system operator holds no post. Choose somebody else."))
        if administers:
            raise Refused(_("This person administers the ministry already."))
    else:
        if person.is_superuser:
            raise Refused(_("This person is a system operator already."))
        if holds.filter(role__in=CONFIRMED).exists():
            raise Refused(
                _("Who approves, oversees or administers does not operate the system as well.")
            )
        if not has_factor(person):
            raise Refused(_("A system operator needs a second factor: this person sets it up."))


def _require_of_system(person: User, *, administers: bool) -> None:
    if not (person.is_superuser or administers):
        raise Refused(
            _("An administrator of this person's unit does that, on the page of the person.")
        )


@transaction.atomic
def confirm(change: SystemChange, *, by: User) -> None:
    """Carry the change out, as the second person.

    Raise NotAllowed for the proposer, for anyone who appointed them or was appointed by them, and
    for the account's holder.
    """
    require_may_change(by)
    change = _lock(change)
    if by.pk in (change.asked_by_id, change.user_id):
        raise NotAllowed(
            _("Somebody else has to confirm this: not who proposed it, nor whom it concerns.")
        )
    require_independent(by, change.asked_by)
    if not may_change_system(change.asked_by):
        raise Refused(_("Who proposed this no longer has the right to. Stop it."))
    person = User.objects.select_for_update().get(pk=change.user_id)
    _require_possible(change.kind, person)
    now = timezone.now()
    change.confirmed_by, change.done_at = by, now
    change.save(update_fields=["confirmed_by", "done_at"])
    match change.kind:
        case ChangeKind.ADMINISTRATOR:
            Appointment.objects.create(
                user=person,
                unit=Unit.objects.get(level=Level.MINISTRY),
                role=Role.ADMINISTRATOR,
                appointed_by=change.asked_by,
                confirmed_by=by,
                confirmed_at=now,
                approves_from=now + NEW_LEADER_WAITS,
            )
        case ChangeKind.OPERATOR:
            person.is_staff = person.is_superuser = True
            person.save(update_fields=["is_staff", "is_superuser"])
        case ChangeKind.DISABLE:
            lifecycle.disable_account(person, by=by, position=_position(by), reason=change.reason)
        case ChangeKind.ENABLE:
            lifecycle.enable_account(person, by=by, position=_position(by), reason=change.reason)
    _announce(change, "done", by=by)


@transaction.atomic
def stop(change: SystemChange, *, by: User) -> None:
    """Stop a change that nobody has confirmed; each of those who could confirm may, also who
    proposed it, but not the account's holder.
    """
    require_may_change(by)
    change = _lock(change)
    if by.pk == change.user_id:
        raise NotAllowed(_("Somebody else decides about a change to your account."))
    change.stopped_by, change.stopped_at = by, timezone.now()
    change.save(update_fields=["stopped_by", "stopped_at"])
    _announce(change, "stopped", by=by)


def _lock(change: SystemChange) -> SystemChange:
    rows = SystemChange.objects.open(timezone.now()).select_for_update(of=("self",))
    locked = rows.select_related("user", "asked_by").filter(pk=change.pk).first()
    if locked is None:
        raise Refused(_("This was decided meanwhile, or its seven days are over."))
    return locked


def _position(by: User) -> str:
    return next((a.position for a in by.current_appointments), "")


def _announce(change: SystemChange, step: str, *, by: User, reason: str = "") -> None:
    record(
        f"system.change_{step}",
        change.user,
        by=by,
        position=_position(by),
        reason=reason,
        unit_path=unit_path_of(change.user),
        change=change.kind,
    )
    raise_alarm(
        f"system_change_{step}",
        address=reverse("accounts:system_changes"),
        also=(change.user,) if change.user.is_active else (),
        by=by,
        person=change.user,
        asked_by=change.asked_by,
    )
