"""Text as it is searched and stored, and values read from it."""

import html
import re
import unicodedata
import uuid

from platforms.text import normalize_unicode

_NO_DECOMPOSITION = str.maketrans({"đ": "d", "Đ": "d"})
_LAST_KEPT = 0x1FFF  # Latin, Vietnamese and what combines with it: what pages ask for all day


# Begin and end text of another direction. Vietnamese needs none, and a number that is written
# backwards between them is read as another one by people than by the leak check.
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")


_ENDLESS_NUMBER = re.compile(r"&#[0-9]{8,};?")


class _Bare(dict[int, str]):
    """Characters without case and accents by their code, each worked out when it is first met. The
    rare ones are worked out each time: a text of all characters there are must not fill memory.
    """

    def __missing__(self, code: int) -> str:
        decomposed = normalize_unicode("NFD", chr(code).translate(_NO_DECOMPOSITION))
        bare = "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()
        if code <= _LAST_KEPT:
            self[code] = bare
        return bare


_BARE = _Bare()
_WORD = re.compile(r"\w+")


def fold(text: str) -> str:
    """Fold case and accents ('Đà Nẵng' → 'da nang'). Search columns and search words both go
    through this function, or they never match.
    """
    return " ".join(text.translate(_BARE).split())


def begins_words(typed: str, text: str) -> bool:
    """Check that each of the words that somebody typed begins one of ``text``, accents aside."""
    parts = fold(typed).split()
    words = _WORD.findall(fold(text)) if parts else []
    return all(any(word.startswith(part) for word in words) for part in parts)


def normalise(text: str) -> str:
    """Normalise to NFC with plain newlines and no turns of direction: the form that is stored,
    counted, hashed and sent.
    """
    text = normalize_unicode("NFC", _DIRECTIONS.sub("", text))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def unescape_html(text: str) -> str:
    """Replace the entities of HTML by their letters. Of no letter the number has eight digits, and
    one of thousands is an error to the standard library.
    """
    return html.unescape(_ENDLESS_NUMBER.sub("\ufffd", text))


def parse_whole_number(text: str) -> int | None:
    """Read a number from 0 to 10**18 - 1; None for anything else, thousands of digits included."""
    return int(text) if text.isdecimal() and len(text) <= 18 else None


def parse_uuid(text: str) -> uuid.UUID | None:
    """Read a UUID; None for anything else."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
