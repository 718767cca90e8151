"""The meaning of each figure on each platform, shown on one page.

Platforms call alike what they count differently. So a figure has one definition of ours, and for
each platform the name under which it is asked for there, with what that one leaves out: both in the
words of its connector.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from channels.queries import facts_of
from channels.states import Kind
from engagement.models import MEASURES, PAGE_MEASURES, MetricName
from platforms.facts import Origin

_NAMES = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Definition:
    """``unit``: what one of it is. ``means``: what is counted, in one sentence."""

    name: Any
    unit: Any
    means: Any


DEFINITIONS: dict[str, Definition] = {
    "views": Definition(
        _("Views"),
        _("times"),
        _("How often the post was shown or its video was started; one person may count often."),
    ),
    "reach": Definition(
        _("Reach"), _("people, estimated"), _("How many different people the post was shown to.")
    ),
    "reactions": Definition(
        _("Reactions"), _("times"), _("Likes and all other reactions together.")
    ),
    "comments": Definition(
        _("Number of comments"), _("comments"), _("How many comments stand under the post now.")
    ),
    "shares": Definition(_("Shares"), _("times"), _("How often the post was passed on.")),
    "saves": Definition(_("Saves"), _("times"), _("How often somebody kept the post for later.")),
    "clicks": Definition(
        _("Clicks"),
        _("times"),
        _("How often somebody opened the link, a picture or the whole text."),
    ),
    "watch_seconds": Definition(
        _("Time watched"),
        _("seconds, all viewers together"),
        _("How long the video was played in all."),
    ),
}
# Figures of a page itself by day, by their fields in `PageCount`.
PAGE_DEFINITIONS: dict[str, Definition] = {
    "views": Definition(
        _("Views of the page's content"),
        _("times a day"),
        _("How often anything of the page was shown on that day, older posts included."),
    ),
    "reach": Definition(
        _("Reach of the page"),
        _("people a day, estimated"),
        _(
            "How many different people saw anything of the page on that day. Days cannot be added "
            "up: who came on two is counted on both."
        ),
    ),
    "profile_visits": Definition(
        _("Visits to the page"),
        _("times a day"),
        _("How often somebody opened the page itself on that day."),
    ),
    "followers_gained": Definition(
        _("Followers gained"),
        _("people a day"),
        _("How many began to follow the page on that day."),
    ),
    "followers_lost": Definition(
        _("Followers lost"),
        _("people a day"),
        _("How many ceased to follow the page on that day."),
    ),
}
# Figures that we reckon from those of the platforms, see `helpfulness`. A figure of our own rows is
# explained on the page of results, `engagement/board.html`.
DERIVED: dict[str, Definition] = {
    "helpfulness": Definition(
        _("Helpfulness"),
        _("per 1,000 people reached"),
        _(
            "How often residents kept a post, passed it on or followed its link, for each 1,000 "
            "people it reached. Only posts count whose reach and at least one of the three were "
            "measured. A unit has the sum over its posts, a province the median of its units; "
            "for fewer than 5 measured units it is not said."
        ),
    ),
}


ICONS = {
    "views": "eye",
    "reach": "users",
    "reactions": "mood-smile",
    "comments": "message-circle",
    "shares": "share",
    "saves": "bookmark",
    "clicks": "click",
    "watch_seconds": "hourglass",
}
# The others are told by some platforms only: shown where somebody told them.
ALWAYS_SHOWN = ("views", "reach", "reactions", "comments", "shares")


def name_measures() -> dict[str, str]:
    return {measure: str(definition.name) for measure, definition in DEFINITIONS.items()}


def find_origin(platform: str, measure: str) -> Origin | None:
    """Return where a platform's figure comes from; None where the platform does not report it."""
    return _translate_origin(facts_of(platform).measures.get(measure))


def find_page_origin(platform: str, measure: str) -> Origin | None:
    """Return where a platform's figure of a page comes from; None where it does not report it."""
    return _translate_origin(facts_of(platform).page_measures.get(measure))


def _translate_origin(origin: Origin | None) -> Origin | None:
    if origin is None:
        return None
    note, change = (gettext(text) if text else "" for text in (origin.note, origin.change))
    return origin._replace(note=note, change=change)


def find_redefinitions(measure: str, platform: str = "") -> list[Origin]:
    """Return the figures of the measure that a platform began to count otherwise on a day, of one
    platform or, with "", of all; the earliest day first.
    """
    kinds = [platform] if platform else Kind.values
    redefinitions = [
        origin for kind in kinds if (origin := find_origin(kind, measure)) and origin.changed_on
    ]
    return sorted(redefinitions, key=lambda origin: origin.changed_on or date.min)


def list_reported_measures(platform: str) -> list[str]:
    """Return the measures that a platform reports, in our order."""
    return [measure for measure in MEASURES if measure in facts_of(platform).measures]


def describe_measures(lost: Sequence[MetricName] = ()) -> list[dict[str, Any]]:
    """Return the rows of the page: each measure with its definition, the platforms that report it
    under which name, and those that do not; with the names that are told no more.
    """
    return [_make_row(measure, DEFINITIONS[measure], find_origin, lost) for measure in MEASURES]


def describe_page_measures(lost: Sequence[MetricName] = ()) -> list[dict[str, Any]]:
    """Return the same of the figures of pages themselves."""
    return [
        _make_row(measure, PAGE_DEFINITIONS[measure], find_page_origin, lost, prefix="page_")
        for measure in PAGE_MEASURES
    ]


def _make_row(
    measure: str,
    definition: Definition,
    origin_of: Callable[[str, str], Origin | None],
    lost: Sequence[MetricName],
    *,
    prefix: str = "",
) -> dict[str, Any]:
    origins = {kind: origin_of(kind, measure) for kind in Kind}
    reported = [
        {
            "kind": kind,
            "origin": origin,
            "lost": [
                row
                for row in lost
                if row.platform == kind
                and row.of_page == bool(prefix)
                and row.name in _NAMES.findall(origin.names)
            ],
        }
        for kind, origin in origins.items()
        if origin
    ]
    changed = [origin for origin in origins.values() if origin and origin.changed_on]
    return {
        "measure": f"{prefix}{measure}",
        "definition": definition,
        "reported": reported,
        "changed": sorted(changed, key=lambda origin: origin.changed_on or date.min),
        "not_reported": [kind.label for kind, origin in origins.items() if origin is None],
    }
