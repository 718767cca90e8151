"""Number plates of vehicles."""

import re
from collections.abc import Iterator

from posts.checks.leaks.base import Found, Reading, Rule, Severity
from posts.checks.leaks.text import CAPITAL, read_list

_PROVINCES = read_list("plate_provinces.txt")
_SERIES = r"[A-HK-NPR-VXYZ](?:[1-9]|[A-HK-NPR-VXYZ])?|MĐ\d?|LD|DA|KT|RM|NG|NN|QT|CV|TĐ|HC"
_PLATE = re.compile(
    rf"(?<![\w./,])(\d{{2}}) ?-? ?({_SERIES})[ .-]{{0,3}}"
    r"(?P<figures>\d{3}[. -]\d{2}|\d{2}\.\d{3}|\d{5}|\d{4})"
    # A dotted one may have a word glued to it.
    rf"(?!\d|[.]\d)(?:(?<=\.\d\d)(?!{CAPITAL})|(?![^\W\d_]))"
)
_SMALL_PLATE = re.compile(
    r"(?<![\w./,])(\d{2})-?([a-hk-npr-vxyz][1-9a-hk-npr-vxyz]?)(?P<mark>[ ]?[.-] ?)?"
    r"(?P<figures>\d{3}\.\d{2}|\d{2}\.\d{3}|\d{5}|\d{4})(?!\d|[.]\d|[^\W\d_])"
)
# Behind words for it, whatever keeps its parts apart, also with letters for digits: 29A_O12.34.
_GAP = r"[\W_]{0,3}"
_CALLED_NUMBER = re.compile(
    r"(?<!\w)(?<!tuyến )(?P<cue>biển(?: số| kiểm soát)?|BK?S|xe(?: máy| ô ?tô)?)"
    r"(?: (?:số|xe|là|mang biển(?: số)?))?[\W_]{0,3}"
    rf"(?P<number>(?P<province>[\dO]{_GAP}[\dO]){_GAP}(?P<series>[A-HK-NPR-VXYZÁÂ][1-9A-HK-NPR-VXYZ]?){_GAP}"
    rf"(?P<figures>[\dOoIl](?:{_GAP}[\dOoIl]){{3,4}}))(?!\w?\d)",
    re.IGNORECASE,
)
_LIKE_DIGITS = str.maketrans("OoIl", "0011")
_DIPLOMATIC = re.compile(r"(?<![\w./,])\d{2}[ -]?\d{3}[ -]?(?:NG|NN|QT|CV)[ -]?\d{2}(?![\w])")
_CUE_BEFORE = re.compile(
    r"(?<!\w)(?:biển|BKS|BS|xe|ô ?tô|mô ?tô|taxi|container|phương tiện|ba gác|rơ ?moóc|"
    r"đầu kéo)(?!\w)",
    re.IGNORECASE,
)
_CALLED_PLATE = re.compile(r"(?:biển(?: số| kiểm soát)?|BKS)(?: xe)?[ :]{1,3}$", re.IGNORECASE)
_CUE_AFTER = re.compile(r"^[^\n.]{0,15}?(?:biển|xe|ô tô|mô tô)\b", re.IGNORECASE)
_NO_PLATE_BEFORE = re.compile(
    r"(?<!\w)(?:phòng|căn hộ|căn|tầng|lô|block|tòa|toà|số nhà|khoản|điểm|điều|mẫu|mã|thửa|"
    r"model|seri|quốc lộ|QL|tỉnh lộ|TL|ĐT|tuyến(?: xe)?|buýt|bus)[^\w\n]{0,3}(?:số )?$",
    re.IGNORECASE,
)
_MEASURE_AFTER = re.compile(r" ?(?:kg|km|m|tấn|lít|đồng|người|lượt|%)(?!\w)")
_AUCTION = re.compile(r"đấu giá", re.IGNORECASE)  # what the state sells by its number
_MILITARY = re.compile(
    r"(?:biển (?:số|đỏ|kiểm soát)|xe quân (?:đội|sự)|BKS)[^\n.]{0,25}?"
    r"(?<!\w)([ABCDHKLMNPQRTV][A-Z][ -]?\d{2}[.-]?\d{2})(?!\w|[.-]\d)"
)
_BOAT = re.compile(r"tàu|thuyền|ghe|ca nô|cano|sà lan|phà|đò", re.IGNORECASE)


def plates(reading: Reading) -> Iterator[Found]:
    for match in _DIPLOMATIC.finditer(reading.text):
        yield Found(*match.span(), Severity.HARD)
    is_auction = bool(_AUCTION.search(reading.text))
    for pattern in (_PLATE, _SMALL_PLATE):
        for match in pattern.finditer(reading.text):
            if match[1] not in _PROVINCES or _MEASURE_AFTER.match(reading.text, match.end()):
                continue
            # Small letters without a mark or a cue: 20h1500 is a time and a number.
            if pattern is _SMALL_PLATE and not (
                match["mark"] or _CALLED_PLATE.search(reading.text_before(match.start(), 24))
            ):
                continue
            if is_auction:
                yield Found(*match.span(), Severity.INFO)
                continue
            if _NO_PLATE_BEFORE.search(reading.text_before(match.start(), 18)):
                continue
            if _CUE_BEFORE.search(reading.text_before(match.start(), 50)) or _CUE_AFTER.search(
                reading.text_after(match.end(), 20)
            ):
                yield Found(*match.span(), Severity.HARD)
            elif match["figures"][3:4] == ".":
                yield Found(*match.span(), Severity.SOFT)
    for match in _CALLED_NUMBER.finditer(reading.text):
        province = re.sub(r"\W|_", "", match["province"].translate(_LIKE_DIGITS).upper())
        digits = sum(map(str.isdigit, match["figures"]))
        # xe 20h 1500: an hour and a number.
        is_written = match["series"].isupper() or not match["cue"].lower().startswith("xe")
        if (
            province in _PROVINCES
            and digits >= 2
            and is_written
            and not is_auction
            and not _MEASURE_AFTER.match(reading.text, match.end())
        ):
            yield Found(*match.span("number"), Severity.HARD)


def military_plates(reading: Reading) -> Iterator[Found]:
    for match in _MILITARY.finditer(reading.text):
        if not _BOAT.search(reading.text_around(match.start(), match.end(), 60, 30)):
            yield Found(*match.span(1), Severity.HARD)


RULES = (
    Rule("plate", Severity.HARD, plates),
    Rule("plate_mil", Severity.HARD, military_plates),
)
