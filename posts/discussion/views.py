"""The discussion of a post: a page of its own, and the part that other pages show of it."""

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.permissions import Permission
from accounts.queries import can
from core.actions import button_action, form_action
from posts.discussion import discussing
from posts.discussion.cards import Discussion, discussion_of, reply_form
from posts.discussion.forms import RemarkForm
from posts.models import Comment, Post, Thread

# The pages that show the discussion, and lead back to it.
PAGES = {"review": "publishing:review", "post": "publishing:post", "edit": "posts:edit"}


@require_http_methods(["GET", "POST"])
@vary_on_headers("HX-Request")
def discussion(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show the discussion, and begin a thread about the post's newest version."""
    related = ("unit", "topic", "corrects", "current_revision", "author", "last_editor")
    post = get_object_or_404(
        Post.objects.visible_to(request.user).select_related(*related), public_id=public_id
    )
    if request.method == "GET":
        return _render_page(request, _discussion_of(request, post))
    if not can(request.user, Permission.POST_COMMENT, unit=post.unit):
        raise PermissionDenied
    revision = post.current_revision
    if revision is None:
        messages.error(request, _("Comments begin when the post is submitted for approval."))
        return redirect("posts:discussion", post.public_id)
    may_propose = can(request.user, Permission.POST_APPROVE, unit=post.unit)
    form = RemarkForm(
        request.POST, content=revision.content, may_propose=may_propose, auto_id="remark_%s"
    )
    done = form_action(
        form, lambda: discussing.begin(post, revision, form.remark(), by=request.user), field="text"
    )
    if done:
        return _show_discussion(request, post, done.result)
    return _render_page(request, _discussion_of(request, post, form=form), status=done.status)


@require_POST
def reply(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    thread = _thread(request, public_id)
    post = thread.revision.post
    may_propose = can(request.user, Permission.POST_APPROVE, unit=post.unit)
    form = reply_form(thread, request.POST, may_propose=may_propose)
    done = form_action(
        form, lambda: discussing.reply(thread, form.remark(), by=request.user), field="text"
    )
    if done:
        return _show_discussion(request, post, thread)
    return _render_page(
        request, _discussion_of(request, post, answer=(thread, form)), status=done.status
    )


@require_POST
def resolve(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    thread = _thread(request, public_id)
    discussing.resolve(thread, by=request.user)
    return _show_discussion(request, thread.revision.post, thread)


@require_POST
def reopen(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    thread = _thread(request, public_id)
    discussing.reopen(thread, by=request.user)
    return _show_discussion(request, thread.revision.post, thread)


@require_POST
def accept_proposal(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take proposed words into the draft, and go back to where they were read."""
    rows = Comment.objects.visible_to(request.user).select_related(
        "author", "thread__revision__post__unit"
    )
    comment = get_object_or_404(rows, public_id=public_id)
    if not can(request.user, Permission.POST_WRITE, unit=comment.thread.revision.post.unit):
        raise PermissionDenied
    message = _("The proposed words stand in the draft now.")
    button_action(
        request, lambda: discussing.accept_proposal(comment, by=request.user), message=message
    )
    return redirect(_address(request, comment.thread.revision.post, comment.thread))


def _thread(request: HttpRequest, public_id: uuid.UUID) -> Thread:
    """Return a thread that the person may see (else 404) and speak in (else 403)."""
    related = (
        "review",
        *(f"revision__post__{name}" for name in ("unit", "topic", "corrects", "current_revision")),
    )
    rows: QuerySet[Thread] = Thread.objects.visible_to(request.user).select_related(*related)
    thread = get_object_or_404(rows, public_id=public_id)
    if not can(request.user, Permission.POST_COMMENT, unit=thread.revision.post.unit):
        raise PermissionDenied
    return thread


def _return_address(request: HttpRequest) -> str:
    at = request.POST.get("at", "") or request.GET.get("at", "")
    return at if at in PAGES else ""


def _discussion_of(request: HttpRequest, post: Post, **more: object) -> Discussion:
    number = request.GET.get("page", "")
    return discussion_of(
        post, reader=request.user, at=_return_address(request), number=number, **more
    )


def _render_page(
    request: HttpRequest, discussion: Discussion, *, status: int = 200
) -> HttpResponse:
    """Show the page, or for HTMX the part of another page; there a refusal is shown as well."""
    name = "posts/discussion/page.html"
    if request.htmx:
        name, status = f"{name}#discussion", 422 if status == 409 else status
    return render(request, name, {"discussion": discussion, "post": discussion.post}, status=status)


def _show_discussion(request: HttpRequest, post: Post, thread: Thread) -> HttpResponse:
    """Show the discussion as it stands now, in the page that it was sent from."""
    if request.htmx:
        return _render_page(request, _discussion_of(request, post))
    return redirect(_address(request, post, thread))


def _address(request: HttpRequest, post: Post, thread: Thread) -> str:
    page = PAGES.get(_return_address(request), "posts:discussion")
    return f"{reverse(page, args=[post.public_id])}#thread-{thread.public_id}"
