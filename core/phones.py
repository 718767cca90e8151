"""Telephone numbers that a police body shows to residents: Vietnamese subscribers, and the short
numbers of public services.
"""

import re

# Emergency services, child protection, spam calls, information desks of provinces.
SHORT = frozenset({"111", "112", "113", "114", "115", "156", "1022", "5656"})
_SUBSCRIBER = re.compile(
    r"02\d{9}"  # a landline: area and subscriber make ten digits behind the 0
    r"|0[35789]\d{8}"  # a mobile
    r"|1[89]00(?:\d{4}|\d{6})"  # a service number
)
_BETWEEN = re.compile(r"[\s.()/\u00a0-]+")
_AREA = re.compile(r"02[48]")  # Hà Nội and Hồ Chí Minh City alone have two digits


def parse_digits(typed: str) -> str | None:
    """Return the digits of a number as it is dialled within the country, such as 02363822300 for
    '(+84) 236 3822 300'; None for what is no number of a Vietnamese subscriber or service.
    """
    bare = _BETWEEN.sub("", typed)
    bare = re.sub(r"^(?:\+|00)84", "0", bare)
    if not bare.isascii() or not bare.isdigit():
        return None
    return bare if bare in SHORT or _SUBSCRIBER.fullmatch(bare) else None


def group_digits(number: str) -> str:
    """Group the digits of a number as residents are used to reading it: 0236.3822.300."""
    if number in SHORT or len(number) < 8:
        return number
    if number.startswith("02"):
        area = 3 if _AREA.match(number) else 4
        return f"{number[:area]}.{number[area : area + 4]}.{number[area + 4 :]}"
    if number.startswith("0"):
        return f"{number[:4]}.{number[4:7]}.{number[7:]}"
    return f"{number[:4]}.{number[4:]}"
