"""Full names beside what tells more of a person: birth, age, part in a case, a report, an illness.

Who bears a rank or a post is named in public; a name that is cut to initials is no name.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

from posts.checks.leaks.accused import is_accused
from posts.checks.leaks.base import Found, Reading, Rule, Severity, read_birth_year
from posts.checks.leaks.names import HALF_NAME, TITLES, Name
from posts.checks.leaks.roles import has_rank, is_public_role
from posts.checks.leaks.text import CAPITAL, LETTER, SMALL

_OLDEST_BIRTH = 1925
_YOUNGEST = 10  # of whom a day alone tells the birth
_GAP = 48
_DAY = r"\d{1,2} ?[/.-] ?\d{1,2} ?[/.-] ?"
_BIRTH = re.compile(
    r"(?<![^\W_])(?:SN|NS|S[./]N\.?|N\.S\.?|DOB|(?<=\()s|(?<=[ ,])s\.|năm sinh|ngày sinh|sinh năm|"
    r"sinh ngày|sinh nam|sinh ngay|ngay sinh|sinh)[ :.|/_'’-]{0,3}"
    rf"(?:{_DAY}|[^\W\d_]{{2,5}} ?[/.-] ?\d{{1,2}} ?[/.-] ?|ngày \d{{1,2}} tháng \d{{1,2}} năm |"
    r"(?:tháng )?\d{1,2} ?[/.-] ?)?((?:19|20)\d{2}|"
    r"(?:(?<=SN )|(?<=NS )|(?<=SN: )|(?<=S\.N )|(?<=S\.N\. )|(?<=SN['’])|(?<=SN ['’])|"
    r"(?<=[/.-]\d[/.-])|(?<=[/.-]\d\d[/.-]))\d{2}(?!\d))(?!\d)",
    re.IGNORECASE,
)
_YEAR = r"((?:19[3-9]|20[0-2])\d)(?!\d)"
_SEX = r"(?:(?:nam|nữ)(?: ?[|;,/-] ?| ))"
_HOME = r"(?:thường |tạm )?(?:trú|ngụ|quê|thôn|xóm|tổ|ấp|bản|khóm|khu phố)(?!\w)"
# A year or a day beside a name, as lists have them: (1992), - Nam - 1992, 12/5/1992.
_YEAR_ALONE = re.compile(
    rf" ?[(\[{{]{_SEX}?(?:{_DAY})?{_YEAR}(?= ?[,)\]}}]| - )"
    rf"|(?:\t| ?[|;*:/-] ?){_SEX}?{_YEAR}(?= ?(?:[\t|;,/\n]|$| - ?\D|- \D))"
    rf"|(?:\t|\n| ?[|;*:/-] ?|, ?| ){_SEX}?{_DAY}{_YEAR}"
    rf"|(?:, ?| ){_SEX}?{_YEAR}(?=,? {_HOME})|(?:, ?| )(?:nam|nữ),? {_YEAR}"
    rf"|\n{_YEAR}(?=\n|$)|(?=\d{{4}}[^\W\d_]){_YEAR}",
    re.IGNORECASE,
)
_TWO_DIGITS = re.compile(r"\d\d")
_BIRTH_BEFORE = re.compile(
    r"(?:^|[\n.;:(] ?)(?:SN|sinh năm|năm sinh)[ :]{0,2}(?:19|20)\d{2}\)?[ ,:-]{1,3}$", re.IGNORECASE
)
# What tells of a person of whose name an initial or one word is left.
_BIRTH_TOLD = re.compile(
    r"(?<![^\W_])(?:SN|NS|S\.N|sinh)(?: năm| ngày)?[ :.]{0,3}"
    r"(?:\d{1,2}[/.-]){0,2}(?:19|20)\d{2}(?!\d)",
    re.IGNORECASE,
)
_AGE_TOLD = re.compile(r"(?<![\d-])\d{2} ?tuổi(?!\w)", re.IGNORECASE)
_HOME_AFTER = re.compile(r",? ?(?:hiện )?(?:trú|ngụ)(?!\w)", re.IGNORECASE)
_HALF_NAME_BEFORE = re.compile(rf"{HALF_NAME}[ ,(–-]{{1,3}}(?:ảnh, |nam, |nữ, )?$")
_ONE_WORD_BEFORE = re.compile(
    rf"(?:(?<!\w)(?P<title>(?i:{TITLES})) |(?<!\w )(?<!\w)){CAPITAL}{SMALL}{{1,6}}(?: ?\(|, ?| )$"
)
_NEIGHBOUR_BEFORE = re.compile(
    rf"(?i:anh|chị|ông|bà) {CAPITAL}{SMALL}{{1,6}} ở (?i:thôn|xóm|tổ|ấp|bản) \w{{1,7}}, ?$"
)
_AGE_BEFORE = re.compile(
    r"(?<!\d)(\d{1,3}) ?tuổi(?: này)?[ ,]{1,2}(?:tên(?: là)? |là |ông |bà |anh |chị )?$",
    re.IGNORECASE,
)
_AGE = re.compile(r"(?<![\d-])(\d{1,3})(?: ?tuổi| ?tuoi|(?<=\d\d)t)(?!\w)", re.IGNORECASE)
_AGE_NAMED = re.compile(r"[\s,;(–-]{1,3}(?:năm )?tuổi ?:? ?(\d{2})(?!\w)", re.IGNORECASE)
_AGE_GAP = re.compile(
    r"[\s,;:(–-]*(?:(?:năm nay|hiện|đã|mới|vừa|tròn|chỉ|khoảng|ảnh|nam|nữ|cùng|đều|dân tộc "
    r"[^\W\d_]+(?: [^\W\d_]+)?)[\s,:]*){0,3}"
)
_SENTENCE_END = re.compile(rf"[.!?]\s+{CAPITAL}|\n\s*\n|(?<!\w){CAPITAL}\.")
# A birth behind them is another one's: bị trung vệ sinh năm 2005.
_OTHER_PERSON = re.compile(
    r"(?<!\w)(?:bị|gặp|cùng|với|cứu|đánh|gọi)(?: [^\W\d_]+){0,3} (?:trung vệ|tiền vệ|"
    r"hậu vệ|tiền đạo|"
    r"thủ môn|cầu thủ|thanh niên|người|cô gái|phụ nữ|đàn ông|cháu bé|bé gái|bé trai|nam sinh|"
    r"nữ sinh|tài xế) $",
    re.IGNORECASE,
)
_VICTIM = r"bị hại|nạn nhân|người bị (?:hại|nạn|thương|đánh|cướp|lừa)|người tử vong"
_ACCUSED = (
    r"đối tượng|nghi can|nghi phạm|bị can|bị cáo|người vi phạm|chủ tài khoản|hung thủ|thủ phạm|"
    r"kẻ (?:trộm|cướp|gian|lừa đảo|sát nhân)|tên trộm|tên cướp|phạm nhân|can phạm|con nghiện|"
    r"chủ mưu|cầm đầu|trùm"
)
_PERSON = rf"(?:{TITLES}|người|vợ chồng)"
_CASE = re.compile(
    rf"(?<!\w)(?:(?P<victim>{_VICTIM})|(?P<accused>{_ACCUSED}))(?!\w)"
    r"(?:(?: [^\W\d_]+){0,3}|[^.;\n()]{0,70}?(?:\blà|\btên|\bgồm(?: có)?|danh tính|:))"
    rf"(?:[ :,\"“]{{1,3}}{_PERSON})?[ :,\"“\n-]{{0,3}}$",
    re.IGNORECASE,
)
_NEXT_IN_LIST = re.compile(
    rf" ?(?:\([^()\n]{{0,120}}\))?(?:, | và |, và |; | cùng (?:với )?|, cùng ){_PERSON}?\s?",
    re.IGNORECASE,
)


def births(reading: Reading) -> Iterator[Found]:
    for name in reading.names:
        after = reading.text_after(name.end, 90)
        match = _BIRTH.search(after) if _TWO_DIGITS.search(after) else None
        if (
            match
            and match.start() <= _GAP
            and _is_of_same_person(reading, name, after[: match.start()])
        ):
            severity, last = Severity.HARD, match.end()
        else:
            match = _YEAR_ALONE.match(after)
            if not match:
                continue
            severity, last = Severity.SOFT, match.end(match.lastindex or 0)
        year = read_birth_year(match[match.lastindex or 0], reading.today.year)
        # A recent day beside a name is of a report, an award or a picture.
        if match.re is _YEAR_ALONE and (
            year > reading.today.year - _YOUNGEST and sum(map(str.isdigit, match.group())) > 4
        ):
            continue
        if _OLDEST_BIRTH <= year <= reading.today.year and not is_public_role(reading, name):
            start = name.end + match.start()
            evidence = start + len(match.group()) - len(match.group().lstrip(" ("))
            yield Found(name.start, name.end + last, severity, (evidence, name.end + last))
    yield from _names_behind_births(reading)
    yield from _half_names(reading, _BIRTH_TOLD)


def _names_behind_births(reading: Reading) -> Iterator[Found]:
    """Find (SN 1992) Vũ Văn Thóc."""
    for name in reading.names:
        before = reading.text_before(name.start, 40)
        is_born = _TWO_DIGITS.search(before[-8:]) and _BIRTH_BEFORE.search(before)
        if is_born and not is_public_role(reading, name):
            yield Found(name.start, name.end, Severity.HARD)


def _half_names(reading: Reading, told: re.Pattern[str]) -> Iterator[Found]:
    for fact in told.finditer(reading.text):
        before = reading.text_before(fact.start(), 44)
        name = _HALF_NAME_BEFORE.search(before) or _NEIGHBOUR_BEFORE.search(before)
        if not name and (name := _ONE_WORD_BEFORE.search(before)):
            is_told = told is _BIRTH_TOLD and name["title"]
            name = name if is_told or _HOME_AFTER.match(reading.text, fact.end()) else None
        if name:
            start = fact.start() - len(before) + name.start()
            yield Found(start, fact.end(), Severity.WARN, fact.span())


def _is_of_same_person(reading: Reading, name: Name, gap: str) -> bool:
    """Check that what follows the name behind ``gap`` is said of the same person."""
    if _SENTENCE_END.search(gap) or gap.count("\n") > 2 or _OTHER_PERSON.search(gap):
        return False
    return not reading.names_between(name.start + 1, name.end + len(gap))


def ages(reading: Reading) -> Iterator[Found]:
    for name in reading.names:
        age = _age_after(reading, name) or _age_before(reading, name)
        if not age or not 16 <= age.years <= 110 or is_public_role(reading, name):
            continue
        severity = Severity.SOFT if name.certain else Severity.WARN
        start, end = min(name.start, age.start), max(name.end, age.end)
        yield Found(start, end, severity, (age.start, age.end))
    yield from _half_names(reading, _AGE_TOLD)


class _Age(NamedTuple):
    years: int
    start: int
    end: int


def _age_after(reading: Reading, name: Name) -> _Age | None:
    after = reading.text_after(name.end, 60)
    match = _AGE_NAMED.match(after)
    if match:
        return _Age(int(match[1]), name.end + match.start(1), name.end + match.end())
    match = _AGE.search(after)
    if not match or not _is_age_gap(after[: match.start()]):
        return None
    if not _is_of_same_person(reading, name, after[: match.start()]):
        return None
    return _Age(int(match[1]), name.end + match.start(), name.end + match.end())


def _age_before(reading: Reading, name: Name) -> _Age | None:
    before = reading.text_before(name.start, 30)
    match = _AGE_BEFORE.search(before)
    shift = name.start - len(before)
    return _Age(int(match[1]), shift + match.start(), shift + match.end()) if match else None


def _is_age_gap(gap: str) -> bool:
    in_brackets = gap.lstrip().startswith("(") and ")" not in gap
    return in_brackets or bool(_AGE_GAP.fullmatch(gap))


def parts_in_cases(reading: Reading) -> Iterator[Found]:
    """Find people named as victim or accused, and those who follow in the same list."""
    last: tuple[Name, Severity] | None = None
    for name in reading.names:
        cue = _CASE.search(reading.text_before(name.start, 110))
        severity = None
        if cue:
            severity = Severity.SOFT if cue["victim"] else Severity.WARN
        elif last and _is_listed_after(reading, last[0], name):
            severity = last[1]
        elif _is_accused_of_abuse(reading, name):
            severity = Severity.WARN
        last = (name, severity) if severity else None
        if severity and not has_rank(reading, name):
            word = cue.span("victim" if cue["victim"] else "accused") if cue else None
            shift = max(0, name.start - 110)
            evidence = (shift + word[0], shift + word[1]) if word else None
            severity = severity if name.certain else Severity.WARN
            yield Found(name.start, name.end, severity, evidence)


def _is_listed_after(reading: Reading, name: Name, following: Name) -> bool:
    between = reading.text[name.end : following.start]
    return len(between) <= 160 and bool(_NEXT_IN_LIST.fullmatch(between))


_REPORTER = (
    r"người (?:tố giác|báo tin|tố cáo|làm chứng|trình báo|phản ánh|cung cấp (?:thông )?tin|"
    r"phát hiện và báo|đứng đơn)|nhân chứng"
)
_REPORT = r"tin báo|tố giác|tố cáo|phản ánh|trình báo|báo tin|nguồn tin|đơn (?:tố|thư|khiếu nại)"
# "Tố cáo hành vi của ông X" names who is accused.
_OWN_WORDS = rf"(?: (?!hành vi|việc|sai phạm|tội|về|những|nhiều){LETTER}+){{0,4}}?"
_OF_WHOM = (
    rf"(?<!\w)(?:(?:{_REPORTER})(?: (?:là|tên|tên là))?|(?:{_REPORT}){_OWN_WORDS} (?:của|từ)|"
    r"(?:nguồn tin|tin báo|thông tin)(?: này| trên)? do)[ :,]{1,2}"
    r"(?:(?:người (?:dân|nhà)|quần chúng|công dân) (?:là |tên )?)?"
)
_TITLE = r"(?:ông|bà|anh|chị|em|cháu|cụ|cô|chú|bác) "
_REPORTED = re.compile(rf"{_OF_WHOM}(?:{_TITLE})?$", re.IGNORECASE)
_REPORTED_TITLED = re.compile(rf"{_OF_WHOM}{_TITLE}$", re.IGNORECASE)
_TITLED_WORD = re.compile(
    r"(?<!\w)(?i:ông|bà|anh|chị|em|cháu|cụ|cô|chú|bác) "
    rf"({CAPITAL}{SMALL}{{1,8}})(?!\w)(?! {CAPITAL})"
)
_ADVERBS = (
    r"(?:(?:đã|là|người|vì|có|công|kịp thời|chủ động|tích cực|mạnh dạn|nhanh chóng|dũng cảm|"
    r"trực tiếp|ngay|lập tức|trong việc) ){0,4}"
)
_REPORTS_AFTER = re.compile(
    r"^(?:(?: \([^()\n]{0,60}\))?[ ,]{1,2}|, [^.;()\n]{2,60}? (?=đã |vì đã |là người ))"
    rf"{_ADVERBS}(?P<act>báo tin|tố giác|làm chứng|đứng ra tố cáo|cung cấp (?:thông )?tin "
    r"(?:cho|giúp) (?:công an|cơ quan|lực lượng))(?!\w)",
    re.IGNORECASE,
)


def informants(reading: Reading) -> Iterator[Found]:
    full = {name.start for name in reading.names}
    for name in reading.names:
        before = reading.text_before(name.start, 90)
        cue = _REPORTED.search(before)
        act = _REPORTS_AFTER.search(reading.text_after(name.end, 110))
        if not (cue or act) or is_public_role(reading, name):
            continue
        shift, act_words = name.end, act.span("act") if act else (0, 0)
        if cue:
            shift, act_words = name.start - len(before), cue.span()
        evidence = (shift + act_words[0], shift + act_words[1])
        yield Found(name.start, name.end, _severity_of(name), evidence)
    for match in _TITLED_WORD.finditer(reading.text):
        start = match.start(1)
        if start not in full and _REPORTED_TITLED.search(reading.text_before(start, 90)):
            yield Found(start, match.end(1), Severity.HARD)


_ABUSE = r"bị xâm hại|xâm hại tình dục|hiếp dâm|dâm ô|bị cưỡng hiếp"
_ABUSE_NEAR = re.compile(rf"(?<!\w)(?:{_ABUSE})(?!\w)", re.IGNORECASE)
_SENSITIVE = re.compile(
    r"(?<!\w)(?:nhiễm HIV|HIV/AIDS|dương tính với HIV|(?:bệnh|bị|mắc|tiền sử) tâm thần|"
    r"rối loạn tâm thần|nghiện ma t[úu]y|nghiện (?:hút|heroin|ma|hít|đá)|cai nghiện|"
    rf"(?:đối tượng|người|con) nghiện|{_ABUSE}|(?P<lesser>(?:mắc|bị|điều trị)"
    r"(?: (?:bệnh|căn bệnh|chứng))? (?:trầm cảm|sốt xuất huyết|ung thư|động kinh|giang mai|"
    r"lao phổi)|(?:bệnh|mắc) lao)|"
    r"(?:nạn nhân|bị)(?: [^\W\d_]+){0,4} (?:mua bán người|bán sang|lừa bán"
    # People are sold to somewhere; goods and land are sold, too.
    r"(?=[,.;:!?)\n]| (?:sang|qua|ra|vào|cho|làm|ở|tại|đi|từ|trong)(?!\w)|$)))(?!\w)",
    re.IGNORECASE,
)
_GENERAL_BEFORE = re.compile(
    r"(?:phòng, chống|phòng chống|phòng ngừa|chống|công tác|cơ sở|trung tâm|bệnh viện|khoa|"
    r"chương trình|điều trị|hỗ trợ|tư vấn|quản lý|tuyên truyền|những|các|số|dự án|tháng hành động)"
    r"(?: [^\W\d_]+){0,3} ?$",
    re.IGNORECASE,
)
_SENSITIVE_NEAR = 100
_SIGNED = re.compile(r" ?(?:/|\((?:tổng hợp|theo|TH|t/h)|-? ?\n|$)", re.IGNORECASE)  # who wrote it


def sensitive_persons(reading: Reading) -> Iterator[Found]:
    """Find names beside an illness, an addiction or an abuse. A term goes with the nearest names of
    its own sentence or line, or of the one beside it.
    """
    starts = [name.start for name in reading.names]
    for term in _SENSITIVE.finditer(reading.text):
        if _GENERAL_BEFORE.search(reading.text_before(term.start(), 36)):
            continue
        first = bisect_left(starts, term.start() - _SENSITIVE_NEAR)
        last = bisect_left(starts, term.end() + _SENSITIVE_NEAR)
        for name in reading.names[first:last][:6]:
            if is_public_role(reading, name) or _SIGNED.match(reading.text, name.end):
                continue
            if _ABUSE_NEAR.match(term.group()) and is_accused(reading, name.start, name.end):
                continue  # a part in a case, as of any who is accused
            severity = Severity.WARN if term["lesser"] else _severity_of(name)
            yield Found(name.start, name.end, severity, term.span())


def _is_accused_of_abuse(reading: Reading, name: Name) -> bool:
    near = reading.text_around(name.start, name.end, _SENSITIVE_NEAR, _SENSITIVE_NEAR)
    return bool(_ABUSE_NEAR.search(near)) and is_accused(reading, name.start, name.end)


def _severity_of(name: Name) -> Severity:
    """Return WARN where only capitals behind a person's title make a name."""
    return Severity.HARD if name.certain else Severity.WARN


RULES_FIRST = (
    Rule("informant", Severity.HARD, informants, sensitive=True),
    Rule("sensitive_person", Severity.HARD, sensitive_persons, sensitive=True),
)
RULES = (
    Rule("name_case", Severity.SOFT, parts_in_cases),
    Rule("name_dob", Severity.HARD, births),
    Rule("name_age", Severity.SOFT, ages),
)
