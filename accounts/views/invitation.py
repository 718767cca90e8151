"""The invited person."""

from allauth.account.utils import perform_login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import forms, queries
from accounts.people import invitations
from accounts.queries import open_invitation
from accounts.views.common import render_private
from core.errors import Busy, Refused


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def accept_invitation(request: HttpRequest, secret: str) -> HttpResponse:
    try:
        invitation = open_invitation(secret)
        if not queries.may_enter_without_ministry(invitation.user):
            raise Refused(
                _("Passwords are not used here. Sign in with your account of the ministry.")
            )
    except Refused as refused:
        return render_private(
            render(request, "accounts/invitation_dead.html", {"why": str(refused)}, status=400)
        )
    form = forms.ChoosePasswordForm(request.POST or None, person=invitation.user)
    if request.method == "POST" and form.is_valid():
        try:
            person = invitations.accept(secret, password=form.cleaned_data["password1"])
        except Busy:
            raise  # the link is still good: the page says when to try again
        except Refused as refused:
            return render_private(
                render(request, "accounts/invitation_dead.html", {"why": str(refused)}, status=400)
            )
        person.backend = "accounts.backends.PasswordBackend"
        messages.success(request, _("Welcome. Your password is set; next time, sign in with it."))
        # Not Django's login(): somebody who has a second factor is asked for it here as everywhere.
        return perform_login(request, person, redirect_url=reverse(settings.LOGIN_REDIRECT_URL))
    context = {"form": form, "person": invitation.user}
    status = 422 if form.is_bound else 200
    return render_private(
        render(request, "accounts/accept_invitation.html", context, status=status)
    )
