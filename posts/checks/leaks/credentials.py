"""Passwords, codes, addresses of machines, coordinates and numbers of officers."""

import re
from collections.abc import Iterator

from posts.checks.leaks.base import Found, Reading, Rule, Severity

_PASSWORD = re.compile(
    r"(?<!\w)(?:mật khẩu|password|passwd|pass|mk|pwd|mã PIN)(?: [^\W\d_]+){0,5}?\s?"
    r"(?:là|la|[:=])\s{0,2}[\"“'(]?((?=[^\s,;]{0,40}[\d@#$%!&])[^\s,;\"”]{4,40})",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"(?<!\w)(?:OTP(?![^\d\n]{0,20}năm)[^\d\n.,;?!]{0,20}|(?:mã xác (?:thực|nhận)|mã PIN|(?-i:PIN))"
    r"(?: OTP| là| của [^\W\d_]{1,6}){0,3}[ :]{1,3})(?<!\d)"
    r"(\d(?:[ .-]?\d){3,7})(?![\d.]| ?(?:\d|số|ký tự|chữ|mAh|giờ|phút|giây))",
    re.IGNORECASE,
)
# Without a word between: mk wifi hoamai113#.
_SHORT_PASSWORD = re.compile(
    r"(?<!\w)(?:mk|pass|password)(?: wifi)? ((?=[^\s,;]{0,40}\d)(?=[^\s,;]{0,40}[A-Za-z@#$%!&])"
    r"[^\s,;\"”]{6,40}|\d{8,12})(?!\w)",
    re.IGNORECASE,
)
_SIGN_IN = re.compile(
    r"(?<![\w/])((?:admin|root|user|administrator) ?/ ?(?=[^\s,;]{0,29}[\d@#$%!&])"
    r"[^\s,;]{4,30})",
    re.IGNORECASE,
)
_LESSON = re.compile(
    r"(?<!\w)(?:đừng|không nên|không được|không đặt|không dùng|tránh|dễ đoán|ví dụ|chẳng hạn|"
    r"kiểu như|yếu|mật khẩu mạnh|quá đơn giản|phổ biến)(?!\w)",
    re.IGNORECASE,
)
_PRIVATE = re.compile(
    r"(?<![\w.])(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d{1,3}){2,3}(?![\d]|\.\d)"
)
_NO_ADDRESS_AFTER = re.compile(r" ?(?:đồng|đ\b|VND|VNĐ|USD|triệu|tỷ)", re.IGNORECASE)
_VERSION_BEFORE = re.compile(r"(?:phiên bản|version|iOS|bản|v)\.? ?$", re.IGNORECASE)
_COORDINATES = re.compile(
    r"(?<![\d.])(?:[89]|1\d|2[0-3])\.\d{4,15}(?: ?[,;] ?| - | )1(?:0[2-9]|1[0-4])\.\d{4,15}(?!\d)"
)
_DEGREES = re.compile(
    r"(?<!\d)(?:[89]|1\d|2[0-3])°\d{1,2}['′]\d{1,2}(?:\.\d+)?[\"″]?N[ ,;]{0,3}"
    r"1(?:0[2-9]|1[0-4])°\d{1,2}['′]\d{1,2}(?:\.\d+)?[\"″]?E"
)
_OFFICER_NUMBER = re.compile(
    r"(?<!\w)số hiệu(?: (?:CAND|Công an nhân dân|cán bộ|sĩ quan|chiến sĩ|công an))?"
    r"(?: là)?[ :]{0,3}(\d{3}[-. ]\d{3})(?![\d-])",
    re.IGNORECASE,
)
_OFFICER_CARD = re.compile(
    r"(?:chứng minh|thẻ|giấy chứng minh|CM)(?: [^\W\d_]+){0,2} (?:CAND|Công an nhân dân|sĩ quan|"
    r"quân nhân|quân đội)[^\d\n]{0,25}(\d{3}[-. ]?\d{2,9})(?!\d)",
    re.IGNORECASE,
)


def passwords(reading: Reading) -> Iterator[Found]:
    for pattern in (_PASSWORD, _SHORT_PASSWORD, _CODE, _SIGN_IN):
        for match in pattern.finditer(reading.text):
            first, last = reading.sentence_span(match.start(), match.end(), 80)
            if not _LESSON.search(reading.text[first:last]):
                start, end = match.span(1)
                end = start + len(match[1].rstrip(".)”\"'!?")) or end
                yield Found(start, end, Severity.HARD)


def private_addresses(reading: Reading) -> Iterator[Found]:
    for match in _PRIVATE.finditer(reading.text):
        parts = match.group().split(".")
        if len(parts) != 4 or any(int(part) > 255 or str(int(part)) != part for part in parts):
            continue
        if not _NO_ADDRESS_AFTER.match(reading.text, match.end()) and not _VERSION_BEFORE.search(
            reading.text_before(match.start(), 12)
        ):
            yield Found(*match.span(), Severity.HARD)


def coordinates(reading: Reading) -> Iterator[Found]:
    for pattern in (_COORDINATES, _DEGREES):
        for match in pattern.finditer(reading.text):
            yield Found(*match.span(), Severity.SOFT)


def officer_numbers(reading: Reading) -> Iterator[Found]:
    for match in _OFFICER_CARD.finditer(reading.text):
        yield Found(*match.span(1), Severity.HARD)
    for match in _OFFICER_NUMBER.finditer(reading.text):
        yield Found(*match.span(1), Severity.SOFT)


RULES = (
    Rule("credential", Severity.HARD, passwords, sensitive=True),
    Rule("internal_ip", Severity.HARD, private_addresses),
    Rule("gps", Severity.SOFT, coordinates),
    Rule("police_id", Severity.HARD, officer_numbers),
)
