"""Tells sums of money and counts from numbers that stand for a person or an account."""

import re

_UNIT_AFTER = re.compile(
    r" ?(?:đồng|đ\b|VND|VNĐ|triệu|tỷ|tỉ|nghìn|ngàn|USD|người|lượt|tài khoản|trang|trường hợp)",
    re.IGNORECASE,
)
_GROUPED = re.compile(r"\d{1,3}(?:\.\d{3})*\.000")


def is_amount(text: str, start: int, end: int) -> bool:
    return bool(_UNIT_AFTER.match(text, end) or _GROUPED.fullmatch(text, start, end))
