"""Finds secrecy marks of documents. A portal on the internet may hold no state secret: what bears a
mark is not stored.

The marks and where they stand on a document: Law 117/2025/QH15 and Decree 63/2026/NĐ-CP, in force
since 1 March 2026; older papers bear those of Decree 26/2020/NĐ-CP and Circular 24/2020/TT-BCA.
Accents matter: without them MẬT is mặt or mát.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain, permutations

from django.utils.translation import gettext as _

from core.errors import Refused
from core.text import unescape_html
from platforms.text import make_class, normalize_unicode

# Letters of other alphabets and small capitals that look like those of the marks. Those of Cherokee
# stand for the letters with their accents: nobody here writes it but to hide something.
LOOKALIKES = str.maketrans(
    "МАТОІУЕСКНмаоуесАΑΜΤΟΙΥΕΚΗΝᴍᴀᴛᴏɪᴜʏᴇꓟꓮꓔꓳꓲꓴꓬꓰᎷᎪᎢᎥᎩᎬ",
    "MATOIYECKHmaoyecAAMTOIYEKHNMATOIUYEMATOIUYEMẬTIYỆ",
)
_LOOKALIKE = re.compile(f"[{''.join(map(chr, LOOKALIKES))}]")
# Blank letters of Hangul and the empty cell of Braille.
_FILLERS = "\u115f\u1160\u2800"
# Not \b: a line or a digit beside a mark ends it as a blank does.
_BEGIN, _END = r"(?<![^\W_])", r"(?![^\W_])"


def _spell(word: str) -> str:
    """Return a pattern of ``word`` with its letters spaced out, as marks are often typeset."""
    return r"[ .·_*/\\,~+-]{0,3}".join(word)


def _type(begin: str, telex: str, vni: str) -> str:
    """Return a pattern of a word as it stands where the input method was off: after its vowel the
    keys come in any order.
    """
    ways = chain(permutations(telex), permutations(vni))
    return f"{begin}(?:{'|'.join(map(''.join, ways))})"


_BETWEEN = r"[ .·_*/-]{0,6}"
_PLAIN = f"(?:{_spell('mật')}|{_type('ma', 'atj', '65t')})"
_HIGHER = "|".join(
    (
        _spell("tuyệt"),
        _spell("tối"),
        _type("tuye", "etj", "65t"),
        _type("to", "ois", "61i"),
    )
)
_MARK = f"(?:(?:{_HIGHER}){_BETWEEN})?{_PLAIN}"
# As on machines without accents. MAT alone is many other words.
_UNACCENTED = f"{_spell('TUYET')}{_BETWEEN}{_spell('MAT')}"
# Words that stand on one line with a mark and make no sentence of it.
_COMPANIONS = (
    r"hỏa tốc|hoả tốc|thượng khẩn|khẩn|hẹn giờ|mức độ|độ|dấu|bản|số|đóng|tài liệu|văn "
    r"bản|công văn|hồ sơ|kế hoạch|"
    r"báo cáo|phương án|điện|thông tin|và|loại"
)
_BESIDE = rf"(?:\W|\d|_|{_BEGIN}(?:{_COMPANIONS}){_END})*"
_ALONE = re.compile(
    rf"{_BESIDE}{_BEGIN}(?:{_MARK}|{_UNACCENTED}){_END}{_BESIDE}"
    rf"|{_BESIDE}(?-i:{_BEGIN}{_spell('TOI')}{_BETWEEN}{_spell('MAT')}{_END}){_BESIDE}",
    re.IGNORECASE,
)
_BRACKETED = re.compile(
    rf"[(\[{{<«][\W_]{{0,4}}(?:{_MARK}|{_UNACCENTED})[\W_]{{0,4}}[)\]}}>»]", re.IGNORECASE
)
_LABELLED = re.compile(
    rf"\b(?:độ|mức độ|cấp độ|dấu độ|dấu|mức) (?:mật )?\W{{0,3}}[:=|/–—-]\W{{0,4}}(?:{_MARK}){_END}"
    rf"|\b(?:độ|mức độ|cấp độ|dấu độ|dấu) mật\W{{0,3}}[:=|/–—-]\W{{0,4}}(?:{_MARK}){_END}",
    re.IGNORECASE,
)
_MARKS = re.compile(
    rf"{_BEGIN}(?:{_MARK}|{_UNACCENTED}|{_spell('TOI')}{_BETWEEN}{_spell('MAT')}){_END}",
    re.IGNORECASE,
)
_CAPITAL_MARK = re.compile(
    rf"{_BEGIN}(?:{_spell('TUYỆT')}|{_spell('TỐI')})[ ._*/-]{{0,3}}{_spell('MẬT')}{_END}"
    rf"|{_BEGIN}{_UNACCENTED}{_END}"
)
_CAPITAL = re.compile(rf"{_BEGIN}{_spell('MẬT')}{_END}")
# Nobody types these otherwise, in capitals or small letters.
_TYPED_MARK = re.compile(
    rf"{_BEGIN}(?:{_type('tuye', 'etj', '65t')}|{_type('to', 'ois', '61i')}){_BETWEEN}"
    rf"{_type('ma', 'atj', '65t')}{_END}",
    re.IGNORECASE,
)
# A document that somebody says is marked, and what it is about or whose it is: its heading in
# capitals, or one of the higher marks.
_DOCUMENT = (
    r"(?:tài liệu|văn bản|công văn|hồ sơ|kế hoạch|báo cáo|phương án|điện|chỉ thị|mệnh lệnh|"
    r"quyết định)"
)
_OF_DOCUMENT = re.compile(
    rf"\b{_DOCUMENT} (?:(?:tuyệt|tối) mật (?:của|về|số|do|gửi|trình|ngày)"
    rf"|(?-i:MẬT (?:CỦA|VỀ|SỐ|DO|GỬI|TRÌNH|NGÀY|PHỤC VỤ|BẢO VỆ|TRIỂN KHAI)))\b",
    re.IGNORECASE,
)
# What MẬT belongs to in ordinary words, before and after it.
_BEFORE = re.compile(r"(?:BẢO|BÍ|CƠ|THÂN|NGỌT|TRĂNG|ĐƯỜNG|TÚI|GẤU|RỈ|NỒNG|ĐỘ|HƯƠNG|KÍN)[\W_]{0,2}$")
_AFTER = re.compile(
    r"[\W_]{0,2}(?:KHẨU|MÃ|ONG|VỤ|THƯ|DANH|PHỤC|THIẾT|ĐỘ|BÁO|THÁM|NGỌT|HOA|MÍA|GẤU|KHU|NGHỊ|NGỮ|"
    rf"LỆNH|ƯỚC|THẤT|TRUYỀN|BÀI){_END}"
)
# A lesson about the marks names the law or the levels before it names a mark, in the same sentence.
_LESSON = re.compile(
    r"bảo vệ bí mật nhà nước|(?:ba|3|các|những) (?:cấp |mức )?độ mật", re.IGNORECASE
)
# A lesson about documents forbids something, or tells of somebody who did it.
WARNING = re.compile(
    r"\b(?:không|đừng|cấm|tránh|chớ|hành vi|tội|phạm|lộ|lọt|đánh cắp|trộm|chiếm đoạt|mua|bán|giả|"
    r"mạo|phim|truyện)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?;…])\s+|\n")
_TAG = re.compile(r"<[^<>]*>")
_MARKS_OF_LETTERS = re.compile(r"[\u0300-\u036f]")
_JOINER = "\u034f"  # among them, and invisible
# What every mark ends with, for most texts hold none.
_SPREAD = re.compile(f"{_PLAIN}|{_spell('mat')}", re.IGNORECASE)


def is_decoration(letter: str) -> bool:
    """Check whether nobody sees ``letter``, or sees it only upon another one: marks, the frame of a
    key, what chooses a form of a letter or the direction of the text.
    """
    return unicodedata.category(letter) in ("Cf", "Mn", "Me") or letter in _FILLERS


class SecrecyRefused(Refused):
    """The text bears a secrecy mark; nothing of it was stored."""

    def __init__(self, where: str = "") -> None:
        message = _(
            "The text seems to hold a state secret. Nothing was saved. "
            "Stop drafting on this system and report to your unit's leader."
        )
        super().__init__(f"{where} {message}".strip())


def has_secrecy_mark(text: str) -> bool:
    """Check whether ``text``, plain or HTML, bears a secrecy mark of a document."""
    if "<" in text or "&" in text:
        bare = unescape_html(text)
        return any(_has_mark(_TAG.sub(instead, bare)) for instead in ("\n", "", " ")) or _has_mark(
            bare
        )
    return _has_mark(text)


def find_secrecy_marks(plain: str) -> Iterator[tuple[int, int]]:
    """Yield where marks stand in a text that has no disguises: composed letters of the Latin
    alphabet, single blanks, nothing invisible.
    """
    plain = plain.replace("\t", "\n").replace("|", " ")
    if not _SPREAD.search(plain):
        return
    start = 0
    for gap in chain(_SENTENCE.finditer(plain), [None]):
        end = gap.start() if gap else len(plain)
        for first, last in _find_marks_of_sentence(plain[start:end]):
            yield start + first, start + last
        start = gap.end() if gap else end


def require_no_secrecy_mark(texts: Iterable[str]) -> None:
    """Raise SecrecyRefused when one of ``texts`` bears a mark. Each is read by itself: a mark alone
    on its line must not hide behind its neighbour.
    """
    if any(has_secrecy_mark(text) for text in texts):
        raise SecrecyRefused


def _has_mark(text: str) -> bool:
    return any(True for _span in find_secrecy_marks(_remove_disguises(text)))


def _remove_disguises(text: str) -> str:
    """Undo what hides a mark from the patterns: other alphabets, invisible
    characters, odd spaces.
    """
    if not text.isascii():
        swelling, invisible = _compile_odd_letters()
        text = normalize_unicode("NFKD", swelling.sub("?", text))
        if _LOOKALIKE.search(text):  # most texts hold none, and to translate takes longer
            text = text.translate(LOOKALIKES)
        # Marks that belong to no letter are decoration, and what lies between a letter and its
        # marks would keep them apart.
        text = _MARKS_OF_LETTERS.sub("", normalize_unicode("NFC", invisible.sub("", text)))
    return re.sub(r"[^\S\n]+|\|", " ", re.sub(r"[\r\v\f\x1c-\x1e\x85\u2028\u2029]|\t", "\n", text))


@cache
def _compile_odd_letters() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return what finds letters that stand for five or more, of which none spells a mark, and
    decorations but for the marks that letters are made of.

    One letter may become eighteen: a form of 2.5 MB full of them took 28 seconds to read.
    """
    letters = [chr(code) for code in chain(range(0x20000), range(0xE0000, 0xE1000))]
    swelling = [letter for letter in letters if len(normalize_unicode("NFKD", letter)) > 4]
    invisible = [
        letter
        for letter in letters
        if is_decoration(letter) and (letter == _JOINER or not _MARKS_OF_LETTERS.match(letter))
    ]
    return re.compile(f"[{''.join(swelling)}]"), re.compile(make_class(invisible))


def _find_marks_of_sentence(sentence: str) -> list[tuple[int, int]]:
    if _ALONE.fullmatch(sentence.strip()):
        mark = _MARKS.search(sentence)
        return [mark.span()] if mark else []
    lesson = _LESSON.search(sentence)
    taught_from = lesson.start() if lesson else len(sentence)
    spans = {
        match.span()
        for marks in (_BRACKETED, _LABELLED, _CAPITAL_MARK, _TYPED_MARK)
        for match in marks.finditer(sentence)
    }
    if document := _OF_DOCUMENT.search(sentence):
        warning = WARNING.search(sentence)
        if not (warning and warning.start() < document.start()):
            spans.add(document.span())
    if sentence != sentence.upper():  # not shouted as a whole
        spans |= {match.span() for match in _CAPITAL.finditer(sentence) if _stands_alone(match)}
    return sorted(span for span in spans if span[0] < taught_from)


def _stands_alone(match: re.Match[str]) -> bool:
    """Check that MẬT is not a part of another word."""
    before = match.string[max(0, match.start() - 12) : match.start()]
    after = match.string[match.end() : match.end() + 14]
    return not _BEFORE.search(before) and not _AFTER.match(after)
