"""A text without its disguises, and the way back to the places in the text as given."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from core.secrecy import LOOKALIKES, is_decoration
from platforms.text import normalize_unicode
from posts.checks.leaks.text import CAPITAL, SMALL, read_list, without_accents

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

# A long number or a year in which letters stand for digits, as typewriters had none for 0 and 1,
# and as the reading of a picture mistakes them. Its letters touch a digit: "5 l xăng" is none.
_TYPED_NUMBER = re.compile(
    r"(?<![^\W_])[\dOoIl](?:[OoIl]|[ .-]?\d|[ .-][OoIl](?=[OoIl\d])){8,}"
    r"|(?<![^\W_])(?:[1lI]9[\dOo]|2[0Oo][\dOo])[\dOo](?![^\W_])"
)
_TYPED_DIGITS = str.maketrans("OoIl", "0011")
# A long number whose groups, or whose digits, one and the same sign keeps apart: 0912_000_345.
_SPREAD_NUMBER = re.compile(
    r"(?<![\w.,/-])(?:\d{3,4}(?P<sign> ?(?:[^\w\s]|_){1,3} ?)\d{3}(?:(?P=sign)\d{2,4}){1,3}"
    r"|\d(?P<each> ?(?:[^\w\s]|_){1,3} ?)\d(?:(?P=each)\d){7,17})(?!\w)"
)
# Behind a word for a number of its kind, whatever keeps the digits apart: [0912] [000] [345].
_CALLED_NUMBER = re.compile(
    r"(?<!\w)(?:(?:S?ĐT|sdt|điện thoại|số máy|zalo|gọi|liên hệ|CCCD|căn cước|định danh|CMND)"
    r"(?: số)?[\W_]{1,3}(?=\+?84|0)|(?:STK|TK|tài khoản)(?: số)?[\W_]{1,3})"
    r"(?P<called>\d(?:[\W_]{0,3}\d){8,14})(?![\W_]{0,3}\d|\w)",
    re.IGNORECASE,
)
_LONG_NUMBER = re.compile(r"\d(?:[\W_]{0,3}\d){8}")
# A whole number, or a date, among those digits: they are more than one.
_MORE_THAN_ONE = re.compile(r"\d{9}|(?<!\d)\d{1,2}\D\d{1,2}\D(?:19|20)\d{2}(?!\d)")
_NO_DIGITS = re.compile(r"\D+")
_KNOWN_GAPS = (" ", ".")

# A line without any accent, where those of the words and family names that rules know are restored.
_BARE_LINE = re.compile(r"^[^\n\u00c0-\u1eff]{8,}$", re.MULTILINE)
_ACCENTED = {
    without_accents(phrase).casefold(): phrase for phrase in read_list("restored_words.txt")
}
_BARE_WORDS = re.compile(
    rf"(?<![^\W_])(?:{'|'.join(sorted(_ACCENTED, key=len, reverse=True))})(?![^\W\d_])",
    re.IGNORECASE,
)
_SURNAMES = {without_accents(name).casefold(): name for name in sorted(read_list("surnames.txt"))}
_SURNAMES |= {name.casefold(): name for name in read_list("surnames.txt") if name.isascii()}
_SURNAMES |= {without_accents(name).casefold(): name for name in ("Nguyễn", "Trần", "Lê")}
_RESTORED_NAMES = _SURNAMES | {"van": "Văn", "thi": "Thị"}
_BARE_PLACES = frozenset(without_accents(name).casefold() for name in read_list("places.txt"))
_JOINED_NAME = re.compile(
    rf"(?<![\w.@/-])({CAPITAL}{SMALL}{{1,6}})(?P<sign>[_.-]){CAPITAL}{SMALL}{{1,6}}"
    rf"(?:(?P=sign){CAPITAL}{SMALL}{{1,6}}){{1,3}}(?![\w@])"
)
_BARE_NAME = re.compile(
    r"(?<!\w)[A-Z](?:[a-z]{1,6}|[A-Z]{1,6})"
    r"(?=(?P<second> [A-Z][A-Za-z]*)(?P<third> [A-Z][A-Za-z]*)?)"
)


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
    text = _restore_letters(source)
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
    text = _restore_letters("".join(letters))
    return _join_numbers(PlainText(text, starts, ends))


def _join_numbers(plain: PlainText) -> PlainText:
    """Put a full stop for each sign that keeps the digits of one number apart."""
    if not _LONG_NUMBER.search(plain.text):
        return plain
    spans = [number.span() for number in _SPREAD_NUMBER.finditer(plain.text)]
    spans += [
        number.span("called")
        for number in _CALLED_NUMBER.finditer(plain.text)
        if not _MORE_THAN_ONE.search(number["called"])
    ]
    gaps = sorted(
        {
            gap.span()
            for span in spans
            for gap in _NO_DIGITS.finditer(plain.text, *span)
            if gap.group() not in _KNOWN_GAPS
        }
    )
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


def _restore_letters(text: str) -> str:
    """Return the text with digits for letters that stand for them, blanks between the words of a
    name, and with the accents of words that rules know in lines that have none; each letter at its
    place.
    """
    text = _TYPED_NUMBER.sub(_letters_to_digits, text)
    text = _JOINED_NAME.sub(_part_name, text)
    return _BARE_LINE.sub(_restore_accents, text)


def _letters_to_digits(number: re.Match[str]) -> str:
    """Return the number without its letters, in as many signs."""
    written = number.group()
    digits = sum(map(str.isdigit, written))
    is_number = 3 * digits > sum(map(str.isalnum, written))
    return written.translate(_TYPED_DIGITS) if is_number else written


def _part_name(name: re.Match[str]) -> str:
    is_name = without_accents(name[1]).casefold() in _SURNAMES
    return name.group().replace(name["sign"], " ") if is_name else name.group()


def _restore_accents(line: re.Match[str]) -> str:
    restored = _BARE_WORDS.sub(lambda match: _put_accents(match, _ACCENTED), line.group())
    return _BARE_NAME.sub(_restore_name, restored)


def _restore_name(word: re.Match[str]) -> str:
    two = f"{word.group()}{word['second']}".casefold()
    if two in _BARE_PLACES or f"{two}{word['third'] or ''}".casefold() in _BARE_PLACES:
        return word.group()
    return _put_accents(word, _RESTORED_NAMES)


def _put_accents(match: re.Match[str], accented: Mapping[str, str]) -> str:
    """Return the words as they are spelled, each letter as large as it is written."""
    written = match.group()
    spelled = accented.get(written.casefold(), written)
    return "".join(
        letter.upper() if given.isupper() else letter.lower()
        for letter, given in zip(spelled, written, strict=True)
    )


@lru_cache(maxsize=4096)
def _plain_piece(piece: str) -> str:
    if piece == "\n" or (len(piece) == 1 and "!" <= piece <= "~"):
        return piece
    if piece.isspace():
        return "\n" if _LINE_END.search(piece) else "\t" if "\t" in piece else " "
    normalised = normalize_unicode("NFKD", piece).translate(LOOKALIKES)
    normalised = normalize_unicode("NFC", normalised).translate(_SIGNS)
    if len(normalised) > _MOST_LETTERS:  # one sign that stands for a sentence
        return piece
    seen = (
        character
        for character in normalised
        if not is_decoration(character) and unicodedata.category(character) != "Cc"
    )
    return "".join(map(_plain_digit, seen))


def _plain_digit(letter: str) -> str:
    """Return a digit of any script, or in a circle, as one of ours."""
    value = unicodedata.digit(letter, None)
    return letter if value is None else str(value)
