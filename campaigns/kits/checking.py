"""Problems that keep a version of a kit from being approved, in words."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.kits.models import LONGEST_SPREAD, MOST_SLOTS, KitVersion
from campaigns.kits.queries import find_units
from campaigns.kits.states import SlotKind
from campaigns.kits.wording import (
    BUILT_IN,
    LONGEST_WORDS,
    SLOT,
    find_misnamed_gaps,
    is_number,
    is_span,
    list_slot_names,
    parse_day,
)
from core.errors import Refused
from media.cards.card_drawing import HOTLINES, OWN_HOTLINE
from media.cards.typesetting import LONGEST_LINE, Look
from platforms.limits import LACKS_MEDIA, find_obstacles, lacks_picture
from platforms.messages import Image, Video
from platforms.registry import CONNECTORS


def find_problems(version: KitVersion) -> list[str]:
    """List what has to be mended before the version may be submitted."""
    problems = []
    if not version.title:
        problems.append(_("Write the title."))
    if not version.text:
        problems.append(_("Write the common text."))
    if version.window_from is None or version.window_until is None:
        problems.append(_("Say from which day until which the kit may be published."))
    elif version.window_until < timezone.localdate():
        problems.append(_("Its last day is over. Enter a later one."))
    if not version.platforms:
        problems.append(_("Choose at least one channel."))
    if version.number > 1 and not version.changes:
        problems.append(_("Write what is new, for those who took the kit up already."))
    if not find_units(version).exists():
        problems.append(_("The kit is for no unit yet. Say whom it is for."))
    problems += _find_channels_without_media(version)
    problems += _find_problems_of_slots(version.worded(), version.slots)
    problems += _find_problems_of_script_and_poster(version)
    return problems


def _find_channels_without_media(version: KitVersion) -> list[str]:
    """Name the channels asked for that would leave the post out, for it has no picture or video:
    neither the kit nor a gap brings one.
    """
    kinds = list(version.media.values_list("media__content_type", flat=True))
    pictures = sum(slot["kind"] == SlotKind.PICTURE for slot in version.slots)
    media: list[Image | Video] = [
        Video(sha256="", content_type=kind, size=0, seconds=0, width=0, height=0)
        if kind.startswith("video/")
        else Image(content=b"", content_type=kind, sha256="")
        for kind in (*kinds, *["image/jpeg"] * pictures)
    ]
    lacking: dict[bool, list[str]] = {True: [], False: []}
    for name in version.platforms:
        facts = CONNECTORS[name].facts
        obstacles = find_obstacles(facts, media)
        if obstacles and all(problem.rule in LACKS_MEDIA for _form, problem in obstacles):
            lacking[lacks_picture(facts, media)].append(str(CONNECTORS[name].words.label))
    channels_without_media = []
    if lacking[True]:
        message = _(
            "%(channels)s: takes no post without a picture. Make a card, choose a picture of your "
            "library, or leave the channel out."
        )
        channels_without_media.append(message % {"channels": ", ".join(lacking[True])})
    if lacking[False]:
        message = _(
            "%(channels)s: takes videos only. Choose a video of your library, or leave the channel "
            "out."
        )
        channels_without_media.append(message % {"channels": ", ".join(lacking[False])})
    return channels_without_media


def _find_problems_of_script_and_poster(version: KitVersion) -> list[str]:
    """Name the gaps of script and poster that no text of the post has: nobody would check or
    approve the words that units put there.
    """
    texts = version.read_aloud_and_printed()
    known = {*BUILT_IN, *list_slot_names(version.worded())}
    odd = find_misnamed_gaps(texts) + [
        f"{{{name}}}" for name in list_slot_names(texts) if name not in known
    ]
    if not odd:
        return []
    message = _("%(gaps)s: loudspeaker text and poster take only gaps that stand in the post, too.")
    return [message % {"gaps": ", ".join(odd)}]


def _find_problems_of_slots(texts: Iterable[str], slots: Iterable[Mapping[str, Any]]) -> list[str]:
    texts = list(texts)
    used = [name for name in list_slot_names(texts) if name not in BUILT_IN]
    named = {slot["name"]: slot for slot in slots}
    missing = [f"{{{name}}}" for name in used if name not in named]
    in_text = {name for name, slot in named.items() if slot["kind"] != SlotKind.PICTURE}
    idle = [f"{{{name}}}" for name in in_text if name not in used]
    braced = [f"{{{name}}}" for name in used if name in named and name not in in_text]
    odd = find_misnamed_gaps(texts)
    problems = []
    if odd:
        message = _(
            "%(gaps)s: a gap is written in small letters without accents, such as {ten_pho}."
        )
        problems.append(message % {"gaps": ", ".join(odd)})
    if missing:
        message = _("%(gaps)s: describe the gap in the table of gaps, or take it out of the text.")
        problems.append(message % {"gaps": ", ".join(missing)})
    if unlabelled := [f"{{{name}}}" for name, slot in named.items() if not slot["label"]]:
        message = _("%(gaps)s: say in the table of gaps what the unit fills in.")
        problems.append(message % {"gaps": ", ".join(unlabelled)})
    if unlike := [f"{{{name}}}" for name, slot in named.items() if not _has_fitting_example(slot)]:
        message = _("%(gaps)s: the example is no number (1.234, 12,5, 3-5) or no day (31/12/2026).")
        problems.append(message % {"gaps": ", ".join(unlike)})
    if idle:
        message = _("%(gaps)s: no text has this gap. Put it in, or clear its row.")
        problems.append(message % {"gaps": ", ".join(sorted(idle))})
    if braced:
        message = _("%(gaps)s: a picture is chosen beside the text and stands in none.")
        problems.append(message % {"gaps": ", ".join(braced)})
    return problems


def _has_fitting_example(slot: Mapping[str, Any]) -> bool:
    """Check that a gap's example is what the gap asks its units for."""
    example = " ".join(str(slot.get("example") or "").split())
    if not example:
        return True
    if slot["kind"] == SlotKind.NUMBER:
        return is_number(example) or is_span(example)
    return slot["kind"] != SlotKind.DATE or parse_day(example) is not None


def require_storable_fields(fields: Mapping[str, Any]) -> None:
    """Raise Refused for what even a draft may not hold: the form offers none of it."""
    slots = fields["slots"]
    names = [slot["name"] for slot in slots]
    sound = (
        len(slots) <= MOST_SLOTS
        and len(set(names)) == len(names)
        and all(SLOT.fullmatch(f"{{{name}}}") and name not in BUILT_IN for name in names)
        and all(slot["kind"] in SlotKind.values for slot in slots)
        and all(0 <= slot["limit"] <= LONGEST_WORDS for slot in slots)
        and {*fields["platforms"], *fields["texts"]} <= set(CONNECTORS)
        and 0 <= fields["spread_minutes"] <= LONGEST_SPREAD
        and _is_valid_poster(fields["poster"])
    )
    if not sound:
        raise Refused(_("Check the gaps: each has a name of its own, in small letters."))
    first, last = fields["best_from"], fields["best_until"]
    if (first is None) != (last is None) or (first is not None and not 0 <= first < last <= 24):
        raise Refused(_("Enter both hours, the first before the last, or none."))
    first, last = fields["window_from"], fields["window_until"]
    if first and last and last < first:
        raise Refused(_("The last day must not be before the first day."))


def _is_valid_poster(poster: Mapping[str, str]) -> bool:
    """Check that a poster is empty, or has a known look and lines that it may have."""
    lines = [poster.get(name, "") for name in ("line_1", "line_2")]
    return not poster or (
        set(poster) == {"look", "line_1", "line_2", "hotline"}
        and poster["look"] in Look.values
        and poster["hotline"] in {"", OWN_HOTLINE, *HOTLINES}
        and all(len(line) <= LONGEST_LINE for line in lines)
    )
