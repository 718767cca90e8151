import logging
import math
import re
from collections.abc import Callable, Iterator
from pathlib import PurePath

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.core.signals import request_finished
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.defaults import bad_request

from core import logs
from core.errors import Busy, QuotaExceeded
from core.secrecy import SecrecyRefused, require_no_secrecy_mark
from core.semaphores import PerUserLock
from core.text import parse_whole_number
from platforms.text import has_long_run

log = logging.getLogger(__name__)
LONG_FORM = 20_000  # characters, from which on a person's forms are read one by one
_reading = PerUserLock("forms", queue=2, timeout=10)
_UNREADABLE = re.compile(r"[\x00\ud800-\udfff]")
# What somebody who is not signed in may send: a name, a password, a passkey's answer take 8 kB.
STRANGERS_BYTES = 20_000
# A letter may come in as many parts: "ệ" as e with a dot and a roof.
_PARTS_OF_LETTER = 3


class RequestId:
    """Name each request, in its answer's ``X-Request-Id`` and in every line logged until its answer
    has left. A middleware and no decorator, for the others log, too.

    A header of that name that came with the request is not looked at: whoever sends it could make
    two requests one.
    """

    def __init__(self, get_response: Callable) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        identifier = logs.make_request_id()
        logs.request_id.set(identifier)
        response = self.get_response(request)
        response["X-Request-Id"] = identifier
        return response


def _forget_request_id(**_: object) -> None:
    logs.request_id.set("")


request_finished.connect(
    _forget_request_id, dispatch_uid="forget request id"
)  # after the last byte


def response_policies(get_response: Callable) -> Callable:
    """Set the headers that Django has no setting for, as a middleware also on static files, errors
    and redirects; no browser caches a signed-in page, since stations share computers.
    """

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.setdefault("Cross-Origin-Embedder-Policy", "require-corp")
        response.setdefault("Reporting-Endpoints", 'csp="/csp-report/"')
        response.setdefault(
            "Permissions-Policy",
            "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
        )
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated:
            response.setdefault("Cache-Control", "no-store")
        return response

    return respond


class BoundInput:
    """Answer 413 to a long request of somebody who is not signed in, before anything reads it, 422
    to a field that is longer than any form takes it, or whose letters bear more marks than any
    script has, and 400 to an address, field or file name with a zero byte or half a character,
    which no person types and PostgreSQL does not store.

    A middleware and no decorator, for it stands before Django's look for the form's token, which
    reads the whole form. The proxy bounds bodies as well; this holds without it. Marks are sorted
    also by what is not ours, as ``urlsplit`` does in an address: `normalize_unicode` says why that
    must be bounded.
    """

    def __init__(self, get_response: Callable) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asked = (value for _name, values in request.GET.lists() for value in values)
        if not all(map(_is_readable, (request.path, *asked))):
            return bad_request(request, BadRequest())
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable, args: tuple, kwargs: dict
    ) -> HttpResponse | None:
        if getattr(view, "csrf_exempt", False):
            return None  # a machine's message, which its view bounds by itself
        size = parse_whole_number(request.META.get("CONTENT_LENGTH") or "0")
        if size is None or (size > STRANGERS_BYTES and not request.user.is_authenticated):
            return _answer_stranger(request)
        if not _carries_form(request, view):
            return None
        try:
            fields = list(request.POST.lists())
            names = [file.name or "" for _name, files in request.FILES.lists() for file in files]
        except UnreadablePostError:
            return None
        typed = [value for _name, values in fields for value in values]
        if any(_is_too_long(name, values) for name, values in fields):
            message = _(
                "A field holds more than it takes. Go back to the text, shorten it and send it "
                "again."
            )
            return _answer_in_words(request, message, "413.html", status=422)
        if any(map(has_long_run, typed)):
            message = _(
                "Letters of the text bear more marks than can be read. Type it anew, or copy it "
                "as plain text."
            )
            return _answer_in_words(request, message, "413.html", status=422)
        if any(map(_UNREADABLE.search, typed)) or not all(map(_is_readable, names)):
            return bad_request(request, BadRequest())
        return None


def _is_too_long(name: str, values: list[str]) -> bool:
    known = name if name in settings.LONG_FIELDS else name.split("-")[0]
    most = _PARTS_OF_LETTER * settings.LONG_FIELDS.get(known, settings.FIELD_MAX_CHARACTERS)
    return max(map(len, values), default=0) > most


def _answer_stranger(request: HttpRequest) -> HttpResponse:
    """Answer 413; a script 401, by which the composer knows that its person must sign in again."""
    message = _(
        "You are not signed in, and this is more than the portal takes from somebody who is not. "
        "Go back, copy your text, sign in, and enter it again."
    )
    status = 401 if _is_script(request) else 413
    return _answer_in_words(request, message, "413.html", status=status)


def _is_readable(text: str) -> bool:
    return not _UNREADABLE.search(text) and not has_long_run(text)


def _carries_form(request: HttpRequest, view: Callable) -> bool:
    """Check whether the request holds a form; not a machine's signed message, which its view reads
    raw.
    """
    forms = {"application/x-www-form-urlencoded", "multipart/form-data"}
    return request.content_type in forms and not getattr(view, "csrf_exempt", False)


class RefuseSecrecyMarks:
    """Answer 422 to a form that bears a secrecy mark in any field or file name, before its view
    sees it. A middleware and no decorator, so that no form of a library is forgotten either.

    Services refuse where texts are made public; this keeps marks out of every other place where
    words are typed: reasons, campaigns, names, replies. Nothing of the form is stored or shown
    again.
    """

    def __init__(self, get_response: Callable) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable, args: tuple, kwargs: dict
    ) -> HttpResponse | None:
        if not _carries_form(request, view):
            return None
        try:
            texts = list(_list_typed_texts(request))
        except UnreadablePostError:
            return None  # the line broke: the view meets the same and says so
        try:
            if sum(map(len, texts)) < LONG_FORM:
                require_no_secrecy_mark(texts)
            else:
                with _reading.hold(request.user.pk):
                    require_no_secrecy_mark(texts)
        except SecrecyRefused as error:
            return _answer_in_words(request, str(error), "secrecy_refused.html", status=422)
        except Busy as error:
            return try_again(request, error)
        return None


def _list_typed_texts(request: HttpRequest) -> Iterator[str]:
    for name, values in request.POST.lists():
        if "password" not in name:  # hashed, never stored
            yield from values
    for _name, files in request.FILES.lists():
        yield from (PurePath(file.name or "").stem.replace("_", " ") for file in files)


def _answer_toast(request: HttpRequest, message: str) -> HttpResponse:
    """Have htmx add the words to the page, which stays as it is."""
    toast = {"level": "error", "text": message}
    response = render(request, "components/toast.html", toast, status=422)
    response["HX-Retarget"], response["HX-Reswap"] = "#toasts", "beforeend"
    return response


class SayWhenToTryAgain:
    """Answer 429 or 503, with ``Retry-After``, where a view raised QuotaExceeded or Busy, or others
    held a row for so long that the database gave up: any view may, so this is no decorator.

    A page that would lose what was typed catches them itself, as it does every other refusal.
    """

    def __init__(self, get_response: Callable) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, Busy | QuotaExceeded):
            return try_again(request, error)
        # A lock was not to be had in time, or two transactions waited for each other.
        if isinstance(error, OperationalError) and (
            getattr(error.__cause__, "pgcode", "") in ("55P03", "40P01")
        ):
            log.warning("gave up waiting for the database: %s", error)
            return try_again(request, Busy(_("Others are changing the same just now. Try again.")))
        return None


def try_again(request: HttpRequest, error: Busy | QuotaExceeded) -> HttpResponse:
    """Return the answer to a script, to htmx or to a person, in the words of ``error``."""
    response: HttpResponse
    if _is_script(request):
        response = JsonResponse({"error": str(error)})
    elif request.headers.get("HX-Request"):
        # The page stays as it is, with all that was typed: components/head.html has htmx add the
        # toast alone.
        response = render(
            request, "components/toast.html", {"level": "warning", "text": str(error)}
        )
    else:
        context = {"words": str(error), "is_busy": isinstance(error, Busy)}
        response = render(request, "429.html", context)
    response.status_code = 503 if isinstance(error, Busy) else 429
    response["Retry-After"] = str(count_seconds_to_wait(error))
    return response


def answer_bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 413 in words to a form that is too large, 400 to what nobody's browser sends."""
    if not isinstance(exception, RequestDataTooBig):
        return bad_request(request, exception)
    message = _(
        "This is more than one form takes. Go back, shorten the text or choose a smaller file, "
        "and send it again."
    )
    return _answer_in_words(request, message, "413.html", status=413)


def _answer_in_words(request: HttpRequest, message: str, page: str, *, status: int) -> HttpResponse:
    """Say why nothing was done with a form: to htmx, on a page to a browser's own form, else to a
    script.
    """
    if request.headers.get("HX-Request"):
        return _answer_toast(request, message)
    if "text/html" in request.headers.get("Accept", ""):
        return render(request, page, {"words": message}, status=status)
    return JsonResponse({"error": message, "errors": {"": [message]}}, status=status)


def _is_script(request: HttpRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")


def count_seconds_to_wait(error: Busy | QuotaExceeded) -> int:
    """Return the whole seconds, at least one for a quota, for the header ``Retry-After``."""
    if isinstance(error, Busy):
        return error.retry_after
    return max(1, math.ceil((error.again_at - timezone.now()).total_seconds()))
