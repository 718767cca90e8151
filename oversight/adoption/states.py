"""The states in which a unit can be with a kit, as the board shows them."""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PUBLISHED, SCHEDULED, IN_REVIEW, ADAPTED = "published", "scheduled", "in_review", "adapted"
OPENED, UNOPENED, NOT_PASSED = "opened", "unopened", "not_passed"
LATE, REFUSED, DEAD, TAKEN_BACK = "late", "refused", "dead", "taken_back"


class AdoptionState(NamedTuple):
    """A state with its words and looks."""

    key: str
    label: str | Promise
    tone: str
    icon: str


# In the order of the tiles: what is done first, then what goes on, then what needs somebody.
STATES = {
    state.key: state
    for state in (
        AdoptionState(PUBLISHED, _("published"), "green", "circle-check"),
        AdoptionState(SCHEDULED, _("scheduled"), "blue", "clock"),
        AdoptionState(IN_REVIEW, _("with the leader"), "blue", "clipboard-check"),
        AdoptionState(ADAPTED, _("draft begun"), "blue", "pencil"),
        AdoptionState(OPENED, _("opened"), "yellow", "eye"),
        AdoptionState(UNOPENED, _("not opened"), "yellow", "inbox"),
        AdoptionState(NOT_PASSED, _("not passed on by the province"), "yellow", "hourglass"),
        AdoptionState(LATE, _("late: the time is over"), "red", "clock-exclamation"),
        AdoptionState(DEAD, _("no page that works"), "red", "plug-connected-x"),
        AdoptionState(REFUSED, _("not for us"), "grey", "ban"),
        AdoptionState(TAKEN_BACK, _("taken back"), "grey", "arrow-back-up"),
    )
}
