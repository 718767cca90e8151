"""Asking for a link to set a new password."""

import logging

from allauth.account.views import PasswordResetView
from allauth.core import context
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect

from accounts.forms import ResetPasswordRequestForm

log = logging.getLogger(__name__)


class _AnswerFirst(PasswordResetView):
    """Send the mail once the browser has its answer, which is the same for every address."""

    def form_valid(self, form: ResetPasswordRequestForm) -> HttpResponse:
        answer = super().form_valid(form)
        if isinstance(answer, HttpResponseRedirect):  # not asked too often
            answer._resource_closers.append(lambda: self._send(form))
        return answer

    def _send(self, form: ResetPasswordRequestForm) -> None:
        try:
            with context.request_context(self.request), transaction.atomic():
                form.send(self.request)
        except Exception:  # nobody is there to answer
            log.exception("a link to set a new password was not sent")


reset_password = login_not_required(_AnswerFirst.as_view())
