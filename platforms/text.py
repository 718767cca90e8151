"""Compare texts with what a platform made of them, and normalise Unicode."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from itertools import groupby
from typing import Literal

MOST_MARKS = 8  # on one letter; Vietnamese has two, no script that people write more than four
_MARKS_BELOW = 0x20000  # no mark lies above, and to look there takes ten times as long


def collapse_spaces(text: str) -> str:
    """Replace each run of white space by one space, and trim the ends."""
    return " ".join(text.split())


def cut_at_word(text: str, most: int) -> str:
    """Return ``most`` characters of a text at most, up to the end of a word, with "…" where the
    rest is left out.
    """
    if len(text) <= most:
        return text
    start = text[:most]
    cut = max(start.rfind(" "), start.rfind("\n"))
    return f"{start[: cut if cut > 0 else most - 1].rstrip()}…"


def normalize_unicode(form: Literal["NFC", "NFD", "NFKC", "NFKD"], text: str) -> str:
    """Normalise ``text`` in a time that grows with its length alone: of a longer run of marks the
    first eight stay.

    The standard library puts the marks of a letter in order by a sort whose time grows with the
    square, while all other threads wait: 250,000 marks above and below in turn took a minute.
    Nothing else of ours may call it; ``tests/architecture/test_normalising.py`` looks.
    """
    if text.isascii():
        return text
    return unicodedata.normalize(form, _compile_long_run().sub(r"\1", text))


def has_long_run(text: str) -> bool:
    """Check whether more marks stand in a row than `normalize_unicode` leaves."""
    return not text.isascii() and bool(_compile_long_run().search(text))


def make_class(letters: Iterable[str]) -> str:
    """Return a pattern of one of ``letters``, of which many lie beyond U+FFFF.

    ``re`` tries such letters of a class one after the other on each letter of a text: 49 ms for
    39,000 letters. Here it does so on a letter that itself lies beyond: 0.1 ms.
    """
    codes = sorted(set(map(ord, letters)))
    runs = [
        [code for _place, code in run]
        for _gap, run in groupby(enumerate(codes), lambda placed: placed[1] - placed[0])
    ]
    near = "".join(f"\\u{run[0]:04x}-\\u{run[-1]:04x}" for run in runs if run[-1] <= 0xFFFF)
    far = "".join(f"\\U{run[0]:08x}-\\U{run[-1]:08x}" for run in runs if run[-1] > 0xFFFF)
    return f"[{near}\\U00010000-\\U0010ffff](?<=[{near}{far}])"


@cache
def _compile_long_run() -> re.Pattern[str]:
    """Compile what finds a run of more marks than one letter bears. Among the marks are five that
    bear no combining class but begin with one when they are taken apart, as U+0F73 does.
    """
    mark = make_class(
        chr(code)
        for code in range(_MARKS_BELOW)
        if unicodedata.combining(unicodedata.normalize("NFKD", chr(code))[0])
    )
    return re.compile(f"({mark}(?:{mark}){{{MOST_MARKS - 1}}})(?:{mark})+")
