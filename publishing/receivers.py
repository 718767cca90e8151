from typing import Any

from django.dispatch import receiver
from django.urls import reverse

from accounts.notices import notify
from posts.models import Post
from posts.signals import approval_ended
from publishing import services


@receiver(approval_ended, sender=Post)
def stop_deliveries(post: Post, by: Any, reason: str, withdrawn: bool, **_: Any) -> None:
    """An approval that no longer holds takes its deliveries with it, in the same transaction."""
    stopped = services.stop_all(post, by=by, reason=reason)
    if stopped and not withdrawn:
        people = {p.pk: p for p in (post.author, post.last_editor, *_approvers(post)) if p.pk != by.pk}
        notify(
            people.values(), "schedule_stopped", address=reverse("publishing:post", args=[post.public_id]), title=post
        )


def _approvers(post: Post) -> list[Any]:
    return [review.by for review in post.current_revision.reviews.all()] if post.current_revision else []
