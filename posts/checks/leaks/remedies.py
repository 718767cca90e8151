"""Ways out of a finding, each one click: what to write instead of which words."""

import re
from dataclasses import dataclass
from typing import Literal

from posts.checks.leaks.names import Name, names_of
from posts.checks.leaks.plain import PlainText, to_plain_text
from posts.checks.leaks.scan import Leak, Severity

Kind = Literal["mask", "break_link", "initials", "given_initial", "drop_line", "own_hotline"]
_LAST_OF_A_PHONE = 3  # digits that the press hides
# Digits in front that stay: they tell of which kind the number is, and of nobody.
_STAY = {
    "addr_home": 0,
    "bank_acc": 3,
    "bhxh": 3,
    "bhyt": 3,
    "card_pan": 4,
    "doc_internal": 0,
    "gps": 0,
    "id_cccd": 3,
    "id_cmnd": 3,
    "internal_ip": 0,
    "passport": 0,
    "plate": 2,
    "plate_mil": 0,
    "police_id": 0,
    "tax_id": 3,
}
_PHONES = frozenset({"phone_personal", "phone_069"})
_PERSONS = frozenset(
    {"addr_home", "informant", "minor_id", "name_age", "name_case", "name_dob", "sensitive_person"}
)
# Of them the press keeps family and middle name: Trần Văn M. People to be protected keep none.
_NAMED_IN_PRESS = frozenset({"name_age", "name_case", "name_dob"})
# Of a text with a mark of a state secret nothing may stay.
_NO_WAY_OUT = frozenset({"secret_mark"})
_NAME_STANDS_WITHIN = 120
# The unit's own number stands for one that residents are asked to call, never for a suspect's.
_TO_CALL = re.compile(
    r"(?<!\w)(?:gọi|liên hệ|báo|phản ánh|hotline|đường dây nóng|trực ban|tổng đài)(?!\w)"
    r"[^.!?;\n]{0,40}$",
    re.IGNORECASE,
)
_OF_SOMEBODY = re.compile(
    r"(?<!\w)(?:đối tượng|nghi phạm|nghi can|bị can|bị cáo|kẻ|CCCD|căn cước|thuê bao|số lạ|"
    r"sinh năm|SN)(?!\w)",
    re.IGNORECASE,
)
# Of a longer line one tap would take more than the words that it is about.
_LONGEST_DROPPED_LINE = 500


@dataclass(frozen=True, slots=True)
class Remedy:
    """``replacement`` goes where text[start:end] stands."""

    kind: Kind
    replacement: str
    start: int
    end: int


def remedies(text: str, leak: Leak, *, hotline: str = "") -> list[Remedy]:
    """Return the ways out, the best first. ``hotline`` is the unit's own number as it is shown."""
    if leak.rule in _NO_WAY_OUT:
        return []
    ways = []
    if leak.rule == "phone_personal" and hotline and _is_to_be_called(text, leak.start):
        ways.append(Remedy("own_hotline", hotline, leak.start, leak.end))
    masked = _mask_words(leak, text[leak.start : leak.end])
    if masked is not None and masked != text[leak.start : leak.end]:
        kind: Kind = "break_link" if leak.rule == "link_risk" else "mask"
        ways.append(Remedy(kind, masked, leak.start, leak.end))
    name = _name_span(text, leak) if leak.rule in _PERSONS else None
    if name:
        name_text = text[name[0] : name[1]]
        # A full stop behind the name is the one of its last letter.
        end = name[1] + text.startswith(".", name[1])
        ways.append(Remedy("initials", cut_to_initials(name_text), name[0], end))
        if leak.rule in _NAMED_IN_PRESS:
            ways.append(Remedy("given_initial", cut_given_name(name_text), name[0], end))
    line = _drop_line(text, leak)
    return [*ways, line] if line.end - line.start <= _LONGEST_DROPPED_LINE else ways


def _is_to_be_called(text: str, at: int) -> bool:
    before = text[max(0, at - 80) : at]
    return bool(_TO_CALL.search(before)) and not _OF_SOMEBODY.search(before)


def cut_to_initials(name: str) -> str:
    """Cut each word of a name to its first letter: N.V.A."""
    return "".join(f"{word[0].upper()}." for word in re.findall(r"[^\W\d_]+", name))


def cut_given_name(name: str) -> str:
    """Cut the last word of a name to its first letter: Nguyễn Văn A."""
    *kept, last = name.split(" ")
    return " ".join([*kept, f"{last[0].upper()}."])


def _mask_words(leak: Leak, text: str) -> str | None:
    rule = leak.rule
    if rule == "addr_home" and leak.severity != Severity.HARD:
        return None  # a hamlet is known by its name, whatever number it has
    if rule in _PHONES:
        digits = len(re.findall(r"\d", text))
        return _mask_digits_after(text, digits - _LAST_OF_A_PHONE)
    if rule in _STAY:
        return _mask_digits_after(text, _STAY[rule])
    if rule == "link_risk":
        return re.sub(r"^https?://", "", text, flags=re.IGNORECASE).replace(".", "[.]")
    return "***" if rule == "credential" else None


def _mask_digits_after(text: str, stay: int) -> str:
    """Put x for every digit behind the first ``stay`` ones."""
    seen = 0
    letters = []
    for letter in text:
        if letter.isdecimal():
            seen += 1
        letters.append("x" if letter.isdecimal() and seen > stay else letter)
    return "".join(letters)


def _name_span(text: str, leak: Leak) -> tuple[int, int] | None:
    """Return where the name stands that a finding is about: in it, or before it."""
    first = max(0, leak.start - _NAME_STANDS_WITHIN)
    near = to_plain_text(text[first : leak.end + _NAME_STANDS_WITHIN])
    spans = [_source_span(near, name, first) for name in names_of(near.text)]
    inside = [span for span in spans if span[0] < leak.end and leak.start < span[1]]
    before = [span for span in spans if span[1] <= leak.start]
    after = [span for span in spans if span[0] >= leak.end]
    if leak.rule == "addr_home":
        inside = []  # a street's name: 12 Trần Phú
    # A birth and an address stand behind their name, "victim" and "reported by" stand before it.
    follows = leak.rule in ("addr_home", "name_dob", "name_age", "minor_id")
    order = [*inside[:1], *(before[-1:] if follows else after[:1]), *before[-1:], *after[:1]]
    return order[0] if order else None


def _source_span(near: PlainText, name: Name, shift: int) -> tuple[int, int]:
    start, end = near.source_span(name.start, name.end)
    return shift + start, shift + end


def _drop_line(text: str, leak: Leak) -> Remedy:
    start = text.rfind("\n", 0, leak.start) + 1
    end = text.find("\n", leak.end)
    return Remedy("drop_line", "", start, len(text) if end < 0 else end + 1)
