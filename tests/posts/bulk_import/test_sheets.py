"""Sheets of planned posts: what officers and their programs write is read, within limits."""

import io
from datetime import datetime, time

import pytest
from django.utils import timezone, translation
from openpyxl import Workbook, load_workbook

from core.errors import Refused
from posts.bulk_import.sheets import (
    LONGEST_TEXT,
    Cells,
    build_workbook,
    example_rows,
    parse_day,
    parse_moment,
    parse_time,
    read_rows,
)
from tests import factories

VI = ["Ngày", "Giờ", "Kênh", "Tiêu đề", "Nội dung", "Tên ảnh", "Mô tả ảnh", "Chủ đề", "Đường dẫn"]
EN = ["Date", "Time of day", "Channels", "Title", "Text", "Picture name"]


def xlsx(*rows, headings=EN) -> bytes:
    book = Workbook()
    for row in (headings, *rows):
        book.active.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(data: bytes):
    return read_rows(io.BytesIO(data), size=len(data))


@pytest.mark.parametrize(
    ("day", "clock", "moment"),
    [
        ("05/12/2026", "07:30", (2026, 12, 5, 7, 30)),
        ("5/12/26", "7h30", (2026, 12, 5, 7, 30)),
        ("5-12-2026", "7h", (2026, 12, 5, 7, 0)),
        ("2026-12-05", "19.30", (2026, 12, 5, 19, 30)),
        ("2026-12-05 00:00:00", "07:30:00", (2026, 12, 5, 7, 30)),  # cells of Excel's own kinds
        ("2026-12-05 07:30:00", "", (2026, 12, 5, 7, 30)),
        ("46361", "0.3125", (2026, 12, 5, 7, 30)),  # the numbers that Excel keeps
        ("46361,3125", "", (2026, 12, 5, 7, 30)),
        ("05/12/2026", "0,999999", (2026, 12, 5, 0, 0)),
    ],
)
def test_days_and_times_are_read_as_people_and_programs_write_them(day, clock, moment):
    assert parse_moment(day, clock) == timezone.make_aware(datetime(*moment))


@pytest.mark.parametrize("day", ["", "12/2026", "31/02/2026", "thứ Hai", "0", "99999", "1" * 400])
def test_a_day_that_is_none_says_what_to_write(day):
    with pytest.raises(ValueError, match="dd/mm/yyyy"):
        parse_day(day)


@pytest.mark.parametrize("clock", ["", "25:00", "7:61", "sáng", "7" * 400])
def test_a_time_that_is_none_says_what_to_write(clock):
    with pytest.raises(ValueError, match="hh:mm"):
        parse_time(clock)


def test_a_whole_hour_is_no_serial():
    assert parse_time("7") == time(7)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_text_files_are_read_in_each_encoding_and_with_each_separator(encoding, separator):
    lines = [
        separator.join(EN),
        separator.join(["05/12/2026", "7h30", "", "Đà Nẵng", '"Dòng một\r\nDòng hai"', ""]),
    ]

    (row,) = read("\r\n".join(lines).encode(encoding))

    assert (row.number, row.title, row.text) == (2, "Đà Nẵng", "Dòng một\nDòng hai")


def test_a_separator_inside_of_a_text_does_not_decide():
    lines = ["Date;Time of day;Title;Text", "05/12/2026;07:30;Một, hai, ba;Bốn, năm, sáu, bảy"]

    (row,) = read("\n".join(lines).encode())

    assert (row.title, row.text) == ("Một, hai, ba", "Bốn, năm, sáu, bảy")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            "Date;Time of day;Title;Text\n05/12/2026;7h;Cảnh giác;x".encode("cp1258", "replace"),
            "CSV UTF-8",
        ),
        (b"\0\1\2" * 50, "no text file"),
        (b"\xd0\xcf\x11\xe0 old excel", "Only Excel files"),
        (b"PK\x05\x06" + b"\0" * 18, "cannot be read"),
        (b"Date;Time of day;Title\n1;2;3", "lacks these columns: Text"),
        (b"Date;Time of day;Title;Text\n;;;", "no filled row"),
        (b'Date;Time of day;Title;Text\n1;2;3;"' + b"x" * 200_000 + b'"', "Row 2"),
        (b"Date;Time of day;Title;Text\n" + b"1;2;3;4\n" * 5_000, "At most 200 rows"),
        (xlsx(*[[1, 2, "", "x", "y"]] * 5_000), "At most 200 rows"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_words(data, message):
    with pytest.raises(Refused, match=message):
        read(data)


def test_a_text_of_54_kilobytes_is_cut_where_it_is_seen_to_be_too_long():
    (row,) = read(("Date;Time of day;Title;Text\n1;2;3;" + "ả" * 27_000).encode())
    assert len(row.text) == 27_000

    (row,) = read(("Date;Time of day;Title;Text\n1;2;3;" + "a" * 54_000).encode())
    assert len(row.text) == LONGEST_TEXT + 1


@pytest.mark.django_db
def test_the_template_offers_the_units_channels_and_reads_back_with_its_examples_apart():
    channel = factories.ChannelFactory(name="Công an phường Ba Đình")
    topic = factories.topic()
    with translation.override("vi"):
        rows = example_rows([channel], [topic], timezone.localdate())
        data = build_workbook(rows, channels=[channel], topics=[topic])
    book = load_workbook(io.BytesIO(data))
    filled = book.worksheets[0]
    filled.append(["05/12/2026", "7h", None, "Bài của tôi", "Một\nHai"])
    out = io.BytesIO()
    book.save(out)

    found = read(out.getvalue())

    assert [cell.value for cell in filled[1]] == VI
    assert [row.is_example for row in found] == [True, True, False]
    assert (found[2].title, found[2].text) == ("Bài của tôi", "Một\nHai")
    lists = {
        validation.formula1: str(validation.sqref)
        for validation in filled.data_validations.dataValidation
    }
    assert lists == {"'Lựa chọn'!$A$2:$A$2": "C2:C201", "'Lựa chọn'!$B$2:$B$2": "H2:H201"}
    assert book.worksheets[2]["A2"].value == "Facebook Công an phường Ba Đình"


def test_what_begins_like_a_formula_stays_text():
    at = timezone.make_aware(datetime(2026, 12, 5, 7, 30))  # any clock
    data = build_workbook([Cells(at, [], "=1+1", "+84")], channels=[], topics=[])

    cells = load_workbook(io.BytesIO(data)).worksheets[0][2]

    assert [(cell.value, cell.data_type) for cell in cells[3:5]] == [("=1+1", "s"), ("+84", "s")]
