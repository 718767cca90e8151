from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from core.errors import NotAllowed, Refused


@login_not_required
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """200 when this process serves and the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain; charset=utf-8")


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403_csrf.html", status=403)


def refusal(act: Callable[[], object]) -> str:
    """Makes the one service call of a request. Empty when it went through; else why not, in the person's words."""
    try:
        act()
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from None
    except Refused as error:
        return str(error)
    return ""
