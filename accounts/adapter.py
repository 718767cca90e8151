from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class PortalAccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up: accounts are made by invitation."""
        return False


def name_typed(request: HttpRequest, credentials: dict | None = None) -> str:
    """Whom a failed sign-in counts against. Axes cannot read allauth's credentials and would lock the whole address."""
    return (request.POST.get("login") or (credentials or {}).get("username") or "").lower()
