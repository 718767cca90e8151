"""Numbers of identity papers, social insurance and tax."""

import re
from collections.abc import Iterator

from posts.checks.leaks.base import Found, Reading, Rule, Severity
from posts.checks.leaks.text import is_amount, read_list

_PROVINCES = read_list("birth_registration_codes.txt")
_OLDEST_YEAR = 1910
_TWELVE = re.compile(r"(?<![\d/.-])\d(?:(?:[ .-]{0,2}|\n)\d){11}(?!\d|[/.,-]\d)")
_PERSON_CUE = re.compile(r"CCCD|căn cước|định danh(?: cá nhân)?|số ĐDCN", re.IGNORECASE)
_PARCEL_CUE = re.compile(
    r"(?:vận đơn|giao dịch|đơn hàng|hồ sơ|hóa đơn|hoá đơn|tham chiếu|sê-?ri|serial|biên lai|"
    r"công tơ|khách hàng|tracking)[^\d\n]{0,20}$",
    re.IGNORECASE,
)
_OLD_CARD = re.compile(
    r"(?:\b(?:CMND|CMTND|CMT|CMTNN|GCMND)\b|chứng minh (?:nhân dân|thư|ND)|giấy chứng minh)"
    r"[^\d\n]{0,30}(\d{3}[ .]?\d{3}[ .]?\d{3})(?![ .-]?\d)",
    re.IGNORECASE,
)
_INSURANCE_CARD = re.compile(
    r"(?<![^\W_])[A-Z]{2}[ -]?[1-5][ -]?\d{2}[ -]?(?:\d[ -]?){9}\d(?!\d)",
)
_INSURANCE_NUMBER = re.compile(
    r"(?:\bBHXH\b|bảo hiểm xã hội|\bBHYT\b|bảo hiểm y tế|sổ bảo hiểm)[^\d\n]{0,30}"
    r"(\d(?:[ .]?\d){9})(?!\d)",
    re.IGNORECASE,
)
_TAX_NUMBER = re.compile(
    r"(?:\bMST\b|mã số thuế)[^\d\n]{0,20}(\d{10}(?:-?\d{3})?|\d{12})(?!\d)", re.IGNORECASE
)
_COMPANY = re.compile(
    r"công ty|doanh nghiệp|hợp tác xã|\bHTX\b|tập đoàn|chi nhánh|ngân hàng|hộ kinh doanh",
    re.IGNORECASE,
)
_PASSPORT_CUED = re.compile(
    r"(?:hộ chiếu|passport)[^\d\n]{0,30}?(?<![^\W_])((?:[A-Z]{1,2} ?)\d{6,8})(?!\d)", re.IGNORECASE
)
_GOODS_BEFORE = re.compile(
    r"(?:lô|se-?ri|sê-?ri|mẫu|mã|model|đăng ký|SĐK|serial|hóa đơn|vé|phiếu)(?: số)?[ :]{0,2}$",
    re.IGNORECASE,
)
_PASSPORT = re.compile(r"(?<![^\W_])(?<![/-])[BCEKNPQ]\d{7,8}(?![^\W_]|[/-])")


def personal_numbers(reading: Reading) -> Iterator[Found]:
    for match in _TWELVE.finditer(reading.text):
        before = reading.text_before(match.start(), 60)
        cued = bool(_PERSON_CUE.search(before))
        is_glued = before[-1:].isalpha() and not before.endswith("số")
        if not cued and (is_glued or _PARCEL_CUE.search(before)):
            continue
        groups = re.findall(r"\d+", match.group())
        if max(map(len, groups)) == 2:  # a row of drawn numbers or of dates
            continue
        if match.group().count("\n") > 1:  # a column of numbers
            continue
        if _is_personal_number("".join(groups), reading.today.year):
            yield Found(*match.span(), Severity.HARD)
        elif cued and _CUE_NEAR.search(before):
            yield Found(*match.span(), Severity.SOFT)  # mistyped, or registered abroad


_CUE_NEAR = re.compile(r"(?:CCCD|căn cước|định danh)[^\d\n]{0,40}$", re.IGNORECASE)


def _is_personal_number(digits: str, this_year: int) -> bool:
    """Check the structure: place of birth registration, sex and century, year of birth."""
    if digits[:3] not in _PROVINCES or digits[3] not in "0123":
        return False
    year = (1900 if digits[3] in "01" else 2000) + int(digits[4:6])
    return _OLDEST_YEAR <= year <= this_year


def old_card_numbers(reading: Reading) -> Iterator[Found]:
    if not reading.has_number:
        return
    for match in _OLD_CARD.finditer(reading.text):
        if not is_amount(reading.text, *match.span(1)):
            yield Found(*match.span(1), Severity.HARD)


def insurance_cards(reading: Reading) -> Iterator[Found]:
    for match in _INSURANCE_CARD.finditer(reading.text):
        yield Found(*match.span(), Severity.HARD)


def insurance_numbers(reading: Reading) -> Iterator[Found]:
    if not reading.has_number:
        return
    for match in _INSURANCE_NUMBER.finditer(reading.text):
        is_service = match[1].startswith(("1800", "1900"))
        if not is_service and not is_amount(reading.text, *match.span(1)):
            yield Found(*match.span(1), Severity.HARD)


def tax_numbers(reading: Reading) -> Iterator[Found]:
    if not reading.has_number:
        return
    for match in _TAX_NUMBER.finditer(reading.text):
        of_company = _COMPANY.search(reading.text_before(match.start(), 80))
        yield Found(*match.span(1), Severity.INFO if of_company else Severity.WARN)


def passports(reading: Reading) -> Iterator[Found]:
    for match in _PASSPORT_CUED.finditer(reading.text):
        yield Found(*match.span(1), Severity.HARD)
    for match in _PASSPORT.finditer(reading.text):
        if not _GOODS_BEFORE.search(reading.text_before(match.start(), 20)):
            yield Found(*match.span(), Severity.WARN)


CARDS = (Rule("bhyt", Severity.HARD, insurance_cards),)
NUMBERS = (
    Rule("id_cmnd", Severity.HARD, old_card_numbers),
    Rule("id_cccd", Severity.HARD, personal_numbers),
    Rule("bhxh", Severity.HARD, insurance_numbers),
    Rule("tax_id", Severity.WARN, tax_numbers),
)
PASSPORTS = (Rule("passport", Severity.HARD, passports),)
