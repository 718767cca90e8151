import time
from collections.abc import Callable

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import translation


class LanguageOfUser:
    """Vietnamese unless the person switched; the browser's own language is not asked (a shared PC is often English)."""

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
        if theirs := getattr(request, "language_of_newcomer", None):  # set when somebody signs in, see receivers.py
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                theirs,
                max_age=settings.LANGUAGE_COOKIE_AGE,
                secure=settings.LANGUAGE_COOKIE_SECURE,
                httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
                samesite=settings.LANGUAGE_COOKIE_SAMESITE,
            )
        return response


class SessionLimits:
    """Ends a session that has lain idle too long, or lived longer than a day's duty, whatever its cookie says."""

    def __init__(self, get_response: Callable):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = int(time.time())
            began = request.session.setdefault("began", now)
            seen = request.session.get("seen", now)
            if now - seen > settings.SESSION_IDLE_SECONDS or now - began > settings.SESSION_COOKIE_AGE:
                logout(request)
            elif "X-By-Itself" in request.headers:
                pass  # the page asked, not a person: a status page left open does not keep a session alive
            elif now - seen >= 60 or "seen" not in request.session:
                # Once a minute, for the idle limit and the person's list of sessions: not five queries a request.
                request.session["seen"] = now
                UserSession.objects.create_from_request(request)
        return self.get_response(request)
