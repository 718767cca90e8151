"""The words that a matter can be in, and which may follow which."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class MatterState(models.TextChoices):
    OPEN = "open", _("waits for the unit's answer")
    ANSWERED = "answered", _("answered by the unit")
    REOPENED = "reopened", _("asked again, waits for an answer")
    CLOSED = "closed", _("done with")


class Subject(models.TextChoices):
    """The subjects that a matter can be about."""

    PAGE = "page", _("a page of the unit")
    POST = "post", _("a post")
    KIT = "kit", _("a kit")
    FINDING = "finding", _("something that the leak check found")
    OTHER = "other", _("something else")


NEXT: dict[str, frozenset[str]] = {
    MatterState.OPEN: frozenset(
        {MatterState.ANSWERED, MatterState.REOPENED, MatterState.CLOSED},
    ),
    # Answered: the unit may add to its answer.
    MatterState.ANSWERED: frozenset(
        {MatterState.ANSWERED, MatterState.REOPENED, MatterState.CLOSED},
    ),
    # Reopened: those above may ask once more, or set another day.
    MatterState.REOPENED: frozenset(
        {MatterState.ANSWERED, MatterState.REOPENED, MatterState.CLOSED},
    ),
    MatterState.CLOSED: frozenset({MatterState.REOPENED}),
}
# Is it the unit's turn, so that it is late after its day?
WAITING = frozenset({MatterState.OPEN, MatterState.REOPENED})

TONES = {
    MatterState.OPEN: ("yellow", "hourglass"),
    MatterState.REOPENED: ("yellow", "hourglass"),
    MatterState.ANSWERED: ("blue", "message-circle"),
    MatterState.CLOSED: ("grey", "circle-check"),
}
