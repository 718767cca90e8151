"""Do the work of a form once, however often the same form is sent (docs/adr/0072).

A form is known by its CSRF token, which Django masks again for each page that it renders, and by
what it was sent with, files by their content. The first entry that its request writes to the record
claims it, in the same transaction. A second sending is led to where the first one went.
"""

import hashlib
import json
import time
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.cache import cache
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.shortcuts import redirect, resolve_url
from django.utils.crypto import salted_hmac
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

PATIENCE = 2.0  # seconds in which a first sending that has done its work writes down where it leads
_LOOK_EVERY = 0.05
_TOKEN = "csrfmiddlewaretoken"  # noqa: S105 -- the name of a field
_LONGEST_ADDRESS = 2000


class SentBefore(Exception):
    """The form did its work in another request. Ends this one, whose transaction rolls back."""


@dataclass(slots=True)
class SentForm:
    """A form that is being worked on. ``mark`` tells its claim from that of another sending."""

    key: str
    mark: dict[str, str] = field(default_factory=lambda: {"by": uuid.uuid4().hex})
    has_claimed: bool = False

    def holds_claim(self) -> bool:
        """Check whether the claim is this sending's, and was not rolled back."""
        return self.has_claimed and cache.get(self.key) == self.mark


_current: ContextVar[SentForm | None] = ContextVar("sent_form", default=None)


def claim() -> None:
    """Claim the form of this request in the caller's transaction. Raise SentBefore if another
    sending of it has; wait for one that is about to commit.

    The record calls this with each entry. A service that changes something without an entry calls
    it itself. Nothing happens outside of a request, or in one without a form.
    """
    form = _current.get()
    if form is None:
        return
    # A claim that was rolled back is made again: hence not only once a request.
    is_first = cache.add(form.key, form.mark, settings.SESSION_COOKIE_AGE)
    if not is_first and cache.get(form.key) != form.mark:
        raise SentBefore
    form.has_claimed = True


class HashFiles(FileUploadHandler):
    """Hash each file of a form while it arrives: a video of 1 GB is not read a second time.

    Stands before the handlers that keep the bytes.
    """

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.digests: list[tuple[str | None, str | None, str]] = []

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._digest = hashlib.sha256()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self._digest.update(raw_data)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        self.digests.append((self.field_name, self.file_name, self._digest.hexdigest()))


class DoOnce:
    """Lead the second sending of a form to where the first one went, unless that was refused. A
    middleware and no decorator: a new form needs nothing.
    """

    def __init__(self, get_response: Callable) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        before = _current.set(None)
        try:
            response = self.get_response(request)
            form = _current.get()
        finally:
            _current.reset(before)
        if form is None:
            return response
        if form.has_claimed:
            _close(request, form, response)
        elif cache.get(form.key):
            # It waited for the first sending, and was refused what that one had done meanwhile.
            return _redirect_to_first(request, form)
        return response

    def process_view(
        self, request: HttpRequest, view: Callable, args: tuple, kwargs: dict
    ) -> HttpResponse | None:
        form = None if getattr(view, "csrf_exempt", False) else _read_sent_form(request)
        if form is None:
            return None
        if cache.get(form.key):
            return _redirect_to_first(request, form)
        _current.set(form)
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        form = _current.get()
        if form is None or not isinstance(error, SentBefore):
            return None
        return _redirect_to_first(request, form)


def _read_sent_form(request: HttpRequest) -> SentForm | None:
    """Return the form that a person's page sent; None for what a script sends and reads itself."""
    is_page = "text/html" in request.headers.get("Accept", "") or "HX-Request" in request.headers
    if request.method != "POST" or not request.user.is_authenticated or not is_page:
        return None
    try:
        if not request.POST.get(_TOKEN):
            return None
        handlers = [
            handler for handler in request.upload_handlers if isinstance(handler, HashFiles)
        ]
    except UnreadablePostError:
        return None  # the line broke: the view meets the same
    files = [digest for handler in handlers for digest in handler.digests]
    sent = json.dumps([request.get_full_path(), list(request.POST.lists()), files])
    digest = salted_hmac("core.resends", sent, algorithm="sha256").hexdigest()
    return SentForm(f"sent-form:{request.user.pk}:{digest}")


def _is_refused(response: HttpResponse) -> bool:
    return 400 <= response.status_code < 500 or response.status_code == 503


def _close(request: HttpRequest, form: SentForm, response: HttpResponse) -> None:
    """Write down where the form led, or release it where it has to work again."""
    if not form.holds_claim():
        return
    is_page = response.get("Content-Type", "").startswith("text/html")
    is_file = response.status_code == 200 and not is_page  # the same page asks for another
    if _is_refused(response) or is_file:
        cache.delete(form.key)
        return
    address = response.get("Location") or _get_page(request)
    if len(address) > _LONGEST_ADDRESS:
        address = _get_page(request)
    cache.set(form.key, {"to": address}, settings.SESSION_COOKIE_AGE)


def _redirect_to_first(request: HttpRequest, form: SentForm) -> HttpResponse:
    messages.info(request, _("This form had been sent already. It was done once."))
    if "HX-Request" in request.headers:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return redirect(_read_address_of_first(form) or _get_page(request))


def _read_address_of_first(form: SentForm) -> str:
    """Return where the first sending led; empty if its process died before it could say so."""
    give_up = time.monotonic() + PATIENCE
    while (stored := cache.get(form.key)) and "to" not in stored and time.monotonic() < give_up:
        time.sleep(_LOOK_EVERY)
    return stored.get("to", "") if stored else ""


def _get_page(request: HttpRequest) -> str:
    """Return the page on which the form stood, or the first page of all."""
    page = request.headers.get("Referer", "")
    if len(page) <= _LONGEST_ADDRESS and url_has_allowed_host_and_scheme(
        page, {request.get_host()}, require_https=request.is_secure()
    ):
        return page
    return resolve_url(settings.LOGIN_REDIRECT_URL)
