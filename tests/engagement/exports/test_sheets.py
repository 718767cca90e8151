"""Sheets and cells of exported files, of which a spreadsheet runs none."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from engagement.exports.sheets import Sheet, make_download, name_file, write_sheets

HEAD = ["Tên", "Số"]


def write(format, *sheets) -> bytes:
    out = io.BytesIO()
    write_sheets(out, format, sheets)
    return out.getvalue()


def read_book(*sheets):
    return load_workbook(io.BytesIO(write("xlsx", *sheets)))


def read_csv(*sheets) -> list[list[str]]:
    text = write("csv", *sheets).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Tháng 12/2026", "Tháng 12 2026"),
        ("a[b]c:d*e?f\\g", "a b c d e f g"),
        ("'Trong ngoặc'", "Trong ngoặc"),
        ("Điều\x07này", "Điềunày"),
        ("a" * 40, "a" * 31),
        ("a" * 30 + " b", "a" * 30),
        ("???", "Sheet"),
        ("", "Sheet"),
    ],
)
def test_a_sheet_bears_its_title_as_far_as_excel_takes_it(title, name):
    book = read_book(Sheet(title, HEAD, []))

    assert book.sheetnames == [name]


def test_sheets_of_one_title_are_told_apart():
    book = read_book(*[Sheet("Tổng hợp", HEAD, [])] * 3)

    assert len(set(book.sheetnames)) == 3


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "＝1+1", " =1", "\t=1", "#REF!"]


@pytest.mark.parametrize("words", FORMULAS)
def test_words_that_look_like_a_formula_stay_words(words):
    sheet = Sheet("Bảng", [words, "Số"], [[words, 1]])

    cells = [row[0] for row in read_book(sheet).active.iter_rows()]
    rows = read_csv(sheet)

    assert {cell.data_type for cell in cells} == {"s"}
    assert [row[0].lstrip("'") for row in rows] == [words, words]
    if words != "#REF!":  # no program runs that
        assert all(row[0].startswith("'") for row in rows)


def test_numbers_shares_days_and_gaps_are_each_what_they_are():  # any clock
    moment = datetime(2026, 11, 30, 18, 30, tzinfo=UTC)
    row = [0, 0.256, Decimal("12.5"), date(2026, 11, 30), moment, None, ""]
    sheet = Sheet("Bảng", ["x"] * len(row), [row])

    cells = next(read_book(sheet).active.iter_rows(min_row=2))
    (_head, line) = read_csv(sheet)

    assert [cell.value for cell in cells] == [
        0,
        0.256,
        12.5,
        datetime(2026, 11, 30),
        datetime(2026, 12, 1, 1, 30),
        "not measured",
        None,
    ]
    assert cells[1].number_format == "0%"
    assert line == ["0", "26%", "12.5", "30/11/2026", "01/12/2026 01:30", "not measured", ""]


def test_a_file_without_rows_has_its_head():
    sheet = Sheet("Bảng", HEAD, [])

    assert list(read_book(sheet).active.values) == [tuple(HEAD)]
    assert read_csv(sheet) == [HEAD]


def test_csv_holds_the_last_sheet_with_quotes_and_lines_inside_a_cell():
    last = Sheet("Hai", HEAD, [['Ông "A"; bà B,\nvà C', -3]])

    assert read_csv(Sheet("Một", HEAD, [["không", 1]]), last) == [
        HEAD,
        ['Ông "A"; bà B,\nvà C', "-3"],
    ]
    assert write("csv", last).startswith(b"\xef\xbb\xbf")


def test_letters_that_no_spreadsheet_reads_are_left_out():
    sheet = Sheet("Bảng", HEAD, [["Lời\x00 \x0bnói", 1]])

    assert read_book(sheet).active["A2"].value == "Lời nói"
    assert read_csv(sheet)[1][0].replace("\x0b", "") == "Lời nói"


def test_rows_are_read_once_and_in_their_order():
    rows = iter([[f"Dòng {n}", n] for n in range(2_500)])

    values = list(read_book(Sheet("Bảng", HEAD, rows)).active.values)

    assert values[1:] == [(f"Dòng {n}", n) for n in range(2_500)]


@pytest.mark.parametrize("format", ["xlsx", "csv"])
def test_a_download_bears_its_name_and_type(format):
    answer = make_download(format, name_file("Theo đơn vị", "Đắk Lắk"), [Sheet("B", HEAD, [])])

    assert answer["Content-Disposition"] == f'attachment; filename="theo-don-vi-dak-lak.{format}"'
    assert answer["Content-Type"].startswith("text/csv" if format == "csv" else "application/vnd")


def test_a_name_of_no_plain_letters_leaves_none_open():
    assert name_file("“…”") == ""
    assert len(name_file("Phòng cháy " * 20)) <= 60
