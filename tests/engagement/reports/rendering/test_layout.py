from dataclasses import replace

import pytest

from core.secrecy import has_secrecy_mark
from engagement.reports.rendering import form
from engagement.reports.rendering.layout import format_cell, list_notes, make_layout, to_one_line

from .samples import campaign, month, table, week, year


def headings(document):
    return [block.text for block in make_layout(document).blocks if block.kind == "heading"]


def test_parts_are_numbered_by_where_they_stand():
    assert headings(week()) == [
        "I. KẾT QUẢ THỰC HIỆN",
        "1. Nội dung",
        "a) Lừa đảo",
        "b) Giao thông",
        "2. Chiến dịch",
        "II. PHƯƠNG HƯỚNG",
    ]


def test_letterhead_and_signature_are_in_capitals_and_the_number_is_left_to_the_clerk():
    said = make_layout(week())

    assert (said.parent, said.body) == ("CÔNG AN TP ĐÀ NẴNG", "CÔNG AN PHƯỜNG HẢI CHÂU")
    assert (said.authority, said.position) == (
        ["KT. TRƯỞNG CÔNG AN PHƯỜNG"],
        "PHÓ TRƯỞNG CÔNG AN PHƯỜNG",
    )
    assert said.number == "Số:         /BC-CAP"
    assert said.place == "Hải Châu, ngày     tháng     năm 2026"
    assert said.title == "BÁO CÁO"


def test_one_recipient_stands_beside_the_word_and_several_in_a_list():
    assert make_layout(week()).recipients == ["Công an thành phố Đà Nẵng."]
    assert make_layout(month()).recipients == [
        "- Văn phòng Bộ Công an;",
        "- Cục Xây dựng phong trào.",
    ]
    assert make_layout(campaign()).recipients == []


def test_an_only_appendix_has_no_number_and_the_text_refers_to_each():
    only, several = make_layout(week()), make_layout(year())

    assert [each.word for each in only.appendices] == ["Phụ lục"]
    assert only.blocks[-1].text == "Kèm theo: Phụ lục - Giải thích số liệu./."
    assert [each.word for each in several.appendices] == [
        "Phụ lục I",
        "Phụ lục II",
        "Phụ lục III",
    ]
    assert several.blocks[-1].text == (
        "Kèm theo: Phụ lục I - Kết quả theo tỉnh, thành phố; Phụ lục II - Kết quả theo tháng; "
        "Phụ lục III - Giải thích số liệu./."
    )


def test_the_last_appendix_says_what_figures_mean_and_when_they_were_frozen():
    last = make_layout(week()).appendices[-1]

    assert last.title == "GIẢI THÍCH SỐ LIỆU"
    assert last.of.endswith("năm 2026 của Công an phường Hải Châu)")
    assert [block.kind for block in last.blocks] == ["table", "note", "note", "end"]
    assert last.blocks[1].text == "Số liệu được chốt lúc 00:05 ngày 01/12/2026."
    assert "9f2c" * 16 in last.blocks[2].text


def test_what_was_not_measured_is_a_dash_with_a_note_and_never_a_nought():
    assert [format_cell(None), format_cell(0), format_cell(1234)] == ["–", "0", "1.234"]
    kinds = [
        block.kind for block in make_layout(week()).blocks if block.grid or block.kind == "note"
    ]
    measured = week(parts=()), week(appendices=(table("Đủ", ("Facebook", 0, 0, 0)),))

    assert kinds == ["table", "note"]
    assert form.GAP_NOTE not in [
        block.text for each in measured for block in make_layout(each).appendices[0].blocks
    ]


def test_a_note_that_explains_the_dash_stands_alone():
    gap, own = table(), "Ô có dấu “–” là chưa đo được."

    assert list_notes(gap) == [form.GAP_NOTE]
    assert list_notes(replace(gap, note="Từ 1–5.")) == [form.GAP_NOTE, "Từ 1–5."]
    assert list_notes(replace(gap, note=own)) == [own]
    assert list_notes(table("Đủ", ("Facebook", 0, 0, 0))) == []


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("a\x00b\x1b[31m", "ab[31m"),
        ("a\u202eb\u2066c\u200bd\ufeff", "abcd"),
        ("một\r\nhai\tba\u2028bốn", "một hai ba bốn"),
        ("\ud800x\uffff", "x"),
        ("Da\u0300 Na\u0306\u0303ng", "Dà Nẵng"),
    ],
)
def test_nothing_unseen_reaches_a_paper(written, read):
    assert to_one_line(written) == read


def test_shares_of_a_table_fill_the_width():
    grid = next(block.grid for block in make_layout(week()).blocks if block.grid)

    assert sum(grid.shares) == pytest.approx(1)
    assert min(grid.shares) > 0.05


def test_no_word_of_the_form_marks_secrecy_or_urgency():
    words = [value for value in vars(form).values() if isinstance(value, str)]

    assert len(words) > 15
    assert not any(has_secrecy_mark(word) for word in words)
