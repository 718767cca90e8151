"""Notices."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts import services
from accounts.models import Notice
from accounts.notices import describe
from accounts.queries import unread_first
from core.lists import get_page, render_page


@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    page = get_page(request, unread_first(request.user))
    for notice in page:
        notice.sentence = describe(notice)
    context = {"page_obj": page, "unread": request.user.notices.filter(read_at=None).count()}
    return render_page(request, "accounts/notices.html", context)


@require_GET
def notice(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Open what the notice is about, and mark it as read."""
    row = get_object_or_404(Notice, user=request.user, public_id=public_id)
    services.read_notice(row)
    return redirect(row.address)


@require_POST
def read_notices(request: HttpRequest) -> HttpResponse:
    """Mark one notice as read, or all of them."""
    if one := request.POST.get("notice"):
        try:
            services.read_notice(get_object_or_404(Notice, user=request.user, public_id=one))
        except ValidationError as error:  # not an id at all
            raise Http404 from error
    else:
        n = services.read_all_notices(request.user)
        messages.success(
            request,
            ngettext("%(n)s notice marked as read.", "%(n)s notices marked as read.", n) % {"n": n},
        )
    return redirect("accounts:notices")
