"""The forms that count as long as the ministry has made none of its own, and what a form may hold.

A form is data: ``{"subject", "recipients", "copies", "opening", "parts", "measures", "first",
"due_after"}``; a part is ``{"key", "heading", "text", "hint", "tables"}``. Texts are Vietnamese, as
the paper is (Decree 30/2020/NĐ-CP).
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from engagement.models import MEASURES
from engagement.reports.states import ReportKind

LONGEST_HEADING, LONGEST_HINT, LONGEST_LINE, LONGEST_TEXT = 150, 300, 300, 5_000
MOST_PARTS = 10
# The tables that a part may show, in this order.
TABLES: dict[str, Any] = {
    "publishing": _("Posts and punctuality, compared with the period before"),
    "platforms": _("By platform"),
    "topics": _("By topic"),
    "engagement": _("What residents did, compared with the period before"),
    "examples": _("Three posts that residents took up most"),
    "kits": _("Kits, recalls and corrections"),
    "units": _("By unit (provinces and the ministry)"),
    "checks": _("Check of the sums (provinces and the ministry)"),
}
SHOWN_MEASURES = ("views", "reach", "reactions", "comments", "shares", "clicks")
# Period and day: the data of a month runs from the 15th to the 14th, and is sent by the 25th.
_RULES: dict[str, tuple[int, int]] = {
    ReportKind.WEEK: (5, 1),  # Friday to Thursday, due on Friday
    ReportKind.MONTH: (15, 11),
    ReportKind.QUARTER: (15, 11),
    ReportKind.HALF_YEAR: (15, 11),
    ReportKind.YEAR: (15, 11),
    ReportKind.CAMPAIGN: (1, 10),
    ReportKind.AD_HOC: (1, 5),
}
_SUBJECT = "Kết quả công tác tuyên truyền, phổ biến pháp luật trên các trang mạng xã hội chính thức"


def _make_part(key: str, heading: str, hint: str, *tables: str) -> dict[str, Any]:
    return {
        "key": key,
        "heading": heading,
        "text": bool(hint),
        "hint": hint,
        "tables": list(tables),
    }


def make_standard_form(kind: str) -> dict[str, Any]:
    """Return the content of the form as the portal brings it."""
    first, due_after = _RULES[kind]
    return {
        "subject": _SUBJECT,
        "recipients": [],
        "copies": ["Như trên", "Lưu: VT"],
        "opening": [],
        "parts": [
            _make_part(
                "situation",
                "Tình hình, đặc điểm",
                "Nêu ngắn gọn tình hình địa bàn, chủ đề trọng tâm trong kỳ, thuận lợi và khó khăn.",
            ),
            _make_part(
                "results",
                "Kết quả thực hiện",
                "Nêu việc đã làm mà số liệu chưa nói hết: cách làm hay, phối hợp, phản hồi chung.",
                *TABLES,
            ),
            _make_part(
                "limits",
                "Tồn tại, hạn chế và nguyên nhân",
                "Nêu việc chưa làm được, bài đăng chậm hoặc phải thu hồi, nguyên nhân.",
            ),
            _make_part(
                "tasks",
                "Phương hướng, nhiệm vụ kỳ tới",
                "Nêu chủ đề, chiến dịch và việc cần làm trong kỳ tới.",
            ),
            _make_part(
                "proposals",
                "Kiến nghị, đề xuất",
                "Nêu điều cần cấp trên hướng dẫn hoặc hỗ trợ; không có thì ghi “Không”.",
            ),
        ],
        "measures": list(SHOWN_MEASURES),
        "first": first,
        "due_after": due_after,
    }


def find_problems(kind: str, content: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a form's content, as words for its writer; empty if nothing is."""
    problems = []
    highest = 7 if kind == ReportKind.WEEK else 28
    if not 1 <= content["first"] <= highest or not 0 <= content["due_after"] <= 60:
        problems.append(str(_("The period or the day of the form does not exist.")))
    parts = content["parts"]
    if not 1 <= len(parts) <= MOST_PARTS or not any(part["tables"] for part in parts):
        problems.append(str(_("A form has from 1 to 10 parts, and at least one table.")))
    if any(not part["heading"] or len(part["heading"]) > LONGEST_HEADING for part in parts):
        problems.append(str(_("Each part needs a heading of at most 150 characters.")))
    tables = [table for part in parts for table in part["tables"]]
    if len(set(tables)) < len(tables) or set(tables) - set(TABLES):
        problems.append(str(_("Each table stands in one part.")))
    if set(content["measures"]) - set(MEASURES):
        problems.append(str(_("The form names a figure that does not exist.")))
    return problems
