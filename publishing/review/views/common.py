"""Shared by the pages of a decision: the order of the queue, the time that was asked for, and what
comes of an approval.
"""

from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from posts.models import Post
from publishing.models import Pauses
from publishing.presenters.scheduling import (
    manual_tasks_sentence,
    pause_warning,
    planned_times_sentence,
    second_step_sentence,
)


def is_newest_first(request: HttpRequest) -> bool:
    return request.GET.get("sort") == "newest"


def requested_time(post: Post) -> datetime | None:
    """Return the requested time, while it can still be kept."""
    now = timezone.now()
    requested = post.requested_time
    is_ahead = requested and requested > now and (not post.ends_at or requested < post.ends_at)
    return requested if is_ahead else None


def isoformat_of(due_at: datetime | None) -> str:
    return due_at.isoformat() if due_at else ""


def after_approval_sentence(post: Post, pauses: Pauses) -> str:
    """Say what comes of the approved revision, from its deliveries as they are."""
    if post.endorsed_revision_id:
        return second_step_sentence(post)
    rows = post.deliveries.filter(revision=post.approved_revision).select_related("channel")
    times = {row.channel: row.due_at for row in rows}
    if not times:
        return _("Approved. Next: choose the time of publication.")
    sentence = pause_warning(post, times, pauses) or planned_times_sentence(
        times.values(), now=timezone.now()
    )
    return " ".join(filter(None, [sentence, manual_tasks_sentence(times)]))
