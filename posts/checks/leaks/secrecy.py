"""Marks of state secrets."""

import re
from collections.abc import Iterator

from core.secrecy import WARNING, find_secrecy_marks
from posts.checks.leaks.base import Found, Reading, Rule, Severity

_LINE = r"(?:^|(?<=\n))[ \t*_(\[“\"-]*"
_LINE_END = r"[ \t*_)\]”\".-]*(?=\n|$)"
# Stamps beside a mark. In small letters within a sentence they are ordinary words.
_STAMP = re.compile(
    rf"{_LINE}(?i:tài liệu thu hồi|chỉ người có tên mới được bóc bì|giải mật){_LINE_END}"
    r"|TÀI LIỆU THU HỒI(?! ĐẤT)|CHỈ NGƯỜI CÓ TÊN MỚI ĐƯỢC BÓC BÌ|(?<!\w)GIẢI MẬT(?! MÃ| THƯ)(?!\w)"
    r"|(?i:chỉ người có tên mới được bóc bì)|đóng dấu (?:MẬT|TỐI MẬT|TUYỆT MẬT|độ mật)"
)
_SAID_STAMP = re.compile(r"đóng dấu [“\"]?(?:Mật|Tối mật|Tuyệt mật)(?!\w)(?! khẩu| mã)")


def marks_of_secrets(reading: Reading) -> Iterator[Found]:
    for start, end in find_secrecy_marks(reading.plain.text):
        yield Found(start, end, Severity.HARD)
    for match in _STAMP.finditer(reading.text):
        yield Found(*match.span(), Severity.SOFT)
    for match in _SAID_STAMP.finditer(reading.text):
        first, _last = reading.sentence_span(match.start(), match.end())
        if not WARNING.search(reading.text, first, match.start()):
            yield Found(*match.span(), Severity.SOFT)


RULES = (Rule("secret_mark", Severity.HARD, marks_of_secrets, sensitive=True),)
