"""Entries of the audit record about a post, in words."""

from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.models import Entry
from channels.models import Channel
from publishing.presenters.text import page_name

_ACTIONS = {
    "post.started": gettext_lazy("began the draft"),
    "post.duplicated": gettext_lazy("made the draft from another post"),
    "post.correction_begun": gettext_lazy("began the draft of this correction"),
    "post.begun_from_template": gettext_lazy("began the draft from a template"),
    "post.begun_from_kit": gettext_lazy("began the draft from a kit"),
    "post.begun_from_example": gettext_lazy("began the draft from an example of another unit"),
    "post.kit_version_taken": gettext_lazy("took over the new version of the kit"),
    "post.imported": gettext_lazy("made the draft from a row of a sheet"),
    "post.sheet_imported": gettext_lazy("made drafts from a sheet"),
    "post.repeated": gettext_lazy("made it as a further time of a series"),
    "post.restored": gettext_lazy("brought an earlier version back"),
    "post.in_review": gettext_lazy("submitted for approval"),
    "post.commented": gettext_lazy("commented"),
    "post.thread_resolved": gettext_lazy("resolved a comment"),
    "post.thread_reopened": gettext_lazy("reopened a comment"),
    "post.proposal_taken": gettext_lazy("took proposed words into the text"),
    "post.first_approved": gettext_lazy("approved for the unit; the province approves it, too"),
    "post.approved": gettext_lazy("approved"),
    "post.approval_undone": gettext_lazy("took the approval back at once"),
    "post.second_expired": gettext_lazy("not approved a second time in time; went back"),
    "post.changes_requested": gettext_lazy("returned for revision"),
    "post.draft": gettext_lazy("opened again for editing"),
    "post.withdrawn": gettext_lazy("withdrew the post"),
    "post.archived": gettext_lazy("put the post away"),
    "post.unarchived": gettext_lazy("took the post out of the archive"),
    "delivery.scheduled": gettext_lazy("scheduled"),
    "delivery.moved": gettext_lazy("changed the time"),
    "delivery.claimed": gettext_lazy("prepared"),
    "delivery.staged": gettext_lazy("prepared on the platform"),
    "delivery.committing": gettext_lazy("sent"),
    "delivery.processing": gettext_lazy("taken by the platform"),
    "delivery.verifying": gettext_lazy("no answer; being verified"),
    "delivery.needs_person": gettext_lazy("a person has to look"),
    "delivery.by_hand": gettext_lazy("made it a task by hand"),
    "delivery.published": gettext_lazy("published"),
    "delivery.counted": gettext_lazy("entered figures by hand"),
    "delivery.recall_asked": gettext_lazy("to be taken down once its outcome is known"),
    "delivery.recalling": gettext_lazy("began to take it down"),
    "delivery.recalled": gettext_lazy("taken down"),
    "delivery.failed": gettext_lazy("not published"),
    "delivery.expired": gettext_lazy("too late, not published"),
    "delivery.cancelled": gettext_lazy("cancelled"),
    "delivery.left": gettext_lazy("left it unpublished after the pause"),
    "broadcast.planned": gettext_lazy("asked to send it to the followers"),
    "broadcast.confirmed": gettext_lazy("confirmed the broadcast"),
    "broadcast.sending": gettext_lazy("began to send it to the followers"),
    "broadcast.sent": gettext_lazy("sent to the followers"),
    "broadcast.unknown": gettext_lazy("nobody can tell whether it reached the followers"),
    "broadcast.failed": gettext_lazy("not sent to the followers"),
    "broadcast.cancelled": gettext_lazy("called the broadcast off"),
    "pause.prepared": gettext_lazy("prepared the pause"),
    "pause.planned": gettext_lazy("planned the pause"),
    "pause.started": gettext_lazy("paused publishing"),
    "pause.changed": gettext_lazy("changed the planned end"),
    "pause.ended": gettext_lazy("ended the pause"),
    "pause.discarded": gettext_lazy("called the pause off"),
}


class RecordLine(NamedTuple):
    """One line of the record: when, who in which position, did what, where and why."""

    at: datetime
    who: str
    position: str
    action: str
    page: str
    reason: str


def record_line(entry: Entry, channel: Channel | None = None) -> RecordLine:
    """Put an audit entry in words; ``channel`` is the one that it is about."""
    action = str(_ACTIONS.get(entry.action, entry.action))
    page = page_name(channel) if channel else ""
    return RecordLine(
        entry.at,
        entry.actor_name or _("the portal"),
        entry.actor_position,
        action,
        page,
        entry.reason,
    )
