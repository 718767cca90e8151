"""What each figure means, on each platform: one page says it to whoever reads a number.

Platforms call alike what they count differently. So a figure has one definition of ours, and for each platform the name
under which it is asked for there, with what that one leaves out: both in the words of its connector.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from channels.connectors.base import Origin
from channels.queries import facts_of
from channels.states import Kind
from engagement.models import MEASURES


@dataclass(frozen=True, slots=True)
class Definition:
    """``unit``: what one of it is. ``means``: what is counted, in one sentence."""

    name: Any
    unit: Any
    means: Any


DEFINITIONS: dict[str, Definition] = {
    "views": Definition(
        _("Views"), _("times"), _("How often the post was shown or its video was started; one person may count often.")
    ),
    "reach": Definition(_("Reach"), _("people, estimated"), _("How many different people the post was shown to.")),
    "reactions": Definition(_("Reactions"), _("times"), _("Likes and all other reactions together.")),
    "comments": Definition(_("Number of comments"), _("comments"), _("How many comments stand under the post now.")),
    "shares": Definition(_("Shares"), _("times"), _("How often the post was passed on.")),
    "saves": Definition(_("Saves"), _("times"), _("How often somebody kept the post for later.")),
    "clicks": Definition(
        _("Clicks"), _("times"), _("How often somebody opened the link, a picture or the whole text.")
    ),
    "watch_seconds": Definition(
        _("Time watched"), _("seconds, all viewers together"), _("How long the video was played in all.")
    ),
}


def origin(platform: str, measure: str) -> Origin | None:
    """None where the platform does not tell this figure."""
    found = facts_of(platform).measures.get(measure)
    return found and found._replace(note=gettext(found.note) if found.note else "")


def told_by(platform: str) -> list[str]:
    """The measures that a platform tells, in our order."""
    return [measure for measure in MEASURES if measure in facts_of(platform).measures]


def rows() -> list[dict[str, Any]]:
    """For the page: each measure with its definition, who tells it under which name, and who does not."""
    return [
        {
            "measure": measure,
            "definition": DEFINITIONS[measure],
            "told": [{"kind": kind, "origin": found} for kind in Kind if (found := origin(kind, measure))],
            "untold": [kind.label for kind in Kind if origin(kind, measure) is None],
        }
        for measure in MEASURES
    ]
