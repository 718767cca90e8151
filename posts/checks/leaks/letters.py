"""Classes of letters for patterns. With IGNORECASE they would be the same: scope it to words."""

import unicodedata

from platforms.text import normalize_unicode

_LATIN = [chr(code) for code in (*range(0x41, 0x180), *range(0x1A0, 0x1B1), *range(0x1E00, 0x1F00))]
CAPITAL = f"[{''.join(letter for letter in _LATIN if letter.isupper())}]"
SMALL = f"[{''.join(letter for letter in _LATIN if letter.islower())}]"
LETTER = r"[^\W\d_]"


def without_accents(text: str) -> str:
    """Return ``text`` without the marks of Vietnamese letters."""
    apart = normalize_unicode("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
