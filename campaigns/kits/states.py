from django.db import models
from django.utils.translation import gettext_lazy as _

from platforms.registry import CONNECTORS

# The platforms, as the registry orders them.
PLATFORMS = [(name, connector.words.label) for name, connector in CONNECTORS.items()]
# The kinds of commune-level units, as their list writes them.
KINDS = [("phường", _("wards")), ("xã", _("communes")), ("đặc khu", _("special zones"))]


class VersionState(models.TextChoices):
    DRAFT = "draft", _("draft")
    IN_REVIEW = "in_review", _("waits for approval")
    RETURNED = "returned", _("returned")
    APPROVED = "approved", _("approved")
    ISSUED = "issued", _("issued")
    REPLACED = "replaced", _("replaced by a newer version")


S = VersionState
NEXT = {
    S.DRAFT: {S.IN_REVIEW},
    S.IN_REVIEW: {S.RETURNED, S.APPROVED},
    S.RETURNED: {S.IN_REVIEW},
    S.APPROVED: {S.RETURNED, S.ISSUED},
    S.ISSUED: {S.REPLACED},
    S.REPLACED: set(),
}
EDITABLE = frozenset({S.DRAFT, S.RETURNED})
# Versions that are not issued yet: a kit has one of them at most.
OPEN = frozenset({S.DRAFT, S.IN_REVIEW, S.RETURNED, S.APPROVED})
# Nothing of them changes any more; both bear who approved them.
APPROVED_ONCE = frozenset({S.APPROVED, S.ISSUED, S.REPLACED})


class PlaceholderKind(models.TextChoices):
    TEXT = "text", _("words")
    NUMBER = "number", _("a number")
    PLACE = "place", _("a place")
    DATE = "date", _("a date")
    PICTURE = "picture", _("a picture of the unit")


class Declined(models.TextChoices):
    """A reason not to take a kit up: a choice, so that the board can count."""

    NOT_OUR_AREA = "not_our_area", _("does not happen in our area")
    DONE_ALREADY = "done_already", _("we have published on this lately")
    NO_CHANNEL = "no_channel", _("no channel that fits")
    WRONG_TIME = "wrong_time", _("the time does not suit")
    OTHER = "other", _("another reason")
