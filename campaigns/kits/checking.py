"""Problems that keep a version of a kit from being approved, in words."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.kits.models import LONGEST_SPREAD, MOST_PLACEHOLDERS, KitVersion
from campaigns.kits.placeholders import (
    BUILT_IN,
    LONGEST_VALUE,
    PLACEHOLDER,
    find_malformed_placeholders,
    find_placeholders,
    is_number,
    is_span,
    parse_day,
)
from campaigns.kits.queries import find_units
from campaigns.kits.states import PlaceholderKind
from core.errors import Refused
from media.cards.card_drawing import HOTLINES, OWN_HOTLINE
from media.cards.typesetting import LONGEST_LINE, Look
from platforms.limits import MISSING_MEDIA_RULES, find_obstacles, is_missing_picture
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
    problems += _find_problems_of_placeholders(version.list_post_texts(), version.placeholders)
    problems += _find_problems_of_script_and_poster(version)
    return problems


def _find_channels_without_media(version: KitVersion) -> list[str]:
    """Name the channels asked for that would leave the post out, for it has no picture or video:
    neither the kit nor a placeholder brings one.
    """
    kinds = list(version.media.values_list("media__content_type", flat=True))
    unit_pictures = sum(
        placeholder["kind"] == PlaceholderKind.PICTURE for placeholder in version.placeholders
    )
    media: list[Image | Video] = [
        Video(sha256="", content_type=kind, size=0, seconds=0, width=0, height=0)
        if kind.startswith("video/")
        else Image(content=b"", content_type=kind, sha256="")
        for kind in (*kinds, *["image/jpeg"] * unit_pictures)
    ]
    missing: dict[bool, list[str]] = {True: [], False: []}
    for name in version.platforms:
        facts = CONNECTORS[name].facts
        obstacles = find_obstacles(facts, media)
        if obstacles and all(problem.rule in MISSING_MEDIA_RULES for _form, problem in obstacles):
            missing[is_missing_picture(facts, media)].append(str(CONNECTORS[name].words.label))
    channels_without_media = []
    if missing[True]:
        message = _(
            "%(channels)s: takes no post without a picture. Make a card, choose a picture of your "
            "library, or leave the channel out."
        )
        channels_without_media.append(message % {"channels": ", ".join(missing[True])})
    if missing[False]:
        message = _(
            "%(channels)s: takes videos only. Choose a video of your library, or leave the channel "
            "out."
        )
        channels_without_media.append(message % {"channels": ", ".join(missing[False])})
    return channels_without_media


def _find_problems_of_script_and_poster(version: KitVersion) -> list[str]:
    """Name the placeholders of script and poster that no text of the post has: nobody would check
    or approve their values.
    """
    texts = version.list_script_and_poster_texts()
    known = {*BUILT_IN, *find_placeholders(version.list_post_texts())}
    wrong = find_malformed_placeholders(texts) + [
        f"{{{name}}}" for name in find_placeholders(texts) if name not in known
    ]
    if not wrong:
        return []
    message = _(
        "%(placeholders)s: loudspeaker text and poster take only placeholders that stand in the "
        "post, too."
    )
    return [message % {"placeholders": ", ".join(wrong)}]


def _find_problems_of_placeholders(
    texts: Iterable[str], placeholders: Iterable[Mapping[str, Any]]
) -> list[str]:
    texts = list(texts)
    used = [name for name in find_placeholders(texts) if name not in BUILT_IN]
    by_name = {placeholder["name"]: placeholder for placeholder in placeholders}
    pictures = {
        name
        for name, placeholder in by_name.items()
        if placeholder["kind"] == PlaceholderKind.PICTURE
    }
    undescribed = [name for name in used if name not in by_name]
    unused = sorted(by_name.keys() - pictures - set(used))
    pictures_in_text = [name for name in used if name in pictures]
    unlabelled = [name for name, placeholder in by_name.items() if not placeholder["label"]]
    wrong_examples = [
        name for name, placeholder in by_name.items() if not _has_valid_example(placeholder)
    ]
    malformed = find_malformed_placeholders(texts)
    problems = []
    if malformed:
        message = _(
            "%(placeholders)s: a placeholder is written in small letters without accents, such as "
            "{ten_pho}."
        )
        problems.append(message % {"placeholders": ", ".join(malformed)})
    if undescribed:
        message = _(
            "%(placeholders)s: describe the placeholder in the table of placeholders, or take it "
            "out of the text."
        )
        problems.append(message % {"placeholders": _join_braced(undescribed)})
    if unlabelled:
        message = _("%(placeholders)s: say in the table of placeholders what the unit fills in.")
        problems.append(message % {"placeholders": _join_braced(unlabelled)})
    if wrong_examples:
        message = _(
            "%(placeholders)s: the example is no number (1.234, 12,5, 3-5) or no day (31/12/2026)."
        )
        problems.append(message % {"placeholders": _join_braced(wrong_examples)})
    if unused:
        message = _("%(placeholders)s: no text has this placeholder. Put it in, or clear its row.")
        problems.append(message % {"placeholders": _join_braced(unused)})
    if pictures_in_text:
        message = _("%(placeholders)s: a picture is chosen beside the text and stands in none.")
        problems.append(message % {"placeholders": _join_braced(pictures_in_text)})
    return problems


def _join_braced(names: Iterable[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)


def _has_valid_example(placeholder: Mapping[str, Any]) -> bool:
    """Check that a placeholder's example is a valid value."""
    example = " ".join(str(placeholder.get("example") or "").split())
    if not example:
        return True
    if placeholder["kind"] == PlaceholderKind.NUMBER:
        return is_number(example) or is_span(example)
    return placeholder["kind"] != PlaceholderKind.DATE or parse_day(example) is not None


def require_storable_fields(fields: Mapping[str, Any]) -> None:
    """Raise Refused for what even a draft may not hold: the form offers none of it."""
    placeholders = fields["placeholders"]
    names = [placeholder["name"] for placeholder in placeholders]
    sound = (
        len(placeholders) <= MOST_PLACEHOLDERS
        and len(set(names)) == len(names)
        and all(PLACEHOLDER.fullmatch(f"{{{name}}}") and name not in BUILT_IN for name in names)
        and all(placeholder["kind"] in PlaceholderKind.values for placeholder in placeholders)
        and all(0 <= placeholder["limit"] <= LONGEST_VALUE for placeholder in placeholders)
        and {*fields["platforms"], *fields["texts"]} <= set(CONNECTORS)
        and 0 <= fields["spread_minutes"] <= LONGEST_SPREAD
        and _is_valid_poster(fields["poster"])
    )
    if not sound:
        raise Refused(_("Check the placeholders: each has a name of its own, in small letters."))
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
