"""Disable an account, enable, unlock and correct it: acts on the account as a whole."""

from axes.models import AccessAttempt
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import MinistryIdentity, MinistryRequest, User
from accounts.permissions import CONFIRMED
from accounts.queries import (
    break_glass_accounts,
    is_in_use,
    open_or_waiting,
    require_governs,
    unit_path_of,
)
from accounts.services import end_sessions
from accounts.sign_in_policy import ministry_is_required
from audit.services import record
from core.errors import Refused
from core.reasons import require_reason


@transaction.atomic
def disable(person: User, *, by: User, reason: str) -> int:
    """Disable an account at once and end its open sessions. Return how many there were."""
    authority = require_governs(by, person)
    reason = require_reason(reason, _("Please write why the account is disabled."))
    require_other_break_glass_account(person)
    now = timezone.now()
    if not User.objects.filter(pk=person.pk, is_active=True).update(
        is_active=False, disabled_at=now
    ):
        raise Refused(_("This account is disabled already."))
    person.is_active, person.disabled_at = False, now
    person.invitations.filter(used_at=None, withdrawn_at=None).update(withdrawn_at=now)
    remove_ministry_link(person, by=by, position=authority.position, reason=reason)
    ended = end_sessions(person)
    record(
        "account.disabled",
        person,
        by=by,
        position=authority.position,
        reason=reason,
        unit_path=unit_path_of(person),
        sessions=ended,
    )
    return ended


def require_other_break_glass_account(person: User) -> None:
    """Raise Refused where the ministry's sign-in is required and no break-glass account but this
    one is left.
    """
    ready = break_glass_accounts()
    if ministry_is_required() and ready.filter(pk=person.pk).exists() and ready.count() == 1:
        raise Refused(
            _(
                "This is the last break-glass account. Mark another one first, or nobody "
                "could help later."
            )
        )


def remove_ministry_link(person: User, *, by: User | None, position: str = "", reason: str) -> bool:
    """Remove the link to a ministry account, and what is proposed of one; False where there was
    none.
    """
    waiting = MinistryRequest.objects.filter(user=person)
    waiting.update(user=None, proposed_by=None, proposed_at=None)
    if not MinistryIdentity.objects.filter(user=person).delete()[0]:
        return False
    record(
        "account.unlinked",
        person,
        by=by,
        position=position,
        reason=reason,
        unit_path=unit_path_of(person),
    )
    return True


@transaction.atomic
def enable(person: User, *, by: User, reason: str) -> None:
    authority = require_governs(by, person)
    disabled = User.objects.filter(pk=person.pk, is_active=False)
    if not disabled.filter(pseudonymised_at=None).update(is_active=True, disabled_at=None):
        if disabled.exists():
            raise Refused(_("This account is nobody's any more. Invite the person anew."))
        raise Refused(_("This account is not disabled."))
    person.is_active, person.disabled_at = True, None
    record(
        "account.enabled",
        person,
        by=by,
        position=authority.position,
        reason=reason.strip(),
        unit_path=unit_path_of(person),
    )


@transaction.atomic
def unlock(person: User, *, by: User) -> None:
    """Clear the wrong passwords that were typed for this account."""
    authority = require_governs(by, person)
    AccessAttempt.objects.filter(username=person.username).delete()
    record(
        "account.unlocked",
        person,
        by=by,
        position=authority.position,
        unit_path=unit_path_of(person),
    )


@transaction.atomic
def correct(person: User, *, full_name: str, email: str, by: User) -> None:
    """Correct a name or an address that was written wrongly. The address can be changed only until
    the first sign-in.
    """
    authority = require_governs(by, person)
    # A second administrator may be confirming just this address.
    stored = User.objects.select_for_update().get(pk=person.pk)
    if (stored.full_name, stored.email) == (full_name, email.lower()):
        return
    if email.lower() != person.email and is_in_use(person):
        raise Refused(_("Only the holder can change the e-mail of an account that is in use."))
    posts = open_or_waiting(person)
    if email.lower() != person.email and any(post.role in CONFIRMED for post in posts):
        raise Refused(
            _(
                "A second administrator confirms the post together with this address. "
                "End or take back the post first."
            )
        )
    if User.objects.filter(email=email.lower()).exclude(pk=person.pk).exists():
        raise Refused(_("There is an account with this e-mail already."))
    was = person.full_name
    person.full_name, person.email = full_name, email
    person.save()
    record(
        "account.corrected",
        person,
        by=by,
        position=authority.position,
        unit_path=unit_path_of(person),
        was=was,
    )
