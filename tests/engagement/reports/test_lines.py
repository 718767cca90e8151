from dataclasses import replace

import pytest

from core.secrecy import has_secrecy_mark
from engagement.reports import decree
from engagement.reports.document import Part, Signature, clean, format_cell, to_one_line

from .rendering.samples import campaign, month, table, week, year


def headings(document):
    return [block.text for block in document.blocks if block.kind == "heading"]


def test_parts_are_numbered_by_where_they_stand():
    assert headings(week()) == [
        "I. KẾT QUẢ THỰC HIỆN",
        "II. PHƯƠNG HƯỚNG",
    ]


def test_the_number_and_the_day_are_left_to_the_clerk():
    assert week().number_line == "Số:         /BC-CAP"
    assert week().place_line == "Hải Châu, ngày     tháng     năm 2026"


def test_one_recipient_stands_beside_the_word_and_several_in_a_list():
    assert week().recipient_lines == ["Công an thành phố Đà Nẵng."]
    assert month().recipient_lines == [
        "- Văn phòng Bộ Công an;",
        "- Cục Xây dựng phong trào.",
    ]
    assert campaign().recipient_lines == []


def test_an_only_appendix_has_no_number_and_the_text_refers_to_each():
    only, several = week(), year()

    assert [page.word for page in only.appendix_pages] == ["Phụ lục"]
    assert only.blocks[-1].text == "Kèm theo: Phụ lục - Giải thích số liệu./."
    assert [page.word for page in several.appendix_pages] == [
        "Phụ lục I",
        "Phụ lục II",
        "Phụ lục III",
    ]
    assert several.blocks[-1].text == (
        "Kèm theo: Phụ lục I - Kết quả theo tỉnh, thành phố; Phụ lục II - Kết quả theo tháng; "
        "Phụ lục III - Giải thích số liệu./."
    )


def test_the_last_appendix_says_what_figures_mean_and_when_they_were_frozen():
    last = week().appendix_pages[-1]

    assert last.title == "GIẢI THÍCH SỐ LIỆU"
    assert last.of.endswith("năm 2026 của Công an phường Hải Châu)")
    assert [block.kind for block in last.blocks] == ["table", "note", "note", "end"]
    assert last.blocks[1].text == "Số liệu được chốt lúc 00:05 ngày 01/12/2026."
    assert "9f2c" * 16 in last.blocks[2].text


def test_what_was_not_measured_is_a_dash_with_a_note_and_never_a_nought():
    assert [format_cell(None), format_cell(0), format_cell(1234)] == ["–", "0", "1.234"]
    kinds = [block.kind for block in week().blocks if block.kind in ("table", "note")]
    measured = week(parts=()), week(appendices=(table("Đủ", ("Facebook", 0, 0, 0)),))

    assert kinds == ["table", "note"]
    assert decree.GAP_NOTE not in [
        block.text for document in measured for block in document.appendix_pages[0].blocks
    ]


def test_a_note_that_explains_the_dash_stands_alone():
    gap, own = table(), "Ô có dấu “–” là chưa đo được."

    assert gap.notes == [decree.GAP_NOTE]
    assert replace(gap, note="Từ 1–5.").notes == [decree.GAP_NOTE, "Từ 1–5."]
    assert replace(gap, note=own).notes == [own]
    assert table("Đủ", ("Facebook", 0, 0, 0)).notes == []


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


def test_each_text_of_a_paper_is_cleaned_wherever_it_stands():
    raw = "một\u200b\nhai"
    document = clean(
        week(
            place=raw,
            opening=(raw,),
            parts=(Part(raw, (raw,), (table(raw, (raw, 1, 2, None)),)),),
            signature=Signature((raw,), raw),
            definitions=((raw, raw),),
        )
    )

    assert "\u200b" not in repr(document)
    assert document.parts[0].tables[0].rows == (("một hai", 1, 2, None),)
    assert document.signature == Signature(("một hai",), "một hai")
    assert document.as_of == week().as_of


def test_shares_of_a_table_fill_the_width():
    results = table()
    widths = results.compute_widths(results.format_rows())

    assert sum(widths) == pytest.approx(1)
    assert min(widths) > 0.05


def test_no_word_of_the_form_marks_secrecy_or_urgency():
    words = [value for value in vars(decree).values() if isinstance(value, str)]

    assert len(words) > 15
    assert not any(has_secrecy_mark(word) for word in words)
