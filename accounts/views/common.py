"""Check who opens the pages of accounts, and answer them alike."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import with_facts


def require_administrator(request: HttpRequest) -> None:
    """Deny access to users who manage no accounts anywhere."""
    if not request.user.reach(Permission.ACCOUNT_MANAGE):
        raise PermissionDenied


def visible_person(request: HttpRequest, public_id: Any) -> User:
    """Return the person with the facts of the lists, or answer 404 to those who may not see
    them.
    """
    return get_object_or_404(with_facts(User.objects.visible_to(request.user)), public_id=public_id)


def render_private(response: HttpResponse) -> HttpResponse:
    """Render a page that shows a secret link: no cache stores it and its address goes to nobody.

    Not "no-referrer": browsers then send the forms on the page with ``Origin: null``, and the CSRF
    check refuses them.
    """
    response["Referrer-Policy"] = "strict-origin"
    response["Cache-Control"] = "no-store"
    return response
