"""The reply desk. What it shows comes from the platform and goes to the screen; no page of it may
be kept anywhere.
"""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import Permission
from accounts.queries import can
from core.errors import NotAllowed, Refused
from engagement.models import ReplyAllowance
from engagement.replies import services as replies
from engagement.replies.forms import AnswerForm, DecisionForm
from publishing.models import Delivery
from publishing.presenters.text import page_name
from units.models import Level, Unit

_A_PAGE = 30


@require_GET
def desks(request: HttpRequest) -> HttpResponse:
    """List the publications whose comments may be answered."""
    if not request.user.reach(Permission.POST_SCHEDULE):
        raise PermissionDenied
    page = Paginator(
        replies.find_desk_deliveries(request.user, now=timezone.now()), _A_PAGE
    ).get_page(request.GET.get("page"))
    for delivery in page:
        delivery.page_name = page_name(delivery.channel)
    units = Unit.objects.within(request.user.reach(Permission.POST_SCHEDULE))
    return render(
        request, "engagement/desks.html", {"page": page, "open": replies.has_allowance(*units[:50])}
    )


@never_cache
@require_http_methods(["GET", "POST"])
def comments(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show the comments under one publication, live; answer and hide them by plain POST."""
    found = Delivery.objects.visible_to(request.user).select_related("channel", "unit", "post")
    delivery = get_object_or_404(found, public_id=public_id)
    if not can(request.user, Permission.POST_SCHEDULE, unit=delivery.unit):
        raise PermissionDenied
    form, status = AnswerForm(request.POST if request.POST.get("act") == "answer" else None), 200
    if request.method == "POST":
        refused = _act(request, delivery, form)
        if not refused:
            return redirect("engagement:comments", delivery.public_id)
        form.problem, status = refused, 422
    context: dict[str, Any] = {
        "delivery": delivery,
        "page": page_name(delivery.channel),
        "form": form,
        "about": replies.find_comment_of_ticket(delivery, request.POST.get("ticket", "")),
        "back": reverse("publishing:post", args=[delivery.post.public_id]),
    }
    shown = []
    try:
        shown = replies.read_comments(delivery, by=request.user)
    except (Refused, NotAllowed) as error:
        context["refused"] = str(error)
    context["comments"] = [(each, replies.sign_ticket(delivery, each)) for each in shown]
    # What was typed goes back beside its comment; where that has no box any more, it must not be
    # lost.
    context["homeless"] = form.is_bound and context["about"] not in [
        x.external_id for x in shown if not x.hidden
    ]
    return render(request, "engagement/comments.html", context, status=status)


def _act(request: HttpRequest, delivery: Delivery, form: AnswerForm) -> str:
    """Do what the form requests; return the reason of a refusal in words."""
    ticket, act = request.POST.get("ticket", ""), request.POST.get("act", "")
    if act == "answer" and not form.is_valid():
        return " ".join(str(each) for errors in form.errors.values() for each in errors)
    try:
        match act:
            case "answer":
                replies.answer_comment(delivery, ticket, form.cleaned_data["text"], by=request.user)
                messages.success(request, _("Answered in the page's name."))
            case "hide" | "show":
                replies.hide_comment(delivery, ticket, by=request.user, hidden=act == "hide")
                said = (
                    _("Hidden: only its writer and their friends still see it.")
                    if act == "hide"
                    else _("Shown again.")
                )
                messages.success(request, said)
    except (Refused, NotAllowed) as error:
        return str(error)
    return ""


@require_http_methods(["GET", "POST"])
def allowances(request: HttpRequest) -> HttpResponse:
    """Show and take the provinces' decisions on their units' reply desk."""
    reach = request.user.reach(Permission.PLATFORM_ALLOW)
    if not reach:
        raise PermissionDenied
    provinces = (
        Unit.objects.within(reach).filter(level=Level.PROVINCE).current(timezone.localdate())
    )
    form, asked = DecisionForm(request.POST or None), None
    if request.method == "POST":
        asked = get_object_or_404(provinces, key=request.POST.get("province", ""))
        act = (
            replies.allow_replies if request.POST.get("act") == "allow" else replies.forbid_replies
        )
        if form.is_valid():
            try:
                act(asked, by=request.user, reason=form.cleaned_data["reason"])
            except NotAllowed as error:
                raise PermissionDenied(str(error)) from None
            except Refused as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("The decision is recorded."))
                return redirect("engagement:desk_allowances")
    open_ones = {each.unit_id: each for each in ReplyAllowance.objects.select_related("allowed_by")}
    rows = [
        {
            "province": province,
            "allowance": open_ones.get(province.pk),
            "form": form if asked == province else DecisionForm(auto_id=f"{province.key}-%s"),
        }
        for province in provinces.order_by("search")
    ]
    return render(
        request,
        "engagement/desk_allowances.html",
        {"rows": rows},
        status=422 if form.is_bound else 200,
    )
