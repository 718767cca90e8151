"""Documents of the service: marks of restricted circulation and their numbers."""

import re
from collections.abc import Iterator

from posts.checks.leaks.base import Found, Reading, Rule, Severity
from posts.checks.leaks.text import pattern_of_list

# Decree 30/2020/NĐ-CP, Annex I, part III.2.
_MARK = re.compile(
    r"(?<!\w)(?:lưu hành nội bộ|xem xong trả lại|thượng khẩn|h[ỏo][ảa] tốc|hỏa tốc|"
    r"không phổ biến ra ngoài|nội bộ ngành công an|lưu hành trong nội bộ|tài liệu nội bộ)(?!\w)",
    re.IGNORECASE,
)
_URGENT_LINE = re.compile(r"(?:^|(?<=\n))[ \t*_(\[]*(KHẨN)[ \t*_)\].]*(?=\n|$)")
_POLICE_NUMBER = re.compile(
    r"(?<![\w/])\d{1,5} ?/ ?[A-ZĐ][A-ZĐa-z]{1,3}-"
    rf"(?:{pattern_of_list('police_bodies.txt')}|P[ACKVX]\d{{2}}|[ACKVXH]\d{{2}})(?!\w)(?:-\w{{1,12}}){{0,4}}"
)
_DOCUMENT = re.compile(
    r"(?:kế hoạch|công văn|điện|phương án|báo cáo|hướng dẫn|chỉ thị|thông báo|quyết định|tờ trình|"
    r"văn bản|số)[ :]*(?:số)?[ :]*$",
    re.IGNORECASE,
)
_AROUND_A_MARK = re.compile(r"[\s\W_]*")


def circulation_marks(reading: Reading) -> Iterator[Found]:
    for match in _MARK.finditer(reading.text):
        yield Found(*match.span(), _severity(reading, match))
    for match in _URGENT_LINE.finditer(reading.text):
        yield Found(*match.span(1), Severity.SOFT)


def _severity(reading: Reading, match: re.Match[str]) -> Severity:
    """Return SOFT for a mark: in capitals amid other words, or alone on its line or in brackets."""
    first, last = reading.sentence_span(match.start(), match.end())
    before, after = reading.text[first : match.start()], reading.text[match.end() : last]
    alone = _AROUND_A_MARK.fullmatch(before) and _AROUND_A_MARK.fullmatch(after)
    bracketed = before.rstrip(' *“"')[-1:] in ("(", "[") and after.lstrip(' *”"')[:1] in (")", "]")
    rest = before + after
    capital = match.group().isupper() and not rest.isupper()
    return Severity.SOFT if alone or bracketed or capital else Severity.INFO


def document_numbers(reading: Reading) -> Iterator[Found]:
    for match in _POLICE_NUMBER.finditer(reading.text):
        if _DOCUMENT.search(reading.text_before(match.start(), 24)):
            yield Found(*match.span(), Severity.WARN)


RULES = (
    Rule("circ_limit", Severity.SOFT, circulation_marks),
    Rule("doc_internal", Severity.WARN, document_numbers),
)
