"""Posts in review that nobody of their unit may approve: its leaders are away, disabled or wrote
them. An administrator is told once, and when somebody can approve again, they are.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts.models import Appointment, Delegation, User
from accounts.notices import notify
from accounts.permissions import Permission, Role
from accounts.queries import confirmers, holders
from posts.models import Contribution, Post
from posts.states import PostState
from units.models import Unit


def in_review_of_units() -> QuerySet[Post]:
    """Find the posts that wait for their unit's approval."""
    return Post.objects.filter(
        state=PostState.IN_REVIEW, current_revision__isnull=False, endorsed_revision=None
    )


def notify_unapprovable(*, now: datetime) -> tuple[int, int]:
    """Find posts that nobody can approve any more, and those that somebody can again; tell people.
    Return how many of each. Safe to repeat and to run twice at once.
    """
    # What left review otherwise waits for nobody.
    Post.objects.filter(without_approver_since__isnull=False).exclude(
        pk__in=in_review_of_units().values("pk")
    ).update(without_approver_since=None)
    by_unit: dict[Unit, list[Post]] = defaultdict(list)
    waiting = in_review_of_units().select_related("unit").defer("body", "search")
    for post in waiting.iterator(500):
        by_unit[post.unit].append(post)
    lost = total = 0
    for unit, posts in by_unit.items():
        more = _notify_unit(unit, posts, now=now)
        lost, total = lost + more[0], total + more[1]
    return lost, total


@transaction.atomic
def _notify_unit(unit: Unit, posts: list[Post], *, now: datetime) -> tuple[int, int]:
    approvers = holders(Permission.POST_APPROVE, unit=unit)
    ways = _ways_to_approve(unit, {approver.pk for approver in approvers}, now=now)
    writers: dict[int, set[int]] = defaultdict(set)
    contributions = Contribution.objects.filter(post__in=posts)
    for key, user in contributions.values_list("post", "user"):
        writers[key].add(user)
    lost: list[int] = []
    notified: list[int] = []
    for post in posts:
        besides = writers[post.pk] | {post.author_id, post.last_editor_id}
        can = any(not besides & people for people in ways)
        if not can and post.without_approver_since is None:
            lost.append(post.pk)
        elif can and post.without_approver_since is not None:
            notified.append(post.pk)
    n = Post.objects.filter(pk__in=lost, without_approver_since=None).update(
        without_approver_since=now
    )
    if n:
        address = reverse("accounts:people")
        _notify(confirmers(unit, besides=()), "posts_without_approver", unit, n, address)
    again = Post.objects.filter(pk__in=notified, without_approver_since__isnull=False)
    m = again.update(without_approver_since=None)
    if m:
        _notify(approvers, "posts_wait_for_you", unit, m, reverse("publishing:review_queue"))
    return n, m


def _ways_to_approve(unit: Unit, approvers: set[int], *, now: datetime) -> list[set[int]]:
    """Return who has to be free of a post's words for it to be approved: an approver, or a deputy
    and whoever they stand in for.
    """
    posts = Appointment.objects.in_force(timezone.localdate(now)).filter(
        unit=unit, role=Role.APPROVER, user__in=approvers
    )
    lent = Delegation.objects.in_force(now).filter(unit=unit)
    own = [{user} for user in posts.values_list("user", flat=True)]
    return own + [set(pair) for pair in lent.values_list("deputy", "chief")]


def _notify(people: Iterable[User], kind: str, unit: Unit, n: int, address: str) -> None:
    notify(people, kind, address=address, unit=unit, n=n)
