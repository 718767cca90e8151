"""Word lists, letters without their marks, amounts and dates: for all families of rules.

A list is a file in `data`: one entry a line, comments and sources behind #.
"""

import re
import unicodedata
from pathlib import Path

from platforms.text import normalize_unicode

_FILES = Path(__file__).parent / "data"


def read_list(name: str) -> frozenset[str]:
    lines = (_FILES / name).read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def pattern_of_list(name: str) -> str:
    """Return a pattern for any entry of a list, the longest first."""
    entries = sorted(read_list(name), key=lambda entry: (-len(entry), entry))
    return "|".join(re.escape(entry) for entry in entries)


_LATIN = [chr(code) for code in (*range(0x41, 0x180), *range(0x1A0, 0x1B1), *range(0x1E00, 0x1F00))]
CAPITAL = f"[{''.join(letter for letter in _LATIN if letter.isupper())}]"
SMALL = f"[{''.join(letter for letter in _LATIN if letter.islower())}]"
LETTER = r"[^\W\d_]"


def without_accents(text: str) -> str:
    """Return ``text`` without the marks of Vietnamese letters."""
    apart = normalize_unicode("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


_UNIT_AFTER = re.compile(
    r" ?(?:đồng|đ\b|VND|VNĐ|triệu|tỷ|tỉ|nghìn|ngàn|USD|người|lượt|tài khoản|trang|trường hợp)",
    re.IGNORECASE,
)
_GROUPED = re.compile(r"\d{1,3}(?:\.\d{3})*\.000")
_DATE = re.compile(
    r"(?:\d{1,2}[ .-]\d{1,2}[ .-])(?:19|20)\d{2}|(?:19|20)\d{2} ?[.-] ?(?:19|20)\d{2}"
    r"|(?:19|20)\d{2}[ .-]\d{1,2}[ .-]\d{1,2}"
)


def is_date(number: str) -> bool:
    return bool(_DATE.fullmatch(number))


def is_amount(text: str, start: int, end: int) -> bool:
    return bool(_UNIT_AFTER.match(text, end) or _GROUPED.fullmatch(text, start, end))
