"""The letter to somebody who asked for a new password: the same work whether an account has the
address or not, so that no time tells which.
"""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.signup import get_signup_url
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.http import HttpRequest

from accounts.models import User
from accounts.queries import account_to_reset
from core.tasks import send_mail


class ResetTokenGenerator(PasswordResetTokenGenerator):
    """Bind a token to the addresses of its account, as allauth's own does; but write nothing, so
    that it takes the same steps for an account that does not exist.
    """

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        added = EmailAddress.objects.filter(user_id=user.pk).values_list("email", flat=True)
        addresses = "|".join(sorted({user.email, *added}))
        return f"{super()._make_hash_value(user, timestamp)}{addresses}"


def send_reset_letter(request: HttpRequest, email: str) -> None:
    """Write one letter to ``email``: with a link for the account that it belongs to, or that there
    is none. Both are made each time.
    """
    adapter, account = get_adapter(), account_to_reset(email)
    person = account or User(pk=0, email=email)
    key = f"{user_pk_to_url_str(person)}-{ResetTokenGenerator().make_token(person)}"
    facts = {"email": email, "request": request}
    link = adapter.render_mail(
        "account/email/password_reset_key",
        email,
        {
            **facts,
            "user": person,
            "password_reset_url": adapter.get_reset_password_from_key_url(key),
            "username": person.username,
        },
    )
    none = adapter.render_mail(
        "account/email/unknown_account", email, {**facts, "signup_url": get_signup_url(request)}
    )
    mail = link if account else none
    send_mail(to=[email], subject=mail.subject, text=mail.body)
