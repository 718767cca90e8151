"""Tells sums, counts and dates from numbers that stand for a person or an account."""

import re

_UNIT_AFTER = re.compile(
    r" ?(?:đồng|đ\b|VND|VNĐ|triệu|tỷ|tỉ|nghìn|ngàn|USD|người|lượt|tài khoản|trang|trường hợp)",
    re.IGNORECASE,
)
_GROUPED = re.compile(r"\d{1,3}(?:\.\d{3})*\.000")
_DATE = re.compile(
    r"(?:\d{1,2}[ .-]\d{1,2}[ .-])(?:19|20)\d{2}|(?:19|20)\d{2} ?[.-] ?(?:19|20)\d{2}"
    r"|(?:19|20)\d{2}[ .-]\d{1,2}[ .-]\d{1,2}"
)


def is_date(number: str) -> bool:
    return bool(_DATE.fullmatch(number))


def is_amount(text: str, start: int, end: int) -> bool:
    return bool(_UNIT_AFTER.match(text, end) or _GROUPED.fullmatch(text, start, end))
