"""The signed-in person's own page, sessions, language and current position."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views import i18n
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import forms, services
from accounts.context import POSITION_KEY
from accounts.models import MinistryIdentity, User
from accounts.queries import with_facts
from accounts.sign_in.devices import sessions_of
from accounts.sign_in.session_store import hash_key
from accounts.step_up import step_up_required
from core.folds import NAMES


@require_http_methods(["GET", "POST"])
def me(request: HttpRequest) -> HttpResponse:
    form = forms.LanguageForm(
        request.POST or None,
        choices=settings.LANGUAGES,
        initial={"language": request.user.language},
    )
    if request.method == "POST" and form.is_valid():
        return set_language(request)
    row = with_facts(User.objects.filter(pk=request.user.pk)).get()
    context = {
        "form": form,
        "person": row,
        "posts": request.user.current_appointments,
        "sessions": len(sessions_of(row)),
        "ministry_identity": MinistryIdentity.objects.filter(user=row).first(),
        "now": timezone.now(),
    }
    return render(request, "accounts/me.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@step_up_required(gettext_lazy("Sign the device out"), only_posts=True)
def sessions(request: HttpRequest) -> HttpResponse:
    """Show where the person is signed in; a POST ends the named session, or all but this one."""
    if request.method == "POST":
        one = request.POST.get("session", "")
        ended = services.end_own_sessions(request, key_hash=one)
        if one and not ended:
            raise Http404
        message = ngettext("%(n)s device is signed out.", "%(n)s devices are signed out.", ended)
        messages.success(request, message % {"n": ended})
        return redirect("accounts:sessions")
    this = hash_key(request.session.session_key)
    own = sorted(sessions_of(request.user), key=lambda row: row.pk != this)
    context = {"sessions": own, "this": this}
    return render(request, "accounts/sessions.html", context)


@login_not_required
@require_safe
def signed_in(request: HttpRequest) -> HttpResponse:
    """Answer the proxy, which asks before it takes a large body, whether somebody is signed in:
    204 and who, so that it can count a person's bodies in all sessions together, or 401.

    It asks with ``X-By-Itself``: an idle session is ended here as everywhere, and never prolonged.
    """
    if not request.user.is_authenticated:
        return HttpResponse(status=401)
    return HttpResponse(status=204, headers={"X-Person": str(request.user.pk)})


@login_not_required
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Switch the language as Django does; store a signed-in person's choice for every computer."""
    language = request.POST.get("language", "")
    if request.user.is_authenticated and language in dict(settings.LANGUAGES):
        services.choose_language(request.user, language)
    return i18n.set_language(request)


@require_POST
def remember_fold(request: HttpRequest) -> HttpResponse:
    """Keep a part of a page open, or closed again, for this person on every computer."""
    name = request.POST.get("name", "")
    if name not in NAMES:
        return HttpResponse(status=400)
    services.remember_fold(request.user, name, is_open=request.POST.get("open") == "1")
    return HttpResponse(status=204)


@require_POST
def switch_position(request: HttpRequest) -> HttpResponse:
    """Switch the current position, then return to the page if it is one of ours; what is not
    visible from there is a 404.
    """
    appointments = {str(a.pk): a for a in request.user.current_appointments}
    chosen = appointments.get(request.POST.get("desk", ""))
    if chosen is None:
        messages.error(request, _("You do not hold this post any more."))
    else:
        request.session[POSITION_KEY] = chosen.pk
    back = request.POST.get("next", "")[:500]
    if not url_has_allowed_host_and_scheme(
        back, {request.get_host()}, require_https=request.is_secure()
    ):
        back = reverse(settings.LOGIN_REDIRECT_URL)
    return HttpResponseRedirect(back)  # an address, never the name of a view
