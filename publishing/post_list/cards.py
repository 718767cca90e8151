"""Posts as the list shows them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch

from channels.models import Channel
from posts.models import Post
from publishing.deliveries.queries import newest_by_channel
from publishing.models import Delivery, Pauses
from publishing.presenters.post import post_status
from publishing.presenters.status import StatusView
from publishing.states import EXPECTED, State

# What a delivery's status says or asks of its channel.
_SAID_OF_CHANNEL = ("unit_id", "platform", "name", "health", "lifecycle", "confirmed_at")


@dataclass(frozen=True, slots=True)
class PostCard:
    """A post with its status, and when it was or will be published."""

    post: Post
    status: StatusView
    published_at: datetime | None
    due_at: datetime | None
    can_be_put_away: bool
    can_be_scheduled: bool


def deliveries_by_post(posts: Iterable[Post]) -> dict[int, list[Delivery]]:
    """Return each post's newest delivery a channel, by the post's key. Two queries for all: with
    each delivery its channel and unit came again, and were a third of the list's time.
    """
    by_key = {post.pk: post for post in posts}
    rows = Delivery.objects.filter(post__in=by_key).prefetch_related(
        Prefetch("channel", Channel.objects.only(*_SAID_OF_CHANNEL))
    )
    by_post: dict[int, list[Delivery]] = {pk: [] for pk in by_key}
    for row in rows:
        row.post = by_key[row.post_id]
        if row.unit_id == row.post.unit_id:
            row.unit = row.post.unit
        by_post[row.post_id].append(row)
    return {pk: newest_by_channel(deliveries) for pk, deliveries in by_post.items()}


def post_card(
    post: Post,
    newest: list[Delivery],
    pauses: Pauses,
    *,
    can_be_put_away: bool,
    can_be_scheduled: bool,
) -> PostCard:
    return PostCard(
        post=post,
        status=post_status(post, newest, pauses),
        published_at=min(
            (
                row.published_at
                for row in newest
                if row.state == State.PUBLISHED and row.published_at
            ),
            default=None,
        ),
        due_at=min((row.fire_at for row in newest if row.state in EXPECTED), default=None),
        can_be_put_away=can_be_put_away,
        can_be_scheduled=can_be_scheduled,
    )
