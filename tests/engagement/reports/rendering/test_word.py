import io
import zipfile
from dataclasses import replace

import docx
import pytest
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Pt

from engagement.reports.document import Part
from engagement.reports.rendering.word import write_docx

from .samples import month, table, units, week, year

HOSTILE = '</w:t></w:r><w:p/>&lt;w:t>#read("/etc/passwd")\x00\x1b\u202e=1+1 <w:t>'


def opened(document):
    return docx.Document(io.BytesIO(write_docx(document)))


def text_of(word):
    return "\n".join(
        "".join(paragraph.itertext()) for paragraph in word.element.body.iter(qn("w:p"))
    )


def style(word, name):
    return word.styles[name]


def test_each_section_has_the_papers_margins_and_its_own_page_numbers():
    word = opened(year())

    assert [section.orientation for section in word.sections] == [
        WD_ORIENT.PORTRAIT,
        WD_ORIENT.LANDSCAPE,
        WD_ORIENT.LANDSCAPE,
        WD_ORIENT.PORTRAIT,
    ]
    for section in word.sections:
        sides = (section.top_margin, section.bottom_margin, section.left_margin)
        assert [round(side.mm) for side in (*sides, section.right_margin)] == [20, 20, 30, 15]
        assert {round(section.page_width.mm), round(section.page_height.mm)} == {210, 297}
        assert section.different_first_page_header_footer
    starts = [section._sectPr.find(qn("w:pgNumType")) for section in word.sections]
    assert [start is not None and start.get(qn("w:start")) for start in starts] == [
        False,
        "1",
        "1",
        "1",
    ]


def test_the_page_number_is_a_field_in_the_middle_of_the_upper_margin():
    word = opened(year())
    for section in word.sections:
        line = section.header.paragraphs[0]
        fields = line._p.findall(qn("w:fldSimple"))
        assert [field.get(qn("w:instr")).strip() for field in fields] == ["PAGE"]
        assert line.style.name == "Header"
    header = style(word, "Header")
    assert (header.font.size.pt, header.paragraph_format.alignment) == (
        13,
        WD_ALIGN_PARAGRAPH.CENTER,
    )


@pytest.mark.parametrize(
    ("name", "points", "bold", "italic"),
    [
        ("Normal", 14, False, False),
        ("Heading 1", 14, True, False),
        ("Heading 2", 14, True, False),
        ("Heading 3", 14, False, False),
        ("Quốc hiệu", 12, True, False),
        ("Tiêu ngữ", 13, True, False),
        ("Cơ quan chủ quản", 12, False, False),
        ("Cơ quan ban hành", 12, True, False),
        ("Số, ký hiệu", 13, False, False),
        ("Địa danh, thời gian", 13, False, True),
        ("Tên loại văn bản", 14, True, False),
        ("Trích yếu", 14, True, False),
        ("Quyền hạn, chức vụ", 14, True, False),
        ("Họ tên người ký", 14, True, False),
        ("Nơi nhận", 12, True, True),
        ("Danh sách nơi nhận", 11, False, False),
        ("Phụ lục", 14, True, False),
        ("Kèm theo văn bản", 14, False, True),
    ],
)
def test_a_style_has_the_decrees_letters(name, points, bold, italic):
    font = style(opened(week()), name).font

    assert (font.name, font.size.pt, font.bold, font.italic) == (
        "Times New Roman",
        points,
        bold,
        italic,
    )
    assert font.color.rgb is None


def test_text_runs_to_both_margins_with_its_first_line_set_in():
    line = style(opened(week()), "Normal").paragraph_format

    assert line.alignment == WD_ALIGN_PARAGRAPH.JUSTIFY
    assert round(line.first_line_indent.mm, 1) == 12.7
    assert line.space_after.pt >= 6
    assert line.line_spacing == 1.0


def test_headings_are_words_own_so_that_its_outline_shows_them():
    word = opened(week())

    assert [(p.style.name, p.text) for p in word.paragraphs if p.style.name.startswith("Head")] == [
        ("Heading 1", "I. KẾT QUẢ THỰC HIỆN"),
        ("Heading 1", "II. PHƯƠNG HƯỚNG"),
    ]


def test_a_table_repeats_its_head_and_splits_no_row():
    word = opened(month(30))
    rows = word.tables[-2]._tbl.tr_lst
    properties = [[child.tag.split("}")[1] for child in row.trPr] for row in rows]

    assert properties[0] == ["cantSplit", "tblHeader"]
    assert properties[1:] == [["cantSplit"]] * 31


def test_figures_stand_at_the_right_grouped_and_sums_are_bold():
    rows = opened(month(3)).tables[-2].rows
    cell = rows[1].cells[2].paragraphs[0]

    assert cell.text == "1.234"
    assert cell.style.name == "Số trong bảng"
    assert cell.style.paragraph_format.alignment == WD_ALIGN_PARAGRAPH.RIGHT
    assert [run.bold for run in rows[4].cells[0].paragraphs[0].runs] == [True]
    assert [run.bold for run in cell.runs] == [None]


def test_rules_are_a_share_of_the_line_above_them():
    short, long = (
        opened(week(subject=subject)).element.body.findall(qn("w:p")) for subject in ("A", "Á" * 40)
    )
    sides = []
    for lines in (short, long):
        ruled = [line for line in lines if line.find(f".//{qn('w:pBdr')}") is not None]
        sides.append(int(ruled[0].find(f".//{qn('w:ind')}").get(qn("w:left"))))

    assert sides[0] > sides[1] > 0


def test_texts_are_letters_and_never_elements():
    hostile = week(
        subject=HOSTILE,
        **dict.fromkeys(("parent", "body", "place", "symbol", "issuer"), HOSTILE),
        recipients=(HOSTILE,),
        copies=(HOSTILE,),
        opening=(HOSTILE,),
        appendices=(table(HOSTILE, (HOSTILE, 1, 2, 3)),),
        definitions=((HOSTILE, HOSTILE),),
        digest=HOSTILE,
    )
    plain, word = opened(replace(hostile, subject="x")), opened(hostile)

    assert text_of(word).count('#read("/etc/passwd")=1+1 <w:t>') >= 8
    count = [len(list(document.element.body.iter(qn("w:p")))) for document in (plain, word)]
    assert count[0] == count[1]


def test_a_text_of_54_kb_is_whole():
    text = "Dài " * 13_500
    assert text.strip() in text_of(opened(week(opening=(text,))))


def test_a_row_of_more_than_a_page_may_be_split():
    word = opened(week(appendices=(table("Dài", ("chữ " * 2000, 1, 2, 3)),)))
    assert len(word.tables[-2]._tbl.tr_lst[1].trPr) == 0


def test_the_same_report_gives_the_same_bytes_with_nobodys_name():
    data = write_docx(week())
    facts = docx.Document(io.BytesIO(data)).core_properties

    assert data == write_docx(week())
    assert (facts.title, facts.author) == (week().subject, "CÔNG AN PHƯỜNG HẢI CHÂU")
    assert (facts.comments, facts.last_modified_by) == ("", "")
    assert facts.created.isoformat()[:16] == "2026-11-30T17:05"
    assert "docProps/thumbnail.jpeg" not in zipfile.ZipFile(io.BytesIO(data)).namelist()


def test_3319_units_make_a_file_of_a_few_hundred_kilobytes():
    data = write_docx(week(appendices=(units(3319),)))
    tables = docx.Document(io.BytesIO(data)).tables

    assert len(tables[-2]._tbl.tr_lst) == 3321
    assert len(data) < 500_000


def test_what_follows_a_table_keeps_its_distance():
    parts = (
        Part("A", tables=(replace(table("Bảng", ("X", 1, 2, 3)), note=""),)),
        Part("B", ("Câu.",)),
    )
    word = opened(week(parts=parts))

    (below,) = (paragraph for paragraph in word.paragraphs if paragraph.text == "II. B")
    (text,) = (paragraph for paragraph in word.paragraphs if paragraph.text == "Câu.")
    assert below.paragraph_format.space_before == Pt(6)
    assert text.paragraph_format.space_before is None
