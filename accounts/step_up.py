"""Grave acts ask again who sits at the computer: a passkey or a one-time code proved within the
last five minutes.

Somebody without either (an officer, before the date that the ministry sets) types the password
again. The proof itself is allauth's reauthentication; kept here are when it happened and what the
person was about to do.
"""

import functools
import time
from collections.abc import Callable
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext as _

STEPPED_UP_AT = "stepped_up_at"
PENDING_FORM = "step_up_act"
FACTOR = "factor"  # the field of a form that asks for one way of proof, by allauth's name for it
# A reason, a name, some choices: no form that asks for a step-up needs more. The session is read at
# every request.
PENDING_BYTES = 64 * 1024


def mark(request: HttpRequest) -> None:
    """Note that the person has just proved a factor, under a new session key (ASVS 7.2.4)."""
    request.session[STEPPED_UP_AT] = int(time.time())
    request.session.cycle_key()


def has_stepped_up(request: HttpRequest) -> bool:
    """Check whether this session has proved a factor within the last five minutes."""
    proved_at = request.session.get(STEPPED_UP_AT, 0)
    return 0 <= time.time() - proved_at < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


def step_up_required(
    view: Callable[..., HttpResponse] | None = None,
    *,
    only_posts: bool = False,
    keep: bool = True,
    when: Callable[..., bool] | None = None,
) -> Any:
    """Run ``view`` only after a step-up; otherwise ask for one and then return to the request.

    What was typed in a form waits on the server for five minutes and is sent once the person
    confirms it. ``only_posts``: the page itself may be read, for forms that show a preview while
    they are filled in. ``keep=False``: the form bears a secret that may not be stored; it has to be
    typed again. ``when``: asked with the request and the view's arguments; False lets the act pass.
    Stands below ``require_POST`` and its like.
    """
    if view is None:
        return functools.partial(step_up_required, only_posts=only_posts, keep=keep, when=when)

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if only_posts and request.method in {"GET", "HEAD"}:
            return view(request, *args, **kwargs)
        if has_stepped_up(request):
            request.session.pop(PENDING_FORM, None)
            return view(request, *args, **kwargs)
        if when is not None and not when(request, *args, **kwargs):
            return view(request, *args, **kwargs)
        return ask(request, keep=keep)

    return guarded


def ask(request: HttpRequest, *, keep: bool = True) -> HttpResponse:
    """Send the person to the proof of a factor, from which `resume` leads back to this request."""
    methods = get_adapter().get_reauthentication_methods(request.user)
    if not methods:
        raise PermissionDenied(
            _("This act needs a passkey or a one-time code. Set one up in your account first.")
        )
    request.session.pop(PENDING_FORM, None)
    path = request.get_full_path()
    if request.method == "POST":
        _hold(request, path, keep=keep)
    request.session[STATE_SESSION_KEY] = {
        "state": {"path": path},
        "callback": "accounts.step_up.resume",
    }
    ways = {each["id"]: each["url"] for each in methods}
    address = ways.get(request.POST.get(FACTOR, ""), methods[0]["url"])
    if getattr(request, "htmx", False):
        return HttpResponse(headers={"HX-Redirect": address})
    return redirect(address)


def _hold(request: HttpRequest, path: str, *, keep: bool) -> None:
    form = request.POST.copy()
    form.pop("csrfmiddlewaretoken", None)
    typed = form.urlencode()
    if not keep or request.FILES or len(typed) > PENDING_BYTES:
        if typed or request.FILES:
            words = _(
                "Files and secrets are not kept meanwhile. Afterwards, please enter them again."
            )
            messages.warning(request, words)
        return
    request.session[PENDING_FORM] = {"path": path, "typed": typed, "at": int(time.time())}


def resume(request: HttpRequest, state: dict[str, str]) -> HttpResponse:
    """Return to the interrupted request; called by allauth once a factor, or the password, is
    proved.
    """
    if not has_stepped_up(request):  # a password leaves no signal
        mark(request)
    if PENDING_FORM in request.session:
        return redirect("accounts:pending_form")
    return redirect(iri_to_uri(state["path"]))


def pending_form(request: HttpRequest) -> tuple[str, QueryDict] | None:
    """Return address and fields of the form that waits for this session; None
    after five minutes.
    """
    form = request.session.get(PENDING_FORM)
    if not form or time.time() - form["at"] >= settings.ACCOUNT_REAUTHENTICATION_TIMEOUT:
        return None
    return form["path"], QueryDict(form["typed"])
