"""Changes of a post's state: `move_post`, and nothing else. Decisions on its revisions."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from core.errors import Refused
from posts.models import Post, Review, Revision
from posts.states import NEXT, Decision, PostState


def move_post(
    post: Post,
    to: PostState,
    *,
    by: User | None,
    position: str,
    reason: str = "",
    action: str = "",
    facts: Mapping[str, Any] | None = None,
    **fields: Any,
) -> None:
    """Change a post's state, the only way: checked against the table, race-free, on record with
    further ``facts``. An approval that ends with it is ended for ever.
    """
    was, approved = post.state, post.approved_revision
    # Whatever ends a review ends the unit's approval that waits for the province.
    fields = {"endorsed_revision": None, **fields}
    row = Post.objects.filter(pk=post.pk, state=was, version=post.version)
    if to not in NEXT[was] or not row.update(state=to, version=post.version + 1, **fields):
        raise Refused(_("The post was changed meanwhile. Reload the page and look again."))
    post.refresh_from_db(fields=["state", "version", *fields])
    if approved:
        assert by is not None, "people end approvals"
        decision = Decision.UNDONE if to == PostState.IN_REVIEW else Decision.ENDED
        build_review(approved, decision, by=by, position=position, reason=reason).save()
    record(
        action or f"post.{to}",
        post,
        by=by,
        position=position,
        reason=reason,
        was=was,
        **(facts or {}),
    )


def build_review(
    revision: Revision,
    decision: Decision,
    *,
    by: User,
    position: str,
    reason: str = "",
    overridden: Sequence[str] = (),
) -> Review:
    """Return a decision on the revision, not stored yet."""
    return Review(
        overridden=list(overridden),
        revision=revision,
        decision=decision,
        by=by,
        position=position,
        reason=reason,
        author_id=revision.author_id,
        editor_id=revision.editor_id,
        content_sha256=revision.content_sha256,
        decided_at=timezone.now(),
    )


def endorse_post(
    post: Post,
    revision: Revision,
    *,
    by: User,
    position: str,
    asked_at: datetime,
    due_at: datetime,
    facts: Mapping[str, Any],
    reason: str = "",
    **fields: Any,
) -> None:
    """Note that the unit has approved ``revision`` and that the province has until ``due_at`` to:
    race-free and on record, as `move_post`; the post stays in review.
    """
    row = Post.objects.filter(
        pk=post.pk, state=PostState.IN_REVIEW, version=post.version, endorsed_revision=None
    )
    waiting = {
        "endorsed_revision": revision,
        "second_asked_at": asked_at,
        "second_due_at": due_at,
        "second_reminders": 0,
        **fields,
    }
    if not row.update(version=post.version + 1, **waiting):
        raise Refused(_("The post was changed meanwhile. Reload the page and look again."))
    post.refresh_from_db(fields=["state", "version", *waiting])
    who = {"by": by, "position": position, "reason": reason}
    record("post.first_approved", post, **who, due=due_at.isoformat(), **facts)


def cancel_endorsement(
    post: Post, again: Revision, *, by: User, position: str, **fields: Any
) -> None:
    """Note that the unit has taken back the approval that waits for the province: the same content
    waits for the unit as ``again``. Race-free and on record, as `move_post`.
    """
    row = Post.objects.filter(
        pk=post.pk,
        state=PostState.IN_REVIEW,
        version=post.version,
        endorsed_revision=post.endorsed_revision_id,
    )
    changed = {"endorsed_revision": None, "current_revision": again, **fields}
    if not row.update(version=post.version + 1, **changed):
        raise Refused(_("The post was changed meanwhile. Reload the page and look again."))
    post.refresh_from_db(fields=["version", *changed])
    record("post.approval_undone", post, by=by, position=position, was=post.state, step="first")
