"""Make findings of what the programs read: which words may not be shown, and where they are."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from media.scanners.identity_cards import (
    LIKE_DIGITS,
    PORTRAIT,
    bounding_place,
    is_identity_card,
    parts_of,
)
from media.scanners.models import WHOLE, Kind, Severity
from media.scanners.registry import UnitRules
from platforms.text import normalize_unicode

MOST_BOXES = 300
_GRAVEST_FIRST = [Severity.HARD, Severity.SOFT, Severity.WARN, Severity.INFO]
_LIKE_LETTERS = str.maketrans("0158264", "DISBZGA")
_PLATE = re.compile(r"(\w{2})([A-Z0-9]{1,2}?)(\w{4,5})")
_MISREAD = {"a": "o", "e": "o", "c": "o", "1": "i", "l": "i", "0": "o"}
# "BẢO MẬT" and "BÍ MẬT", of which an accent was misread, are no mark of secrecy.
_MISREAD_PROTECTION = re.compile(r"(?<!\w)(?:B[AÁÀÃẠ]O|B[IÌ])(?=\W{1,3}MẬT)", re.IGNORECASE)
_CUES = (
    "số tài khoản",
    "căn cước",
    "biển số",
    "sinh ngày",
    "ngày sinh",
    "thường trú",
    "điện thoại",
    "hộ chiếu",
    "chứng minh nhân dân",
    "mật khẩu",
    "bảo hiểm",
)
# The series stands behind at most two letters or digits of the province: 113 L 50000 is a row of
# text. Where the province was not seen at all, the point has to stand where plates have it.
_PLATE_END = re.compile(r"[A-Z0-9]{0,2}[A-Z][A-Z0-9]?(\d{5})")
_NO_PROVINCE = re.compile(r"[A-Z]\d{5}")
_MONEY = re.compile(r"(?<!\d)\d{1,2}[.,]\d{3}(?!\d)")  # 50.000; a plate's point is behind three
# With its point in place, more in front may be misread: a screw as a letter, one letter as two.
_POINTED = re.compile(r"(?=.*[A-Z])[A-Z0-9]{1,3}[ -][A-Z0-9]{1,4} \d{3}\.\d{2}")
# As clear, but its letter read as a digit.
_POINTED_DIGITS = re.compile(r"\d{3}[ -]\d{3}\.\d{2}")
_MILITARY = re.compile(r"\W*([A-Z]{2})\W?(\d{2})\W?(\d{2})\W*")
_WIDEST_PLATE = 6000  # of the picture: what is wider has to be read surely
_WIFI_PASSWORD = re.compile(r"(?i:WIFI):(?:[^;]{0,80};){0,4}?P:([^;\s]{4,63});")
# Round seals stand on whatever an office publishes; what is in a frame tells of a paper's use.
_STAMPS = {"secret_mark": Severity.HARD, "stamp": Severity.SOFT, "seal": Severity.INFO}
_SAMPLES_APART = 2


class Finding(NamedTuple):
    """One finding as `models.Box` stores it."""

    kind: str
    rule: str
    severity: str
    x: int
    y: int
    width: int
    height: int
    from_second: float | None = None
    to_second: float | None = None
    host: str = ""

    @property
    def area(self) -> int:
        return self.width * self.height


def findings_in(sample: dict[str, Any], rules: UnitRules) -> list[Finding]:
    """Return what one picture shows. Raise whatever an answer of another shape brings about."""
    findings = [
        *(_finding_at(Kind.FACE, "face", Severity.SOFT, face) for face in sample.get("faces", ())),
        *(_stamp_finding(stamp) for stamp in sample.get("stamps", ())),
        *(_code_finding(code, rules) for code in sample.get("codes", ())),
    ]
    for page in sample.get("text", ()):
        findings += _text_findings(page, rules)
    return _merge_overlapping(findings)[:MOST_BOXES]


def findings_in_card(texts: Iterable[str], link: str, rules: UnitRules) -> list[Finding]:
    """Return what a card says that may not be shown. Where, is the whole picture: what was drawn
    there is known, so nothing looks for it.
    """
    whole = (0, 0, WHOLE, WHOLE)
    findings = [
        _finding_at(Kind.TEXT, leak.rule, leak.severity, whole)
        for text in texts
        for leak in rules.find(text)
    ]
    if link:
        findings.append(_code_finding((link, *whole), rules))
    return _merge_overlapping(findings)


def _finding_at(
    kind: Kind, rule: str, severity: str, box: Sequence[Any], host: str = ""
) -> Finding:
    """Return a finding at a box that a program named, within the picture."""
    x, y, width, height = (int(number) for number in box)
    if min(x, y) < 0 or min(width, height) < 1 or x + width > WHOLE or y + height > WHOLE:
        raise ValueError("outside of the picture")
    return Finding(kind.value, rule, str(severity), x, y, width, height, host=host)


def _stamp_finding(read: Sequence[Any]) -> Finding:
    rule = str(read[0])
    return _finding_at(Kind.STAMP, rule, _STAMPS[rule], read[1:])


# --- Codes ----------------------------------------------------------------------------------------


def _code_finding(read: Sequence[Any], rules: UnitRules) -> Finding:
    text, place = str(read[0]), read[1:]
    host = _host_in(text)
    graver = _gravest_rule(rules, _said_in_words(text))
    if not host:
        return _finding_at(Kind.CODE, *(graver or ("code", Severity.WARN.value)), place)
    # A known host has pages of persons, too: zalo.me/0912... Those of the state have file numbers.
    if graver and graver[1] == Severity.HARD and not host.endswith(".gov.vn"):
        return _finding_at(Kind.CODE, *graver, place)
    known = rules.knows_host(host)
    rule, severity = ("code", Severity.INFO) if known else ("link_risk", Severity.WARN)
    return _finding_at(Kind.CODE, rule, severity, place, host)


def _said_in_words(text: str) -> str:
    """Return what a code says as the rules read it: a payment's account, the password of a Wi-Fi
    network.
    """
    if account := _account_in(text):
        return f"Số tài khoản {account}"
    wifi = _WIFI_PASSWORD.match(text)  # with a sign: one of letters alone is a password, too
    return f"Mật khẩu: {wifi[1]}#" if wifi else text


def _host_in(text: str) -> str:
    address = text.strip()
    if not re.match(r"(?i)(?:https?://|www\.)", address):
        return ""
    try:
        host = urlsplit(address if "://" in address else f"https://{address}").hostname or ""
    except ValueError:
        return ""
    return host.rstrip(".")[:253]


def _account_in(text: str) -> str:
    """Return the account that a bank's payment code names; empty for other codes."""
    if not text.startswith("000201") or "A000000727" not in text:
        return ""
    # 01 = the receiver: 00 = its bank, of six digits; 01 = its account.
    match = re.search(r"01\d{2}0006\d{6}01(\d{2})([0-9A-Za-z]+)", text)
    return match[2][: int(match[1])] if match else ""


def _gravest_rule(rules: UnitRules, text: str) -> tuple[str, str] | None:
    matched = [(leak.rule, leak.severity) for leak in rules.find(text)]
    return min(matched, key=lambda pair: _rank(pair[1])) if matched else None


def _rank(severity: str) -> int:
    return _GRAVEST_FIRST.index(Severity(severity))


# --- Words ----------------------------------------------------------------------------------------


def _text_findings(page: dict[str, Any], rules: UnitRules) -> Iterator[Finding]:
    """Yield a finding for each part of the text that may not be shown, around its words."""
    lines = [[(str(word[0]), word[1:]) for word in line] for line in page["lines"]]
    if page.get("plate"):
        yield from _plate_findings(lines, rules)
        return
    text, places = "", []
    for line in lines:
        for word, place in line:
            places.append((len(text), len(text) + len(word), place))
            text += f"{word} "
        text = f"{text.rstrip(' ')}\n"
    text = _MISREAD_PROTECTION.sub(lambda word: "BẢO" if len(word[0]) == 3 else "BÍ", text)
    for reading in {text, _restore_digits(_restore_cues(text))}:
        for match in rules.find(reading):
            # Words stand in the order of the text: to look at each of them for each finding takes
            # a time that grows with the square.
            first = bisect_right(places, match.start, key=lambda pair: pair[1])
            last = bisect_left(places, match.end, key=lambda pair: pair[0])
            boxes = [place for _start, _end, place in places[first:last]]
            if boxes:
                yield _finding_at(Kind.TEXT, match.rule, match.severity, bounding_place(boxes))
    if is_identity_card(text):
        for part in parts_of(lines):
            kind = Kind.FACE if part.rule == PORTRAIT else Kind.TEXT
            yield _finding_at(kind, part.rule, Severity.HARD, part.place)


def _plate_findings(lines: list[list[tuple[str, Any]]], rules: UnitRules) -> Iterator[Finding]:
    """Yield a finding for a part shaped like a plate, if a number stands on it."""
    for line in lines:
        for word, place in line:
            military = _MILITARY.fullmatch(word)
            if military and (
                gravest := _gravest_rule(rules, "Xe biển đỏ {}-{}-{}".format(*military.groups()))
            ):
                yield _finding_at(Kind.TEXT, *gravest, place)
            for number in _plate_numbers(word, is_wide=int(place[2]) > _WIDEST_PLATE):
                if gravest := _gravest_rule(rules, f"Xe mang biển số {number}."):
                    yield _finding_at(Kind.TEXT, *gravest, place)
                    break


def _plate_numbers(read: str, *, is_wide: bool = False) -> Iterator[str]:
    """Yield the number of a plate as it is written, from letters and digits that may be misread;
    nothing for what is no plate's.
    """
    if _MONEY.search(read) or _has_odd_group(read):
        return
    letters = re.sub(r"[^A-Z0-9]", "", read.upper().replace("Đ", "D"))
    if _POINTED.fullmatch(read.strip()) or _POINTED_DIGITS.fullmatch(read.strip()):
        yield f"30A-{letters[-5:-2]}.{letters[-2:]}"
    if not 6 <= len(letters) <= 10:
        return
    match = _PLATE.fullmatch(letters)
    if match:
        province, number = (part.translate(LIKE_DIGITS) for part in (match[1], match[3]))
        series = match[2][0].translate(_LIKE_LETTERS) + match[2][1:]
        if (province + number).isdigit() and series[0].isalpha():
            dotted = f"{number[:3]}.{number[3:]}" if len(number) == 5 else number
            yield f"{province}{series}-{dotted}"
    rest = None if is_wide else _PLATE_END.fullmatch(letters)
    if rest and _NO_PROVINCE.fullmatch(letters) and not re.search(r"\d{3}\.\d{2}", read):
        return
    if rest:  # its province or series may be misread: the number behind them is enough
        yield f"30A-{rest[1][:3]}.{rest[1][3:]}"


def _has_odd_group(read: str) -> bool:
    """Check for rows of text: of a plate's two parts none has six or seven letters and digits."""
    sizes = [len(re.sub(r"\W", "", group)) for group in read.split()]
    return len(sizes) > 1 and any(size in (6, 7) for size in sizes)


def _restore_cues(text: str) -> str:
    """Return the text with the words by which rules know a number, where an accent or a letter of
    them was misread; each letter at its place.
    """
    plain = "".join(_fold_letter(letter) for letter in text)
    letters = list(text)
    for cue in _CUES:
        look = "".join(_fold_letter(letter) for letter in cue)
        at = plain.find(look)
        while at >= 0:
            letters[at : at + len(cue)] = cue
            at = plain.find(look, at + len(cue))
    return "".join(letters)


@cache
def _fold_letter(letter: str) -> str:
    """Return the letter without its accents, and one letter for those that are read as another."""
    plain = normalize_unicode("NFD", letter.lower().replace("đ", "d"))[0]
    return _MISREAD.get(plain, plain)


def _restore_digits(text: str) -> str:
    """Return the text with digits for letters that look alike, in words that are digits for the
    most part; each letter at its place.
    """

    def mended(match: re.Match[str]) -> str:
        word = match[0]
        digits = sum(letter.isdigit() for letter in word)
        return word.translate(LIKE_DIGITS) if digits >= 2 and 2 * digits >= len(word) else word

    return re.sub(r"\S+", mended, text)


# --- One place, one box ---------------------------------------------------------------------------


def _merge_overlapping(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings with those of one kind and rule that cover each other as one, the gravest
    first.
    """
    chosen: list[Finding] = []
    for finding in sorted(findings, key=lambda finding: (_rank(finding.severity), -finding.area)):
        same = next(
            (
                number
                for number, other in enumerate(chosen)
                if (other.kind, other.rule, other.host)
                == (finding.kind, finding.rule, finding.host)
                and _overlap(finding, other) >= 0.5
            ),
            None,
        )
        if same is None:
            chosen.append(finding)
        else:
            chosen[same] = _span_both(chosen[same], finding)
    return chosen


def _overlap(one: Finding, other: Finding) -> float:
    """Return what two share, as a part of the smaller one."""
    width = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    height = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    return width * height / min(one.area, other.area) if width > 0 and height > 0 else 0.0


def _span_both(one: Finding, other: Finding) -> Finding:
    x, y, width, height = bounding_place([one[3:7], other[3:7]])
    return one._replace(x=x, y=y, width=width, height=height)


def merge_over_time(samples: Sequence[tuple[float, Sequence[Finding]]]) -> list[Finding]:
    """Return the findings of a video's samples: what goes on from one to the next is one box,
    around all its places, from the sample before it to the one after it.
    """
    seconds = [second for second, _found in samples]
    done: list[tuple[Finding, int, int]] = []  # with the numbers of its first and last sample
    running: list[tuple[Finding, Finding, int, int]] = []  # the whole, the last place
    for number, (_second, findings) in enumerate(samples):
        still = []
        rest = list(findings)
        for whole, last, first, seen in running:
            again = next((track for track in rest if _continues(last, track, whole)), None)
            if again is not None:
                rest.remove(again)
                still.append((_span_both(whole, again), again, first, number))
            elif number - seen < _SAMPLES_APART:
                still.append((whole, last, first, seen))
            else:
                done.append((whole, first, seen))
        running = still + [(track, track, number, number) for track in rest]
    done += [(whole, first, seen) for whole, _last, first, seen in running]
    ends = [*seconds[1:], seconds[-1] + 2]
    boxes = [
        whole._replace(from_second=seconds[max(first - 1, 0)], to_second=ends[seen])
        for whole, first, seen in done
    ]
    return sorted(boxes, key=lambda finding: (_rank(finding.severity), finding.from_second))[
        :MOST_BOXES
    ]


def _continues(last: Finding, finding: Finding, whole: Finding) -> bool:
    """Check whether a box is the one before it, a little further on; one that wanders off begins a
    new one, so that no box grows over the whole picture.
    """
    if (last.kind, last.rule, last.host) != (finding.kind, finding.rule, finding.host):
        return False
    return _overlap(last, finding) >= 0.3 and _span_both(whole, finding).area <= 4 * last.area
