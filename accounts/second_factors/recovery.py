"""A lost second factor: two administrators agree to reset it, and the person has a day in which to
stop that.

An administrator alone, or somebody who talked one into it, could otherwise take over a leader's
account.
"""

from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.alarms import raise_alarm
from accounts.models import FactorReset, User
from accounts.models.sign_in import UNCONFIRMED_LIFETIME
from accounts.notices import notify
from accounts.queries import (
    administrators_over,
    governs,
    has_factor,
    open_posts,
    require_governs,
    require_independent,
)
from accounts.services import end_sessions
from audit.services import record
from core.clock import format_local_time
from core.errors import NotAllowed, Refused
from core.reasons import make_console_reason, require_reason

_SALT = "accounts.recovery.stop"


def reset_delay() -> timedelta:
    return timedelta(hours=settings.FACTOR_RESET_HOURS)


@transaction.atomic
def request_reset(person: User, *, by: User, reason: str) -> FactorReset:
    """Ask another administrator to agree that the second factor of ``person`` is reset; notify the
    person at once.
    """
    authority = require_governs(by, person)
    reason = require_reason(reason, _("Please write why two-factor authentication is reset."))
    if not has_factor(person):
        raise Refused(_("This person has no second factor that could be reset."))
    others = [
        administrator for administrator in administrators_over(person) if administrator.pk != by.pk
    ]
    if not others:
        raise Refused(_("No second administrator can confirm this. Ask the system operator."))
    try:
        with transaction.atomic():
            row = FactorReset.objects.create(
                user=person, reason=reason, asked_by=by, asked_at=timezone.now()
            )
    except IntegrityError as same:
        raise Refused(_("A recovery of this person is under way already.")) from same
    _record("asked", row, by=by, position=authority.position, reason=row.reason)
    notify([person], "factor_reset_asked", address=stop_address(row), by=by)
    notify(
        others,
        "factor_reset_to_confirm",
        address=reverse("accounts:recoveries"),
        by=by,
        name=person,
    )
    return row


@transaction.atomic
def confirm(row: FactorReset, *, by: User, now: datetime) -> None:
    """Agree, as the second administrator; the delay begins."""
    authority = require_governs(by, row.user)
    if by.pk == row.asked_by_id:
        raise NotAllowed(_("Another administrator has to confirm what you asked for."))
    require_independent(by, row.asked_by)
    due_at = now + reset_delay()
    unconfirmed = FactorReset.objects.to_confirm(now).filter(pk=row.pk)
    if not unconfirmed.update(confirmed_by=by, due_at=due_at):
        raise Refused(_("This recovery was confirmed or stopped meanwhile."))
    row.refresh_from_db()
    _record("confirmed", row, by=by, position=authority.position, due=due_at.isoformat())
    when = format_local_time(due_at)
    notify([row.user], "factor_reset_runs", address=stop_address(row), by=by, when=when)


@transaction.atomic
def stop(row: FactorReset, *, by: User, now: datetime) -> None:
    """Stop a recovery that is not done, as the person or an administrator who
    governs the account.
    """
    if by.pk != row.user_id:
        require_governs(by, row.user)
    if not FactorReset.objects.open().filter(pk=row.pk).update(stopped_by=by, stopped_at=now):
        raise Refused(_("This recovery is done or was stopped already."))
    _record("stopped", row, by=by)
    recipients = [person for person in (row.asked_by, row.confirmed_by) if person and person != by]
    notify(
        recipients,
        "factor_reset_stopped",
        address=reverse("accounts:recoveries"),
        by=by,
        name=row.user,
    )
    if by != row.user:
        notify(
            [row.user], "factor_reset_stopped", address=reverse("accounts:me"), by=by, name=row.user
        )


def reset_due(*, now: datetime) -> int:
    """Reset the factors whose delay is over; return how many. Safe to run twice and beside
    itself.
    """
    due = (
        FactorReset.objects.open()
        .filter(due_at__lte=now)
        .select_related("user", "asked_by", "confirmed_by")
    )
    done = sum(_reset(row, now=now) for row in due)
    stale = FactorReset.objects.open().filter(
        confirmed_by=None, asked_at__lte=now - UNCONFIRMED_LIFETIME
    )
    stale.update(stopped_at=now)
    return done


@transaction.atomic
def _reset(row: FactorReset, *, now: datetime) -> bool:
    agreed = [row.asked_by, row.confirmed_by]
    still_open = FactorReset.objects.open().filter(pk=row.pk)
    if not all(person and person.is_active and governs(person, row.user) for person in agreed):
        # One of them was disabled or lost the post meanwhile: what they agreed to may be part of
        # why.
        if still_open.update(stopped_at=now):
            _record("stopped", row, by=None)
        return False
    if not still_open.update(done_at=now):
        return False
    _delete_factors(row.user, by=row.confirmed_by, reason=row.reason)
    return True


@transaction.atomic
def break_glass(person: User, *, reason: str, operator: str) -> None:
    """Reset at once, from the server's own console: for somebody whom no two administrators can
    help.

    ``operator`` names who sits at the console. Raise Refused where two administrators can do it.
    """
    why = make_console_reason(reason, operator=operator)
    if len(administrators_over(person)) >= 2:
        raise Refused(_("Two administrators can reset this: the page of recoveries is the way."))
    _delete_factors(person, by=None, reason=why)
    FactorReset.objects.open().filter(user=person).update(stopped_at=timezone.now())
    raise_alarm("console_reset", address=reverse("accounts:people"), name=person)


def _delete_factors(person: User, *, by: User | None, reason: str) -> None:
    Authenticator.objects.filter(user=person).delete()
    ended = end_sessions(person)
    record(
        "account.mfa_reset",
        person,
        by=by,
        reason=reason[:500],
        unit_path=_unit_path(person),
        sessions=ended,
    )
    notify(
        [person, *administrators_over(person)],
        "factor_reset_done",
        address=reverse("accounts:me"),
        name=person,
    )


def _record(step: str, row: FactorReset, *, by: User | None, **facts: str) -> None:
    record(f"account.mfa_reset_{step}", row.user, by=by, unit_path=_unit_path(row.user), **facts)


def _unit_path(person: User) -> str:
    posts = open_posts(person)
    return posts[0].unit.path if posts else ""


# --- The person's own link ------------------------------------------------------------------------


def stop_address(row: FactorReset) -> str:
    """Return the address at which the person stops it without a sign-in. The link can do nothing
    else.
    """
    return reverse("accounts:stop_recovery", args=[signing.dumps(str(row.public_id), salt=_SALT)])


def find_by_stop_token(word: str) -> FactorReset | None:
    try:
        public_id = signing.loads(
            word, salt=_SALT, max_age=UNCONFIRMED_LIFETIME + reset_delay() + timedelta(days=1)
        )
    except signing.BadSignature:
        return None
    return (
        FactorReset.objects.select_related("user", "asked_by").filter(public_id=public_id).first()
    )
