"""The page on which people sign in."""

from allauth.account.views import LoginView
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse

from accounts.forms import SignInForm


class _SignIn(LoginView):
    """Answer 503 with ``Retry-After`` where too many passwords are being checked; the form keeps
    the name that was typed.
    """

    def form_invalid(self, form: SignInForm) -> HttpResponse:
        answer = super().form_invalid(form)
        if form.busy:
            answer.status_code = 503
            answer.headers["Retry-After"] = str(form.busy.retry_after)
        return answer


sign_in = login_not_required(_SignIn.as_view())
