"""Grave acts ask again who sits at the computer: a passkey or a one-time code proved within the
last five minutes.

Somebody without either (an officer, before the date that the ministry sets) types the password
again. The proof itself is allauth's reauthentication; kept here are when it happened and what the
person was about to do.
"""

import contextlib
import functools
import time
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, resolve_url
from django.urls import Resolver404, resolve, reverse
from django.utils.encoding import iri_to_uri
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.text import Truncator
from django.utils.translation import gettext as _

View = Callable[..., HttpResponse]

STEPPED_UP_AT = "stepped_up_at"
PENDING_FORM = "step_up_act"
ORIGIN = "step_up_origin"
# Pages on the way through a proof: nobody began there.
ON_THE_WAY = frozenset(
    {
        "account_login",
        "account_reauthenticate",
        "accounts:pending_form",
        "mfa_authenticate",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
    }
)
FACTOR = "factor"  # the field of a form that asks for one way of proof, by allauth's name for it
# A reason, a name, some choices: no form that asks for a step-up needs more. The session is read at
# every request.
PENDING_BYTES = 64 * 1024


def mark_stepped_up(request: HttpRequest) -> None:
    """Note that the person has just proved a factor, under a new session key (ASVS 7.2.4)."""
    request.session[STEPPED_UP_AT] = int(time.time())
    request.session.cycle_key()


def has_stepped_up(request: HttpRequest) -> bool:
    """Check whether this session has proved a factor within the last five minutes."""
    proved_at = request.session.get(STEPPED_UP_AT, 0)
    return 0 <= time.time() - proved_at < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


def step_up_required(
    act: str | Promise | Callable[..., str],
    *,
    only_posts: bool = False,
    of: Callable[..., Model | str] | None = None,
    keep: bool = True,
    when: Callable[..., bool] | None = None,
) -> Callable[[View], View]:
    """Run a view only after a step-up; otherwise ask for one and then return to the request.

    ``act`` names what the form does, as its button would: who was called away at the proof reads
    there what is about to happen. Where a view has several acts it is a function, asked with the
    request and the view's arguments; so is ``of``, which returns what the act concerns, if the
    person may see it. What was typed in a form waits on the server for five minutes and is sent
    once the person confirms it. ``only_posts``: the page itself may be read, for forms that show a
    preview while they are filled in. ``keep=False``: the form bears a secret that may
    not be stored; it has to be typed again. ``when``: asked with the request and the view's
    arguments; False lets the act pass. Stands below ``require_POST`` and its like.
    """

    def guard(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method in {"GET", "HEAD"}:
                if only_posts:
                    return view(request, *args, **kwargs)
                _store_origin(request)
            if has_stepped_up(request):
                request.session.pop(PENDING_FORM, None)
                return view(request, *args, **kwargs)
            if when is not None and not when(request, *args, **kwargs):
                return view(request, *args, **kwargs)
            name = act(request, *args, **kwargs) if callable(act) else act
            if of is not None:
                # To who may not see it the view says so, once the proof is given.
                with contextlib.suppress(Http404, PermissionDenied):
                    name = f"{name} ({Truncator(of(request, *args, **kwargs)).chars(60)})"
            return redirect_to_proof(request, name, keep=keep, may_reread=only_posts)

        guarded.step_up_act = act  # type: ignore[attr-defined]
        guarded.step_up_of = of  # type: ignore[attr-defined]
        return guarded

    return guard


def redirect_to_proof(
    request: HttpRequest, act: str | Promise, *, keep: bool = True, may_reread: bool = False
) -> HttpResponse:
    """Send the person to the proof of a factor, from which `resume` leads back to this request.
    ``may_reread``: the page of this form opens without a proof.
    """
    methods = get_adapter().get_reauthentication_methods(request.user)
    if not methods:
        raise PermissionDenied(
            _("This act needs a passkey or a one-time code. Set one up in your account first.")
        )
    request.session.pop(PENDING_FORM, None)
    _store_origin(request, may_reread=may_reread)
    path, origin = request.get_full_path(), _origin_of_request(request)
    if request.method == "POST":
        _store_request(request, path, origin, str(act), keep=keep)
    request.session[STATE_SESSION_KEY] = {
        "state": {"path": path, "origin": origin},
        "callback": "accounts.step_up.resume",
    }
    ways = {method["id"]: method["url"] for method in methods}
    address = ways.get(request.POST.get(FACTOR, ""), methods[0]["url"])
    if getattr(request, "htmx", False):
        return HttpResponse(headers={"HX-Redirect": address})
    return redirect(address)


def _store_origin(request: HttpRequest, *, may_reread: bool = False) -> None:
    """Remember the page that led to this address, for whoever gives up at the proof. A form that
    asks for the proof itself leads nowhere, so what led to the form remains.
    """
    page = urlsplit(request.headers.get("Referer", ""))
    if not url_has_allowed_host_and_scheme(page.geturl(), {request.get_host()}):
        return
    try:
        name = resolve(page.path).view_name
    except Resolver404:
        return
    if name in ON_THE_WAY or (page.path == request.path and not may_reread):
        return
    address = page._replace(scheme="", netloc="", fragment="").geturl()
    origin = {"of": request.path, "page": address}
    if request.session.get(ORIGIN) != origin:
        request.session[ORIGIN] = origin


def _origin_of_request(request: HttpRequest) -> str:
    """Return the address of the page from which somebody came to this one; Today where no page led
    here.
    """
    origin = request.session.get(ORIGIN, {})
    return origin["page"] if origin.get("of") == request.path else _today_address()


def _today_address() -> str:
    return resolve_url(settings.LOGIN_REDIRECT_URL)


def origin_of_proof(request: HttpRequest) -> str:
    """Return where somebody goes who does not prove a factor now."""
    if request.GET.get(REDIRECT_FIELD_NAME) or request.POST.get(REDIRECT_FIELD_NAME):
        return reverse("mfa_index")  # allauth asks by itself, before a factor is set up or removed
    waiting = request.session.get(STATE_SESSION_KEY, {}).get("state", {})
    return waiting.get("origin") or _today_address()


def _store_request(request: HttpRequest, path: str, origin: str, act: str, *, keep: bool) -> None:
    form = request.POST.copy()
    form.pop("csrfmiddlewaretoken", None)
    typed = form.urlencode()
    if not keep or request.FILES or len(typed) > PENDING_BYTES:
        if typed or request.FILES:
            message = _(
                "Files and secrets are not kept meanwhile. Afterwards, please enter them again."
            )
            messages.warning(request, message)
        return
    request.session[PENDING_FORM] = {
        "path": path,
        "typed": typed,
        "origin": origin,
        "act": act,
        "at": int(time.time()),
    }


def resume(request: HttpRequest, state: dict[str, str]) -> HttpResponse:
    """Return to the interrupted request; called by allauth once a factor, or the password, is
    proved.
    """
    if not has_stepped_up(request):  # a password leaves no signal
        mark_stepped_up(request)
    if PENDING_FORM in request.session:
        return redirect("accounts:pending_form")
    return redirect(iri_to_uri(state["path"]))


class PendingForm(NamedTuple):
    """A form that was sent before the proof of a factor, and waits to be sent once more."""

    path: str
    typed: QueryDict
    origin: str  # the page from which it was reached
    act: str  # what it does


def pending_form(request: HttpRequest) -> PendingForm | None:
    """Return the form that waits for this session; None after five minutes."""
    form = request.session.get(PENDING_FORM)
    if not form or time.time() - form["at"] >= settings.ACCOUNT_REAUTHENTICATION_TIMEOUT:
        return None
    return PendingForm(
        form["path"],
        QueryDict(form["typed"]),
        form.get("origin") or _today_address(),
        form.get("act") or _("Send it"),
    )
