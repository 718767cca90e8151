"""Decisions on a submitted post that also schedule it, or stop what it scheduled."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import can
from core.errors import Refused
from posts.models import Post, Review, Revision
from posts.review import decisions
from posts.review.approvals import Proof
from posts.review.queries import first_approval
from publishing.scheduling.scheduling import schedule, stop_all
from publishing.states import (
    STOPPED,
)


@transaction.atomic
def approve_and_schedule(
    post: Post,
    revision: Revision,
    *,
    by: User,
    proof: Proof,
    due_at: datetime | None = None,
    publish_immediately: bool = False,
    announce: bool = True,
    reason: str = "",
) -> None:
    """Approve and, when ``due_at`` is given or it shall ``publish_immediately``, schedule all
    channels, in one transaction.

    What the province approves after the unit keeps the time that the unit wants, if it is still
    ahead: it is scheduled as by the unit's approver."""
    first = first_approval(post)
    if first:
        due_at, publish_immediately = requested_time_to_keep(post, first), False
    is_final = decisions.approve(
        post,
        revision,
        by=by,
        proof=proof,
        scheduled=bool(due_at or publish_immediately),
        requested_time=due_at,
        announce=announce,
        reason=reason,
    )
    if not is_final:
        return
    by = first.by if first else by
    if publish_immediately:
        schedule(post, by=by, due_at=earliest_time())
    elif due_at:
        schedule(post, by=by, due_at=max(due_at, earliest_time()))


def requested_time_to_keep(post: Post, first: Review) -> datetime | None:
    """Return the requested time if it can still be kept and the unit's approver may still schedule
    the post.
    """
    requested = post.requested_time
    if requested is None or requested <= timezone.now():
        return None
    return requested if can(first.by, Permission.POST_SCHEDULE, unit=post.unit) else None


# Two seconds more than an approval may be taken back: the engine begins half a second early, clocks
# differ a little.
_AFTER_UNDO = decisions.UNDO + timedelta(seconds=2)


def earliest_time() -> datetime:
    """Return when a post that is approved now may go out at the earliest: not while its approval
    may be taken back.
    """
    return timezone.now() + _AFTER_UNDO


@transaction.atomic
def undo_approval_and_stop(post: Post, *, by: User) -> None:
    """Take one's own approval back and stop what it scheduled. Raises Refused when something of it
    was begun.
    """
    revision = decisions.undo_approval(post, by=by, now=timezone.now())
    stop_all(post, by=by, reason="")
    # Whoever schedules a post at once may be quicker: then nothing is undone, and the words say so.
    if revision.deliveries.exclude(state__in=STOPPED).exists():
        raise Refused(_("It is being published already. Recall it instead."))
