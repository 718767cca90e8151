"""The ministry's sign-in as a person meets it."""

import hmac
import time
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts import forms
from accounts.ministry import links, provider, tokens
from accounts.sign_in.adapter import client_address
from accounts.sign_in.record import record_failed_ministry_check
from accounts.sign_in_policy import BY_MINISTRY, ministry_is_on, ministry_is_required
from core import quotas
from core.errors import Refused

STATE = "ministry_sign_in"  # in the session, of the one sign-in that this browser has begun
STATE_SECONDS = 600
STARTS = (
    120  # a minute from one address: a whole station, or a province's office, may sit behind it
)


def _redirect_uri() -> str:
    return settings.PORTAL_URL + reverse("accounts:ministry_callback")


@login_not_required
@never_cache
@require_POST
def start_sign_in(request: HttpRequest) -> HttpResponse:
    """Send the browser to the ministry's server, by a page: the content policy lets no form lead
    there.
    """
    if not ministry_is_on() or request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    quotas.spend(f"ministry:{client_address(request)}", limit=STARTS, seconds=60)
    form = forms.StartMinistrySignInForm(request.POST)
    if not form.is_valid():
        return _show_refused(request, "unclear")
    shared = form.cleaned_data["shared"]
    request.shared_computer = shared
    try:
        description = provider.Provider().description()
    except provider.Unavailable:
        return _show_refused(request, "away")
    address, kept = provider.build_sign_in_request(
        description, redirect_uri=_redirect_uri(), afresh=shared
    )
    request.session[STATE] = {
        **kept,
        "at": int(time.time()),
        "next": form.cleaned_data["next"],
        "shared": shared,
    }
    response = render(request, "account/ministry_leave.html", {"address": address})
    response.headers["Refresh"] = f"0; url={address}"
    return response


@login_not_required
@never_cache
@require_GET
def sign_in_callback(request: HttpRequest) -> HttpResponse:
    """Take the server's answer, once, in the browser that asked for it."""
    kept = request.session.pop(STATE, None)
    if not ministry_is_on() or request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    given = {name: request.GET.get(name, "") for name in ("state", "code", "error", "iss")}
    if any(
        len(request.GET.getlist(name)) > 1 or len(value) > 4096 for name, value in given.items()
    ):
        return _show_refused(request, "unclear")
    if (
        not kept
        or time.time() - kept["at"] > STATE_SECONDS
        or not hmac.compare_digest(kept["state"].encode(), given["state"].encode())
    ):
        return _show_refused(request, "late")
    if given["iss"] and given["iss"] != settings.OIDC_ISSUER:
        return _show_refused(request, "unproved", request_record="issuer")
    if given["error"] or not given["code"]:
        return _show_refused(
            request, "cancelled" if given["error"] == "access_denied" else "declined"
        )
    server = provider.Provider()
    try:
        token = server.redeem(
            given["code"], verifier=kept["verifier"], redirect_uri=_redirect_uri()
        )
        person = tokens.check(token, nonce=kept["nonce"], keys=lambda kid: server.keys(kid=kid))
    except provider.Unavailable:
        return _show_refused(request, "away")
    except provider.CodeRejected:
        return _show_refused(request, "declined")
    except tokens.InvalidIdToken as untrusted:
        return _show_refused(request, "unproved", request_record=str(untrusted))
    return _sign_in(request, person, kept)


def _sign_in(request: HttpRequest, person: tokens.Identity, kept: dict[str, Any]) -> HttpResponse:
    now = timezone.now()
    linked = links.identity_of(person)
    if linked is None:
        try:
            row = links.request_link(person, now=timezone.now())
        except Refused as full:
            return render(request, "account/ministry_unlinked.html", {"why": str(full)}, status=403)
        return render(request, "account/ministry_unlinked.html", {"row": row}, status=403)
    user = linked.user
    links.record_use(linked, now=now)
    factor = person.has_proved_factor and linked.factor_from <= now
    # which finds the account of a session; it checks nothing here
    user.backend = "accounts.backends.PasswordBackend"
    request.shared_computer = kept["shared"]
    record_authentication(request, user, method=BY_MINISTRY)
    return perform_login(
        request,
        user,
        redirect_url=_own_address(request, kept["next"]),
        signal_kwargs={BY_MINISTRY: {"factor": factor}},
    )


def _own_address(request: HttpRequest, address: str) -> str:
    """Return the page that the person requested, if it is one of ours."""
    if url_has_allowed_host_and_scheme(
        address, {request.get_host()}, require_https=request.is_secure()
    ):
        return address
    return reverse(settings.LOGIN_REDIRECT_URL)


def _show_refused(request: HttpRequest, why: str, *, request_record: str = "") -> HttpResponse:
    """Show why nobody was signed in, and the way out. ``request_record``: the check that failed,
    for the record.
    """
    if request_record:
        record_failed_ministry_check(request, check=request_record)
    status = {"away": 503, "unproved": 403}.get(why, 400)
    context = {"why": why, "break_glass": ministry_is_required(), "status": status}
    return render(request, "account/ministry_refused.html", context, status=status)


@login_not_required
@require_GET
def ministry_sign_in_required(request: HttpRequest) -> HttpResponse:
    """Show that this account opens by the ministry's sign-in alone."""
    return render(
        request,
        "account/ministry_refused.html",
        {"why": "required"},
        status=403 if ministry_is_required() else 200,
    )


@login_not_required
@never_cache
@require_GET
def signed_out(request: HttpRequest) -> HttpResponse:
    """Show that the session at the ministry may still be open, and where to end it."""
    address = ""
    if ministry_is_on():
        try:
            back = settings.PORTAL_URL + reverse("account_login")
            address = provider.sign_out_address(provider.Provider().description(), back=back)
        except (provider.Unavailable, Refused):
            pass  # the page says it without the link
    return render(request, "account/ministry_signed_out.html", {"address": address})


@require_GET
def sign_in_again(request: HttpRequest) -> HttpResponse:
    """Ask somebody to sign in again before a factor is set up: nothing else here could prove who it
    is.
    """
    return render(request, "account/ministry_again.html")
