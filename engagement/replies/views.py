"""The reply desk. What it shows comes from the platform and goes to the screen; no page of it may
be kept anywhere.
"""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Max, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import Permission
from accounts.queries import can
from accounts.step_up import step_up_required
from core.errors import NotAllowed, Refused
from core.lists import get_page
from core.text import parse_uuid
from engagement.models import ReplyAllowance
from engagement.replies import services as replies
from engagement.replies import wording
from engagement.replies.forms import AnswerForm, DecisionForm
from engagement.replies.triage import names_money_or_contact, sort_by_need
from platforms.messages import MOST_COMMENTS
from publishing.models import Delivery
from publishing.presenters.text import page_name
from units.models import Level, Unit

_A_PAGE = 10
_CARDS_A_PAGE = 20


@require_GET
def desks(request: HttpRequest) -> HttpResponse:
    """List the publications whose comments may be answered."""
    if not request.user.reach(Permission.POST_SCHEDULE):
        raise PermissionDenied
    deliveries = replies.count_waiting(
        replies.find_desk_deliveries(request.user, now=timezone.now())
    )
    posts = deliveries.order_by().values("post").annotate(n=Sum("waiting"), at=Max("published_at"))
    page = get_page(request, posts.order_by("-n", "-at", "post"), _A_PAGE)
    by_post: dict[int, list[Delivery]] = {row["post"]: [] for row in page}
    for delivery in (
        deliveries.filter(post__in=by_post)
        .select_related("channel", "post", "comment_count", "measurement")
        .order_by("-waiting", "platform", "pk")
    ):
        delivery.page_name = page_name(delivery.channel)
        by_post[delivery.post_id].append(delivery)
    units = Unit.objects.within(request.user.reach(Permission.POST_SCHEDULE))
    return render(
        request,
        "engagement/desks.html",
        {
            "page": page,
            "posts": [deliveries for deliveries in by_post.values() if deliveries],
            "open": replies.has_allowance(*units[:50]),
        },
    )


def _answers_in_own_words(request: HttpRequest, public_id: uuid.UUID) -> bool:
    return request.POST.get("act") == "answer"


def _get_delivery(request: HttpRequest, public_id: uuid.UUID) -> Delivery:
    deliveries = Delivery.objects.visible_to(request.user).select_related("channel", "unit", "post")
    return get_object_or_404(deliveries, public_id=public_id)


@never_cache
@require_http_methods(["GET", "POST"])
@step_up_required(
    gettext_lazy("Answer in the page's name"),
    of=_get_delivery,
    only_posts=True,
    when=_answers_in_own_words,
)
def comments(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show the comments under one publication, live; answer and hide them by plain POST."""
    delivery = _get_delivery(request, public_id)
    if not can(request.user, Permission.POST_SCHEDULE, unit=delivery.unit):
        raise PermissionDenied
    form, status = AnswerForm(request.POST if request.POST.get("act") == "answer" else None), 200
    if request.method == "POST":
        refused = _act(request, delivery, form)
        if not refused:
            # Back to the comment, by its ticket: its number would stand in the servers' logs.
            query = urlencode(
                {"page": request.GET.get("page", 1), "about": request.POST.get("ticket", "")}
            )
            address = reverse("engagement:comments", args=[delivery.public_id])
            return redirect(f"{address}?{query}#about")
        form.problem, status = refused, 422
    context: dict[str, Any] = {
        "delivery": delivery,
        "page": page_name(delivery.channel),
        "form": form,
        "about": replies.find_comment_of_ticket(
            delivery, request.POST.get("ticket") or request.GET.get("about", "")
        ),
        "back": reverse("publishing:post", args=[delivery.post.public_id]),
    }
    visible = []
    try:
        visible = replies.read_comments(delivery, by=request.user)
    except (Refused, NotAllowed) as error:
        context["refused"] = str(error)
    # What was just answered or refused stands first on whichever page it was found.
    at_hand = [comment for comment in visible if comment.external_id == context["about"]]
    rest = [comment for comment in sort_by_need(visible) if comment not in at_hand]
    cards = get_page(request, rest, _CARDS_A_PAGE)
    context["cards"] = cards
    context["comments"] = [
        {
            "comment": comment,
            "ticket": replies.sign_ticket(delivery, comment),
            "look_first": names_money_or_contact(comment),
        }
        for comment in [*at_hand, *cards]
    ]
    context["numbers"] = replies.count_comments(visible)
    context["most"] = MOST_COMMENTS if len(visible) >= MOST_COMMENTS else 0
    context["phrases"] = wording.find_phrases(delivery.unit) if visible else []
    context["is_released"] = wording.find_release(request.user, unit=delivery.unit) is not None
    # What was typed goes back beside its comment; where that has no box any more, it must not be
    # lost.
    boxes = [x.external_id for x in visible if not x.hidden] if context["is_released"] else []
    context["homeless"] = form.is_bound and context["about"] not in boxes
    return render(request, "engagement/comments.html", context, status=status)


def _act(request: HttpRequest, delivery: Delivery, form: AnswerForm) -> str:
    """Do what the form requests; return the reason of a refusal in words."""
    ticket = request.POST.get("ticket", "")
    act = "phrase" if "phrase" in request.POST else request.POST.get("act", "")
    if act == "answer" and not form.is_valid():
        return " ".join(str(error) for errors in form.errors.values() for error in errors)
    try:
        match act:
            case "answer" | "phrase":
                is_own = act == "answer"
                text = form.cleaned_data["text"] if is_own else _get_phrase(request, delivery)
                replies.answer_comment(delivery, ticket, text, by=request.user)
                messages.success(request, _("Answered in the page's name."))
            case "hide" | "show":
                replies.hide_comment(delivery, ticket, by=request.user, hidden=act == "hide")
                message = (
                    _("Hidden: only its writer and their friends still see it.")
                    if act == "hide"
                    else _("Shown again.")
                )
                messages.success(request, message)
    except (Refused, NotAllowed) as error:
        return str(error)
    return ""


def _get_phrase(request: HttpRequest, delivery: Delivery) -> str:
    chosen = parse_uuid(request.POST["phrase"])
    row = wording.find_phrases(delivery.unit).filter(public_id=chosen).first()
    if row is None:
        raise Refused(_("This answer is no longer in the list. Choose another."))
    return row.text


def _allows(request: HttpRequest) -> bool:
    return request.POST.get("act") == "allow"


@require_http_methods(["GET", "POST"])
@step_up_required(gettext_lazy("Open the reply desk"), only_posts=True, when=_allows)
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
    open_ones = {
        allowance.unit_id: allowance
        for allowance in ReplyAllowance.objects.select_related("allowed_by")
    }
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
