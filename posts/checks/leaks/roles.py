"""Tells whether a name stands for a public role: a rank, an office, a profession that speaks."""

import re

from posts.checks.leaks.base import Reading
from posts.checks.leaks.lists import any_of
from posts.checks.leaks.names import Name

_ROLE = rf"(?:{any_of('public_roles.txt')})"
# A role, and words of its body, with nobody else named between it and the name.
_BEFORE = re.compile(
    rf"(?<!\w){_ROLE}(?!\w)(?![^,.;:\n()]*(?<!\w)(?:đối tượng|nạn nhân|bị hại|bị can|bị cáo|"
    r"tài xế|em|cháu|con|vợ|chồng|bắt|tạm giữ|với)(?!\w))[^,.;:\n()]{0,50}$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    rf"^(?: ?[,(–-] ?(?:nguyên |hiện là |là |hiện )?|, |, nguyên )(?:quyền |phó )?{_ROLE}(?!\w)",
    re.IGNORECASE,
)


def is_public(reading: Reading, name: Name) -> bool:
    return bool(
        _BEFORE.search(reading.before(name.start, 70)) or _AFTER.match(reading.after(name.end, 40))
    )
