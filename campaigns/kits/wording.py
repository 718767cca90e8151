"""Words of a kit: a text whose gaps a unit fills, and whose other parts nobody changes.

Pure functions over strings: they read no row and no clock. A gap is written ``{ten_pho}``.
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

# As the gaps of the library's templates: small letters without accents, digits, underscores.
SLOT = re.compile(r"\{([a-z][a-z0-9_]{0,29})\}")
# As one may be mistyped.
BRACED = re.compile(r"\{[^{}\n]{0,60}\}?|\}")
# The gaps that each unit's own facts fill.
BUILT_IN = {
    "don_vi": _("Name of the unit"),
    "dia_chi": _("Address of the station"),
    "duong_day_nong": _("Telephone of the officer on duty"),
    "gio_lam_viec": _("Opening hours"),
    "ngay": _("Today's date"),
}
LONGEST_WORDS = 200  # characters in one slot
# Numbers as people here write them: 1.234 or 12,5. "1.5" is neither.
_NUMBER = r"(?:[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]+)(?:,[0-9]+)?"
_WHOLE_NUMBER = re.compile(_NUMBER)
_SPAN = re.compile(rf"{_NUMBER} ?[-–] ?{_NUMBER}")


class Worded(Protocol):
    """A version of a kit, as far as its locked core goes."""

    @property
    def title(self) -> str: ...

    @property
    def text(self) -> str: ...

    @property
    def texts(self) -> Mapping[str, str]: ...

    @property
    def slots(self) -> Sequence[Mapping[str, Any]]: ...

    @property
    def own_lines(self) -> bool: ...


def list_slot_names(texts: Iterable[str]) -> list[str]:
    """List the gaps in ``texts``, each once, in the order in which people read them."""
    return list(dict.fromkeys(name for text in texts for name in SLOT.findall(text)))


def make_slot_name(label: str) -> str:
    """Return the name that a gap gets from what it asks for: 'Điểm giao nộp' → 'diem_giao_nop'.
    Nobody should have to think of one.
    """
    name = re.sub(r"[^a-z0-9]+", "_", fold(label)).lstrip("_0123456789")[:30].rstrip("_")
    return name or ("cho_trong" if label.strip() else "")


def find_misnamed_gaps(texts: Iterable[str]) -> list[str]:
    """List words in braces that name no gap: they would be published as they are."""
    matches = (match for text in texts for match in BRACED.findall(text))
    return list(dict.fromkeys(each for each in matches if not SLOT.fullmatch(each)))


def fill_gaps(text: str, values: Mapping[str, str]) -> str:
    """Fill the gaps that ``values`` name, in one pass: words that hold braces open no gap. A gap
    without words stays visible. Words stay on one line, so that they cannot pass for own lines.
    """
    return SLOT.sub(lambda gap: to_one_line(values.get(gap[1]) or "") or gap[0], text)


class Piece(NamedTuple):
    """A part of a text as it is shown to people: locked, filled or an open gap."""

    kind: str
    text: str


def split_into_pieces(text: str, values: Mapping[str, str]) -> list[Piece]:
    """Return what `fill_gaps` makes of ``text``, part by part."""
    parts = []
    for number, part in enumerate(SLOT.split(text)):
        if number % 2 == 0:
            parts.append(Piece("locked", part))
        elif value := to_one_line(values.get(part) or ""):
            parts.append(Piece("filled", value))
        else:
            parts.append(Piece("open", f"{{{part}}}"))
    return [piece for piece in parts if piece.text]


def to_one_line(text: str) -> str:
    """Return a slot's words for use in a text: on one line, composed, cut to what fits."""
    return " ".join(normalise(text).split())[:LONGEST_WORDS]


def is_number(text: str) -> bool:
    """Check that ``words`` are one number and nothing else."""
    return bool(_WHOLE_NUMBER.fullmatch(text))


def is_span(text: str) -> bool:
    """Check that ``words`` are a span between two numbers, such as 3-5."""
    return bool(_SPAN.fullmatch(text))


def parse_day(text: str) -> date | None:
    """Return the day that ``words`` name as dd/mm/yyyy; None where they do not, or there is none
    such.
    """
    try:
        return datetime.strptime(text, "%d/%m/%Y").date()
    except ValueError:
        return None


def list_locked_parts(text: str) -> list[str]:
    """Return the texts before, between and after the gaps: one more than there are gaps."""
    return SLOT.split(text)[::2]


def keeps_core(template: str, text: str, *, own_lines: bool) -> bool:
    """Check that ``text`` is ``template`` with words in its gaps: every locked part in its order,
    nothing else between them, and after the end further lines only where ``own_lines`` lets them.

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


def hash_core(version: Worded) -> str:
    """Hash what a unit may not change: the texts with their gaps, and what the gaps may hold."""
    slots = [{name: slot[name] for name in ("name", "kind", "limit")} for slot in version.slots]
    core = {
        "title": version.title,
        "text": version.text,
        "texts": dict(version.texts),
        "slots": slots,
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
    """Return where ``part`` ends if slot words, of one line, lie between it and one of the places
    ``after``, which are sorted.
    """
    ends, start = [], after[0] + 1 if after else len(text) + 1
    while (start := text.find(part, start)) >= 0:
        # Of the places before it, the nearest has the shortest words between: if it does not do,
        # none does.
        nearest = bisect_left(after, start) - 1
        # Its length first: to look into what lies between at each place takes a time that grows
        # with the square.
        is_near = nearest >= 0 and start - after[nearest] <= LONGEST_WORDS
        if is_near and "\n" not in text[after[nearest] : start]:
            ends.append(start + len(part))
        start += 1
    return ends


def _may_follow(rest: str, *, own_lines: bool) -> bool:
    return not rest or (own_lines and rest.startswith("\n"))
