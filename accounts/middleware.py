import time
from collections.abc import Callable

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation

from accounts import step_up
from accounts.queries import is_leader, must_enrol
from accounts.sign_in import devices, known_browsers
from accounts.sign_in.record import record_denied


class LanguageOfUser:
    """Answer in Vietnamese unless the person switched; the browser's own language is not asked (a
    shared PC is often English), as Django's middleware does in whose place this stands.
    """

    def __init__(self, get_response: Callable):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
            if hasattr(response, "render") and not response.is_rendered:
                response = response.render()
        response.headers.setdefault("Content-Language", language)
        if theirs := getattr(
            request, "language_of_newcomer", None
        ):  # set when somebody signs in, see receivers.py
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                theirs,
                max_age=settings.LANGUAGE_COOKIE_AGE,
                secure=settings.LANGUAGE_COOKIE_SECURE,
                httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
                samesite=settings.LANGUAGE_COOKIE_SAMESITE,
            )
        return response


class FactorRequired:
    """Block every page but the setup of a second factor for people who need one: a middleware, for
    a page without a decorator must be blocked, too.
    """

    OPEN = frozenset(
        {
            "accounts:enrol",
            "accounts:ministry_again",
            "accounts:ministry_signed_out",
            "accounts:signed_in",
            "mfa_activate_totp",
            "mfa_add_webauthn",
            "account_reauthenticate",
            "account_logout",
            "set_language",
            "healthz",
            "readyz",
        }
    )

    # The library asks for a password before these, and lets pass who has none.
    SET_UP = frozenset({"mfa_activate_totp", "mfa_add_webauthn", "account_reauthenticate"})

    def __init__(self, get_response: Callable):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponse | None:
        if not request.user.is_authenticated:
            return None
        page = request.resolver_match.view_name
        if page in self.SET_UP and self._must_sign_in_again(request):
            return redirect("accounts:ministry_again")
        if page in self.OPEN:
            return None
        if not must_enrol(request.user):
            return None
        if "HX-Request" in request.headers:
            return HttpResponse(headers={"HX-Redirect": reverse("accounts:enrol")})
        return redirect("accounts:enrol")

    @staticmethod
    def _must_sign_in_again(request: HttpRequest) -> bool:
        """Check whether the sign-in is long ago and the person has neither a factor nor a password
        that counts.
        """
        fresh = step_up.has_stepped_up(request)
        return not fresh and not get_adapter().get_reauthentication_methods(request.user)


class SessionLimits:
    """End a session that was idle too long, or is older than a day's duty, whatever its cookie
    says, before any view or other middleware acts for its person.
    """

    def __init__(self, get_response: Callable):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = int(time.time())
            began = request.session.setdefault("began", now)
            seen = request.session.get("seen", now)
            if (
                now - seen > self.idle_seconds(request, now - seen)
                or now - began > settings.SESSION_COOKIE_AGE
            ):
                logout(request)
            elif "X-By-Itself" in request.headers:
                # the page asked, not a person: a status page left open does not keep a session
                # alive
                pass
            elif now - seen >= 60 or "seen" not in request.session:
                # Once a minute, for the idle limit and the person's list of sessions: not a write
                # at each request.
                devices.store_use(request, at=now)
        return self.get_response(request)

    @staticmethod
    def idle_seconds(request: HttpRequest, idle: int) -> int:
        """Return how long this session may be idle, given that it was for ``idle`` seconds."""
        limits = [settings.SESSION_IDLE_SECONDS]
        if request.session.get("shared"):
            limits.append(settings.SESSION_IDLE_SECONDS_SHARED)
        # The positions are asked for only when they matter.
        if idle > settings.SESSION_IDLE_SECONDS_LEADERS and is_leader(request.user):
            limits.append(settings.SESSION_IDLE_SECONDS_LEADERS)
        return min(limits)


class BrowserMarks:
    """Set the cookies that this browser shall keep, and clear the rest of its data when somebody
    signs out. A middleware, for most pages on which people sign in or out are a library's.
    """

    def __init__(self, get_response: Callable):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if username := getattr(
            request, "signed_in_as", ""
        ):  # set when somebody signs in, see receivers.py
            known_browsers.remember_account(request, response, username=username)
        if (
            shared := getattr(request, "shared_computer", None)
        ) is not None:  # set by the form, see forms.py
            known_browsers.mark_shared_computer(response, shared=shared)
        if getattr(request, "signed_out", False):
            # Not "cookies": the session's is gone already, and those that stay say nothing of a
            # person's work.
            response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response


class RecordDeniedAccess:
    """Record when somebody who is signed in is refused a page, by whatever view or middleware."""

    def __init__(self, get_response: Callable):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 403 and request.user.is_authenticated:
            record_denied(request, request.user)
        return response
