"""Telephone numbers and addresses by which one reaches a person."""

import re
from collections.abc import Iterator

from posts.checks.leaks.base import Found, Reading, Rule, Severity
from posts.checks.leaks.text import is_amount, read_list

_REST = r"(?:(?:[ .()-]{0,2}|\n)\d){7}(?!\d)"
_FRONT = r"(?<!\d)(?<!\d[.,])\(?(?:\+?(?:00)?84|0)\)?[ .-]?\(?"
_PREFIXES = "|".join(f"{prefix[0]}[ .]?{prefix[1]}" for prefix in read_list("mobile_prefixes.txt"))
_MOBILE = re.compile(rf"{_FRONT}(?:{_PREFIXES}){_REST}")
# Mobile numbers had eleven digits until 2018; old texts, copied, still lead to their owners.
_OLD_MOBILE = re.compile(
    rf"(?:điện thoại|\bS?ĐT\b|số máy|liên hệ|gọi|zalo)[^\d\n]{{0,30}}?"
    rf"({_FRONT}1(?:2\d|6[2-9]|86|88|99){_REST})",
    re.IGNORECASE,
)
_POLICE_LINE = re.compile(r"(?<!\d)(?:\(?\+?84\)?|0)?[ .-]?69(?:[ .]{0,2}\d){6,8}(?!\d)")
# Not the x of a next word: xin, xã, xem.
_MASKED_AFTER = re.compile(r" ?\.?(?:[xX]{2}|\*{2}|[xX](?!\w))")
_SCAM = re.compile(r"lừa đảo|giả danh|mạo danh|giả mạo|số lạ|đầu số", re.IGNORECASE)
# What is sold for its figures: 0888.888.888.
_AUCTION = re.compile(r"đấu giá|sim số đẹp", re.IGNORECASE)
_FIGURES_OF_AUCTION = 3
_HOTLINE = re.compile(r"đường dây nóng|hotline|tổng đài", re.IGNORECASE)
_EMAIL = re.compile(
    r"(?<![\w.+-])[A-Za-z0-9][\w.+-]{0,63}@((?:[A-Za-z0-9-]{1,63}\.){1,4}[A-Za-z]{2,10})"
)


def mobile_numbers(reading: Reading) -> Iterator[Found]:
    if not reading.has_number:
        return
    spans = [match.span() for match in _MOBILE.finditer(reading.text)]
    spans += [match.span(1) for match in _OLD_MOBILE.finditer(reading.text)]
    hotlines: set[str] = set()
    numbers = []
    for start, end in spans:
        number = _to_national_number(reading.text[start:end])
        if number in reading.allowed.phones or _is_no_number(reading, start, end):
            continue
        if _HOTLINE.search(reading.text_around(start, end, 60, 40)):
            hotlines.add(number)
        numbers.append((start, end, number))
    is_auction = bool(numbers and _AUCTION.search(reading.text))
    for start, end, number in numbers:
        # Shown as a line of a body: the list of the unit's numbers should have it.
        severity = Severity.WARN if number in hotlines else Severity.HARD
        if is_auction and len(set(number)) <= _FIGURES_OF_AUCTION:
            severity = Severity.INFO
        if severity == Severity.HARD and _SCAM.search(reading.text_around(start, end, 80, 80)):
            severity = Severity.SOFT  # numbers of callers are forged, and belong to innocents
        yield Found(start, end, severity)


def _is_no_number(reading: Reading, start: int, end: int) -> bool:
    """Check for a masked number, a column of numbers, and for a row of pairs, as drawn numbers are
    written.
    """
    if _MASKED_AFTER.match(reading.text, end) or reading.text.count("\n", start, end) > 1:
        return True
    pairs = max(map(len, re.findall(r"\d+", reading.text[start:end]))) == 2
    return pairs and bool(
        re.match(r"[ .,-]{1,2}\d", reading.text_after(end, 3))
        or re.search(r"\d[ .,-]{1,2}$", reading.text_before(start, 3))
    )


def police_lines(reading: Reading) -> Iterator[Found]:
    if not reading.has_number:
        return
    for match in _POLICE_LINE.finditer(reading.text):
        number = _to_national_number(match.group())
        is_allowed = {number, f"0{number}"} & reading.allowed.phones
        if not is_allowed and not is_amount(reading.text, *match.span()):
            yield Found(*match.span(), Severity.INFO)


def _to_national_number(written: str) -> str:
    return re.sub(r"^(?:00)?84", "0", re.sub(r"\D", "", written))


def email_addresses(reading: Reading) -> Iterator[Found]:
    for match in _EMAIL.finditer(reading.text):
        host = match[1].casefold()
        is_hidden = ".." in match.group()
        if (
            not is_hidden
            and not f".{host}".endswith(".gov.vn")
            and host not in reading.allowed.hosts
        ):
            yield Found(*match.span(), Severity.WARN)


RULES = (
    Rule("phone_personal", Severity.HARD, mobile_numbers),
    Rule("phone_069", Severity.INFO, police_lines),
    Rule("email_personal", Severity.WARN, email_addresses),
)
