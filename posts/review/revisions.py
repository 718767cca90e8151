"""Immutable revisions, cut from the working copy of a post."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from posts.canonical import content
from posts.models import Post, Revision
from posts.states import Decision


def create_revision(post: Post) -> Revision:
    """Cut an immutable revision from the working copy; return the newest one again when nothing
    changed since.
    """
    composed = content.compose(post)
    sha256 = content.digest(composed)
    last = post.revisions.first()
    if last and last.content_sha256 == sha256 and last.editor_id == post.last_editor_id:
        # What was approved once is not decided on again: an approval that ended is no approval of
        # what comes after it.
        approved = (Decision.APPROVED, Decision.FIRST)
        if not last.reviews.filter(decision__in=approved).exists():
            return last
    return store_version(post, composed)


def store_version(post: Post, composed: dict[str, Any]) -> Revision:
    """Store ``composed``, the content of the working copy, as the post's next version."""
    last = post.revisions.first()
    return Revision.objects.create(
        post=post,
        number=last.number + 1 if last else 1,
        author=post.author,
        editor=post.last_editor,
        content=composed,
        content_sha256=content.digest(composed),
        created_at=timezone.now(),
    )


def repeat_revision(revision: Revision, *, now: datetime) -> Revision:
    """Cut the same content as the next revision, which nobody has approved."""
    return Revision.objects.create(
        post=revision.post,
        number=revision.number + 1,
        author=revision.author,
        editor=revision.editor,
        content=revision.content,
        content_sha256=revision.content_sha256,
        created_at=now,
    )
