import base64
from collections.abc import Mapping
from typing import Any, cast

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from allauth.core import context
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import step_up
from accounts.models import User
from accounts.queries import account_named, may_enter_without_ministry
from accounts.sign_in import known_browsers
from accounts.sign_in_policy import BY_MINISTRY, ministry_is_on
from core.errors import Busy
from core.sealing import seal, unseal
from core.tasks import send_mail

FACTOR_ROW = (
    "factor"  # allauth does not tell whose secret it is; a channel's token does not open here
)
TOO_MANY = {
    "password_at_address": gettext_lazy(
        "Too many wrong passwords came from this address. Please wait a minute, then try again."
    ),
    "password_in_known_browser": gettext_lazy(
        "Too many wrong passwords in this browser. Please wait five minutes, or sign in "
        "with a passkey."
    ),
    "password_elsewhere": gettext_lazy(
        "Too many wrong passwords were tried for this account. For the next minutes it opens with "
        "a passkey, or in a browser in which it was signed in before."
    ),
}


class PortalAccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Refuse sign-up: accounts are made by invitation."""
        return False

    def pre_login(self, request: HttpRequest, user: User, **facts: Any) -> HttpResponse | None:
        """Refuse every way in but the ministry's where that is required: a passkey too, and a
        letter's link.
        """
        if refusal := super().pre_login(request, user, **facts):
            return refusal
        if BY_MINISTRY in (facts["signal_kwargs"] or {}) or may_enter_without_ministry(user):
            return None
        clear_login(request)
        return redirect("accounts:ministry_required")

    def get_login_stages(self) -> list[str]:
        ours = {"allauth.mfa.stages.AuthenticateStage": "accounts.ministry.stages.FactorStage"}
        return [ours.get(stage, stage) for stage in super().get_login_stages()]

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        """Show, after a sign-in by the ministry that the session there may still be open."""
        if request.session.get(BY_MINISTRY) and ministry_is_on():
            return reverse("accounts:ministry_signed_out")
        return super().get_logout_redirect_url(request)

    def is_reauthentication_required(self, *, app: str) -> bool:
        """Count a sign-in of the last five minutes as proof, as every other page does."""
        return not step_up.has_stepped_up(context.request) and super().is_reauthentication_required(
            app=app
        )

    def get_reauthentication_methods(self, user: User | AnonymousUser) -> list[dict]:
        """Offer the passkey first; the password only to people who have no factor: it proves less
        than theirs.
        """
        methods = {method["id"]: method for method in super().get_reauthentication_methods(user)}
        if not may_enter_without_ministry(cast("User", user)):
            methods.pop("reauthenticate", None)
        ways = {
            "mfa_reauthenticate:webauthn": _("Use a passkey"),
            "mfa_reauthenticate": _("Use a code from the app, or a recovery code"),
        }
        factors = [
            {**methods[way], "description": description}
            for way, description in ways.items()
            if way in methods
        ]
        return factors or list(methods.values())

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Slow down guessing without letting a stranger lock an officer out.

        A browser that has signed in to the account before has a limit of its own (OWASP: "Slow
        down online guessing attacks with device cookies"); all others share one for the account.
        Passkeys do not pass here.
        """
        name = failure_name(request, credentials)
        browser = known_browsers.browser_number(request, username=name)
        limits = [
            ("password_at_address", None),
            ("password_in_known_browser", f"{name}:{browser}")
            if browser
            else ("password_elsewhere", name),
        ]
        self._login_failed_rl_usage = ratelimit.RateLimitUsage(usage=[])
        for action, key in limits:
            usage = ratelimit.consume(request, app="allauth.account", action=action, key=key)
            if not usage:
                raise ValidationError(TOO_MANY[action], code="too_many_login_attempts")
            self._login_failed_rl_usage.usage += usage.usage

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write a letter, which waits in the database until a worker sends it: no answer waits for
        the mail server.
        """
        mail = self.render_mail(template_prefix, email, {"email": email, **context})
        send_mail(to=[email], subject=mail.subject, text=mail.body)

    def send_notification_mail(
        self,
        template_prefix: str,
        user: AbstractBaseUser,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Mail a change to the account; to the account's own address when allauth knows none."""
        super().send_notification_mail(
            template_prefix, user, context, email or cast("User", user).email
        )

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """Check the password. An attempt that could not be checked counts against nobody."""
        try:
            return super().authenticate(request, **credentials)
        except Busy:
            self._rollback_login_failed_rl_usage()
            raise


class PortalMFAAdapter(DefaultMFAAdapter):
    """Seal the secrets of one-time codes before they are stored."""

    def encrypt(self, text: str) -> str:
        return base64.b64encode(seal({"text": text}, row=FACTOR_ROW)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(base64.b64decode(encrypted_text), row=FACTOR_ROW)["text"]


def failure_name(request: HttpRequest, credentials: Mapping[str, str] | None = None) -> str:
    """Return the account that a failed sign-in counts against, whether its e-mail or its user name
    was typed.

    Axes cannot read allauth's credentials and would lock the whole address.
    """
    given = credentials or {}
    typed = request.POST.get("login") or given.get("username") or given.get("email") or ""
    typed = typed.strip().lower()
    account = account_named(typed)
    return (account.username if account else typed)[:255]


def client_address(request: HttpRequest) -> str | None:
    """Return the address that a failed sign-in counts against: the client's, not the proxy's.

    Of an IPv6 address its /64 network, since one line has all of it. None for a request that came
    over no network, as a shell makes them.
    """
    return ratelimit.get_ip(request) if "REMOTE_ADDR" in request.META else None
