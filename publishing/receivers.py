from typing import Any

from django.db.models import Q
from django.dispatch import receiver
from django.urls import reverse

from accounts.notices import notify
from posts.corrections import Stood
from posts.models import Post, Revision
from posts.signals import approval_ended, has_stood, is_going_out, would_stop
from publishing import services
from publishing.states import State

# A platform may fetch pictures late: up to the moment it has shown the post, and a little after.
FETCHING = (State.CLAIMED, State.STAGED, State.COMMITTING, State.PROCESSING, State.VERIFYING, State.PUBLISHED)


@receiver(approval_ended, sender=Post)
def stop_deliveries(post: Post, by: Any, reason: str, withdrawn: bool, **_: Any) -> None:
    """An approval that no longer holds takes its deliveries with it, in the same transaction."""
    stopped = services.stop_all(post, by=by, reason=reason)
    if stopped and not withdrawn:
        people = {p.pk: p for p in (post.author, post.last_editor, *_approvers(post)) if p.pk != by.pk}
        notify(
            people.values(), "schedule_stopped", address=reverse("publishing:post", args=[post.public_id]), title=post
        )


@receiver(is_going_out, sender=Revision)
def has_a_delivery_in_hand(revision: Revision, **_: Any) -> bool:
    # One whose upload was put down for a while may still be being fetched.
    put_down = Q(state=State.SCHEDULED, draft_partial=True)
    return revision.deliveries.filter(put_down | Q(state__in=FETCHING)).exists()


@receiver(has_stood, sender=Post)
def where_it_stood(post: Post, **_: Any) -> Stood | None:
    seen = post.deliveries.filter(published_at__isnull=False).select_related("channel", "revision")
    rows = list(seen.order_by("published_at"))
    if not rows:
        return None
    return Stood(
        title=rows[-1].revision.content["title"],
        since=rows[0].published_at,
        channels=frozenset(row.channel_id for row in rows),
        links={
            str(row.channel.public_id): row.permalink
            for row in rows
            if row.state == State.PUBLISHED and row.recall_id is None and row.permalink
        },
    )


@receiver(would_stop, sender=Post)
def waiting_deliveries(post: Post, **_: Any) -> int:
    return post.deliveries.filter(state__in=[State.SCHEDULED, State.BY_HAND]).count()


def _approvers(post: Post) -> list[Any]:
    return [review.by for review in post.current_revision.reviews.all()] if post.current_revision else []
