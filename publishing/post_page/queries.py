"""Queries for the record of one post."""

from collections.abc import Iterable

from django.db.models import Q

from accounts.models import User
from audit.models import Entry
from channels.models import Channel
from posts.models import Post, Review
from posts.states import PostState
from publishing.models import Delivery


def stop_reason(post: Post) -> str:
    """Return why the post was returned or withdrawn, in that person's words; else nothing."""
    if post.state == PostState.CHANGES_REQUESTED:
        reviews = Review.objects.filter(revision=post.current_revision_id)
        return reviews.values_list("reason", flat=True).first() or ""
    if post.state == PostState.WITHDRAWN:
        about = Entry.objects.filter(
            object_type="posts.post", object_id=str(post.public_id), action="post.withdrawn"
        )
        return about.values_list("reason", flat=True).first() or ""
    return ""


def record_of(
    post: Post, deliveries: Iterable[Delivery], user: User, *, most: int = 50
) -> list[tuple[Entry, Channel | None]]:
    """Return the audit lines about the post that ``user`` may read, newest first, a delivery's with
    its channel.
    """
    channels = {str(row.public_id): row.channel for row in deliveries}
    of_broadcasts = {
        str(broadcast.public_id): row.channel
        for row in deliveries
        for broadcast in row.broadcasts.all()
    }
    about = Q(object_type="posts.post", object_id=str(post.public_id))
    about |= Q(object_type="publishing.delivery", object_id__in=list(channels))
    about |= Q(object_type="publishing.broadcast", object_id__in=list(of_broadcasts))
    entries = Entry.objects.visible_to(user).filter(about)[:most]
    channels |= of_broadcasts
    return [(entry, channels.get(entry.object_id)) for entry in entries]
