"""Split a text where a platform says "See more"."""

from typing import NamedTuple

from platforms.facts import Fold


class Folded(NamedTuple):
    head: str
    rest: str


def fold_text(text: str, fold: Fold | None) -> Folded:
    """Split the text at the platform's fold, at a word's end."""
    if fold is None:
        return Folded(text, "")
    characters, most_lines = fold
    cut = len(text)
    lines = text.split("\n", most_lines)
    if len(lines) > most_lines:
        cut = len("\n".join(lines[:most_lines]))
    if cut > characters:
        cut = max(text.rfind(" ", 0, characters), text.rfind("\n", 0, characters))
        cut = characters if cut <= 0 else cut
    return Folded(text[:cut], text[cut:].lstrip("\n"))
