from collections.abc import Mapping

from allauth.account.adapter import DefaultAccountAdapter
from django.db.models import Q
from django.http import HttpRequest

from accounts.models import User


class PortalAccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up: accounts are made by invitation."""
        return False


def name_typed(request: HttpRequest, credentials: Mapping[str, str] | None = None) -> str:
    """Whom a failed sign-in counts against: the account, whether its e-mail or its user name was typed.

    Axes cannot read allauth's credentials and would lock the whole address.
    """
    given = credentials or {}
    typed = request.POST.get("login") or given.get("username") or given.get("email") or ""
    typed = typed.strip().lower()
    account = User.objects.filter(Q(username__iexact=typed) | Q(email=typed))
    return (account.values_list("username", flat=True).first() or typed)[:255]
