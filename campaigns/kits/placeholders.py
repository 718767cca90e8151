"""Placeholders of a kit's texts: units fill in their values, and nobody changes the other parts.

Pure functions over strings: they read no row and no clock. One is written ``{ten_pho}``.
"""

import hashlib
import json
import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, Protocol

from django.utils.translation import gettext_lazy as _

from core.text import fold, normalise

# As those of the library's templates: small letters without accents, digits, underscores.
PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]{0,29})\}")
# As one may be mistyped.
BRACED = re.compile(r"\{[^{}\n]{0,60}\}?|\}")
# Those that each unit's own facts fill.
BUILT_IN = {
    "don_vi": _("Name of the unit"),
    "dia_chi": _("Address of the station"),
    "duong_day_nong": _("Telephone of the officer on duty"),
    "gio_lam_viec": _("Opening hours"),
    "ngay": _("Today's date"),
}
LONGEST_VALUE = 200  # characters
# Numbers as people here write them: 1.234 or 12,5. "1.5" is neither.
_NUMBER = r"(?:[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]+)(?:,[0-9]+)?"
_WHOLE_NUMBER = re.compile(_NUMBER)
_SPAN = re.compile(rf"{_NUMBER} ?[-–] ?{_NUMBER}")


class Core(Protocol):
    """The locked core of a kit's version."""

    @property
    def title(self) -> str: ...

    @property
    def text(self) -> str: ...

    @property
    def texts(self) -> Mapping[str, str]: ...

    @property
    def placeholders(self) -> Sequence[Mapping[str, Any]]: ...

    @property
    def own_lines(self) -> bool: ...


def find_placeholders(texts: Iterable[str]) -> list[str]:
    """List the names of the placeholders in ``texts``, each once, in reading order."""
    return list(dict.fromkeys(name for text in texts for name in PLACEHOLDER.findall(text)))


def make_placeholder_name(label: str) -> str:
    """Return the name of a placeholder with this label: 'Điểm giao nộp' → 'diem_giao_nop'. Nobody
    should have to think of one.
    """
    name = re.sub(r"[^a-z0-9]+", "_", fold(label)).lstrip("_0123456789")[:30].rstrip("_")
    return name or ("cho_trong" if label.strip() else "")


def find_malformed_placeholders(texts: Iterable[str]) -> list[str]:
    """List what stands in braces and is no placeholder: it would be published as it is."""
    braced = dict.fromkeys(match for text in texts for match in BRACED.findall(text))
    return [text for text in braced if not PLACEHOLDER.fullmatch(text)]


def fill_kit_text(text: str, values: Mapping[str, str]) -> str:
    """Fill the placeholders that have a value, in one pass: braces in a value open no placeholder.
    One without a value stays visible. A value is one line, so that it cannot pass for own lines.
    """
    return PLACEHOLDER.sub(lambda match: to_one_line(values.get(match[1]) or "") or match[0], text)


class Piece(NamedTuple):
    """A part of a text as people see it: locked text, a value or an open placeholder."""

    kind: str
    text: str


def split_into_pieces(text: str, values: Mapping[str, str]) -> list[Piece]:
    """Split the text that `fill_kit_text` returns into its parts."""
    parts = []
    for number, part in enumerate(PLACEHOLDER.split(text)):
        if number % 2 == 0:
            parts.append(Piece("locked", part))
        elif value := to_one_line(values.get(part) or ""):
            parts.append(Piece("filled", value))
        else:
            parts.append(Piece("open", f"{{{part}}}"))
    return [piece for piece in parts if piece.text]


def to_one_line(text: str) -> str:
    """Return a value as texts hold it: on one line, in NFC, cut to the longest."""
    return " ".join(normalise(text).split())[:LONGEST_VALUE]


def is_number(text: str) -> bool:
    """Check that the text is one number and nothing else."""
    return bool(_WHOLE_NUMBER.fullmatch(text))


def is_span(text: str) -> bool:
    """Check that the text is a span between two numbers, such as 3-5."""
    return bool(_SPAN.fullmatch(text))


def parse_day(text: str) -> date | None:
    """Parse a day written as dd/mm/yyyy; return None for any other text, or a day that does not
    exist.
    """
    try:
        return datetime.strptime(text, "%d/%m/%Y").date()
    except ValueError:
        return None


def list_locked_parts(text: str) -> list[str]:
    """List the texts before, between and after the placeholders: one more than these."""
    return PLACEHOLDER.split(text)[::2]


def keeps_core(template: str, text: str, *, own_lines: bool) -> bool:
    """Check that ``text`` is ``template`` with values: every locked part in its order, one line at
    most between two of them, and further lines at the end only where ``own_lines`` lets them.

    Blanks at the ends of lines and further empty lines do not count. Linear in the text for each
    part, whatever somebody wrote into it.
    """
    text = _remove_repeated_blanks(text)
    first, *others = list_locked_parts(_remove_repeated_blanks(template))
    if not text.startswith(first):
        return False
    ends = [len(first)]
    for part in others:
        ends = _find_ends(part, text, after=ends)
    return any(_may_follow(text[end:], own_lines=own_lines) for end in ends)


def hash_core(version: Core) -> str:
    """Hash what a unit may not change: the texts, and which values their placeholders take."""
    placeholders = [
        {name: placeholder[name] for name in ("name", "kind", "limit")}
        for placeholder in version.placeholders
    ]
    core = {
        "title": version.title,
        "text": version.text,
        "texts": dict(version.texts),
        "slots": placeholders,  # the key of all approved hashes
        "own_lines": version.own_lines,
    }
    return hashlib.sha256(to_canonical_json(core).encode()).hexdigest()


def to_canonical_json(content: Mapping[str, Any]) -> str:
    """Return the one JSON text of ``content``: the same for the same content, always."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _remove_repeated_blanks(text: str) -> str:
    lines = "\n".join(line.rstrip() for line in normalise(text).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines).strip()


def _find_ends(part: str, text: str, *, after: list[int]) -> list[int]:
    """Return where ``part`` ends, if a value of one line lies between it and one of the places
    ``after``, which are sorted.
    """
    ends, start = [], after[0] + 1 if after else len(text) + 1
    while (start := text.find(part, start)) >= 0:
        # Of the places before it, the nearest leaves the shortest value: if that is no value, none
        # is.
        nearest = bisect_left(after, start) - 1
        # Its length first: to look into what lies between at each place takes a time that grows
        # with the square.
        is_near = nearest >= 0 and start - after[nearest] <= LONGEST_VALUE
        if is_near and "\n" not in text[after[nearest] : start]:
            ends.append(start + len(part))
        start += 1
    return ends


def _may_follow(rest: str, *, own_lines: bool) -> bool:
    return not rest or (own_lines and rest.startswith("\n"))
