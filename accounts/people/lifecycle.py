"""Disable an account, enable, unlock and correct it: acts on the account as a whole."""

from datetime import date

from axes.models import AccessAttempt
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.alarms import raise_alarm
from accounts.models import MinistryIdentity, MinistryRequest, User
from accounts.notices import notify
from accounts.permissions import CONFIRMED
from accounts.queries import (
    NEW_LEADER_WAITS,
    break_glass_accounts,
    has_account,
    is_in_use,
    leaders_of,
    ministry_administrators,
    open_or_waiting,
    open_posts,
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
    administers = ministry_administrators().filter(pk=person.pk).exists()
    ended = disable_account(person, by=by, position=authority.position, reason=reason)
    if administers:
        raise_alarm("administrator_ended", address=reverse("accounts:people"), by=by, name=person)
    return ended


@transaction.atomic
def disable_account(person: User, *, by: User, position: str, reason: str) -> int:
    """Do as `disable`; the callers check the right and the reason."""
    require_other_break_glass_account(person)
    now = timezone.now()
    if not User.objects.filter(pk=person.pk, is_active=True).update(
        is_active=False, disabled_at=now
    ):
        raise Refused(_("This account is disabled already."))
    person.is_active, person.disabled_at = False, now
    person.invitations.filter(used_at=None, withdrawn_at=None).update(withdrawn_at=now)
    remove_ministry_link(person, by=by, position=position, reason=reason)
    ended = end_sessions(person)
    record(
        "account.disabled",
        person,
        by=by,
        position=position,
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
    """Let a disabled account in again. A leader waits for a day as a new one does, and the same
    people are told: whoever enables gives the rights of the post back alone.
    """
    authority = require_governs(by, person)
    enable_account(person, by=by, position=authority.position, reason=reason.strip())


@transaction.atomic
def enable_account(person: User, *, by: User, position: str, reason: str) -> None:
    """Do as `enable`; the callers check the right."""
    # Retention may have made the account nobody's since the page was opened.
    require_can_be_enabled(User.objects.select_for_update().get(pk=person.pk))
    User.objects.filter(pk=person.pk).update(is_active=True, disabled_at=None)
    person.is_active, person.disabled_at = True, None
    for post in open_posts(person):
        if post.role in CONFIRMED:
            post.approves_from = timezone.now() + NEW_LEADER_WAITS
            post.save(update_fields=["approves_from"])
            notify(
                leaders_of(post.unit, besides={person.pk, by.pk}),
                "leader_enabled",
                address=reverse("accounts:appointment", args=[post.public_id]),
                person=person,
                post=post.position,
                unit=post.unit,
                by=by,
            )
    record(
        "account.enabled",
        person,
        by=by,
        position=position,
        reason=reason,
        unit_path=unit_path_of(person),
    )


def require_can_be_enabled(person: User) -> None:
    if person.pseudonymised_at:
        raise Refused(_("This account is nobody's any more. Invite the person anew."))
    if person.is_active:
        raise Refused(_("This account is not disabled."))


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
def note_training(person: User, *, on: date | None, by: User) -> None:
    """Note the day on which the person completed the training; None takes it away. Raise
    NotAllowed, Refused.
    """
    authority = require_governs(by, person)
    if on and on > timezone.localdate():
        raise Refused(_("This day has not come yet."))
    if not User.objects.filter(pk=person.pk).exclude(trained_on=on).update(trained_on=on):
        return
    person.trained_on = on
    record(
        "account.training_noted",
        person,
        by=by,
        position=authority.position,
        unit_path=unit_path_of(person),
        day=f"{on:%d/%m/%Y}" if on else "–",
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
    if has_account(email, besides=person):
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
