from django.db import models
from django.utils.translation import gettext_lazy as _


class PostState(models.TextChoices):
    DRAFT = "draft", _("draft")
    IN_REVIEW = "in_review", _("awaiting approval")
    CHANGES_REQUESTED = "changes_requested", _("returned for revision")
    APPROVED = "approved", _("approved")
    WITHDRAWN = "withdrawn", _("withdrawn")
    ARCHIVED = "archived", _("archived")


NEXT: dict[str, frozenset[str]] = {
    PostState.DRAFT: frozenset({PostState.IN_REVIEW, PostState.ARCHIVED}),
    PostState.IN_REVIEW: frozenset(
        {PostState.APPROVED, PostState.CHANGES_REQUESTED, PostState.DRAFT, PostState.WITHDRAWN}
    ),
    PostState.CHANGES_REQUESTED: frozenset(
        {PostState.IN_REVIEW, PostState.ARCHIVED, PostState.WITHDRAWN}
    ),
    # An edit after approval goes back to draft; what was scheduled stops.
    # Back in review: its approver took the approval back at once.
    PostState.APPROVED: frozenset(
        {PostState.DRAFT, PostState.IN_REVIEW, PostState.WITHDRAWN, PostState.ARCHIVED}
    ),
    PostState.WITHDRAWN: frozenset({PostState.DRAFT, PostState.ARCHIVED}),
    # For a while, see posts/archive/archiving.py.
    PostState.ARCHIVED: frozenset({PostState.DRAFT}),
}
EDITABLE = frozenset({PostState.DRAFT, PostState.CHANGES_REQUESTED})


class Decision(models.TextChoices):
    # By the unit, of a post whose topic asks for a second approval by the province.
    FIRST = "first", _("approved by the unit")
    APPROVED = "approved", _("approved")
    RETURNED = "returned", _("returned")
    UNDONE = "undone", _("approval taken back")
    # Of an approved revision, whichever act ended its approval: opened for editing or withdrawn.
    ENDED = "ended", _("approval ended")


# With one of these on record no approval of the revision holds, whatever its post's row says: a
# revision is approved once, and what comes after the end is another.
ENDS = frozenset({Decision.UNDONE, Decision.ENDED})


class ImportState(models.TextChoices):
    """The stages of a sheet of planned posts."""

    READING = "reading", _("pictures are being read")
    READY = "ready", _("awaiting confirmation")
    DONE = "done", _("drafts made")
    SUBMITTING = "submitting", _("drafts are being submitted")
