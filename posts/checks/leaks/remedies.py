"""Ways out of a finding, each one click: what to write instead of which words."""

import re
from dataclasses import dataclass
from typing import Literal

from posts.checks.leaks.scan import Leak

Kind = Literal["mask", "initials", "drop_line", "own_hotline"]
_KEPT_IN_FRONT = 3  # digits of an identity number or an account; the rest names a person
_HIDDEN_AT_THE_END = 3  # digits of a telephone, as the press masks it

_PHONES = frozenset({"phone_personal", "phone_069"})
_NUMBERS = frozenset({"id_cccd"})
_NAMES: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Remedy:
    """``replacement`` goes where text[start:end] stands."""

    kind: Kind
    replacement: str
    start: int
    end: int


def remedies(text: str, leak: Leak, *, hotline: str = "") -> list[Remedy]:
    """Return the ways out, the best first. ``hotline`` is the unit's own number as it is shown."""
    words = text[leak.start : leak.end]
    ways = []
    if leak.rule in _PHONES:
        if hotline:
            ways.append(Remedy("own_hotline", hotline, leak.start, leak.end))
        ways.append(Remedy("mask", _mask_end(words), leak.start, leak.end))
    if leak.rule in _NUMBERS:
        ways.append(Remedy("mask", _mask_all_but_first(words), leak.start, leak.end))
    if leak.rule in _NAMES:
        ways.append(Remedy("initials", initials(words), leak.start, leak.end))
    return [*ways, _drop_line(text, leak)]


def initials(words: str) -> str:
    """Cut each capitalised word to its first letter: N.V.A."""
    return re.sub(r"[^\W\d_]+", lambda word: f"{word.group()[0]}.", words).replace(" ", "")


def _mask_end(words: str) -> str:
    last = [match.start() for match in re.finditer(r"\d", words)][-_HIDDEN_AT_THE_END:]
    return "".join("x" if at in last else letter for at, letter in enumerate(words))


def _mask_all_but_first(words: str) -> str:
    first = [match.start() for match in re.finditer(r"\d", words)][:_KEPT_IN_FRONT]
    return "".join(
        "x" if letter.isdigit() and at not in first else letter for at, letter in enumerate(words)
    )


def _drop_line(text: str, leak: Leak) -> Remedy:
    start = text.rfind("\n", 0, leak.start) + 1
    end = text.find("\n", leak.end)
    return Remedy("drop_line", "", start, len(text) if end < 0 else end + 1)
