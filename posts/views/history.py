import uuid
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from posts import content, diff, queries
from posts.models import Post, Revision
from posts.states import EDITABLE

NOW = "now"  # the working copy, beside the numbers of the revisions


@require_GET
def history(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Every revision with its decision, and what changed between any two of them (``?old=1&new=2``)."""
    post = get_object_or_404(Post.objects.visible_to(request.user).select_related("unit", "topic"), public_id=public_id)
    revisions = list(queries.revisions_of(post))
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
        "sides": [("old", old, _("From")), ("new", new, _("To"))],
        "compared": bool(old and new and old != new),
        "changes": diff.changes(contents[old], contents[new]) if old and new and old != new else [],
    }
    return render(request, "posts/history.html", context)


@require_GET
def revision(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """One revision exactly as it was submitted, as it looks on each channel."""
    found = Revision.objects.filter(post__in=Post.objects.visible_to(request.user))
    row = get_object_or_404(
        found.select_related("post__unit", "author", "editor").prefetch_related("reviews__by"), public_id=public_id
    )
    return render(request, "posts/revision.html", {"revision": row, "post": row.post, "composed": row.content})
