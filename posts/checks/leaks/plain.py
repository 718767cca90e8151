"""A text without its disguises, and the way back to the places in the text as given."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from core.secrecy import LOOKALIKES, is_decoration
from platforms.text import normalize_unicode

# A run of blanks, or a letter with its marks. No letter bears more marks than six: putting a longer
# run in order would take quadratic time.
_PIECE = re.compile(r"[^\S\n]+|[^\u0300-\u036f][\u0300-\u036f]{0,6}|[\u0300-\u036f]{1,6}")
_LINE_END = re.compile(r"[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_SIGNS = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc", "-"),
        **dict.fromkeys("·‧∙⋅", "."),
    }
)
_MOST_LETTERS = 8
_BLANKS = (" ", "\t", "\n")
# A sign that may stand for another one, or a blank too many. Most texts have none.
_VIETNAMESE = "ăâđêôơưáàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ"
_ODD = re.compile(rf"[ \n] |[^ \n!-~“”{_VIETNAMESE}{_VIETNAMESE.upper()}]")

# A long number in which letters stand for digits, as typewriters had none for 0 and 1, and as the
# reading of a picture mistakes them. Its letters touch a digit: "5 l xăng" is none.
_TYPED_NUMBER = re.compile(r"(?<![^\W_])[\dOo](?:[OoIl]|[ .-]?\d|[ .-]O(?=[O\d])){8,}")
_TYPED_DIGITS = str.maketrans("OoIl", "0011")
_LEAST_DIGITS = 6
# A long number whose groups, or whose digits, one and the same sign keeps apart: 0912_000_345.
_SPREAD_NUMBER = re.compile(
    r"(?<![\w.,/-])(?:\d{3,4}(?P<sign> ?(?:[^\w\s]|_){1,3} ?)\d{3}(?:(?P=sign)\d{2,4}){1,3}"
    r"|\d(?P<each> ?(?:[^\w\s]|_){1,3} ?)\d(?:(?P=each)\d){7,17})(?!\w)"
)
_NO_DIGITS = re.compile(r"\D+")


@dataclass(frozen=True, slots=True)
class PlainText:
    """``text`` in composed Unicode with plain blanks, dashes, digits and letters. Its letter i
    stands for source[starts[i]:ends[i]].
    """

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def source_span(self, start: int, end: int) -> tuple[int, int]:
        return self.starts[start], self.ends[end - 1]


def to_plain_text(source: str) -> PlainText:
    if _ODD.search(source):
        return _remove_disguises(source)
    text = _TYPED_NUMBER.sub(_letters_to_digits, source)
    return _join_numbers(PlainText(text, range(len(source)), range(1, len(source) + 1)))


def _remove_disguises(source: str) -> PlainText:
    letters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for match in _PIECE.finditer(source):
        piece = match.group()
        if piece.isspace() and letters and letters[-1] in _BLANKS and piece != "\n":
            ends[-1] = match.end()  # an invisible letter stood between two blanks
            continue
        for letter in _plain_piece(piece):
            letters.append(letter)
            starts.append(match.start())
            ends.append(match.end())
    text = _TYPED_NUMBER.sub(_letters_to_digits, "".join(letters))
    return _join_numbers(PlainText(text, starts, ends))


def _join_numbers(plain: PlainText) -> PlainText:
    """Put a full stop for each sign that keeps the digits of one number apart."""
    gaps = [
        gap.span()
        for number in _SPREAD_NUMBER.finditer(plain.text)
        for gap in _NO_DIGITS.finditer(plain.text, *number.span())
    ]
    if not gaps:
        return plain
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    done = 0
    for first, last in [*gaps, (len(plain.text), None)]:
        pieces.append(plain.text[done:first])
        starts += plain.starts[done:first]
        ends += plain.ends[done:first]
        if last:
            pieces.append(".")
            starts.append(plain.starts[first])
            ends.append(plain.ends[last - 1])
            done = last
    return PlainText("".join(pieces), starts, ends)


def _letters_to_digits(number: re.Match[str]) -> str:
    """Return the number without its letters, in as many signs."""
    written = number.group()
    is_number = sum(map(str.isdigit, written)) >= _LEAST_DIGITS
    return written.translate(_TYPED_DIGITS) if is_number else written


@lru_cache(maxsize=4096)
def _plain_piece(piece: str) -> str:
    if piece == "\n" or (len(piece) == 1 and "!" <= piece <= "~"):
        return piece
    if piece.isspace():
        return "\n" if _LINE_END.search(piece) else "\t" if "\t" in piece else " "
    shown = normalize_unicode("NFKD", piece).translate(LOOKALIKES)
    shown = normalize_unicode("NFC", shown).translate(_SIGNS)
    if len(shown) > _MOST_LETTERS:  # one sign that stands for a sentence
        return piece
    seen = (
        each for each in shown if not is_decoration(each) and unicodedata.category(each) != "Cc"
    )
    return "".join(map(_plain_digit, seen))


def _plain_digit(letter: str) -> str:
    """Return a digit of any script, or in a circle, as one of ours."""
    value = unicodedata.digit(letter, None)
    return letter if value is None else str(value)
