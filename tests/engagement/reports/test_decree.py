"""The decree's numbers: Appendix I of Decree 30/2020/NĐ-CP, Part I."""

from datetime import UTC, date, datetime

import pytest

from engagement.reports import decree

# What the decree allows, by item; where it gives one number, that.
ALLOWED = {
    "TOP": (20, 25),  # I 3
    "BOTTOM": (20, 25),
    "LEFT": (30, 35),
    "RIGHT": (15, 20),
    "PAGE_NUMBER": (13, 14),  # I 7
    "NATION": (12, 13),  # II 1
    "MOTTO": (13, 14),
    "PARENT": (12, 13),  # II 2
    "BODY": (12, 13),
    "NUMBER": (13, 13),  # II 3
    "PLACE": (13, 14),  # II 4
    "TITLE": (13, 14),  # II 5
    "SUBJECT": (13, 14),
    "TEXT": (13, 14),  # II 6 e
    "SIGNATURE": (13, 14),  # II 7 đ
    "RECIPIENTS": (13, 14),  # II 9 d
    "COPIES_WORD": (12, 12),
    "COPIES": (11, 11),
    "APPENDIX": (14, 14),  # III 1
    "APPENDIX_TITLE": (13, 14),
    "APPENDIX_OF": (13, 14),
}


@pytest.mark.parametrize(("name", "allowed"), ALLOWED.items())
def test_a_measure_is_within_what_the_decree_allows(name, allowed):
    assert allowed[0] <= getattr(decree, name) <= allowed[1]


def test_lines_indents_and_gaps_are_those_of_the_decree():
    assert decree.PAPER == (210, 297)
    assert decree.INDENT in (10, 12.7)
    assert decree.BETWEEN >= 6
    assert 1 / 3 <= decree.RULE <= 1 / 2


def test_numbers_are_roman_and_grouped_as_vietnamese_papers_have_them():
    assert [decree.format_roman(n) for n in (1, 4, 9, 14, 38)] == [
        "I",
        "IV",
        "IX",
        "XIV",
        "XXXVIII",
    ]
    assert [decree.group_digits(n) for n in (0, 999, 1234, 1234567, -5)] == [
        "0",
        "999",
        "1.234",
        "1.234.567",
        "−5",
    ]


def test_a_list_has_dashes_and_ends_with_a_full_stop_whoever_wrote_them():
    assert decree.format_list(["- Như trên;", " ", "Lưu: VT."]) == ["- Như trên;", "- Lưu: VT."]
    assert decree.format_list([]) == []


def test_moments_are_those_of_viet_nam():
    moment = datetime(2026, 12, 31, 17, 5, tzinfo=UTC)
    assert decree.describe_freeze_time(moment) == "Số liệu được chốt lúc 00:05 ngày 01/01/2027."


def test_numbers_and_days_below_ten_bear_a_zero():
    assert decree.format_number_line("BC-CAP", "5") == "Số: 05/BC-CAP"
    assert decree.format_date("Huế", 2026, date(2026, 2, 3)) == "Huế, ngày 03 tháng 02 năm 2026"
    assert decree.format_date("Huế", 2026, date(2026, 3, 12)) == "Huế, ngày 12 tháng 3 năm 2026"
