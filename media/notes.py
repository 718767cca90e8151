"""Refuse notes on somebody's consent that hold the name of a child or a parent."""

import re

from django.utils.translation import gettext as _

from core.errors import Refused

# By these a note is seen to bear a name: the commonest family names, which some 95 of 100 people
# have, and another name behind them.
_NAME = re.compile(
    r"\b(?:Nguyễn|Trần|Lê|Phạm|Hoàng|Huỳnh|Phan|Vũ|Võ|Đặng|Bùi|Đỗ|Hồ|Ngô|Dương|Lý|Đào|Đinh|Trịnh|"
    r"Trương|Lâm|Mai|Cao|Hà|Tạ|Lương|Đoàn|Thái|Châu|Tô|Nông|Giàng|Vàng|Sùng|Lò|Quàng|Cháng)"
    r"\s+[A-ZÀ-ỸĐ]"
)


def require_no_name(note: str) -> None:
    """Raise Refused for a note on a child's picture that names somebody."""
    if _NAME.search(note):
        raise Refused(
            _(
                "Name no child and no parent here: say where the signed paper is kept, or its "
                "number."
            )
        )
