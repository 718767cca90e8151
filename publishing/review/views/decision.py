"""The decision on one post: its page, its result, and taking an approval back."""

import uuid
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Permission
from accounts.queries import can, require
from accounts.second_factors import passkeys
from accounts.step_up import step_up_required
from channels.states import by_platform
from core.actions import button_action, form_data, refusal
from core.assertions import make_challenge
from core.errors import NotAllowed, Refused
from core.form_marks import Rendered, require_rendered
from posts.models import Post, Review
from posts.queries import edited_since_approval
from posts.review import decisions, readings, signing
from posts.review.approvals import Method, Proof
from posts.review.four_eyes import deciding_right
from posts.states import Decision, PostState
from publishing.pauses.context import pauses_of
from publishing.presenters.scheduling import second_step_sentence
from publishing.recurrence.queries import first_of_each_series
from publishing.review import approval_and_time
from publishing.review.forms import ReviewForm
from publishing.review.queries import last_own_decision, posts_awaiting_second, posts_to_review
from publishing.review.views.common import (
    after_approval_sentence,
    is_newest_first,
    isoformat_of,
    requested_time,
)
from publishing.review.views.page import Checked, check_waiting, review_context

# So long the result of a decision is shown at its address.
SHOWN = timedelta(minutes=10)
_REVIEW_RELATED = (
    "unit",
    "author",
    "last_editor",
    "topic",
    "campaign",
    "current_revision__author",
    "current_revision__editor",
)


def _needs_fresh_proof(request: HttpRequest, **_kwargs: Any) -> bool:
    """Tell whether the second factor is asked for again before the decision is taken.

    A passkey that signs the decision is proof enough, and returning a post needs none.
    """
    return request.POST.get("decision") != ReviewForm.RETURN and not request.POST.get("assertion")


def _name_decision(request: HttpRequest, *, public_id: uuid.UUID) -> str:
    """Name the post and what becomes of it, for users who were led away to prove a factor."""
    post = get_object_or_404(Post.objects.visible_to(request.user), public_id=public_id)
    facts = {"post": Truncator(post).chars(60)}
    if request.POST.get("decision") != ReviewForm.NOW:
        return _("Approve “%(post)s”") % facts
    channels = post.targets.filter(is_on=True).select_related("channel")
    channels = channels.order_by(by_platform("channel__platform"))
    facts["channels"] = ", ".join(row.channel.get_platform_display() for row in channels)
    return _("Approve “%(post)s” and publish it now on %(channels)s") % facts


@require_http_methods(["GET", "POST"])
@step_up_required(_name_decision, only_posts=True, when=_needs_fresh_proof)
def review(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show the post that waits and take the decision on it; else show what was decided."""
    seen = Post.objects.visible_to(request.user).select_related(*_REVIEW_RELATED)
    seen = seen.annotate(is_edited_by_reader=edited_since_approval(request.user))
    post = get_object_or_404(seen, public_id=public_id)
    is_for_others = post.endorsed_revision_id and not _gives_second(request, post)
    if is_for_others or post.state != PostState.IN_REVIEW:
        _require_approver(request, post)
        return _show_own_decision(request, post)
    try:
        require(request.user, deciding_right(post), unit=post.unit)
    except NotAllowed as refused:
        raise PermissionDenied(str(refused)) from refused
    now = timezone.now()
    tomorrow = timezone.localdate(now) + timedelta(days=1)
    checked = check_waiting(post)
    form = ReviewForm(
        form_data(request),
        post=post,
        now=now,
        asks_reason=checked.asks_reason,
        initial={"at": [tomorrow, ""]},
    )
    if request.method != "POST":
        return _review_page(request, post, form, checked, status=200)
    if not form.is_valid():
        return _review_page(request, post, form, checked, status=422)
    error = _decide(request, post, form)
    if not error:
        return redirect(_address(request, post))
    # A refusal that came between reading and deciding: the page shows what waits now.
    post.refresh_from_db()
    may_still_decide = post.state == PostState.IN_REVIEW and can(
        request.user, deciding_right(post), unit=post.unit
    )
    if not may_still_decide:
        messages.error(request, error)
        return redirect("publishing:post", public_id=post.public_id)
    form.add_error(None, error)
    return _review_page(request, post, form, check_waiting(post), status=409)


def _review_page(
    request: HttpRequest, post: Post, form: ReviewForm, checked: Checked, *, status: int
) -> HttpResponse:
    context = review_context(request, post, form, checked)
    return render(request, "publishing/review.html", context, status=status)


def _gives_second(request: HttpRequest, post: Post) -> bool:
    return can(request.user, Permission.POST_APPROVE_SECOND, unit=post.unit)


def _approves_here(request: HttpRequest, post: Post) -> bool:
    return can(request.user, Permission.POST_APPROVE, unit=post.unit)


def _require_approver(request: HttpRequest, post: Post) -> None:
    """Deny access to users who may approve neither for the unit nor for the province."""
    try:
        if not _gives_second(request, post):
            require(request.user, Permission.POST_APPROVE, unit=post.unit)
    except NotAllowed as refused:
        raise PermissionDenied(str(refused)) from refused


def _address(request: HttpRequest, post: Post) -> str:
    """Return the address of a post's review, in the order of the queue that this person goes
    through.
    """
    address = reverse("publishing:review", args=[post.public_id])
    return f"{address}?sort=newest" if is_newest_first(request) else address


def _show_own_decision(request: HttpRequest, post: Post) -> HttpResponse:
    """Show what this person has just decided, at the same address; somebody else's decision is on
    the post's page.
    """
    now = timezone.now()
    own = last_own_decision(request.user, post, since=now - SHOWN)
    if own is None:
        if request.method == "POST":
            text = _(
                "The post was changed meanwhile; nothing was decided. This is how it stands now."
            )
            messages.error(request, text)
        return redirect("publishing:post", public_id=post.public_id)
    if request.method == "POST":
        return redirect(_address(request, post))
    gives_second = _gives_second(request, post)
    if gives_second:
        queue, queue_view = posts_awaiting_second(request.user), "publishing:second_queue"
        waiting = queue
    else:
        newest_first = is_newest_first(request)
        queue = posts_to_review(request.user, newest_first=newest_first)
        queue_view = "publishing:review_queue"
        waiting = first_of_each_series(queue)  # as the list shows them
    following = queue.first()
    is_first = own.decision == Decision.FIRST
    is_final = own.decision == Decision.APPROVED
    text = ""
    if is_first:
        text = second_step_sentence(post)
    elif is_final:
        text = after_approval_sentence(post, pauses_of(request))
    undo_seconds = 0
    if _may_undo(request, post, own):
        undo_seconds = max(0, int((own.decided_at + decisions.UNDO - now).total_seconds()))
    deliveries = post.deliveries.filter(revision=post.approved_revision)
    context = {
        "post": post,
        "gives_second": gives_second,
        "queue_url": reverse(queue_view),
        "is_approved": is_final or is_first,
        "words": text,
        "asks_time": is_final
        and not deliveries.exists()
        and can(request.user, Permission.POST_SCHEDULE, unit=post.unit),
        "waiting": waiting.count(),
        "next_address": _address(request, following) if following else "",
        "undo_seconds": undo_seconds,
    }
    return render(request, "publishing/review_decided.html", context)


def _may_undo(request: HttpRequest, post: Post, own: Review) -> bool:
    """Tell whether the person may take back the decision that they made."""
    if own.decision == Decision.FIRST:
        # Not any more once the province has decided, too.
        return bool(post.endorsed_revision_id) and _approves_here(request, post)
    if own.decision == Decision.APPROVED:
        return _approves_here(request, post) or _gives_second(request, post)
    return False


@require_POST
def undo(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take back the approval that this person gave a moment ago."""
    post = get_object_or_404(
        Post.objects.visible_to(request.user).select_related("unit"), public_id=public_id
    )
    if not _gives_second(request, post) and not _approves_here(request, post):
        raise PermissionDenied
    message = _("The approval of “%(title)s” is taken back.") % {"title": post}
    if not button_action(
        request,
        lambda: approval_and_time.undo_approval_and_stop(post, by=request.user),
        message=message,
    ):
        return redirect("publishing:post", public_id=post.public_id)
    return redirect(_address(request, post))


def _decide(request: HttpRequest, post: Post, form: ReviewForm) -> str:
    """Carry the decision out on the revision that was on the screen; return why not, or nothing."""
    revision = post.current_revision
    if form.cleaned_data["revision"] != revision.public_id:
        return _(
            "The post was changed meanwhile. Please read the new version below before you decide."
        )
    decision = form.cleaned_data["decision"]
    due_at = requested_time(post) if decision == ReviewForm.SCHEDULE else form.due_at
    if decision == ReviewForm.SCHEDULE and due_at is None:
        return _("The wanted time has passed meanwhile. Approve the post, then choose a new time.")

    @transaction.atomic
    def action() -> None:
        rendered = readings.use_mark(form.cleaned_data["mark"], revision, by=request.user)
        if decision == ReviewForm.RETURN:
            decisions.request_changes(
                post, revision, by=request.user, reason=form.cleaned_data["reason"]
            )
        else:
            proof = _proof(request, post, form, rendered)
            approval_and_time.approve_and_schedule(
                post,
                revision,
                by=request.user,
                proof=proof,
                due_at=due_at,
                publish_immediately=decision == ReviewForm.NOW,
                reason=form.cleaned_data["override_reason"],
            )

    return refusal(action)


def _proof(request: HttpRequest, post: Post, form: ReviewForm, rendered: Rendered) -> Proof:
    """Return the approver's proof: a passkey's assertion over this very decision, or the
    factor proved before.
    """
    decision = form.cleaned_data["decision"]
    due_at = requested_time(post) if decision == ReviewForm.SCHEDULE else form.due_at
    requested = "now" if decision == ReviewForm.NOW else isoformat_of(due_at)
    answer = form.cleaned_data.get("assertion")
    if answer is None:
        return Proof(Method.CODE, rendered.at, rendered.nonce, requested)
    unsigned = Proof(Method.PASSKEY, rendered.at, rendered.nonce, requested)
    text = signing.statement_of(post.current_revision, unsigned, by=request.user)
    try:
        assertion = passkeys.assertion_of(request.user, answer, make_challenge(text))
    except passkeys.InvalidSignature:
        raise Refused(
            _("The passkey did not sign this post. Nothing was approved; please try again.")
        ) from None
    return unsigned._replace(assertion=assertion)


@require_POST
def passkey_options(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Return what a passkey is asked to sign for the decision in the form; 409 where the form
    itself is to be sent.
    """
    related = ("unit", "current_revision")
    post = get_object_or_404(
        Post.objects.visible_to(request.user).select_related(*related), public_id=public_id
    )
    if not can(request.user, deciding_right(post), unit=post.unit):
        raise PermissionDenied
    if post.state != PostState.IN_REVIEW:
        return JsonResponse({}, status=409)
    asks_reason = check_waiting(post).asks_reason
    form = ReviewForm(request.POST, post=post, now=timezone.now(), asks_reason=asks_reason)
    if not form.is_valid() or form.cleaned_data["decision"] == ReviewForm.RETURN:
        return JsonResponse({}, status=409)
    revision = post.current_revision
    try:
        rendered = require_rendered(
            form.cleaned_data["mark"], readings.mark_subject(revision), by=request.user
        )
    except Refused:
        return JsonResponse({}, status=409)
    form.cleaned_data["assertion"] = None
    proof = _proof(request, post, form, rendered)
    text = signing.statement_of(revision, proof, by=request.user)
    return JsonResponse(passkeys.request_options(request.user, make_challenge(text)))
