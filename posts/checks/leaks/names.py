"""Names of persons in running text. A name alone is no finding: rules ask what stands beside it."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from posts.checks.leaks.text import CAPITAL, SMALL, read_list, without_accents

_SURNAMES = frozenset(name.casefold() for name in read_list("surnames.txt"))
_BARE_SURNAMES = frozenset(without_accents(name) for name in _SURNAMES)  # as bank slips print names
_SMALL_SURNAMES = _SURNAMES | _BARE_SURNAMES
_PLACES = frozenset(name.casefold() for name in read_list("places.txt"))
_MOST_WORDS = 5
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_GLUED_WORDS = re.compile(rf"{SMALL}{CAPITAL}")  # #NguyễnVănBịa
_NO_NAME = re.compile(r"[bcdđghklmnpqrstvx]{1,3}|qu|gi", re.IGNORECASE)
# Written as initials are, but of a birth, a place, a telephone: they end a name, and cut none.
_BEHIND_NAMES = frozenset(["SN", "NS", "DOB", "TP", "QL", "ĐT", "SĐT", "KP"])
_NUMBER_AFTER = re.compile(r"[ :.]{0,3}\d")
# They begin a sentence behind a heading or a caption without a full stop.
_BEGINNINGS = frozenset(["Ngày", "Theo", "Khi", "Lúc"])
_GIVEN_LETTERS = frozenset("ÝÔÁY")  # without a full stop: Nguyễn Văn Ý
_LETTER_NAMES = frozenset("AYKH")  # of the Ê Đê, Ba Na, Mông: Y Thịnh Niê, Sùng A Dơ
_HIGHLAND = re.compile(rf"[HK]['’]{CAPITAL}")
_MIDDLE = frozenset({"văn", "thị"})
TITLES = (
    r"ông|bà|anh|chị|em|cháu|bé|cụ|cô|chú|bác|thầy|mẹ|bố|cha|vợ|chồng|con trai|con gái|bạn|tên là|"
    r"tên|tài xế|lái xe|nạn nhân|bị hại|đối tượng|bị can|bị cáo|nghi phạm|nghi can|học sinh|"
    r"nữ sinh|nam sinh|sinh viên"
)
_TITLE = re.compile(TITLES, re.IGNORECASE)
_TITLE_BEFORE = re.compile(rf"(?<!\w)({TITLES})[ :]{{1,2}}$", re.IGNORECASE)
_OTHER_NAMES = frozenset(phrase.casefold() for phrase in read_list("words_before_other_names.txt"))
# Neighbours, families, records, owners and requests have such a word within them.
_OTHER_MEANING = frozenset(["hàng", "gia", "biên", "văn", "yêu", "nhu", "chủ", "áp", "quân"])
_STREET_BEFORE = re.compile(r"số(?: nhà)? \d{1,5}\w{0,3}(?:/\d{1,5}){0,4},? $", re.IGNORECASE)
# The name of an account is chosen by anybody.
_ACCOUNT_BEFORE = re.compile(
    r"(?:facebook|zalo|tiktok|telegram|instagram|nick|tài khoản|trang|nhóm)[ :]{0,2}[\"“'‘]$",
    re.IGNORECASE,
)
# Who is called so and is of an age, is a person also by a place's name: cháu Bảo An (6 tuổi).
_CALLED_BEFORE = re.compile(r"(?<!\w)(?:ông|bà|anh|chị|em|cháu|bé|cụ|cô|chú|bác) $", re.IGNORECASE)
_AGE_AFTER = re.compile(r",? ?\(?\d{1,2} ?(?:tuổi|(?<=\d)t)(?!\w)", re.IGNORECASE)
_BORN_AFTER = re.compile(
    r" ?\((?:ảnh, ?|nam, ?|nữ, ?)?(?:SN|NS|S\.N|sinh|\d{2} ?(?:tuổi|(?<=\d)t))(?!\w)", re.IGNORECASE
)
# A name that is typed without capitals, and without accents perhaps: before a birth, an age or a
# class, and behind who somebody is.
_TOLD_OF_SMALL_NAME = (
    r"(?=,? ?\(?(?i:SN|NS|S\.N|sinh(?= \d| năm| ngày| nam| ngay)|\d{1,2} ?(?:tuổi|tuoi|t)(?!\w)|"
    r"(?:học sinh )?lớp \d))"
)
_MIDDLE_AND_GIVEN = (
    r"(?:văn|thị|van|thi) (?!bản|phòng|nghệ|kiện|bằng|phẩm|trường|trấn|xã|lực)[^\W\d_]{2,7}"
)
_SMALL_NAME = re.compile(
    rf"(?<!\w)([^\W\d_]{{2,7}}) {_MIDDLE_AND_GIVEN}(?: [^\W\d_]{{2,7}})?{_TOLD_OF_SMALL_NAME}"
    rf"|(?:^|(?<=\n))([^\W\d_]{{2,7}})(?: [^\W\d_]{{2,7}}){{1,3}}{_TOLD_OF_SMALL_NAME}"
    rf"|(?<=\w )(?:(?<=đối tượng )|(?<=bị can )|(?<=bị cáo )|(?<=bị hại )|(?<=nạn nhân )|"
    rf"(?<=nghi phạm ))([^\W\d_]{{2,7}}) {_MIDDLE_AND_GIVEN}"
    rf"|(?:^|(?<=\n))([^\W\d_]{{2,7}}) {_MIDDLE_AND_GIVEN}(?= nghiện| nhiễm| bị bắt)"
)
# A name of which an initial or one word is left, for what stands beside it: Nguyễn V. Bịa, N.V.Bịa.
_INITIAL = rf"(?:{CAPITAL}[bcdđghklmnpqrstvx]{{0,2}}(?:\. ?| ))"
_GIVEN_WORD = rf"{CAPITAL}{SMALL}{{1,6}}"
HALF_NAME = (
    rf"(?<![\w.])(?:(?:{_GIVEN_WORD}[ .])?{_INITIAL}{{1,3}}{_GIVEN_WORD}(?: {_GIVEN_WORD})?"
    rf"|(?<!{SMALL} )(?<!{CAPITAL} ){_GIVEN_WORD}(?: [\"“'‘(][^\"”'’()\n]{{1,12}}[\"”'’)]))"
)
_HIDDEN_AFTER = re.compile(r" ?(?:\.\.|…|\*|_|xx)")
_BODIES = read_list("first_words_of_bodies.txt")
_KNOWN_TO_ALL = frozenset(name.casefold() for name in read_list("known_to_all.txt"))
_KNOWN_ABROAD = frozenset(name.casefold() for name in read_list("known_abroad.txt"))
_TOLD_OF_ONE = re.compile(
    r" ?[,(-]? ?(?:SN|NS|S\.N|sinh|\d{1,2} ?(?:tuổi|t(?!\w))|học sinh lớp \d|(?<=[,(-] )lớp \d|"
    r"(?:hiện )?trú|ngụ)",
    re.IGNORECASE,
)
_FOREIGN_AFTER = re.compile(rf"-{SMALL}")  # Kim Jong-nam


class Name(NamedTuple):
    start: int
    end: int
    certain: bool  # begins with a family name, has Văn or Thị in the middle, or a birth behind


class _Word(NamedTuple):
    text: str
    start: int
    end: int

    @property
    def folded(self) -> str:
        return self.text.casefold()

    @property
    def is_initial(self) -> bool:
        return len(self.text) == 1 or bool(_NO_NAME.fullmatch(self.text))

    @property
    def is_capitals(self) -> bool:
        return len(self.text) > 1 and self.text.isupper()


def names_of(text: str) -> list[Name]:
    """Return full names in the order of the text. One that is cut to initials is none."""
    names = [
        name
        for run in _capitalised_runs(text)
        for name in _names_of_run(text, run)
        if _BORN_AFTER.match(text, name.end)
        or not _is_name_of_thing(text[max(0, name.start - 24) : name.start])
    ]
    small = [
        Name(*match.span(), certain=True)
        for match in _SMALL_NAME.finditer(text)
        if match.group().islower() and match[match.lastindex or 1] in _SMALL_SURNAMES
    ]
    return sorted(names + small) if small else names


def _is_name_of_thing(before: str) -> bool:
    """Check that words before a name make it a street's, a school's, a writer's or an account's."""
    if _STREET_BEFORE.search(before) or _ACCOUNT_BEFORE.search(before):
        return True
    words = before.rpartition("\n")[2].casefold().split()
    for length in range(1, min(3, len(words)) + 1):
        phrase = " ".join(words[-length:]).lstrip("(\"“'")
        if phrase in _OTHER_NAMES and not _OTHER_MEANING.intersection(words[-length - 1 : -length]):
            return True
    return False


def _capitalised_runs(text: str) -> Iterator[list[_Word]]:
    """Yield words with capital letters that follow each other behind single blanks, written in one
    manner.
    """
    run: list[_Word] = []
    for word in _words_of(text):
        if run and not _continues(text, run[-1], word):
            yield run
            run = []
        if word.text[0].isupper():
            run.append(word)
    if run:
        yield run


def _words_of(text: str) -> Iterator[_Word]:
    """Yield words; one of several glued together as these."""
    for match in _WORD.finditer(text):
        start = match.start()
        for glue in _GLUED_WORDS.finditer(match.group()):
            end = match.start() + glue.start() + 1
            yield _Word(text[start:end], start, end)
            start = end
        yield _Word(text[start : match.end()], start, match.end())


def _continues(text: str, last: _Word, word: _Word) -> bool:
    gap = text[last.end : word.start]
    # Of a name that the end of a line divides, the rest follows its văn or thị.
    if not word.text[0].isupper() or not (
        gap in ("", " ") or (gap == "\n" and last.folded in _MIDDLE)
    ):
        return False
    if word.text in _BEGINNINGS:
        return False
    if word.text in _BEHIND_NAMES and (not last.is_capitals or _NUMBER_AFTER.match(text, word.end)):
        return False
    return last.is_initial or word.is_initial or last.is_capitals == word.is_capitals


def _names_of_run(text: str, run: list[_Word]) -> Iterator[Name]:
    at = 0
    while at < len(run) - 1:
        words = run[at : at + _MOST_WORDS]
        certain = _begins_name(words)
        likely = certain or _is_said_of_person(text, words)
        if not likely or (_is_place(words) and not _is_person_of_age(text, words)):
            at += 1
            continue
        if _is_whole(text, words) and not _is_known_to_all(text, words):
            # Three words right before a year of birth are a name, whatever their first one is.
            born = len(words) > 2 and bool(_BORN_AFTER.match(text, words[-1].end))
            yield Name(words[0].start, words[-1].end, certain or born)
        at += len(words)


def _is_said_of_person(text: str, words: list[_Word]) -> bool:
    """Check that a word for a person stands before capitals, or a year of birth behind them."""
    first = words[0]
    if first.folded in _BODIES or _TITLE.fullmatch(first.text):
        return False
    before = text[max(0, first.start - 12) : first.start]
    if first.text in _LETTER_NAMES and _AGE_AFTER.match(text, words[-1].end):
        return True
    return bool(_TITLE_BEFORE.search(before) or _BORN_AFTER.match(text, words[-1].end))


def _begins_name(words: list[_Word]) -> bool:
    first = words[0]
    if first.folded in _SURNAMES or _HIGHLAND.match(first.text):
        return True
    if len(words) < 3 or words[1].is_initial:
        return False
    if first.is_capitals and first.text.isascii():
        return first.folded in _BARE_SURNAMES
    if words[1].folded in ("van", "thi") and first.folded in _BARE_SURNAMES:
        return True
    return first.text == "Y" or (words[1].folded in _MIDDLE and not first.is_initial)


def _is_place(words: list[_Word]) -> bool:
    folded = [word.folded for word in words[:3]]
    if " ".join(folded) in _PLACES:
        return True
    if " ".join(folded[:2]) not in _PLACES:
        return False
    return len(words) == 2 or (len(words) > 3 and folded[2] in _SURNAMES)


def _is_person_of_age(text: str, words: list[_Word]) -> bool:
    start, end = words[0].start, words[-1].end
    return bool(
        _CALLED_BEFORE.search(text[max(0, start - 8) : start]) and _AGE_AFTER.match(text, end)
    )


def _is_known_to_all(text: str, words: list[_Word]) -> bool:
    """Check for a name of history or of the world's news, unless a birth, class or home behind it
    makes it somebody's of today.
    """
    end = words[-1].end
    full = " ".join(word.folded for word in words)
    if _FOREIGN_AFTER.match(text, end) or full in _KNOWN_ABROAD:
        return True
    return full in _KNOWN_TO_ALL and not _TOLD_OF_ONE.match(text, end)


def _is_whole(text: str, words: list[_Word]) -> bool:
    """Check that nothing of the name is cut to an initial or hidden."""
    last = words[-1]
    is_given = last.text in _GIVEN_LETTERS and text[last.end : last.end + 1] != "."
    if (last.is_initial and not is_given) or (len(words) == 2 and last.folded in _MIDDLE):
        return False
    cut = [word for word in words[:-1] if word.is_initial and word.text not in _LETTER_NAMES]
    return not cut and not _HIDDEN_AFTER.match(text, last.end)
