"""Numbers of bank accounts and payment cards."""

import re
from collections.abc import Iterator

from posts.checks.leaks.base import Found, Reading, Rule, Severity
from posts.checks.leaks.text import is_amount, is_date, pattern_of_list

_NUMBER = r"(\d(?:[ .-]?\d){5,18})(?![\dxX*])(?![ .]?(?:xxx|XXX|\*))"
_CUED = re.compile(
    r"(?:\bSTK(?![^\W\d_])|số tài khoản|tài khoản"
    r"(?: (?:ngân hàng|số|nhận tiền|thụ hưởng|cá nhân))*|"
    rf"\bTK(?![^\W\d_])(?: số)?)[^\d\n]{{0,60}}?{_NUMBER}",
    re.IGNORECASE,
)
_TRANSFER = re.compile(
    rf"(?:chuyển khoản|chuyển tiền|ủng hộ|gửi về|nhận tiền)[^\d\n]{{0,40}}?"
    rf"(?<!\w)(?:{pattern_of_list('bank_names.txt')})\b[^\d\n]{{0,15}}?{_NUMBER}",
    re.IGNORECASE,
)
_AT_BANK = re.compile(
    rf"(?<![\w.,/-])(\d(?:[ .-]?\d){{7,18}})(?!\d)[ ,(-]{{1,3}}"
    rf"(?:ngân hàng |NH )?(?:{pattern_of_list('bank_names.txt')})\b"
)
_BANK_FIRST = re.compile(
    rf"(?<!\w)(?:{pattern_of_list('bank_names.txt')})(?!\w)[ :,(-]{{1,3}}"
    r"(?:số )?(\d(?:[ .-]?\d){8,18})"
    r"(?![\dxX*])"
)
_LANDLINE = re.compile(r"02\d{9}")
_DIGITAL = re.compile(
    r"tài khoản (?:định danh|mạng xã hội|VNeID|Facebook|Zalo|điện tử|game)", re.IGNORECASE
)
_TELEPHONE = re.compile(
    r"điện thoại|\bS?ĐT\b|hotline|tổng đài|đường dây|liên hệ|gọi|zalo|CCCD|căn cước|định danh|"
    r"CMND|chứng minh",
    re.IGNORECASE,
)
_SERVICE_NUMBER = re.compile(r"1[89]00(?:\d{4}|\d{6})")
_PUBLIC_FUND = re.compile(
    r"kho bạc|mặt trận tổ quốc|MTTQ|ban vận động cứu trợ|quỹ cứu trợ", re.IGNORECASE
)
_CARD = re.compile(
    r"(?<![\d.,])(?:9704|4\d{3}|5[1-5]\d{2}|2[2-7]\d{2}|35\d{2}|62\d{2})(?:[ -]?\d){12,15}(?!\d)"
)


def bank_accounts(reading: Reading) -> Iterator[Found]:
    if not reading.has_number:
        return
    for pattern in (_CUED, _TRANSFER, _AT_BANK, _BANK_FIRST):
        for match in pattern.finditer(reading.text):
            if not _is_something_else(reading, match):
                yield Found(*match.span(1), _severity(reading, match))


def _is_something_else(reading: Reading, match: re.Match[str]) -> bool:
    digits = re.sub(r"\D", "", match[1])
    before = match.group()[: match.start(1) - match.start()]
    return bool(
        digits in reading.allowed.accounts
        or is_amount(reading.text, *match.span(1))
        or is_date(match[1])
        or _DIGITAL.match(before)
        or _TELEPHONE.search(before)
        or _SERVICE_NUMBER.fullmatch(digits)
        or (match.re is _BANK_FIRST and _LANDLINE.fullmatch(digits))
        or (match.re is _AT_BANK and _TELEPHONE.search(reading.text_before(match.start(1), 25)))
    )


def _severity(reading: Reading, match: re.Match[str]) -> Severity:
    """Return SOFT where the account is said to be a public fund's: then a leader looks at it."""
    near = reading.text_around(match.start(), match.end(), 120, 80)
    return Severity.SOFT if _PUBLIC_FUND.search(near) else Severity.HARD


def payment_cards(reading: Reading) -> Iterator[Found]:
    for match in _CARD.finditer(reading.text):
        digits = re.sub(r"\D", "", match.group())
        if len(digits) in (16, 19) and _has_check_digit(digits):
            yield Found(*match.span(), Severity.HARD)


def _has_check_digit(digits: str) -> bool:
    """Check the sum by Luhn."""
    doubled = (int(digit) * 2 for digit in digits[-2::-2])
    total = sum(map(int, digits[-1::-2])) + sum(digit - 9 * (digit > 9) for digit in doubled)
    return total % 10 == 0


RULES = (
    Rule("card_pan", Severity.HARD, payment_cards),
    Rule("bank_acc", Severity.HARD, bank_accounts),
)
