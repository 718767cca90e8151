import time
from datetime import date
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.models import EmailAddress
from allauth.account.signals import email_added
from allauth.account.signals import user_logged_in as entered
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import (
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
    authenticator_used,
)
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models.signals import post_save, pre_save
from django.dispatch import Signal, receiver
from django.http import HttpRequest
from django.urls import reverse

from accounts import step_up
from accounts.alarms import raise_alarm
from accounts.ministry import break_glass
from accounts.models import User
from accounts.people.appointments import follow_ended_unit
from accounts.services import notify_of_factor
from accounts.sign_in import devices, known_browsers
from accounts.sign_in_policy import BY_MINISTRY
from units.models import Unit
from units.signals import unit_ended


@receiver(unit_ended)
def move_appointments_of_ended_unit(
    *,
    unit: Unit,
    successor: Unit | None,
    on: date,
    by: User,
    position: str,
    move_people: bool,
    **_: Any,
) -> None:
    follow_ended_unit(
        unit, successor=successor, on=on, by=by, position=position, move_people=move_people
    )


@receiver(pre_save, sender=User)
def notice_new_operator(*, instance: User, raw: bool = False, **_: Any) -> None:
    """Note that this account becomes a system operator's, whichever page or command does it."""
    instance.becomes_operator = (
        instance.is_superuser
        and not raw
        and not User.objects.filter(pk=instance.pk, is_superuser=True).exists()
    )


@receiver(post_save, sender=User)
def report_new_operator(*, instance: User, **_: Any) -> None:
    if getattr(instance, "becomes_operator", False):
        raise_alarm("operator_made", address=reverse("accounts:system_changes"), name=instance)


@receiver(user_logged_in)
def set_language_at_sign_in(*, request: HttpRequest, user: User, **_: Any) -> None:
    """Set the language at sign-in: a shared PC still has the language of the person before."""
    request.language_of_newcomer = user.language
    request.signed_in_as = user.username
    request.session["began"] = int(time.time())
    devices.store_use(request, at=request.session["began"])
    request.session["shared"] = getattr(
        request, "shared_computer", known_browsers.is_shared_computer(request)
    )


@receiver(user_logged_out)
def clear_browser_data(*, request: HttpRequest, **_: Any) -> None:
    """Clear the browser's cache of drafts' pictures and the like, also when a session ends by being
    idle.
    """
    request.signed_out = True


@receiver(user_logged_in)
def verify_invitation_address(*, user: User, **_: Any) -> None:
    """Mark the invitation's address as proved, since the link went there; an added address replaces
    it only once proved as well.
    """
    if EmailAddress.objects.filter(email=user.email, verified=True).exists():
        return
    EmailAddress.objects.filter(user=user).exclude(email=user.email).update(primary=False)
    EmailAddress.objects.update_or_create(
        user=user, email=user.email, defaults={"verified": True, "primary": True}
    )


@receiver(email_added)
def notify_of_added_address(*, user: User, email_address: EmailAddress, **_: Any) -> None:
    """Mail the address that the account already had, whoever added the new one."""
    get_adapter().send_notification_mail(
        "account/email/email_added", user, {"added_email": email_address.email}
    )


@receiver(user_logged_in)
def mark_sign_in_as_step_up(*, request: HttpRequest, user: User, **_: Any) -> None:
    """Count a sign-in with a factor as a step-up, and one by password of somebody who has no
    factor.
    """
    proofs = [
        record["at"]
        for record in get_authentication_records(request, user)
        if record["method"] == "mfa"
    ]
    if not proofs and not Authenticator.objects.filter(user=user).exists():
        proofs = [time.time()]
    request.session[step_up.STEPPED_UP_AT] = int(max(proofs, default=0))


@receiver(entered)
def store_ministry_sign_in(*, request: HttpRequest, user: User, **facts: Any) -> None:
    """Store in the session how it began, for the sign-out; raise an alarm for a break-glass account
    that opens without the ministry.
    """
    if BY_MINISTRY in facts:
        request.session[BY_MINISTRY] = True
    else:
        break_glass.report_sign_in(user)


@receiver(authenticator_used)
def mark_reauthentication_as_step_up(
    *, request: HttpRequest, reauthenticated: bool, **_: Any
) -> None:
    if reauthenticated:
        step_up.mark_stepped_up(request)


@receiver(authenticator_added)
def mark_added_factor_as_step_up(*, request: HttpRequest, user: User, **_: Any) -> None:
    """Count adding a factor as proving it, since nobody adds one without using it. allauth sends
    the signal in other people's requests, too.
    """
    if request.user == user:
        step_up.mark_stepped_up(request)


@receiver([authenticator_added, authenticator_removed, authenticator_reset])
def notify_of_changed_factor(*, signal: Signal, user: User, **_: Any) -> None:
    """Notify the person at once, who may not have done it; `accounts.sign_in.record` records it."""
    notify_of_factor(
        user,
        {authenticator_added: "added", authenticator_removed: "removed"}.get(signal, "renewed"),
    )


@receiver(authenticator_used)
def notify_of_used_recovery_code(*, user: User, authenticator: Authenticator, **_: Any) -> None:
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        notify_of_factor(user, "code_used")
