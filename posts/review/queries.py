"""Queries for approvals that are proved by what their approver signed."""

import uuid
from collections.abc import Collection

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from campaigns.models import TopicRule
from campaigns.queries import find_needs_of_topic
from posts.models import (
    Post,
    Review,
    Revision,
    Signature,
    SignedList,
)
from posts.review import approvals
from posts.states import Decision

_SIGNED = approvals.Signed._fields


def approved_channels(revisions: Collection[uuid.UUID]) -> dict[uuid.UUID, frozenset[str]]:
    """Find the revisions (public ids) whose approval is proved, each with the channels (public ids)
    that it names.

    One query, and another where lists were signed; measured: 13 microseconds a revision that was
    approved with a code, 150 with a passkey, a list once. What was taken back at once is no
    approval.
    """
    undone = Review.objects.filter(revision=OuterRef("review__revision"), decision=Decision.UNDONE)
    signatures = Signature.objects.filter(
        ~Exists(undone),
        review__revision__public_id__in=revisions,
        review__decision=Decision.APPROVED,
    )
    facts = (
        "listed",
        "review__revision__public_id",
        "review__revision__content_sha256",
        "review__by",
    )
    rows = list(signatures.values_list(*_SIGNED, *facts))
    lists = _lists({row[len(_SIGNED)] for row in rows} - {None})
    proved = {}
    for *stored, listed, revision, sha256, by in rows:
        signed = approvals.Signed(*stored)
        named = {"revision": str(revision), "content_sha256": sha256, "by": by}
        if not approvals.approval_problem(signed, **named, listed=lists.get(listed)):
            proved[revision] = approvals.channels_of(signed)
    return proved


def step_of(post: Post, *, asked: Collection[str] | None = None) -> Decision:
    """Return what an approval now would be: the unit's, which the province's follows, or the
    last. ``asked`` is the result of ``topic_asks``, where the caller has it already.
    """
    if post.endorsed_revision_id:
        return Decision.APPROVED
    if asked is None:
        asked = find_needs_of_topic(post.topic_id, post.unit, on=timezone.localdate())
    return Decision.FIRST if TopicRule.Asks.SECOND_APPROVAL in asked else Decision.APPROVED


def first_approval(post: Post) -> Review | None:
    """Return the unit's approval of the post that waits for the province. It holds for the content:
    where the province took its own approval back, that waits as a new revision.
    """
    if not post.endorsed_revision:
        return None
    return _first(post, post.endorsed_revision).select_related("by").first()


def was_second(post: Post, revision: Revision) -> bool:
    """Say whether the approval of ``revision`` followed one by the unit, since it was submitted."""
    return _first(post, revision).filter(decided_at__gte=post.submitted_at).exists()


def _first(post: Post, revision: Revision) -> QuerySet[Review]:
    given = Review.objects.filter(
        revision__post=post, decision=Decision.FIRST, content_sha256=revision.content_sha256
    )
    later = Review.objects.filter(revision=OuterRef("revision"))
    # On a revision that the province has approved, that approval is what was taken back.
    undone = Exists(later.filter(decision=Decision.UNDONE))
    return given.exclude(undone & ~Exists(later.filter(decision=Decision.APPROVED))).order_by(
        "-decided_at"
    )


def _lists(pks: set[int]) -> dict[int, approvals.Listed]:
    """Read and prove each signed list once, however many approvals are on it."""
    if not pks:
        return {}
    rows = SignedList.objects.filter(pk__in=pks).values_list(*_SIGNED, "pk")
    return {pk: approvals.read_list(approvals.Signed(*signed), id=pk) for *signed, pk in rows}
