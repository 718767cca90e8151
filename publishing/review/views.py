import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Permission
from accounts.queries import can, require
from accounts.second_factors import passkeys
from accounts.step_up import step_up_required
from core.actions import button_action, form_data, refusal
from core.clock import local_time
from core.errors import NotAllowed, Refused
from posts.discussion.cards import discussion_of
from posts.findings import findings
from posts.history import diff
from posts.models import Post, Revision
from posts.queries import edited_since_approval, warned_when_submitted
from posts.review import approvals, readings
from posts.review import services as posts
from posts.review.approvals import Method, Proof
from posts.review.queries import first_approval
from posts.states import Decision, PostState
from posts.suggested_times import suggested_times
from publishing.models import Pauses, Series
from publishing.pauses.context import pauses_of
from publishing.presenters.scheduling import (
    full_day_warning,
    manual_tasks_sentence,
    pause_warning,
    planned_times_sentence,
    same_minute_warning,
    second_step_sentence,
    spread_sentence,
)
from publishing.recurrence.queries import series_in_review, series_of
from publishing.recurrence.services import announce_approvals
from publishing.review import services as reviews
from publishing.review.cards import ReviewCard, preview_cards
from publishing.review.forms import QueueForm, ReviewForm
from publishing.review.queries import (
    last_approved,
    own_decision,
    posts_awaiting_second,
    posts_in_review,
    posts_to_review,
)
from publishing.scheduling import services as scheduling
from publishing.scheduling.conflicts import full_days, same_minute
from publishing.slots.queries import next_free_slots

PAGE = 25
QUEUE = "queue"  # what the form of the queue is about
SHOWN = timedelta(minutes=10)  # how long a decision's result stands at its address
RESULT = "review_result"  # what a bulk approval did, kept for the one page that tells it


def _newest_first(request: HttpRequest) -> bool:
    return request.GET.get("sort") == "newest"


def _requested_time(post: Post) -> datetime | None:
    """Return the requested time, while it can still be kept."""
    now = timezone.now()
    requested = post.requested_time
    is_ahead = requested and requested > now and (not post.ends_at or requested < post.ends_at)
    return requested if is_ahead else None


@require_GET
def review_queue(request: HttpRequest) -> HttpResponse:
    if not request.user.reach(Permission.POST_APPROVE):
        raise PermissionDenied
    queue = posts_in_review(request.user, newest_first=_newest_first(request))
    page = Paginator(queue, PAGE).get_page(request.GET.get("page"))
    cards = _cards(request, list(page))
    context = {
        "page_obj": page,
        "cards": cards,
        "series": series_in_review(request.user),
        "newest_first": _newest_first(request),
        "several_units": len(request.user.reach(Permission.POST_APPROVE)) > 1,
        "may_choose": any(card.can_be_chosen for card in cards),
        "mark": readings.render_mark(QUEUE, by=request.user),
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
    page = Paginator(queue, PAGE).get_page(request.GET.get("page"))
    cards = _cards(request, list(page))
    context = {
        "page_obj": page,
        "cards": cards,
        "may_choose": any(card.can_be_chosen for card in cards),
        "mark": readings.render_mark(QUEUE, by=request.user),
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
            can_keep_its_time=_requested_time(post) is not None,
        )
        for post in posts
    ]


def _has_no_assertion(request: HttpRequest, **_kwargs: Any) -> bool:
    """Tell whether the request approves by a proof from before: a passkey over the list is proof
    enough.
    """
    return not request.POST.get("assertion")


@require_POST
@step_up_required(when=_has_no_assertion)
def approve_many(request: HttpRequest) -> HttpResponse:
    """Approve what was chosen in the unit's queue, see `_approve_many`."""
    return _approve_many(request, Permission.POST_APPROVE, back="publishing:review_queue")


@require_POST
@step_up_required(when=_has_no_assertion)
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
    approved, refused = [], []
    try:
        proofs = _signed_by_passkey(request, _proofs(request))
    except Refused as error:
        messages.error(request, str(error))
        return redirect(back)
    series = series_of(revision.post for revision in proofs)
    together: dict[Series, list[Post]] = {}
    for revision, proof in proofs.items():
        post = revision.post
        due_at = datetime.fromisoformat(proof.requested) if proof.requested else None
        line = {"title": str(post), "url": reverse("publishing:post", args=[post.public_id])}
        try:
            with transaction.atomic():
                readings.spend_list(
                    revision, readings.Rendered(proof.rendered_at, proof.nonce), by=request.user
                )
                reviews.approve(
                    post,
                    revision,
                    by=request.user,
                    proof=proof,
                    due_at=due_at,
                    announce=post.pk not in series,
                )
        except Refused as error:
            refused.append({**line, "words": str(error)})
        else:
            if post.pk in series:
                together.setdefault(series[post.pk], []).append(post)
            approved.append({**line, "words": _after_approval(post, pauses_of(request))})
    for each, done in together.items():
        announce_approvals(each, done, by=request.user)
    if approved or refused:
        request.session[RESULT] = {"approved": approved, "refused": refused}
    else:
        messages.error(request, _("No post is chosen."))
    return redirect(back)


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
    text = posts.list_statement_of(proofs, by=request.user)
    return JsonResponse(passkeys.request_options(request.user, approvals.challenge(text)))


def _proofs(request: HttpRequest) -> dict[Revision, Proof]:
    """Return each chosen revision that the person may see, with what is approved of it. Raises
    Refused.
    """
    rendered = readings.require_rendered(request.POST.get("mark", ""), QUEUE, by=request.user)
    names = request.POST.getlist("revision")[: approvals.MOST_LISTED]
    chosen = [name for name in names if _is_uuid(name)]
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
        each: Proof(Method.CODE, rendered.at, rendered.nonce, _iso(_time_of(each.post)))
        for each in revisions
    }


def _time_of(post: Post) -> datetime | None:
    """Return the time for which an approval from a list schedules the post. The province sets none:
    it keeps what the unit chose.
    """
    return None if post.endorsed_revision_id else _requested_time(post)


def _signed_by_passkey(
    request: HttpRequest, proofs: dict[Revision, Proof]
) -> dict[Revision, Proof]:
    """Return the proofs, by the list that a passkey signed where the request bears its answer.
    Raises Refused.
    """
    if _has_no_assertion(request) or not proofs:
        return proofs
    text = posts.list_statement_of(proofs, by=request.user)
    form = QueueForm(request.POST)
    try:
        if not form.is_valid():
            raise passkeys.Unsigned
        answer = form.cleaned_data["assertion"]
        assertion = passkeys.assertion_of(request.user, answer, approvals.challenge(text))
    except passkeys.Unsigned:
        words = _(
            "The passkey did not sign these posts as they are now. Nothing was approved; "
            "please try again."
        )
        raise Refused(words) from None
    listed = posts.sign_list(text, assertion)
    return {
        each: proof._replace(method=Method.PASSKEY, listed=listed) for each, proof in proofs.items()
    }


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def _iso(due_at: datetime | None) -> str:
    return due_at.isoformat() if due_at else ""


def _approves(request: HttpRequest, **_kwargs: Any) -> bool:
    """Tell whether the request approves by a proof from before: a passkey over the decision is
    proof enough, and returning a post needs none.
    """
    return request.POST.get("decision") != ReviewForm.RETURN and not request.POST.get("assertion")


def _after_approval(post: Post, pauses: Pauses) -> str:
    """Say what comes of the approved revision, from its deliveries as they are."""
    if post.endorsed_revision_id:
        return second_step_sentence(post)
    rows = post.deliveries.filter(revision=post.approved_revision).select_related("channel")
    times = {row.channel: row.due_at for row in rows}
    if not times:
        return _("Approved. Next: choose the time of publication.")
    words = pause_warning(post, times, pauses) or planned_times_sentence(
        times.values(), now=timezone.now()
    )
    return " ".join(filter(None, [words, manual_tasks_sentence(times)]))


@require_http_methods(["GET", "POST"])
@step_up_required(only_posts=True, when=_approves)
def review(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    people = (
        "unit",
        "author",
        "last_editor",
        "topic",
        "campaign",
        "current_revision__author",
        "current_revision__editor",
    )
    post = get_object_or_404(
        Post.objects.visible_to(request.user).select_related(*people), public_id=public_id
    )
    if post.endorsed_revision_id and not _gives_second(request, post):
        _require_approver(request, post)
        return _decided(request, post)
    if post.state == PostState.IN_REVIEW:
        try:
            require(request.user, posts.deciding_right(post), unit=post.unit)
        except NotAllowed as refused:
            raise PermissionDenied(str(refused)) from refused
    else:
        _require_approver(request, post)
        return _decided(request, post)
    now = timezone.now()
    tomorrow = timezone.localdate(now) + timedelta(days=1)
    form = ReviewForm(form_data(request), post=post, now=now, initial={"at": [tomorrow, ""]})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            error = _decide(request, post, form)
            if not error:
                return redirect(_address(request, post))
            # A refusal that came between reading and deciding: the page shows what waits now.
            post.refresh_from_db()
            if post.state != PostState.IN_REVIEW or not can(
                request.user, posts.deciding_right(post), unit=post.unit
            ):
                messages.error(request, error)
                return redirect("publishing:post", public_id=post.public_id)
            form.add_error(None, error)
            status = 409
    return render(
        request, "publishing/review.html", _review_context(request, post, form), status=status
    )


def _gives_second(request: HttpRequest, post: Post) -> bool:
    return can(request.user, Permission.POST_APPROVE_SECOND, unit=post.unit)


def _approves_here(request: HttpRequest, post: Post) -> bool:
    return can(request.user, Permission.POST_APPROVE, unit=post.unit)


def _require_approver(request: HttpRequest, post: Post) -> None:
    """Refuse the page to who approves neither for the unit nor for the province."""
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
    return f"{address}?sort=newest" if _newest_first(request) else address


def _decided(request: HttpRequest, post: Post) -> HttpResponse:
    """Show what this person has just decided, on the same address; somebody else's decision is on
    the post's page.
    """
    now = timezone.now()
    own = own_decision(request.user, post, since=now - SHOWN)
    if own is None:
        if request.method == "POST":
            words = _(
                "The post was changed meanwhile; nothing was decided. This is how it stands now."
            )
            messages.error(request, words)
        return redirect("publishing:post", public_id=post.public_id)
    if request.method == "POST":
        return redirect(_address(request, post))
    ahead = posts_to_review(request.user, newest_first=_newest_first(request))
    gives_second = _gives_second(request, post)
    if gives_second:
        ahead = posts_awaiting_second(request.user)
    following = ahead.first()
    is_first = own.decision == Decision.FIRST
    is_approved = own.decision == Decision.APPROVED
    words = _after_approval(post, pauses_of(request)) if is_approved else ""
    if is_first:
        words = second_step_sentence(post)
    context = {
        "post": post,
        "gives_second": gives_second,
        "queue_url": reverse(
            "publishing:second_queue" if gives_second else "publishing:review_queue"
        ),
        "is_approved": is_approved or is_first,
        "words": words,
        "has_time": is_first
        or (is_approved and post.deliveries.filter(revision=post.approved_revision).exists()),
        "may_schedule": can(request.user, Permission.POST_SCHEDULE, unit=post.unit),
        "waiting": ahead.count(),
        "next_address": _address(request, following) if following else "",
        "undo_seconds": max(0, int((own.decided_at + posts.UNDO - now).total_seconds()))
        if is_approved and (gives_second or _approves_here(request, post))
        else 0,
    }
    return render(request, "publishing/review_decided.html", context)


@require_POST
def undo(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take back the approval that this person gave a moment ago."""
    post = get_object_or_404(
        Post.objects.visible_to(request.user).select_related("unit"), public_id=public_id
    )
    if not _gives_second(request, post) and not _approves_here(request, post):
        raise PermissionDenied
    said = _("The approval of “%(title)s” is taken back.") % {"title": post}
    if not button_action(request, lambda: reviews.undo_approval(post, by=request.user), said=said):
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
    due_at = _requested_time(post) if decision == ReviewForm.SCHEDULE else form.due_at
    if decision == ReviewForm.SCHEDULE and due_at is None:
        return _("The wanted time has passed meanwhile. Approve the post, then choose a new time.")

    @transaction.atomic
    def action() -> None:
        rendered = readings.spend(form.cleaned_data["mark"], revision, by=request.user)
        if decision == ReviewForm.RETURN:
            posts.request_changes(
                post, revision, by=request.user, reason=form.cleaned_data["reason"]
            )
        else:
            now = decision == ReviewForm.NOW
            proof = _proof(request, post, form, rendered)
            reviews.approve(post, revision, by=request.user, proof=proof, due_at=due_at, now=now)

    return refusal(action)


def _proof(
    request: HttpRequest, post: Post, form: ReviewForm, rendered: readings.Rendered
) -> Proof:
    """Return the proof of who approves: a passkey's assertion over this very decision, or the
    factor proved before.
    """
    decision = form.cleaned_data["decision"]
    due_at = _requested_time(post) if decision == ReviewForm.SCHEDULE else form.due_at
    requested = "now" if decision == ReviewForm.NOW else _iso(due_at)
    answer = form.cleaned_data.get("assertion")
    if answer is None:
        return Proof(Method.CODE, rendered.at, rendered.nonce, requested)
    unsigned = Proof(Method.PASSKEY, rendered.at, rendered.nonce, requested)
    text = posts.statement_of(post.current_revision, unsigned, by=request.user)
    try:
        assertion = passkeys.assertion_of(request.user, answer, approvals.challenge(text))
    except passkeys.Unsigned:
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
    if not can(request.user, posts.deciding_right(post), unit=post.unit):
        raise PermissionDenied
    form = ReviewForm(request.POST, post=post, now=timezone.now())
    if (
        post.state != PostState.IN_REVIEW
        or not form.is_valid()
        or form.cleaned_data["decision"] == ReviewForm.RETURN
    ):
        return JsonResponse({}, status=409)
    revision = post.current_revision
    try:
        rendered = readings.require_rendered(
            form.cleaned_data["mark"], readings.subject(revision), by=request.user
        )
    except Refused:
        return JsonResponse({}, status=409)
    form.cleaned_data["assertion"] = None
    proof = _proof(request, post, form, rendered)
    text = posts.statement_of(revision, proof, by=request.user)
    return JsonResponse(passkeys.request_options(request.user, approvals.challenge(text)))


def _choices(
    post: Post, coming: datetime | None, channels: Sequence[Any], now: datetime
) -> list[dict[str, str]]:
    """List the times that a reviewer may choose in the act of approving, each as value and
    label.
    """
    later = {"value": ReviewForm.APPROVE, "label": _("Choose the time later")}
    if post.endorsed_revision_id:
        words = _("The unit chooses the time")
        if coming:
            words = _("Wanted time: %(when)s") % {"when": local_time(coming)}
        return [{"value": ReviewForm.APPROVE, "label": words}]
    if not channels:
        return [later]
    found = []
    if coming:
        words = _("Wanted time: %(when)s") % {"when": local_time(coming)}
        found.append({"value": ReviewForm.SCHEDULE, "label": words, "short": local_time(coming)})
    found += [later, {"value": ReviewForm.NOW, "label": _("Now")}]
    offered = dict(suggested_times(now))
    for slot in next_free_slots(channels, now=now):
        words = _("Free slot: %(when)s") % {"when": local_time(slot.at)}
        offered.setdefault(slot.at, words)
    for at, words in offered.items():
        if at != coming and (not post.ends_at or at < post.ends_at):
            value = timezone.localtime(at).strftime("%Y-%m-%dT%H:%M")
            found.append({"value": value, "label": words})
    return [*found, {"value": ReviewForm.OTHER, "label": _("Another time")}]


def _review_context(request: HttpRequest, post: Post, form: ReviewForm) -> dict[str, Any]:
    revision = post.current_revision
    before = last_approved(post)
    now = timezone.now()
    channels = scheduling.channels_of(revision)
    coming = _requested_time(post)
    if coming:
        coming = scheduling.spread(post, coming)
    times = dict.fromkeys(channels, coming) if coming else {}
    choices = _choices(post, coming, channels, now)
    chosen = form.data.get("decision") if form.is_bound else ""
    known = {each["value"] for each in choices}
    return {
        "post": post,
        "revision": revision,
        "form": form,
        "mark": readings.open_revision(revision, by=request.user),
        "passkey": passkeys.has_passkey(request.user),
        "choices": choices,
        "chosen": chosen if chosen in known else choices[0]["value"],
        "is_own": revision.is_by(request.user)
        or Post.objects.filter(edited_since_approval(request.user), pk=post.pk).exists(),
        "findings": findings(post, revision.content),
        "warned": warned_when_submitted(post),
        "cards": preview_cards(revision.content),
        "discussion": discussion_of(post, reader=request.user, at="review"),
        "last_approved": before,
        "changes": diff.near_changes(diff.changes(before.content, revision.content))
        if before
        else [],
        "coming": coming,
        "beside": [
            *(same_minute_warning(other) for other in same_minute(post, revision, times)),
            *(full_day_warning(full) for full in full_days(post, times)),
        ],
        "spread": spread_sentence(post, post.requested_time, [coming]) if coming else "",
        "warning": pause_warning(post, dict.fromkeys(channels, coming or now), pauses_of(request)),
        "missed": bool(post.requested_time and post.requested_time <= now),
        "channels": len(channels),
        "waiting": posts_in_review(request.user).count(),
        "newest_first": _newest_first(request),
        "first": first_approval(post),
        "asks_second": posts.step_of(post) == Decision.FIRST,
    }
