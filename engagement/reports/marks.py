"""Refuse marks of secrecy and urgency: papers that bear one are not made on this system."""

import re
from collections.abc import Iterable

from django.utils.translation import gettext as _

from core.errors import Refused
from core.secrecy import require_no_secrecy_mark
from core.text import normal

# Letters may be spaced out, as marks are often typeset.
_URGENT = re.compile(
    r"^\W*(?:(?:độ|mức độ|mức|dấu) ?khẩn\W*)?"
    r"(?:h ?[oỏ] ?[ảa] ?t ?ố ?c|t ?h ?ư ?ợ ?n ?g ?k ?h ?ẩ ?n|k ?h ?ẩ ?n)"
    r"(?: hẹn giờ)?\W*$",
    re.IGNORECASE,
)
_BLANKS = re.compile(r"[^\S\n]+")
_LONGEST_MARK = 60  # characters of a line that can be a mark


def has_urgency_mark(text: str) -> bool:
    """Check whether a line of ``text`` is a mark of urgency (Decree 30/2020/NĐ-CP, article 8)."""
    return any(
        _URGENT.match(_BLANKS.sub(" ", line).strip())
        for line in normal(text).splitlines()
        if len(line) <= _LONGEST_MARK
    )


def require_no_mark(texts: Iterable[str]) -> None:
    """Raise Refused for a text with a mark of secrecy or urgency."""
    words = list(texts)
    require_no_secrecy_mark(words)
    if any(map(has_urgency_mark, words)):
        raise Refused(
            _(
                "Reports of the portal bear no mark of urgency. Remove it; an urgent paper is made "
                "by the clerk."
            )
        )
