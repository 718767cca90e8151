"""Check the password of a sign-in: one account, one hash, whether the account exists or not."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.http import HttpRequest

from accounts.models import User
from accounts.queries import account_named, may_enter_without_ministry


class PasswordBackend(AuthenticationBackend):
    """allauth's backend, which by itself hashes up to three times for an address that exists."""

    def _authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        typed = credentials.get("username") or credentials.get("email") or ""
        user = self._check_password(account_named(typed), credentials.get("password") or "")
        # Asked after the hash: neither the answer nor its time tells whose password was right.
        return user if user is not None and may_enter_without_ministry(user) else None
