"""Actions from the calendar with several posts: to each by itself."""

from datetime import date, datetime, time

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import require
from core.errors import Refused
from posts.models import Post
from publishing.models import Delivery
from publishing.scheduling import scheduling
from publishing.states import CANCELLABLE


@transaction.atomic
def move(
    post: Post, *, by: User, day: date | None = None, at: time | None = None
) -> list[Delivery]:
    """Move all that waits of the post to another day, another time, or both; all or nothing.

    What is not given stays as it is for each channel.
    """
    require(by, Permission.POST_SCHEDULE, unit=post.unit)
    rows = list(scheduling.find_waiting(post))
    if not rows:
        raise Refused(_("Nothing of this post can be moved any more."))
    for row in rows:
        local = timezone.localtime(row.due_at)
        moved = datetime.combine(
            day or local.date(), at or local.time(), tzinfo=timezone.get_default_timezone()
        )
        scheduling.reschedule(row, by=by, due_at=moved)
    return rows


@transaction.atomic
def cancel(post: Post, *, by: User, reason: str = "") -> list[Delivery]:
    """Cancel all of the post that is not visible yet; all or nothing."""
    require(by, Permission.POST_SCHEDULE, unit=post.unit)
    rows = list(
        post.deliveries.select_for_update(of=("self",))
        .filter(state__in=CANCELLABLE)
        .select_related("unit", "post", "channel")
    )
    if not rows:
        raise Refused(_("Nothing of this post can be cancelled any more."))
    for row in rows:
        scheduling.cancel(row, by=by, reason=reason)
    return rows
