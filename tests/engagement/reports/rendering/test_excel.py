import io
from dataclasses import replace

from openpyxl import load_workbook

from engagement.reports.document import Change, Part, format_cell
from engagement.reports.rendering.excel import write_xlsx

from .samples import month, table, units, week, year


def opened(document):
    return load_workbook(io.BytesIO(write_xlsx(document)))


def test_a_table_is_a_sheet_and_the_last_says_what_figures_mean():
    assert opened(year()).sheetnames == [
        "Kết quả theo nền tảng",
        "Kết quả theo tỉnh, thành phố",
        "Kết quả theo tháng",
        "Giải thích số liệu",
    ]


def test_figures_are_numbers_and_a_gap_is_no_number():
    sheet = opened(week())["Kết quả theo nền tảng"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3)]

    assert rows[0] == ["Nền tảng", "Bài đã đăng", "Lượt tiếp cận", "Lượt tương tác"]
    assert rows[1] == ["Facebook", 12, 1045230, 1234]
    assert rows[2] == ["Zalo OA", 9, 8120, "–"]
    assert rows[3][0].startswith("Ghi chú: dấu “–”")
    assert sheet["C4"].number_format == "#,##0"
    assert sheet["C4"].alignment.horizontal == "right"


def test_a_change_is_a_number_with_its_sign():
    row = ("Facebook", Change(-7996), Change(5), None)
    document = replace(week(), parts=(Part("Kết quả", tables=(replace(table(), rows=(row,)),)),))

    sheet = opened(document).worksheets[0]

    assert [cell.value for cell in sheet[4]] == ["Facebook", -7996, 5, "–"]
    assert sheet["C4"].number_format == "+#,##0;-#,##0;0"
    assert format_cell(Change(5)) == "+5"
    assert format_cell(Change(0)) == "0"


def test_heads_stay_in_sight_and_on_each_printed_page():
    sheet = opened(month(40))["Kết quả theo đơn vị"]

    assert sheet.freeze_panes == "A4"
    assert sheet.print_title_rows == "$3:$3"
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)
    assert sheet["A44"].value == "Cộng"
    assert sheet["A44"].font.bold


def test_what_begins_like_a_formula_stays_text():
    evil = '=HYPERLINK("http://x.vn","bấm")'
    for text in (evil, "+1", "-1", "@SUM(1)", "\t=1"):
        book = opened(
            week(
                subject=text,
                appendices=(table(text, (text, 1, 2, 3)),),
                definitions=((text, text),),
                digest=text,
            )
        )
        kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
        assert kinds <= {"s", "n"}
        assert book.worksheets[1]["A4"].value == text.strip()


def test_captions_that_excel_would_refuse_become_names_of_sheets():
    captions = ("Bảng [1]: a/b\\c*?'", "Bảng [1]: a/b\\c*?'", "x" * 60, "x" * 60, "\x00", "History")
    book = opened(week(parts=(), appendices=tuple(table(caption) for caption in captions)))

    assert book.sheetnames == [
        "Bảng 1 a b c",
        "Bảng 1 a b c 2",
        "x" * 31,
        "x" * 29 + " 2",
        "Bảng",
        "History 2",
        "Giải thích số liệu",
    ]


def test_figures_beyond_excels_precision_and_texts_beyond_its_cells_are_kept_as_it_can():
    sheet = opened(week(parts=(), appendices=(table("Lớn", ("y" * 54_000, 2**53, -5, 0)),)))["Lớn"]

    assert [cell.value for cell in sheet[4]][1:] == ["9.007.199.254.740.992", -5, 0]
    assert len(sheet["A4"].value) == 32_767


def test_3319_units_are_as_many_lines():
    sheet = opened(week(appendices=(units(3319),)))["Kết quả theo đơn vị"]
    assert sheet.max_row == 3 + 3319 + 1 + 1
