import uuid
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.permissions import Permission
from accounts.queries import can
from core.actions import button_action
from posts.canonical import content
from posts.context import post_to_write
from posts.history import diff, restoring
from posts.models import Post, Revision
from posts.queries import prefetch_decisions, revisions_of
from posts.states import EDITABLE

NOW = "now"  # the working copy, beside the numbers of the revisions


@require_GET
def history(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show every revision with its decision, and what changed between any two of them
    (``?old=1&new=2``).
    """
    post = get_object_or_404(
        Post.objects.visible_to(request.user).select_related("unit", "topic"), public_id=public_id
    )
    revisions = list(revisions_of(post))
    contents: dict[str, Mapping[str, Any]] = {str(r.number): r.content for r in revisions}
    if post.state in EDITABLE:
        draft = content.compose(post)
        if not revisions or content.digest(draft) != revisions[0].content_sha256:
            contents = {NOW: draft, **contents}
    order = list(contents)  # newest first
    new = request.GET.get("new", "")
    new = new if new in contents else order[0] if order else ""
    older = order[order.index(new) + 1 :] if new else []
    old = request.GET.get("old", "")
    old = old if old in contents else older[0] if older else ""
    context = {
        "post": post,
        "revisions": revisions,
        "choices": order,
        "restorable": _restorable(request, post, revisions, has_draft=NOW in contents),
        "sides": [("old", old, _("From")), ("new", new, _("To"))],
        "compared": bool(old and new and old != new),
        "changes": diff.list_changes(contents[old], contents[new])
        if old and new and old != new
        else [],
    }
    return render(request, "posts/history.html", context)


def _restorable(
    request: HttpRequest, post: Post, revisions: list[Revision], *, has_draft: bool
) -> set[int]:
    """Return the numbers of the versions that this person may bring back: all but that which the
    draft equals.
    """
    if post.state not in EDITABLE or not can(request.user, Permission.POST_WRITE, unit=post.unit):
        return set()
    return {row.number for row in revisions[0 if has_draft else 1 :]}


@require_POST
def restore(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Bring a version back as the draft, and go on to edit it."""
    revisions = Revision.objects.filter(post__in=Post.objects.visible_to(request.user))
    row = get_object_or_404(revisions.select_related("post"), public_id=public_id)
    post = post_to_write(request, row.post.public_id)
    message = _("The draft is now like version %(n)s. What it was before is kept as a version.")
    done = button_action(
        request,
        lambda: restoring.restore(post, row, by=request.user),
        message=message % {"n": row.number},
    )
    if not done:
        return redirect("posts:history", post.public_id)
    return redirect("posts:edit", post.public_id)


@require_GET
def revision(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show one revision exactly as it was submitted, as it looks on each channel."""
    revisions = Revision.objects.filter(post__in=Post.objects.visible_to(request.user))
    row = get_object_or_404(
        revisions.select_related("post__unit", "author", "editor").prefetch_related(
            prefetch_decisions()
        ),
        public_id=public_id,
    )
    return render(
        request, "posts/revision.html", {"revision": row, "post": row.post, "composed": row.content}
    )
