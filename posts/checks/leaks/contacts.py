"""Telephone numbers and addresses by which one reaches a person."""

import re
from collections.abc import Iterator

from posts.checks.leaks.base import Found, Reading, Rule, Severity
from posts.checks.leaks.lists import read_list

_PREFIXES = "|".join(sorted(read_list("mobile_prefixes.txt")))
_MOBILE = re.compile(
    rf"(?<!\d)(?<!\d[.,])\(?(?:\+?(?:00)?84|0)\)?[ .-]?\(?(?:{_PREFIXES})"
    r"(?:[ .()-]{0,2}\d){7}(?!\d)"
)
_SCAM = re.compile(r"lừa đảo|giả danh|mạo danh|giả mạo|số lạ|đầu số", re.IGNORECASE)


def mobile_numbers(reading: Reading) -> Iterator[Found]:
    for match in _MOBILE.finditer(reading.text):
        number = re.sub(r"^(?:00)?84", "0", re.sub(r"\D", "", match.group()))
        if number in reading.allowed.phones:
            continue
        near = reading.text[max(0, match.start() - 80) : match.end() + 80]
        yield Found(*match.span(), Severity.SOFT if _SCAM.search(near) else Severity.HARD)


RULES = (Rule("phone_personal", Severity.HARD, mobile_numbers),)
