"""Accounts that open without the ministry, for the day on which its sign-in fails. They are marked
on the server.
"""

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.alarms import raise_alarm
from accounts.models import BreakGlassAccount, User
from accounts.people import lifecycle
from accounts.queries import break_glass_accounts, has_factor, is_leader, unit_path_of
from accounts.sign_in_policy import ministry_is_on
from audit.services import record
from core.errors import Refused
from core.reasons import make_console_reason


@transaction.atomic
def mark(person: User, *, operator: str, reason: str) -> None:
    """Let this account in by its password although the ministry's sign-in is required. Raise
    Refused.
    """
    why = make_console_reason(reason, operator=operator)
    if not is_leader(person):
        raise Refused(
            _("Only system operators and those who lead or administer can be break-glass accounts.")
        )
    if not person.is_active or not person.has_usable_password() or not has_factor(person):
        raise Refused(_("A break-glass account is active and has a password and a second factor."))
    _row, made = BreakGlassAccount.objects.get_or_create(
        user=person,
        defaults={
            "operator": operator.strip()[:100],
            "reason": reason.strip()[:500],
            "marked_at": timezone.now(),
        },
    )
    if not made:
        raise Refused(_("This account is a break-glass account already."))
    _record("account.break_glass_marked", person, why=why)


@transaction.atomic
def unmark(person: User, *, operator: str, reason: str) -> None:
    """End the mark. Raise Refused for the last one while the ministry's sign-in is required."""
    why = make_console_reason(reason, operator=operator)
    lifecycle.require_other_break_glass_account(person)
    if not BreakGlassAccount.objects.filter(user=person).delete()[0]:
        raise Refused(_("This account is no break-glass account."))
    _record("account.break_glass_unmarked", person, why=why)


def _record(action: str, person: User, *, why: str) -> None:
    record(action, person, by=None, reason=why, unit_path=unit_path_of(person))
    kind = action.removeprefix("account.")
    raise_alarm(kind, address=reverse("accounts:people"), name=person)


def report_sign_in(person: User) -> None:
    """Alert the watchers and the operator that a break-glass account was opened without the
    ministry.
    """
    if not ministry_is_on() or not BreakGlassAccount.objects.filter(user=person).exists():
        return
    with transaction.atomic():
        record("sign_in.break_glass", person, by=person, unit_path=unit_path_of(person))
        raise_alarm("break_glass_opened", address=reverse("accounts:people"), name=person)


def count_usable() -> int:
    """Count the accounts that would open today."""
    return break_glass_accounts().count()
