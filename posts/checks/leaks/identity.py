"""Numbers of identity papers."""

import re
from collections.abc import Iterator

from posts.checks.leaks.base import Found, Reading, Rule, Severity
from posts.checks.leaks.lists import read_list

_PROVINCES = read_list("birth_registration_codes.txt")
_TWELVE = re.compile(r"(?<![\d/.-])\d(?:[ .-]{0,2}\d){11}(?![\d/]|[.-]\d)")


def personal_numbers(reading: Reading) -> Iterator[Found]:
    for match in _TWELVE.finditer(reading.text):
        digits = re.sub(r"\D", "", match.group())
        if _is_personal_number(digits, reading.today.year):
            yield Found(*match.span(), Severity.HARD)


def _is_personal_number(digits: str, this_year: int) -> bool:
    """Check the structure: place of birth registration, sex and century, year of birth."""
    if digits[:3] not in _PROVINCES or digits[3] not in "0123":
        return False
    year = (1900 if digits[3] in "01" else 2000) + int(digits[4:6])
    return 1910 <= year <= this_year


RULES = (Rule("id_cccd", Severity.HARD, personal_numbers),)
