"""Tells whether somebody is named as caught, prosecuted or accused."""

import re

from posts.checks.leaks.base import Reading

_ACT = (
    r"bắt|tạm giữ|tạm giam|khởi tố|truy tố|truy nã|xét xử|tuyên phạt|xử phạt|bắt giữ|bắt giam|"
    r"bắt tạm giam"
)
_PERSON = r"bị can|bị cáo|đối tượng|nghi phạm|nghi can|phạm nhân|hung thủ|thủ phạm|can phạm"
_BEFORE = re.compile(
    rf"(?<!\w)(?:{_ACT}|{_PERSON})"
    r"(?: (?:khẩn cấp|quả tang|nóng|thêm|đối với|cựu|nguyên|ông|bà|anh|chị|một|tên|là|nữ|nam|"
    rf"người|\d{{1,2}}|{_PERSON}|tạm giam)){{0,5}}[ :]{{1,2}}$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"(?: ?\([^()\n]{0,140}\))?(?:,[^,.;\n()]{0,60}){0,2},? ?(?:đã |vừa |từng |cũng |có ){0,2}"
    rf"(?:bị (?:[^\W\d_]+ ){{0,6}}?(?:{_ACT}|kết án|cáo buộc)(?!\w)"
    r"|(?:về|với) (?:tội|hành vi)(?!\w)|phạm tội(?!\w))",
    re.IGNORECASE,
)
_LONGEST_BEFORE, _LONGEST_AFTER = 70, 340


def is_accused(reading: Reading, start: int, end: int) -> bool:
    """Check the words before ``start``, where a name or its bearer's post begins, and behind the
    name's ``end``.
    """
    return bool(
        _BEFORE.search(reading.text_before(start, _LONGEST_BEFORE))
        or _AFTER.match(reading.text_after(end, _LONGEST_AFTER))
    )
