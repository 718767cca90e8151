"""Notices."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts import services
from accounts.models import Notice
from accounts.notices import Weight, describe, get_weight, list_kinds
from accounts.queries import unread_first
from core.lists import get_page, render_page

PAGE = 10  # three screens of a phone


@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    weight = _read_weight(request.GET.get("weight", ""))
    rows = unread_first(request.user)
    page = get_page(request, rows.filter(kind__in=list_kinds(weight)) if weight else rows, PAGE)
    for notice in page:
        notice.sentence = describe(notice)
        notice.weight = get_weight(notice.kind)
    unread = dict.fromkeys(Weight, 0)
    of_kinds = request.user.notices.filter(read_at=None).order_by().values_list("kind")
    for kind, n in of_kinds.annotate(Count("pk")):
        unread[get_weight(kind)] += n
    context = {
        "page_obj": page,
        "weights": unread.items(),
        "weight": weight,
        "unread": unread[weight] if weight else sum(unread.values()),
    }
    return render_page(request, "accounts/notices.html", context)


@require_GET
def notice(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Open what the notice is about, and mark it as read."""
    row = get_object_or_404(Notice, user=request.user, public_id=public_id)
    services.read_notice(row)
    return redirect(row.address)


@require_POST
def read_notices(request: HttpRequest) -> HttpResponse:
    """Mark one notice as read, or all of them, or all of one weight."""
    weight = _read_weight(request.POST.get("weight", ""))
    if one := request.POST.get("notice"):
        try:
            services.read_notice(get_object_or_404(Notice, user=request.user, public_id=one))
        except ValidationError as error:  # not an id at all
            raise Http404 from error
    else:
        n = services.read_all_notices(request.user, list_kinds(weight) if weight else None)
        messages.success(
            request,
            ngettext("%(n)s notice marked as read.", "%(n)s notices marked as read.", n) % {"n": n},
        )
    chosen = f"?weight={weight}" if weight else ""
    return redirect(reverse("accounts:notices") + chosen)


def _read_weight(name: str) -> Weight | None:
    return Weight(name) if name in Weight.values else None
