"""Kits in words: their states, whom they are for, and how a unit below reads them."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.kits.models import Kit, KitVersion
from campaigns.kits.placeholders import (
    BUILT_IN,
    PLACEHOLDER,
    Piece,
    fill_kit_text,
    split_into_pieces,
)
from campaigns.kits.queries import find_units
from campaigns.kits.states import KINDS, PLATFORMS, PlaceholderKind, VersionState
from core import differences
from media.cards.card_drawing import Words, content_of
from media.cards.typesetting import Content, Look
from units.models import Level, Unit
from units.queries import list_fact_values

# In the small print, in the language of the paper.
SPECIMEN = "Bản mẫu của bộ nội dung"


class Status(NamedTuple):
    tone: str
    icon: str
    label: str


_STATES = {
    VersionState.DRAFT: ("grey", "pencil"),
    VersionState.RETURNED: ("red", "corner-down-right"),
    VersionState.IN_REVIEW: ("yellow", "clipboard-check"),
    VersionState.APPROVED: ("yellow", "circle-check"),
}


def describe_statuses(
    kit: Kit, newer: KitVersion | None, *, on: date | None = None
) -> list[Status]:
    """Describe a kit: what is issued of it, and the version in the works."""
    on = on or timezone.localdate()
    if kit.is_withdrawn:
        return [Status("red", "ban", _("Kit withdrawn"))]
    statuses = []
    if kit.current:
        until = kit.current.window_until
        if until and until < on:
            statuses.append(Status("grey", "circle-check", _("Period over")))
        else:
            statuses.append(Status("green", "send", _("Issued")))
    if newer:
        tone, icon = _STATES[VersionState(newer.state)]
        label = VersionState(newer.state).label
        message = _("Version %(n)s: %(state)s") % {"n": newer.number, "state": label}
        text = message if kit.current else label[:1].upper() + label[1:]
        statuses.append(Status(tone, icon, text))
    return statuses


class Preview(NamedTuple):
    """A kit as the officer of ``unit`` would read it, filled with facts and examples."""

    unit: Unit
    title: list[Piece]
    paragraphs: list[list[Piece]]
    texts: list[tuple[str, str, list[Piece]]]
    script: list[list[Piece]]
    poster: list[list[Piece]]  # its title and its lines; empty where the kit has none


def choose_preview_unit(version: KitVersion) -> Unit:
    """Return the unit as which a version is shown where nobody chose one: the first of those that
    it is for, else its issuer.
    """
    below = find_units(version).select_related("parent").order_by("-level", "pk")
    return below.first() or version.kit.unit


def make_example_values(version: KitVersion, unit: Unit) -> dict[str, str]:
    """Return the values of previews: the unit's facts, and the kit's examples."""
    values = {placeholder["name"]: placeholder["example"] for placeholder in version.placeholders}
    return values | list_fact_values(unit, on=timezone.localdate())


def make_poster(version: KitVersion, unit: Unit) -> Content:
    """Return the texts of the poster of a version as ``unit`` would print it, without a code."""
    values = make_example_values(version, unit)
    texts = {
        name: fill_kit_text(version.poster.get(name, ""), values) for name in ("line_1", "line_2")
    }
    hotline = version.poster.get("hotline", "")
    title = fill_kit_text(version.title, values)
    return content_of(Words(title=title, hotline=hotline, **texts), unit, proof=SPECIMEN)


def make_preview(version: KitVersion, unit: Unit) -> Preview:
    values = make_example_values(version, unit)
    labels = dict(PLATFORMS)
    own = [(name, str(labels[name]), text) for name, text in version.texts.items()]
    asked_labels = _map_labels(version)

    def split(text: str) -> list[Piece]:
        return [_show_label(piece, asked_labels) for piece in split_into_pieces(text, values)]

    return Preview(
        unit=unit,
        title=split(version.title),
        paragraphs=[split(part) for part in version.text.split("\n\n") if part.strip()],
        texts=[(name, label, split(text)) for name, label, text in own],
        script=[split(part) for part in version.script.split("\n\n") if part.strip()],
        poster=[split(line) for line in _list_poster_lines(version)],
    )


def _map_labels(version: KitVersion) -> dict[str, str]:
    """Return the labels of the placeholders, by their names in the text."""
    labels = {name: str(label) for name, label in BUILT_IN.items()}
    return labels | {
        placeholder["name"]: str(placeholder["label"]) for placeholder in version.placeholders
    }


def _show_label(piece: Piece, labels: dict[str, str]) -> Piece:
    """Show an open placeholder by its label: readers do not know its name."""
    return piece._replace(text=_show_labels(piece.text, labels)) if piece.kind == "open" else piece


def _show_labels(text: str, labels: dict[str, str]) -> str:
    return PLACEHOLDER.sub(lambda match: f"[{labels.get(match[1]) or match[1]}]", text)


def _list_poster_lines(version: KitVersion) -> list[str]:
    if not version.poster:
        return []
    return [line for line in (version.title, *version.list_script_and_poster_texts()[1:]) if line]


def describe_audience(version: KitVersion) -> str:
    """Say whom a version is for."""
    if version.all_below:
        return _("All units below")
    levels = [str(Level(level).label) for level in version.for_levels]
    kinds = [str(label) for kind, label in KINDS if kind in version.for_kinds]
    parts = [*levels, *kinds]
    listed = [str(unit) for unit in version.for_units.all()[:6]]
    if listed:
        more = version.for_units.count() - len(listed)
        parts += listed + ([_("%(n)s more") % {"n": more}] if more > 0 else [])
    return "; ".join(parts) or _("Nobody yet")


def list_facts(version: KitVersion) -> list[tuple[str, Any]]:
    """List what is settled beside the texts, for the pages on which people decide."""
    labels = dict(PLATFORMS)
    spread = _("%(n)s minutes") % {"n": version.spread_minutes} if version.spread_minutes else ""
    hours = ""
    if version.best_from is not None:
        hours = f"{version.best_from:02d}:00 – {version.best_until:02d}:00"
    way = _("by way of the provinces") if version.by_provinces else _("straight to the units")
    rows = [
        (_("For whom"), f"{describe_audience(version)} ({way})"),
        (_("Publish"), _format_period(version.window_from, version.window_until)),
        (_("Best hours"), hours),
        (_("Channels asked for"), ", ".join(str(labels[name]) for name in version.platforms)),
        (_("Topic"), str(version.kit.topic)),
        (_("Legal basis"), version.legal_basis),
        (_("In force"), _format_period(version.legal_from, version.legal_until)),
        (_("Source of the warning"), version.source),
        (_("Link"), version.link),
        (_("Poster"), str(Look(version.poster["look"]).label) if version.poster else ""),
        (_("Spread over minutes"), spread),
        (_("Lines of its own"), _("yes, at the end") if version.own_lines else _("no")),
        (_("Note for officers"), version.note),
        (_("What is new in this version"), version.changes),
    ]
    return [(label, value) for label, value in rows if value]


def _format_period(first: date | None, last: date | None) -> str:
    if not first and not last:
        return ""
    return " – ".join(day.strftime("%d/%m/%Y") if day else "…" for day in (first, last))


class Difference(NamedTuple):
    """A part of a kit whose text changed."""

    label: str
    pieces: list[differences.Piece]


def compare_versions(version: KitVersion, before: KitVersion) -> list[Difference]:
    """Compare the texts of two versions word by word, with placeholders by their labels."""
    effort = differences.Effort()
    old, new = _list_texts(before), _list_texts(version)
    changes = []
    for label in new | old:
        was, now = old.get(label, ""), new.get(label, "")
        if was != now:
            pieces = differences.keep_near_changes(differences.compare_words(was, now, effort))
            changes.append(Difference(label, pieces))
    return changes


def _list_texts(version: KitVersion) -> dict[str, str]:
    labels = _map_labels(version)

    def with_labels(text: str) -> str:
        return _show_labels(text, labels)

    platforms = dict(PLATFORMS)
    own = {
        _("Own text: %(channel)s") % {"channel": platforms[name]}: with_labels(text)
        for name, text in version.texts.items()
    }
    return {
        _("Title"): with_labels(version.title),
        _("Common text"): with_labels(version.text),
        **own,
        _("Placeholders that units fill in"): "\n".join(
            map(_describe_placeholder, version.placeholders)
        ),
        _("Loudspeaker text"): with_labels(version.script),
        _("Poster"): "\n".join(
            with_labels(version.poster[name]) for name in ("line_1", "line_2") if version.poster
        ),
        _("Link"): version.link,
        _("Legal basis"): version.legal_basis,
        _("Source of the warning"): version.source,
        _("Publish"): _format_period(version.window_from, version.window_until),
        _("Note for officers"): version.note,
    }


def _describe_placeholder(placeholder: Mapping[str, Any]) -> str:
    text = f"{placeholder['label']} ({PlaceholderKind(placeholder['kind']).label})"
    hint, example = placeholder.get("hint"), placeholder.get("example")
    if hint:
        text += f" – {hint}"
    return text + (" " + _("(such as: %(example)s)") % {"example": example} if example else "")


def name_parts() -> dict[str, str]:
    """Return the names of the parts that `queries.find_changed_parts` names."""
    return {
        "title": _("title"),
        "text": _("common text"),
        "texts": _("texts of single channels"),
        "slots": _("placeholders"),
        "script": _("loudspeaker text"),
        "poster": _("poster"),
        "link": _("link"),
        "legal_basis": _("legal basis"),
        "legal_from": _("legal basis"),
        "legal_until": _("legal basis"),
        "source": _("source of the warning"),
        "window_from": _("period"),
        "window_until": _("period"),
        "best_from": _("best hours"),
        "best_until": _("best hours"),
        "platforms": _("channels"),
        "own_lines": _("lines of its own"),
        "note": _("note for officers"),
        "all_below": _("audience"),
        "for_levels": _("audience"),
        "for_kinds": _("audience"),
        "for_units": _("audience"),
        "by_provinces": _("audience"),
        "spread_minutes": _("spread over minutes"),
        "media": _("pictures"),
        "name": _("name"),
    }
