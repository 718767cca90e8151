"""Marks that a report never bears."""

import pytest

from core.errors import Refused
from engagement.reports.marks import require_no_mark


@pytest.mark.parametrize(
    "line",
    ["KHẨN", "Thượng khẩn", "HỎA TỐC", "HOẢ TỐC", "H Ỏ A  T Ố C", "* HỎA TỐC HẸN GIỜ *",
     "Độ khẩn: THƯỢNG KHẨN", "Lưu hành nội bộ", "Một dòng\nKHẨN\nMột dòng"],
)  # fmt: skip
def test_a_line_that_is_a_mark_of_urgency_or_circulation_is_refused(line):
    with pytest.raises(Refused, match="no mark of urgency"):
        require_no_mark([line])


@pytest.mark.parametrize(
    "line", ["Việc khẩn cấp gọi 113.", "Khẩn trương triển khai.", "Đăng tin hỏa tốc về bão.", ""]
)
def test_the_words_in_a_sentence_are_none(line):
    require_no_mark([line])


def test_a_mark_of_secrecy_is_refused():
    with pytest.raises(Refused):
        require_no_mark(["TUYỆT MẬT"])
