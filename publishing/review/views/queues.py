"""The queues of the unit and of the province, and approving several posts of one at once."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from accounts.permissions import Permission
from accounts.second_factors import passkeys
from accounts.step_up import step_up_required
from core.assertions import make_challenge
from core.errors import Refused
from core.form_marks import Rendered, make_render_mark, require_rendered
from core.lists import get_page
from core.text import parse_uuid
from posts.models import Post, Revision
from posts.review import approvals, readings, signing
from posts.review.approvals import Method, Proof
from publishing.models import Series
from publishing.pauses.context import pauses_of
from publishing.recurrence.planning import announce_approvals
from publishing.recurrence.queries import first_of_each_series, series_of
from publishing.review import approval_and_time
from publishing.review.cards import ReviewCard
from publishing.review.forms import QueueForm
from publishing.review.queries import (
    posts_awaiting_second,
    posts_in_review,
)
from publishing.review.views.common import (
    after_approval_sentence,
    is_newest_first,
    isoformat_of,
    requested_time,
)

QUEUE = "queue"  # what the form of the queue is about
RESULT = "review_result"  # what a bulk approval did, kept for the one page that tells it


@require_GET
def review_queue(request: HttpRequest) -> HttpResponse:
    if not request.user.reach(Permission.POST_APPROVE):
        raise PermissionDenied
    queue = posts_in_review(request.user, newest_first=is_newest_first(request))
    queue = first_of_each_series(queue)
    page = get_page(request, queue)
    cards = _cards(request, list(page))
    context = {
        "page_obj": page,
        "cards": cards,
        "newest_first": is_newest_first(request),
        "several_units": len(request.user.reach(Permission.POST_APPROVE)) > 1,
        "may_choose": any(card.can_be_chosen for card in cards),
        "mark": make_render_mark(QUEUE, by=request.user),
        "passkey": passkeys.has_passkey(request.user),
        "result": request.session.pop(RESULT, None),
    }
    return render(request, "publishing/review_queue.html", context)


@require_GET
def second_queue(request: HttpRequest) -> HttpResponse:
    """Show the posts that units approved and that wait for the province, what is due first
    first.
    """
    if not request.user.reach(Permission.POST_APPROVE_SECOND):
        raise PermissionDenied
    queue = posts_awaiting_second(request.user)
    page = get_page(request, queue)
    cards = _cards(request, list(page))
    context = {
        "page_obj": page,
        "cards": cards,
        "may_choose": any(card.can_be_chosen for card in cards),
        "mark": make_render_mark(QUEUE, by=request.user),
        "passkey": passkeys.has_passkey(request.user),
        "result": request.session.pop(RESULT, None),
    }
    return render(request, "publishing/second_queue.html", context)


def _cards(request: HttpRequest, posts: list[Post]) -> list[ReviewCard]:
    opened = readings.opened_by(request.user, [post.current_revision_id for post in posts])
    return [
        ReviewCard(
            post=post,
            is_opened=post.current_revision_id in opened,
            is_own=post.edited_by_reader or post.current_revision.is_by(request.user),
            can_keep_its_time=requested_time(post) is not None,
        )
        for post in posts
    ]


def _needs_fresh_proof(request: HttpRequest, **_kwargs: Any) -> bool:
    """Tell whether the second factor is asked for again first: a passkey that signs the list is
    proof enough.
    """
    return not request.POST.get("assertion")


@require_POST
@step_up_required(gettext_lazy("Approve the chosen posts"), when=_needs_fresh_proof)
def approve_many(request: HttpRequest) -> HttpResponse:
    """Approve what was chosen in the unit's queue, see `_approve_many`."""
    return _approve_many(request, Permission.POST_APPROVE, back="publishing:review_queue")


@require_POST
@step_up_required(gettext_lazy("Approve the chosen posts"), when=_needs_fresh_proof)
def approve_second_many(request: HttpRequest) -> HttpResponse:
    """Approve what was chosen in the province's queue, see `_approve_many`."""
    return _approve_many(request, Permission.POST_APPROVE_SECOND, back="publishing:second_queue")


def _approve_many(request: HttpRequest, right: Permission, *, back: str) -> HttpResponse:
    """Approve each chosen revision by itself; what wanted a time that is still ahead is scheduled
    for it.

    Only what this person has opened at that revision, and not from a list that has only just
    appeared. A passkey signs all of it at once: where its list is not the chosen one as it is now,
    nothing is approved.
    """
    if not request.user.reach(right):
        raise PermissionDenied
    try:
        proofs = _signed_by_passkey(request, _proofs(request))
    except Refused as error:
        messages.error(request, str(error))
        return redirect(back)
    series = series_of(revision.post for revision in proofs)
    approved_of_series: dict[Series, list[Post]] = {}
    approved, refused = [], []
    for revision, proof in proofs.items():
        post = revision.post
        line = {"title": str(post), "url": reverse("publishing:post", args=[post.public_id])}
        try:
            _approve_listed(revision, proof, by=request.user, announce=post.pk not in series)
        except Refused as error:
            # There a reason can be written, where one is asked for.
            page = reverse("publishing:review", args=[post.public_id])
            refused.append({**line, "url": page, "words": str(error)})
            continue
        if post.pk in series:
            approved_of_series.setdefault(series[post.pk], []).append(post)
        approved.append({**line, "words": after_approval_sentence(post, pauses_of(request))})
    for approved_series, posts in approved_of_series.items():
        announce_approvals(approved_series, posts, by=request.user)
    if approved or refused:
        request.session[RESULT] = {"approved": approved, "refused": refused}
    else:
        messages.error(request, _("No post is chosen."))
    return redirect(back)


@transaction.atomic
def _approve_listed(revision: Revision, proof: Proof, *, by: User, announce: bool) -> None:
    """Approve one revision of the list, for the time that the proof names. Raises Refused."""
    readings.use_list_mark(revision, Rendered(proof.rendered_at, proof.nonce), by=by)
    due_at = datetime.fromisoformat(proof.requested) if proof.requested else None
    approval_and_time.approve_and_schedule(
        revision.post, revision, by=by, proof=proof, due_at=due_at, announce=announce
    )


@require_POST
def list_passkey_options(request: HttpRequest) -> HttpResponse:
    """Return what a passkey is asked to sign for the chosen posts; 409 where the form itself is to
    be sent.
    """
    either = (Permission.POST_APPROVE, Permission.POST_APPROVE_SECOND)
    if not any(request.user.reach(right) for right in either):
        raise PermissionDenied
    try:
        proofs = _proofs(request)
    except Refused:
        proofs = {}
    if not proofs:
        return JsonResponse({}, status=409)
    text = signing.list_statement_of(proofs, by=request.user)
    return JsonResponse(passkeys.request_options(request.user, make_challenge(text)))


def _proofs(request: HttpRequest) -> dict[Revision, Proof]:
    """Return each chosen revision that the person may see, with what is approved of it. Raises
    Refused.
    """
    rendered = require_rendered(request.POST.get("mark", ""), QUEUE, by=request.user)
    names = request.POST.getlist("revision")[: approvals.MOST_LISTED]
    chosen = [name for name in names if parse_uuid(name)]
    revisions = (
        Revision.objects.filter(
            public_id__in=chosen, post__in=Post.objects.visible_to(request.user)
        )
        .select_related(
            "post__unit",
            "post__author",
            "post__last_editor",
            "post__approved_revision",
            "post__campaign",
            "author",
            "editor",
        )
        .order_by("post__submitted_at", "pk")
    )
    return {
        revision: Proof(
            Method.CODE, rendered.at, rendered.nonce, isoformat_of(_time_of(revision.post))
        )
        for revision in revisions
    }


def _time_of(post: Post) -> datetime | None:
    """Return the time for which an approval from a list schedules the post. The province sets none:
    it keeps what the unit chose.
    """
    return None if post.endorsed_revision_id else requested_time(post)


def _signed_by_passkey(
    request: HttpRequest, proofs: dict[Revision, Proof]
) -> dict[Revision, Proof]:
    """Return the proofs, by the list that a passkey signed where the request bears its answer.
    Raises Refused.
    """
    if not request.POST.get("assertion") or not proofs:
        return proofs
    text = signing.list_statement_of(proofs, by=request.user)
    form = QueueForm(request.POST)
    try:
        if not form.is_valid():
            raise passkeys.InvalidSignature
        answer = form.cleaned_data["assertion"]
        assertion = passkeys.assertion_of(request.user, answer, make_challenge(text))
    except passkeys.InvalidSignature:
        message = _(
            "The passkey did not sign these posts as they are now. Nothing was approved; "
            "please try again."
        )
        raise Refused(message) from None
    listed = signing.sign_list(text, assertion)
    return {
        post_key: proof._replace(method=Method.PASSKEY, listed=listed)
        for post_key, proof in proofs.items()
    }
