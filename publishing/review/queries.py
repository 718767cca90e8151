"""Queries for posts that wait for a decision."""

from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.models import User
from accounts.permissions import Permission
from posts.models import Post, Review, Revision
from posts.queries import edited_since_approval
from posts.states import Decision, PostState


def posts_in_review(user: User, *, newest_first: bool = False) -> QuerySet[Post]:
    """Find posts that wait in units where ``user`` may approve.

    Also the user's own, which others must approve.
    """
    waiting = _find_waiting(user, newest_first=newest_first)
    return waiting.annotate(edited_by_reader=edited_since_approval(user))


def _find_waiting(user: User, *, newest_first: bool) -> QuerySet[Post]:
    order = ("-submitted_at", "-pk") if newest_first else ("submitted_at", "pk")
    return (
        Post.objects.within(user.reach(Permission.POST_APPROVE))
        .filter(state=PostState.IN_REVIEW, current_revision__isnull=False, endorsed_revision=None)
        .select_related("unit", "author", "last_editor", "current_revision", "topic")
        .defer("body", "search")
        .order_by(*order)
    )


def posts_awaiting_second(user: User) -> QuerySet[Post]:
    """Find posts that their unit has approved and that wait for the province, where ``user`` gives
    the second approval; what is due first stands first.
    """
    return (
        Post.objects.within(user.reach(Permission.POST_APPROVE_SECOND))
        .filter(endorsed_revision__isnull=False)
        .select_related("unit", "author", "last_editor", "current_revision", "topic")
        .defer("body", "search")
        .annotate(edited_by_reader=edited_since_approval(user))
        .order_by("second_due_at", "pk")
    )


def posts_to_review(user: User, *, newest_first: bool = False) -> QuerySet[Post]:
    """Find the posts in the queue that this person may decide."""
    own = (
        Q(current_revision__author=user)
        | Q(current_revision__editor=user)
        | Q(edited_since_approval(user))
    )
    return _find_waiting(user, newest_first=newest_first).exclude(own)


def last_own_decision(user: User, post: Post, *, since: datetime) -> Review | None:
    """Find what this person decided on the current revision
    since then, if that is still the post's state."""
    is_first = post.endorsed_revision_id is not None
    if not is_first and post.state not in (PostState.APPROVED, PostState.CHANGES_REQUESTED):
        return None
    decisions = Review.objects.filter(
        revision=post.current_revision, by=user, decided_at__gte=since
    )
    return decisions.order_by("-decided_at").first()


def last_approved_revision(post: Post) -> Revision | None:
    """Return the newest approved revision before the current one."""
    approved = post.revisions.filter(reviews__decision=Decision.APPROVED).exclude(
        reviews__decision=Decision.UNDONE
    )
    if post.current_revision_id:
        approved = approved.exclude(pk=post.current_revision_id)
    return approved.order_by("-number").first()
