from django.db import models
from django.utils.translation import gettext_lazy as _


class PostState(models.TextChoices):
    DRAFT = "draft", _("draft")
    IN_REVIEW = "in_review", _("awaiting approval")
    CHANGES_REQUESTED = "changes_requested", _("returned for revision")
    APPROVED = "approved", _("approved")
    WITHDRAWN = "withdrawn", _("withdrawn")
    ARCHIVED = "archived", _("archived")


S = PostState
NEXT: dict[str, frozenset[str]] = {
    S.DRAFT: frozenset({S.IN_REVIEW, S.ARCHIVED}),
    S.IN_REVIEW: frozenset({S.APPROVED, S.CHANGES_REQUESTED, S.DRAFT, S.WITHDRAWN}),
    S.CHANGES_REQUESTED: frozenset({S.IN_REVIEW, S.ARCHIVED, S.WITHDRAWN}),
    # An edit after approval goes back to draft; what was scheduled stops.
    S.APPROVED: frozenset({S.DRAFT, S.WITHDRAWN, S.ARCHIVED}),
    S.WITHDRAWN: frozenset({S.DRAFT, S.ARCHIVED}),
    S.ARCHIVED: frozenset(),
}
EDITABLE = frozenset({S.DRAFT, S.CHANGES_REQUESTED})


class Decision(models.TextChoices):
    APPROVED = "approved", _("approved")
    RETURNED = "returned", _("returned")
