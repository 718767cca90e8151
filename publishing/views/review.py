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
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Permission
from accounts.queries import can
from core.errors import Refused
from core.views import refusal
from posts import diff
from posts import services as posts
from posts.models import Post, Revision
from posts.queries import findings
from posts.states import PostState
from publishing import queries, services, wording
from publishing.context import pauses_of
from publishing.forms import ReviewForm

PAGE = 25
RESULT = "review_result"  # what a bulk approval did, kept for the one page that tells it


def _newest_first(request: HttpRequest) -> bool:
    return request.GET.get("sort") == "newest"


def _coming(post: Post) -> Any:
    """The wanted time, while it can still be kept."""
    now = timezone.now()
    wanted = post.wanted_at
    return wanted if wanted and wanted > now and (not post.valid_until or wanted < post.valid_until) else None


@require_GET
def review_queue(request: HttpRequest) -> HttpResponse:
    if not request.user.reach(Permission.POST_APPROVE):
        raise PermissionDenied
    queue = queries.review_queue(request.user, newest_first=_newest_first(request))
    page = Paginator(queue, PAGE).get_page(request.GET.get("page"))
    for post in page:
        post.mine = queries.wrote(request.user, post.current_revision)
        post.coming = _coming(post)
    context = {
        "page_obj": page,
        "newest_first": _newest_first(request),
        "several_units": len(request.user.reach(Permission.POST_APPROVE)) > 1,
        "may_choose": any(not post.mine for post in page),
        "result": request.session.pop(RESULT, None),
    }
    return render(request, "publishing/review_queue.html", context)


@require_POST
def approve_many(request: HttpRequest) -> HttpResponse:
    """Approves each chosen revision by itself; what wanted a time that is still ahead is scheduled for it."""
    if not request.user.reach(Permission.POST_APPROVE):
        raise PermissionDenied
    chosen = [c for c in request.POST.getlist("revision")[:PAGE] if _is_uuid(c)]
    revisions = (
        Revision.objects.filter(public_id__in=chosen, post__in=Post.objects.visible_to(request.user))
        .select_related(
            "post__unit",
            "post__author",
            "post__last_editor",
            "post__approved_revision",
            "post__campaign",
            "author",
            "editor",
        )
        .order_by("post__submitted_at")
    )
    approved, refused = [], []
    for revision in revisions:
        post = revision.post
        due_at = _coming(post)
        told = {"title": str(post), "url": reverse("publishing:post", args=[post.public_id])}
        try:
            services.approve(post, revision, by=request.user, due_at=due_at)
        except Refused as error:
            refused.append({**told, "words": str(error)})
        else:
            approved.append({**told, "words": _after_approval(post, due_at, pauses_of(request))})
    if approved or refused:
        request.session[RESULT] = {"approved": approved, "refused": refused}
    else:
        messages.error(request, _("No post is chosen."))
    return redirect("publishing:review_queue")


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def _after_approval(post: Post, due_at: Any, pauses: queries.Pauses, *, now: bool = False) -> str:
    if due_at is None and not now:
        return _("Approved. Next: choose the time of publication.")
    at = timezone.now() if now else services.spread(post, due_at)
    times = dict.fromkeys(services.channels_of(post.approved_revision), at)
    words = wording.pause_warning(post, times, pauses) or wording.will(times.values(), now=timezone.now())
    return " ".join(filter(None, [words, wording.hand_words(times)]))


@require_http_methods(["GET", "POST"])
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
    post = get_object_or_404(Post.objects.visible_to(request.user).select_related(*people), public_id=public_id)
    if not can(request.user, Permission.POST_APPROVE, unit=post.unit):
        raise PermissionDenied
    if post.state != PostState.IN_REVIEW:
        if request.method == "POST":
            messages.error(
                request, _("The post was changed meanwhile; nothing was decided. This is how it stands now.")
            )
        return redirect("publishing:post", public_id=post.public_id)
    form = ReviewForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            error = _decide(request, post, form)
            if not error:
                return _onward(request)
            # A refusal that came between reading and deciding: the page shows what stands there now.
            post.refresh_from_db()
            if post.state != PostState.IN_REVIEW:
                messages.error(request, error)
                return redirect("publishing:post", public_id=post.public_id)
            form.add_error(None, error)
            status = 409
    return render(request, "publishing/review.html", _review_context(request, post, form), status=status)


def _decide(request: HttpRequest, post: Post, form: ReviewForm) -> str:
    """Carries the decision out on the revision that was on the screen; why not, or nothing."""
    revision = post.current_revision
    if form.cleaned_data["revision"] != revision.public_id:
        return _("The post was changed meanwhile. Please read the new version below before you decide.")
    by, decision = request.user, form.cleaned_data["decision"]
    if decision == ReviewForm.RETURN:
        reason = form.cleaned_data["reason"]
        if error := refusal(lambda: posts.send_back(post, revision, by=by, reason=reason)):
            return error
        messages.success(request, _("Returned “%(title)s” to the officer.") % {"title": post})
        return ""
    now = decision == ReviewForm.NOW
    due_at = _coming(post) if decision == ReviewForm.SCHEDULE else None
    if decision == ReviewForm.SCHEDULE and due_at is None:
        return _("The wanted time has passed meanwhile. Approve the post, then choose a new time.")
    if error := refusal(lambda: services.approve(post, revision, by=by, due_at=due_at, now=now)):
        return error
    words = _after_approval(post, due_at, pauses_of(request), now=now)
    messages.success(request, _("“%(title)s”: %(words)s") % {"title": post, "words": words})
    return ""


def _onward(request: HttpRequest) -> HttpResponse:
    """To the next post that this person may decide, else to the queue, which says that it is done."""
    newest_first = _newest_first(request)
    post = queries.next_to_review(request.user, newest_first=newest_first)
    address = reverse("publishing:review", args=[post.public_id]) if post else reverse("publishing:review_queue")
    return redirect(f"{address}?sort=newest" if newest_first else address)


def _review_context(request: HttpRequest, post: Post, form: ReviewForm) -> dict[str, Any]:
    revision = post.current_revision
    before = queries.last_approved(post)
    now = timezone.now()
    channels = services.channels_of(revision)
    coming = _coming(post)
    if coming:
        coming = services.spread(post, coming)
    times = dict.fromkeys(channels, coming) if coming else {}
    return {
        "post": post,
        "revision": revision,
        "form": form,
        "mine": queries.wrote(request.user, revision),
        "findings": findings(post, revision.content),
        "last_approved": before,
        "changes": diff.changes(before.content, revision.content) if before else [],
        "coming": coming,
        "beside": [
            *(wording.beside(other) for other in queries.same_minute(post, revision, times)),
            *(wording.full_day(full) for full in queries.full_days(post, times)),
        ],
        "spread": wording.spread_words(post, post.wanted_at, [coming]) if coming else "",
        "warning": wording.pause_warning(post, dict.fromkeys(channels, coming or now), pauses_of(request)),
        "missed": bool(post.wanted_at and post.wanted_at <= now),
        "channels": len(channels),
        "waiting": queries.review_queue(request.user).count(),
        "newest_first": _newest_first(request),
    }
