"""Children: whoever can be recognised by name, or by initials with class and school."""

import re
from collections.abc import Iterator

from posts.checks.leaks.base import Found, Reading, Rule, Severity, read_birth_year
from posts.checks.leaks.names import Name
from posts.checks.leaks.roles import is_public_role
from posts.checks.leaks.text import CAPITAL, SMALL

_ADULT_FROM = 16
_CUE = re.compile(
    r"(?<!\w)(?<!anh )(?<!chị )(?:các )?(?:cháu(?: bé| gái| trai)?|bé(?: gái| trai)?|em|em bé|"
    r"(?:em )?(?:học sinh|HS|nữ sinh|nam sinh)|(?<!thủ )(?<!viên )(?<!sĩ )trẻ|thiếu nhi|đội viên)"
    r"(?: lớp \w{1,4}(?: trường (?:[^\W\d_]+ ){0,4}[^\W\d_]+)?)?(?: tên(?: là)?| là)?[ :]{1,2}$",
    re.IGNORECASE,
)
_EVIDENCE = re.compile(
    r"(?<!\w)(?:lớp \d|trường (?:mầm non|mẫu giáo|tiểu học|trung học|TH|THCS|THPT|PTDT)|"
    r"(?:học sinh|HS)(?: lớp)? (?:lớp |\d|trường)|khối \d|con (?:của )?(?:ông|bà|anh|chị)|"
    r"mẫu giáo|mầm non|đi lạc|bị lạc|mất tích|thiếu nhi)",
    re.IGNORECASE,
)
_ADULT = re.compile(r"sinh viên|đại học|cao đẳng|công nhân|chiến sĩ|đoàn viên|học viên", re.I)
_AGE = re.compile(
    r"[\s,:(–-]*(?:mới |chỉ |năm nay |hiện |khoảng )?(\d{1,2}) ?(?:tuổi|t(?!\w))", re.IGNORECASE
)
_MONTHS = re.compile(r"[\s,:(–-]*(?:mới )?\d{1,2} tháng tuổi", re.IGNORECASE)
_BIRTH = re.compile(
    r"[\s,:(–-]*(?:SN|NS|S\.N\.?|DOB|sinh năm|sinh ngày|sinh)[ :]*"
    r"(?:\d{1,2}[/.-]\d{1,2}[/.-])?(20\d{2}|(?<=SN )\d{2})(?!\d)",
    re.IGNORECASE,
)
# As a list of pupils has it: Lê Minh Lúa - 7A - THCS Hoa Mai.
_CLASS_AND_SCHOOL_AFTER = re.compile(
    r" ?[-,(] ?(?:lớp )?(?:[1-9]|1[0-2])[A-ZĐ]\d{0,2} ?[-,)] ?(?:trường )?(?:TH|THCS|THPT|PTDTBT|"
    r"PTDTNT|tiểu học|trung học)(?!\w)",
    re.IGNORECASE,
)
_CLASS_AFTER = re.compile(
    r"(?: ?[,(-] ?| )(?:(?:hiện )?(?:đang )?(?:là )?(?:học sinh|HS|học) )?"
    r"(?:lớp (?:[1-9]|1[0-2])(?!\d| ?tuần| ?ngày)|"
    r"(?:[1-9]|1[0-2])[A-ZĐ]\d{0,2} (?:trường )?(?:TH|THCS|THPT|tiểu học)(?!\w)|"
    r"(?<=- )[6-9][A-ZĐ]\d{0,2}(?=$|\n))",
    re.IGNORECASE,
)
_CLASS_BEFORE = re.compile(
    r"(?:^|\n|(?<=[.;] ))(?:lớp )?(?:[1-9]|1[0-2])[A-ZĐ]\d{0,2} ?[:-] ?$", re.IGNORECASE
)
# Who teaches a class, or belongs to a pupil, is no child.
_GROWN_UP_BEFORE = re.compile(
    r"(?<!\w)(?:thầy|cô|giáo viên|GV|chủ nhiệm|phụ huynh|ông|bà|anh|chị|cựu)(?!\w)[^.;\n]{0,24}$",
    re.IGNORECASE,
)
_PARENT_OF = re.compile(
    r"(?<!\w)con (?:trai |gái )?(?:của )?(?:ông|bà|anh|chị)(?!\w)", re.IGNORECASE
)
_ONE_WORD_CHILD = re.compile(
    rf"(?<!\w)(?i:cháu|bé|em) ({CAPITAL}{SMALL}{{1,6}})(?:,? ?\(?)(?=\d{{1,2}} ?(?:tuổi|t(?!\w)))"
)
_BEFORE, _AFTER = 60, 90


def named_children(reading: Reading) -> Iterator[Found]:
    for name in reading.names:
        age = _age_of(reading, name)
        if age is not None and age < _ADULT_FROM and not is_public_role(reading, name):
            yield Found(name.start, name.end, Severity.HARD)
            continue
        if _is_in_class(reading, name) and not is_public_role(reading, name):
            yield Found(name.start, name.end, Severity.HARD)
            continue
        if not _CUE.search(reading.text_before(name.start, 60)) or (age or 0) >= 19:
            continue
        near = reading.text_around(name.start, name.end, _BEFORE, _AFTER)
        if _EVIDENCE.search(near):
            yield Found(name.start, name.end, Severity.HARD if name.certain else Severity.SOFT)
        elif not _ADULT.search(near):
            yield Found(name.start, name.end, Severity.SOFT if name.certain else Severity.WARN)
    for match in _ONE_WORD_CHILD.finditer(reading.text):
        yield Found(*match.span(1), Severity.WARN)


def _is_in_class(reading: Reading, name: Name) -> bool:
    """Check for a school class right beside a name, unless it is the teacher's."""
    if _CLASS_AND_SCHOOL_AFTER.match(reading.text, name.end):
        return True
    before = reading.text_before(name.start, 40)
    if not _CLASS_AFTER.match(reading.text, name.end) and not _CLASS_BEFORE.search(before):
        return False
    return bool(_PARENT_OF.search(before)) or not _GROWN_UP_BEFORE.search(before)


def _age_of(reading: Reading, name: Name) -> int | None:
    after = reading.text_after(name.end, 50)
    if _MONTHS.match(after):
        return 0
    age = _AGE.match(after)
    if age:
        return int(age[1])
    birth = _BIRTH.match(after)
    this_year = reading.today.year
    return this_year - read_birth_year(birth[1], this_year) if birth else None


# No word for a school or a class.
_ONE_WORD = rf"(?!Trường|Tiểu|Mầm|Mẫu|Học|Lớp|Đội|Đoàn){CAPITAL}{SMALL}{{1,6}}(?! {CAPITAL})"
_INITIALS = re.compile(
    r"(?<!\w)(?<![Cc]ác )(?<![Nn]hững )"
    r"(?i:cháu(?: bé| gái| trai)?|bé(?: gái| trai)?|em|học sinh|nữ sinh|nam sinh)"
    rf"(?i: tên(?: là)?| là)? ((?:(?<=áu )|(?<=bé )|(?<=em )){_ONE_WORD}|"
    rf"(?:{CAPITAL}{SMALL}{{1,7}} ){{0,3}}"
    rf"{CAPITAL}(?:\. ?{CAPITAL}){{0,4}}(?!\w)\.?)(?!\w)"
)
_CLASS = re.compile(
    r"(?<!\w)lớp (?:\d{1,2}(?:[ ./-]?[A-Za-zĐ]\w{0,3}|/\d{1,2})?|lá|chồi|mầm)(?!\w)", re.I
)
_SCHOOL = re.compile(
    rf"(?<!\w)(?:(?i:trường|tr\.) )?(?:(?i:mầm non|mẫu giáo|tiểu học|trung học|cơ sở|"
    rf"TH|THCS|THPT|PTDTBT|PTDTNT|TH&THCS|TH-THCS|liên cấp|phổ thông) ){{1,4}}"
    rf"(?:{CAPITAL}|số \d|(?:xã|phường|thị trấn|huyện) )"
)
_TWO_SENTENCES = 260


def recognisable_children(reading: Reading) -> Iterator[Found]:
    """Find initials that still lead to one child: its class and its school stand nearby."""
    for match in _INITIALS.finditer(reading.text):
        near = reading.text_around(match.start(), match.end(), _TWO_SENTENCES, _TWO_SENTENCES)
        if _CLASS.search(near) and _SCHOOL.search(near):
            yield Found(*match.span(1), Severity.SOFT)


RULES = (
    Rule("minor_id", Severity.HARD, named_children, sensitive=True),
    Rule("minor_reident", Severity.SOFT, recognisable_children, sensitive=True),
)
