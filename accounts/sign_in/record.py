"""The record of signing in: sign-ins and failures, passwords, factors, e-mail addresses and
sessions.

A name that was typed is never stored: it may have been a password.
"""

from typing import Any

from allauth.account import signals as account
from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.mfa import signals as factors
from allauth.mfa.models import Authenticator
from django.contrib.auth.signals import user_logged_out, user_login_failed
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest
from django.urls import reverse
from django.utils.crypto import salted_hmac

from accounts.models import User
from accounts.notices import notify
from accounts.queries import account_named
from accounts.sign_in import devices, known_browsers
from accounts.sign_in_policy import BY_MINISTRY
from audit.models import Entry
from audit.services import record
from core import quotas
from core.errors import QuotaExceeded
from units.models import Unit

HOUR = 3600
FAILURES_AN_ACCOUNT = 30  # recorded an hour; the door closes after eight of them from one address
# With a name that nobody has; failures of accounts count as well, and have a limit of their own.
FAILURES_AN_ADDRESS = 10
FAILURES_OF_STRANGERS = 600  # from all addresses together
DENIALS_A_PERSON = 60
_SALT = "accounts.sign_in.record"


def record_action(
    action: str, user: User, request: HttpRequest | None, *, by: User | None, **facts: Any
) -> None:
    """Record what was done with the account of ``user``, and from which address."""
    post = next(iter(user.current_appointments), None)
    record(
        action,
        user,
        by=by,
        position=post.position if post and by == user else "",
        unit_path=post.unit.path if post else _root_unit_path(),
        address=_client_address(request),
        **facts,
    )


def record_denied(request: HttpRequest, user: User) -> None:
    """Record that ``user`` was refused a page, once an hour for each page: nobody floods the
    record.
    """
    page = request.resolver_match.view_name if request.resolver_match else ""
    if _is_within_limit(f"denied:{user.pk}:{page}"[:180], 1) and _is_within_limit(
        f"denied:{user.pk}", DENIALS_A_PERSON
    ):
        record_action("access.denied", user, request, by=user, page=page)


@receiver(account.user_logged_in)
def record_sign_in(*, request: HttpRequest, user: User, **facts: Any) -> None:
    """Record a sign-in, and notify its owner of a browser that is new to the account, except at the
    first sign-in of all.
    """
    been_here = known_browsers.browser_number(request, username=user.username)
    earlier = Entry.objects.filter(
        action__in=("sign_in.succeeded", "sign_in.by_ministry"),
        object_type="accounts.user",
        object_id=str(user.public_id),
    )
    if not been_here and earlier.exists():
        device = ", ".join(filter(None, devices.browser_and_system(request))) or "?"
        notify([user], "sign_in_new_browser", address=reverse("accounts:sessions"), device=device)
    if via := facts.get(BY_MINISTRY):
        record_action("sign_in.by_ministry", user, request, by=user, factor=via["factor"])
    else:
        record_action("sign_in.succeeded", user, request, by=user)


@receiver(user_logged_out)
def record_sign_out(*, request: HttpRequest, user: User | None, **_: Any) -> None:
    if user is not None:
        record_action("sign_in.ended", user, request, by=user)


@receiver(user_login_failed)
def record_failure(
    *, credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any
) -> None:
    typed = (
        credentials.get("username") or credentials.get("email") or credentials.get("login") or ""
    )
    typed = str(typed)[:254]
    user = account_named(typed)
    # The same steps for a name that nobody has, and when nothing is kept: else the time of the
    # answer would tell which names there are.
    digest = salted_hmac(_SALT, typed, algorithm="sha256").hexdigest()
    whose = user.pk if user else digest[:16]
    address, top = _client_address(request), Unit.objects.filter(parent=None).first()
    limits = {
        f"failed:{whose}": FAILURES_AN_ACCOUNT,
        f"failed-from:{address}": FAILURES_AN_ADDRESS,
        "failed-unknown": FAILURES_OF_STRANGERS,
    }
    within = [_is_within_limit(key, limit) for key, limit in limits.items()]
    post = next(iter((user or User(pk=0)).current_appointments), None)
    if top is None:
        return
    is_kept = within[0] if user else all(within[1:])
    # The outer transaction commits in either case.
    with transaction.atomic(), transaction.atomic():
        path = post.unit.path if post else top.path
        action = "sign_in.failed" if user else "sign_in.unknown"
        record(action, user or top, unit_path=path, address=address)
        transaction.set_rollback(not is_kept)


def record_failed_ministry_check(request: HttpRequest, *, check: str) -> None:
    """Record that the ministry's answer proved nobody, and which check it failed; as often as
    strangers' names.
    """
    address, top = _client_address(request), Unit.objects.filter(parent=None).first()
    if (
        top
        and _is_within_limit(f"failed-from:{address}", FAILURES_AN_ADDRESS)
        and _is_within_limit("failed-unknown", FAILURES_OF_STRANGERS)
    ):
        record("sign_in.unproved", top, address=address, check=check)


@receiver(factors.authentication_failed)
def record_failed_factor(
    *, request: HttpRequest, user: User, reauthentication: bool = False, **_: Any
) -> None:
    if _is_within_limit(f"failed:{user.pk}", FAILURES_AN_ACCOUNT):
        record_action("sign_in.factor_failed", user, request, by=None)
    # One may mistype. Anyone who gets this far knows the password, so no stranger can have
    # letters sent by it.
    if (
        not reauthentication
        and not _is_within_limit(f"wrong-code:{user.pk}", 2)
        and _is_within_limit(f"wrong-code-told:{user.pk}", 1)
    ):
        notify([user], "sign_in_wrong_codes", address=reverse("account_change_password"))


@receiver([account.password_set, account.password_changed])
def record_changed_password(*, request: HttpRequest, user: User, **_: Any) -> None:
    record_action("account.password_changed", user, request, by=user)


@receiver(account.password_reset)
def record_reset_password(*, request: HttpRequest, user: User, **_: Any) -> None:
    record_action("account.password_reset", user, request, by=user)


@receiver(factors.authenticator_added)
def record_added_factor(
    *, request: HttpRequest, user: User, authenticator: Authenticator, **_: Any
) -> None:
    record_action(
        "account.factor_added", user, request, by=_signed_in_user(request), kind=authenticator.type
    )


@receiver([factors.authenticator_removed, factors.authenticator_reset])
def record_removed_factor(
    *, request: HttpRequest, user: User, authenticator: Authenticator, **_: Any
) -> None:
    record_action(
        "account.factor_removed",
        user,
        request,
        by=_signed_in_user(request),
        kind=authenticator.type,
    )


@receiver(account.email_added)
def record_added_email(
    *, request: HttpRequest, user: User, email_address: EmailAddress, **_: Any
) -> None:
    record_action(
        "account.email_added",
        user,
        request,
        by=_signed_in_user(request),
        email=mask_address(email_address.email),
    )


@receiver(account.email_removed)
def record_removed_email(
    *, request: HttpRequest, user: User, email_address: EmailAddress, **_: Any
) -> None:
    record_action(
        "account.email_removed",
        user,
        request,
        by=_signed_in_user(request),
        email=mask_address(email_address.email),
    )


@receiver(account.email_confirmed)
def record_confirmed_email(*, request: HttpRequest, email_address: EmailAddress, **_: Any) -> None:
    user = email_address.user
    record_action(
        "account.email_confirmed", user, request, by=user, email=mask_address(email_address.email)
    )


@receiver(account.email_changed)
def record_changed_email(
    *, request: HttpRequest, user: User, to_email_address: EmailAddress, **_: Any
) -> None:
    record_action(
        "account.email_changed",
        user,
        request,
        by=_signed_in_user(request),
        email=mask_address(to_email_address.email),
    )


def mask_address(email: str) -> str:
    """Mask an address so that its owner recognises it and nobody can write to it: a…@example.vn."""
    name, _at, domain = email.rpartition("@")
    return f"{name[:1]}…@{domain}"


def _signed_in_user(request: HttpRequest) -> User | None:
    user = getattr(request, "user", None)
    return user if user is not None and user.is_authenticated else None


def _is_within_limit(key: str, limit: int) -> bool:
    try:
        quotas.spend(f"record:{key}", limit=limit, seconds=HOUR)
    except QuotaExceeded:
        return False
    return True


def _client_address(request: HttpRequest | None) -> str:
    if request is None:
        return ""
    try:
        return get_adapter().get_client_ip(request)
    except PermissionDenied:  # no address could be made out
        return ""


def _root_unit_path() -> str:
    top = Unit.objects.filter(parent=None).first()
    return top.path if top else ""
