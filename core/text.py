"""Text as people search it: without case and accents."""

import unicodedata

_NO_DECOMPOSITION = str.maketrans({"đ": "d", "Đ": "d"})


def fold(text: str) -> str:
    """'Đà Nẵng' → 'da nang'. Search columns and search words go through this one function, or they never meet."""
    decomposed = unicodedata.normalize("NFD", text.translate(_NO_DECOMPOSITION))
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(bare.casefold().split())


def normal(text: str) -> str:
    """NFC with plain newlines: what is stored, counted against limits, hashed and sent."""
    return unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
