"""The differences between two texts, word by word, for people."""

import difflib
import re
from collections.abc import Sequence
from difflib import Match
from itertools import accumulate
from typing import NamedTuple

_WORDS = re.compile(
    r" ?\w+|\s+|[^\w\s]"
)  # a word with the blank before it: blanks alone would match everywhere
# Steps of comparing that one page may take: half a second. A rewritten article of 1,500 words takes
# 300,000.
MOST_STEPS = 5_000_000
CONTEXT = 160  # characters on each side of a change


class Piece(NamedTuple):
    kind: str  # same, ins or del
    text: str


class TooManyChanges(Exception):
    """Comparing two texts would take more steps than are left."""


class Effort:
    """The steps that comparing may still take, over all parts of a page together."""

    def __init__(self, left: int = MOST_STEPS) -> None:
        self.left = left

    def spend(self, steps: int) -> None:
        self.left -= steps
        if self.left < 0:
            raise TooManyChanges


class _Metered(difflib.SequenceMatcher):
    """A matcher that counts its steps: two texts of one word repeated take a time that grows with
    their cube.
    """

    # The class of the standard library sets them, and its stubs leave them out.
    a: Sequence[str]
    b2j: dict[str, list[int]]

    def __init__(self, a: list[str], b: list[str], effort: Effort) -> None:
        super().__init__(None, a, b, autojunk=False)
        self.effort = effort
        # A search looks at each place of b where a word of a stands: so many up to each word.
        self.steps = [0, *accumulate(1 + len(self.b2j.get(word, ())) for word in a)]

    def find_longest_match(
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> Match:
        self.effort.spend(self.steps[len(self.a) if ahi is None else ahi] - self.steps[alo])
        return super().find_longest_match(alo, ahi, blo, bhi)


def compare_words(old: str, new: str, effort: Effort | None = None) -> list[Piece]:
    """Return the pieces that lead from ``old`` to ``new``: by lines, then by words where lines
    differ, so that long texts stay fast.

    A comparison of more steps than ``effort`` has left yields both texts whole: the old one, then
    the new one.
    """
    effort = effort or Effort()
    pieces: list[Piece] = []
    a, b = old.splitlines(keepends=True), new.splitlines(keepends=True)
    try:
        for kind, i, j, m, n in _Metered(a, b, effort).get_opcodes():
            if kind == "replace":
                pieces += _compare_by_words("".join(a[i:j]), "".join(b[m:n]), effort)
            else:
                pieces += _make_pieces(kind, "".join(a[i:j]), "".join(b[m:n]))
    except TooManyChanges:
        return _make_pieces("replace", old, new)
    return _join_pieces(pieces)


def _compare_by_words(old: str, new: str, effort: Effort) -> list[Piece]:
    a, b = _WORDS.findall(old), _WORDS.findall(new)
    pieces: list[Piece] = []
    gone = come = ""
    for kind, i, j, m, n in _Metered(a, b, effort).get_opcodes():
        before, after = "".join(a[i:j]), "".join(b[m:n])
        if kind == "equal" and (before.strip(" ") or not (gone or come)):
            pieces += [*_make_changed_pieces(gone, come), Piece("same", before)]
            gone = come = ""
        # a mere blank between two changes belongs to both: phrases are read, not single words
        else:
            gone, come = gone + before, come + after
    return pieces + _make_changed_pieces(gone, come)


def _make_changed_pieces(gone: str, come: str) -> list[Piece]:
    """Return the removed and the added words; the blank before both did not change."""
    if gone.startswith(" ") and come.startswith(" "):
        return [Piece("same", " "), *_make_pieces("replace", gone[1:], come[1:])]
    return _make_pieces("replace", gone, come)


def _make_pieces(kind: str, old: str, new: str) -> list[Piece]:
    if kind == "equal":
        return [Piece("same", old)]
    return [Piece(k, text) for k, text in (("del", old), ("ins", new)) if text]


def _join_pieces(pieces: list[Piece]) -> list[Piece]:
    joined: list[Piece] = []
    for piece in pieces:
        if joined and joined[-1].kind == piece.kind:
            joined[-1] = Piece(piece.kind, joined[-1].text + piece.text)
        else:
            joined.append(piece)
    return joined


def keep_near_changes(pieces: list[Piece]) -> list[Piece]:
    """Leave of long unchanged words only those beside a change, for a page to be read at once."""
    kept = []
    for at, piece in enumerate(pieces):
        if piece.kind == "same" and len(piece.text) > 3 * CONTEXT and len(pieces) > 1:
            head = piece.text[:CONTEXT] if at else ""
            tail = piece.text[-CONTEXT:] if at < len(pieces) - 1 else ""
            piece = Piece("same", f"{head} … {tail}")
        kept.append(piece)
    return kept
