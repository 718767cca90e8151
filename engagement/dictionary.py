"""What each figure means, on each platform: one page says it to whoever reads a number.

Platforms call alike what they count differently. So a figure has one definition of ours, and for each platform the name
under which it is asked for there, with what that one leaves out. Names and traps: the platforms' own documentation.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from channels.queries import facts_of
from channels.states import Kind
from engagement.models import MEASURES


@dataclass(frozen=True, slots=True)
class Definition:
    """``unit``: what one of it is. ``means``: what is counted, in one sentence."""

    name: Any
    unit: Any
    means: Any


@dataclass(frozen=True, slots=True)
class Origin:
    """What a platform calls it in its interface, and what the reader should know of its way of counting."""

    names: str
    note: Any = ""


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
_NOT_BELOW_100 = _("Pages with fewer than 100 followers are told nothing.")
_LATE = _("Up to two days late.")
ORIGINS: dict[str, dict[str, Origin]] = {
    Kind.FACEBOOK: {
        "views": Origin("post_media_view · total_video_views · blue_reels_play_count", _NOT_BELOW_100),
        "reach": Origin("post_total_media_view_unique", _NOT_BELOW_100),
        "reactions": Origin("reactions.summary(total_count)"),
        "comments": Origin("comments.summary(total_count)"),
        "shares": Origin("shares.count"),
        "clicks": Origin("post_clicks", _NOT_BELOW_100),
        "watch_seconds": Origin("total_video_view_total_time · post_video_view_time", _("Videos and reels only.")),
    },
    Kind.INSTAGRAM: {
        "views": Origin("views", _LATE),
        "reach": Origin("reach", _LATE),
        "reactions": Origin("likes", _("Missing where the account hides its likes. Stories have none.")),
        "comments": Origin("comments", _("Stories: their replies.")),
        "shares": Origin("shares", _LATE),
        "saves": Origin("saved", _("Not for stories.")),
        "clicks": Origin("link_clicks", _("Stories only.")),
        "watch_seconds": Origin("ig_reels_video_view_total_time", _("Reels only.")),
    },
    Kind.THREADS: {
        "views": Origin("views"),
        "reactions": Origin("likes"),
        "comments": Origin("replies"),
        "shares": Origin("reposts + quotes + shares"),
    },
    Kind.TIKTOK: {
        "views": Origin("view_count", _("Public videos only; photo posts are not told.")),
        "reactions": Origin("like_count"),
        "comments": Origin("comment_count"),
        "shares": Origin("share_count"),
    },
    Kind.YOUTUBE: {
        "views": Origin(
            "statistics.viewCount", _("Each start counts since August 2026; earlier numbers cannot be compared.")
        ),
        "reactions": Origin("statistics.likeCount", _("Missing where the channel hides its likes.")),
        "comments": Origin("statistics.commentCount", _("Missing where comments are off.")),
    },
    Kind.ZALO: {
        "views": Origin("total_view", _("Articles among the newest 300 of the account.")),
        "shares": Origin("total_share"),
    },
    Kind.TELEGRAM: {},
}


def origin(platform: str, measure: str) -> Origin | None:
    """None where the platform does not tell this figure."""
    return ORIGINS[platform].get(measure) if measure in facts_of(platform).measures else None


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
