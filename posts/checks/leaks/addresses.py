"""Home addresses: a word that says where somebody lives, and a house or a hamlet behind it."""

import re
from collections.abc import Iterator

from posts.checks.leaks.base import Found, Reading, Rule, Severity
from posts.checks.leaks.names import HALF_NAME
from posts.checks.leaks.text import CAPITAL, SMALL

_LEAD = re.compile(
    r"(?<!\w)(?:(?:thường |tạm |cư )?trú(?: tại| ở)?|HKTT|hộ khẩu(?: thường trú)?|ngụ(?: tại| ở)?|"
    r"(?:ở|tại|đến|vào) nhà (?:của )?(?:gia đình )?(?:ông|bà|anh|chị|cụ|cháu|em)|nhà riêng|"
    r"địa chỉ nhà|đ/c nhà|(?<=, )nhà ở|nơi ở|chỗ ở|sống tại|đều ở|hiện ở|(?<=\()ở|(?<=tuổi, )ở|"
    r"(?<=\d{4}, )ở)(?![^\W\d])(?! (?:(?:tại |ở )?(?:các|những|ẩn|mưa|bão|ngụ|bà con))(?!\w))",
    re.IGNORECASE,
)
# Rules and services on residence name no home.
_NO_HOME_BEFORE = re.compile(
    r"(?:đăng ký|thông báo|khai báo|làm thủ tục|tiếp nhận|giải quyết|lưu|nơi|luật|về)\s$",
    re.IGNORECASE,
)
_PERSON_BEFORE = re.compile(rf"(?:{CAPITAL}\.?|{CAPITAL}{SMALL}+|tuổi,|\d{{4}},) ?\(?$")
_WINDOW = 70
_STOP = re.compile(r"[;\n]|\.\s|(?<!\w)(?:điều khiển|đến|bị|đã|về (?:tội|hành vi)|do|vì)(?!\w)")
_HOUSE = re.compile(
    r"(?i:số nhà|nhà số) ?\d+|(?:^ ?|[,:(] ?|(?<!\w)(?i:tại|ở|nhà) )(?i:số) ?"
    r"\d{1,4}[A-Za-z]?(?:/\d+)*(?![\d.])|(?<!\w)(?i:ngõ|ngách|hẻm|kiệt) (?:số )?\d+"
    r"|(?<!\w)K\d+(?:/\d+)+|^[ :,]{0,2}(?:tại |ở )?\d{1,4}[A-Za-z]?(?:/\d+[A-Za-z]?)*,? "
    rf"(?=đường|phố|{CAPITAL}{SMALL})|(?<!\w)(?i:căn hộ) (?:số )?{CAPITAL}?\d"
)
_HAMLET = re.compile(
    r"(?<!\w)(?i:thôn|ấp|bản|xóm|khu phố|KP|tổ dân phố|TDP|tổ|buôn|khóm|làng|khu vực|khu|phum|sóc|"
    rf"đội|phố|đường)\.? (?:số )?(?:\d+|{CAPITAL})"
)
_SPAN_END = re.compile(rf"[\w/]{{0,20}}(?: {CAPITAL}\w{{0,12}}){{0,4}}")
_FULL_NAME_NEAR = 120
# A commune or a province tells of a home where a full name stands right before it.
_COMMUNE = re.compile(
    rf" (?:tại |ở )?(?:(?i:xã|phường|thị trấn|thị xã|đặc khu|huyện|quận|tỉnh|thành phố|TP\.?) )?"
    rf"(?:{CAPITAL}\w{{0,12}})(?: {CAPITAL}\w{{0,12}}){{0,3}}"
)
_LIVES = re.compile(r"(?:(?:thường |tạm |cư )?trú|ngụ|HKTT)", re.IGNORECASE)
_HALF_NAME_BEFORE = re.compile(rf"{HALF_NAME},? ?\(?(?:hiện |đang )?$")
# An address of whom the words beside it name: anh Bịa, đ/c số 12 ngõ 3.
_ADDRESS_OF = re.compile(
    r"(?<!\w)(?i:địa chỉ|đ/c|đc)(?: nhà)? ?: ?(?i:số |số nhà )?\d{1,4}[A-Za-z]?(?:/\d+){0,3}"
    rf"(?: (?i:ngõ|ngách|hẻm|kiệt) \d+| {CAPITAL}{SMALL}+){{1,3}}"
    rf"(?=, (?:anh|chị|ông|bà|cháu|em) {CAPITAL})"
)
_HOUSE_OF = re.compile(
    rf"(?<!\w)nhà (?i:anh|chị|ông|bà) {CAPITAL}{SMALL}{{1,6}} số \d{{1,4}}[^.;\n]{{0,12}}?"
    r"(?:ngõ|hẻm|kiệt|đường) ?[\w/]+"
)
_RIGHT_BEFORE = re.compile(r" ?[,(]? ?(?:hiện |đang |cùng )?")


def home_addresses(reading: Reading) -> Iterator[Found]:
    for lead in _LEAD.finditer(reading.text):
        if _NO_HOME_BEFORE.search(reading.text_before(lead.start(), 14)):
            continue
        if lead.group().lower() == "ở" and not _PERSON_BEFORE.search(
            reading.text_before(lead.start(), 12)
        ):
            continue
        after = reading.text_after(lead.end(), _WINDOW)
        stop = _STOP.search(after)
        after = after[: stop.start()] if stop else after
        house = _last_match(_HOUSE, after)
        if house:
            yield Found(
                lead.start(), _end_of_address(reading, lead.end() + house.end()), Severity.HARD
            )
            continue
        hamlet = _HAMLET.search(after)
        if hamlet:
            # Without a full name nearby: a hamlet alone leads to nobody.
            is_told = reading.names_between(
                lead.start() - _FULL_NAME_NEAR, lead.end() + 30
            ) or _HALF_NAME_BEFORE.search(reading.text_before(lead.start(), 40))
            severity = Severity.WARN if is_told else Severity.INFO
            yield Found(lead.start(), _end_of_address(reading, lead.end() + hamlet.end()), severity)
            continue
        commune = _COMMUNE.match(after)
        if commune and _LIVES.match(lead.group()) and _has_full_name_right_before(reading, lead):
            yield Found(lead.start(), lead.end() + commune.end(), Severity.WARN)

    for pattern in (_ADDRESS_OF, _HOUSE_OF):
        for match in pattern.finditer(reading.text):
            yield Found(*match.span(), Severity.SOFT)


def _last_match(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    matches = list(pattern.finditer(text))
    return matches[-1] if matches else None


def _end_of_address(reading: Reading, at: int) -> int:
    match = _SPAN_END.match(reading.text, at)
    return match.end() if match else at


def _has_full_name_right_before(reading: Reading, lead: re.Match[str]) -> bool:
    names = reading.names_between(lead.start() - _FULL_NAME_NEAR, lead.start())
    return bool(names and names[-1].certain) and bool(
        _RIGHT_BEFORE.fullmatch(reading.text, names[-1].end, lead.start())
    )


RULES = (Rule("addr_home", Severity.HARD, home_addresses),)
