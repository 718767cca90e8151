"""The kinds of what a unit needs help with, in the order of their urgency: said here alone."""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

DEAD, UNRECOGNISED, BLOCKED, LATE = "dead", "unrecognised", "blocked", "late"
MATTER, DYING, KIT = "matter", "dying", "kit"
PAGELESS, SILENT = "pageless", "silent"


class Kind(NamedTuple):
    """A kind of need with its words and looks. ``page``: where the unit's people mend it, a view
    and its query.
    """

    key: str
    label: str | Promise
    tone: str
    icon: str
    page: str
    query: str = ""


# The first that a unit has is the colour of its tile.
KINDS = {
    kind.key: kind
    for kind in (
        Kind(DEAD, _("page carries no posts"), "red", "plug-connected-x", "channels:forecast"),
        Kind(
            UNRECOGNISED,
            _("post of unknown origin"),
            "red",
            "eye-check",
            "channels:unrecognised_posts",
            "?verdict=open",
        ),
        Kind(
            BLOCKED,
            _("stopped by the leak check"),
            "red",
            "shield-x",
            "publishing:post_list",
            "?tab=trouble",
        ),
        Kind(
            LATE,
            _("late or not published"),
            "red",
            "clock-exclamation",
            "publishing:post_list",
            "?tab=trouble",
        ),
        Kind(
            MATTER,
            _("request not answered in time"),
            "red",
            "messages",
            "oversight:matters",
            "?show=late",
        ),
        Kind(
            DYING,
            _("connection ends soon"),
            "yellow",
            "refresh-alert",
            "channels:forecast",
            "?days=14",
        ),
        Kind(KIT, _("kit not taken up"), "yellow", "package", "posts:kits"),
        Kind(SILENT, _("silent"), "yellow", "moon", "posts:new"),
        Kind(PAGELESS, _("no page connected"), "grey", "link-off", "channels:list"),
    )
}
# What the tile of a unit without any of them shows.
FINE = Kind("fine", _("all well"), "green", "circle-check", "")
URGENCY = {key: place for place, key in enumerate(KINDS)}
