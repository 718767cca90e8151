"""Finds secrecy marks of documents. A portal on the internet may hold no state secret: what bears a
mark is not stored.

The marks and where they stand on a document: Decree 26/2020/NĐ-CP and Circular 24/2020/TT-BCA.
Accents matter: without them MẬT is mặt or mát.
"""

import html
import re
import unicodedata
from collections.abc import Iterable

from django.utils.translation import gettext as _

from core.errors import Refused

# Letters of other alphabets that look like those of the marks.
_LOOKALIKES = str.maketrans("МАТОІУЕСКНмаоуесАΑΜΤΟΙΥΕΚΗΝ", "MATOIYECKHmaoyecAAMTOIYEKHN")
_GAP = r"[ .·_*-]{0,3}"


def _spaced(word: str) -> str:
    """Return ``word`` as it is, and with its letters spaced out, as marks are often typeset."""
    return _GAP.join(word)


_MARK = "|".join(
    rf"{_spaced(first)}[ .·_*-]{{0,6}}{_spaced('mật')}" if first else _spaced("mật")
    for first in ("tuyệt", "tối", "")
)
# Words that stand on one line with a mark and make no sentence of it.
_COMPANIONS = (
    r"hỏa tốc|hoả tốc|thượng khẩn|khẩn|hẹn giờ|mức độ|độ|dấu|bản|số|đóng|tài liệu|văn "
    r"bản|công văn|hồ sơ|kế hoạch|"
    r"báo cáo|phương án|điện|thông tin|và|loại"
)
_ALONE = re.compile(
    rf"(?:\W|\d|_|\b(?:{_COMPANIONS})\b)*\b(?:{_MARK})\b(?:\W|\d|_|\b(?:{_COMPANIONS})\b)*",
    re.IGNORECASE,
)
_BRACKETED = re.compile(rf"[(\[{{<«]\W{{0,4}}(?:{_MARK})\W{{0,4}}[)\]}}>»]", re.IGNORECASE)
_LABELLED = re.compile(
    rf"\b(?:độ|mức độ|cấp độ|dấu độ|dấu|mức) (?:mật )?\W{{0,3}}(?:[:=|/–—-])\W{{0,4}}(?:{_MARK})\b"
    rf"|\b(?:độ|mức độ|cấp độ|dấu độ|dấu) mật\W{{0,3}}[:=|/–—-]\W{{0,4}}(?:{_MARK})\b",
    re.IGNORECASE,
)
_CAPITAL_MARK = re.compile(rf"\b(?:TUYỆT|TỐI){_GAP}MẬT\b")
_CAPITAL = re.compile(r"\bMẬT\b")
# What MẬT belongs to in ordinary words, before and after it.
_BEFORE = re.compile(r"(?:BẢO|BÍ|CƠ|THÂN|NGỌT|TRĂNG|ĐƯỜNG|TÚI|GẤU|RỈ|NỒNG|ĐỘ|HƯƠNG|KÍN)\W{0,2}$")
_AFTER = re.compile(
    r"\W{0,2}(?:KHẨU|MÃ|ONG|VỤ|THƯ|DANH|PHỤC|THIẾT|ĐỘ|BÁO|THÁM|NGỌT|HOA|MÍA|GẤU|KHU|NGHỊ|NGỮ|LỆNH|ƯỚC|THẤT|TRUYỀN|BÀI)\b"
)
# A lesson about the marks names the law or the levels before it names a mark, in the same sentence.
_LESSON = re.compile(
    r"bảo vệ bí mật nhà nước|(?:ba|3|các|những) (?:cấp |mức )?độ mật", re.IGNORECASE
)
_SENTENCE = re.compile(r"(?<=[.!?;…])\s+|\n")
_TAG = re.compile(r"<[^<>]*>")
_SPREAD = re.compile(_spaced("mật"), re.IGNORECASE)


class SecrecyRefused(Refused):
    """The text bears a secrecy mark; nothing of it was stored."""

    def __init__(self, where: str = "") -> None:
        words = _(
            "The text seems to hold a state secret. Nothing was saved. "
            "Stop drafting on this system and report to your unit's leader."
        )
        super().__init__(f"{where} {words}".strip())


def has_secrecy_mark(text: str) -> bool:
    """Check whether ``text``, plain or HTML, bears a secrecy mark of a document."""
    if "<" in text or "&" in text:
        bare = html.unescape(text)
        return any(_marked(_TAG.sub(instead, bare)) for instead in ("\n", "", " ")) or _marked(bare)
    return _marked(text)


def require_no_secrecy_mark(texts: Iterable[str]) -> None:
    """Raise SecrecyRefused when one of ``texts`` bears a mark. Each is read by itself: a mark alone
    on its line must not hide behind its neighbour.
    """
    if any(has_secrecy_mark(text) for text in texts):
        raise SecrecyRefused


def _marked(text: str) -> bool:
    text = _plain(text)
    if not _SPREAD.search(text):
        return False
    return any(_marks_sentence(sentence) for sentence in _SENTENCE.split(text))


def _plain(text: str) -> str:
    """Undo what hides a mark from the patterns: other alphabets, invisible
    characters, odd spaces.
    """
    text = unicodedata.normalize("NFKD", text).translate(_LOOKALIKES)
    text = unicodedata.normalize("NFC", text)
    text = "".join(c for c in text if unicodedata.category(c) != "Cf")
    return re.sub(r"[^\S\n]+|\|", " ", re.sub(r"[\r\v\f\x1c-\x1e\x85\u2028\u2029]|\t", "\n", text))


def _marks_sentence(sentence: str) -> bool:
    if _ALONE.fullmatch(sentence.strip()):
        return True
    lesson = _LESSON.search(sentence)
    taught_from = lesson.start() if lesson else len(sentence)
    found = [
        match
        for marks in (_BRACKETED, _LABELLED, _CAPITAL_MARK)
        for match in marks.finditer(sentence)
    ]
    if any(match.start() < taught_from for match in found):
        return True
    shouted = sentence == sentence.upper()
    return not shouted and any(
        match.start() < taught_from
        and not _BEFORE.search(sentence[max(0, match.start() - 12) : match.start()])
        and not _AFTER.match(sentence[match.end() : match.end() + 14])
        for match in _CAPITAL.finditer(sentence)
    )
