"""Text as people search it: without case and accents."""

import unicodedata

_NO_DECOMPOSITION = str.maketrans({"đ": "d", "Đ": "d"})


def fold(text: str) -> str:
    """Fold case and accents ('Đà Nẵng' → 'da nang'). Search columns and search words both go
    through this function, or they never match.
    """
    decomposed = unicodedata.normalize("NFD", text.translate(_NO_DECOMPOSITION))
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(bare.casefold().split())


def normal(text: str) -> str:
    """Normalise to NFC with plain newlines: the form that is stored, counted, hashed and sent."""
    return unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")


def whole_number(text: str) -> int | None:
    """Read a number from 0 to 10**18 - 1; None for anything else, thousands of digits included."""
    return int(text) if text.isdecimal() and len(text) <= 18 else None
