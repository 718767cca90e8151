"""The province's time for a second approval: reminders, and the end of it."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from accounts.models import User
from accounts.notices import notify
from accounts.queries import overseers_above, second_approvers
from core.clock import format_local_time
from core.errors import Refused
from posts.models import Post
from posts.review.queries import first_approval
from posts.states import PostState
from posts.transitions import move_post

# Of the time that the province has: then its overseers are reminded; at the last one those of the
# ministry are told as well, who may decide in their place.
REMINDERS = (0.5, 0.9)
_RELATED = ("unit", "author", "last_editor", "endorsed_revision")


def remind_at(post: Post) -> datetime | None:
    """Return when the next reminder is due; None after the last one."""
    if post.second_reminders >= len(REMINDERS):
        return None
    asked_at, due_at = post.second_period
    return asked_at + (due_at - asked_at) * REMINDERS[post.second_reminders]


def remind_and_expire(*, now: datetime) -> tuple[int, int]:
    """Send the reminders that are due, and return what nobody approved in time. Return how many of
    each. Safe to repeat and to run twice at once.
    """
    waiting = Post.objects.filter(endorsed_revision__isnull=False).select_related(*_RELATED)
    reminded = expired = 0
    for post in waiting.defer("body", "search").order_by("second_due_at", "pk").iterator(500):
        if post.second_period[1] <= now:
            expired += _expire(post)
        elif (at := remind_at(post)) and at <= now:
            reminded += _remind(post, now=now)
    return reminded, expired


@transaction.atomic
def _remind(post: Post, *, now: datetime) -> bool:
    asked_at, due_at = post.second_period
    passed = sum(asked_at + (due_at - asked_at) * part <= now for part in REMINDERS)
    row = Post.objects.filter(
        pk=post.pk,
        endorsed_revision=post.endorsed_revision_id,
        second_reminders=post.second_reminders,
    )
    if not row.update(second_reminders=passed):
        return False
    is_last = passed == len(REMINDERS)
    people = overseers_above(post.unit) if is_last else second_approvers(post.unit)
    notify(
        people,
        "post_second_last_reminder" if is_last else "post_second_reminder",
        address=reverse("publishing:review", args=[post.public_id]),
        joined_address=reverse("publishing:second_queue"),
        unit=post.unit,
        title=post,
        when=format_local_time(due_at),
    )
    return True


@transaction.atomic
def _expire(post: Post) -> bool:
    """Return the post to its writers: it is never published late."""
    first = first_approval(post)
    due_at = post.second_period[1]
    try:
        move_post(
            post, PostState.CHANGES_REQUESTED, by=None, position="", action="post.second_expired"
        )
    except Refused:  # decided, or taken back, at the same moment
        return False
    people: list[User] = [post.author, post.last_editor, *second_approvers(post.unit)]
    if first:
        people.append(first.by)
    notify(
        people,
        "post_second_expired",
        address=reverse("publishing:post", args=[post.public_id]),
        joined_address=reverse("publishing:post_list"),
        unit=post.unit,
        title=post,
        when=format_local_time(due_at),
    )
    return True
