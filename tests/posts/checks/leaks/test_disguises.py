"""Places of findings in texts as people paste them, and the time that hostile texts take."""

import re
import string
import sys
import unicodedata
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posts.checks.leaks.plain import to_plain_text
from posts.checks.leaks.scan import find_leaks
from tests.posts.checks.leaks.cases import FOUND

TODAY = date(2026, 11, 27)
LEAKS = [
    (text, words)
    for rule, cases in FOUND.items()
    for text, _severity, words in cases
    if words and rule != "secret_mark" and "\n" not in text
]
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
INVISIBLE = ["\u200b", "\u2060", "\ufeff", "\u00ad"]


def marked(text):
    return {(leak.rule, text[leak.start : leak.end]) for leak in find_leaks(text, today=TODAY)}


def bare(text):
    """Undo the disguises of this file."""
    shown = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text))
    return "".join(letter for letter in shown if letter not in INVISIBLE)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(LEAKS), st.data())
def test_a_place_is_right_in_a_text_of_any_spelling(leak, data):
    text, words = leak
    spelled = "".join(
        data.draw(st.sampled_from([letter, unicodedata.normalize("NFD", letter)]))
        + data.draw(st.sampled_from(["", "", *INVISIBLE]))
        for letter in text
    )
    spelled = spelled.translate(FULL_WIDTH) if data.draw(st.booleans()) else spelled

    assert words in {bare(found) for _rule, found in marked(spelled)}


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(LEAKS), max_size=6), st.text(max_size=200), st.randoms())
def test_findings_lie_in_the_text_in_order_and_do_not_overlap(leaks, noise, random):
    pieces = [text for text, _words in leaks] + [noise]
    random.shuffle(pieces)
    text = random.choice(["\n", " ", ". "]).join(pieces)

    ends = [0]
    for found in find_leaks(text, today=TODAY):
        assert ends[-1] <= found.start < found.end <= len(text)
        ends.append(found.end)


@given(st.text(max_size=300))
def test_a_plain_text_leads_back_to_each_letter(source):
    read = to_plain_text(source)

    assert len(read.text) == len(read.starts) == len(read.ends)
    assert list(read.starts) == sorted(read.starts)
    assert all(
        start < end <= len(source) for start, end in zip(read.starts, read.ends, strict=True)
    )


def test_a_letter_under_thousands_of_marks_is_read_in_pieces():
    """Putting one long run of marks in order would take quadratic time."""
    read = to_plain_text("a" + "\u0301\u0323" * 1000)
    assert max(end - start for start, end in zip(read.starts, read.ends, strict=True)) <= 7


@given(st.text(alphabet=" aĐ\n9.", max_size=60))
def test_a_text_without_disguise_stays_as_it_is(source):
    source = re.sub(r"\.{2,}", ".", source)  # keep the digits of a number apart

    assert to_plain_text(source).text.replace(" ", "") == source.replace(" ", "")


@given(st.text(alphabet=string.printable + "ăĐđâệỜ“”…–\u0301\u200b", max_size=60))
def test_an_invisible_sign_before_a_text_changes_nothing_of_it(source):
    """A text without odd signs is read in one step, another one letter by letter."""
    alone, behind = to_plain_text(source), to_plain_text("\u200b" + source)

    if not unicodedata.combining(source[:1] or "a"):
        assert alone.text == behind.text
        assert [start + 1 for start in alone.starts] == list(behind.starts)
        assert [end + 1 for end in alone.ends] == list(behind.ends)


@pytest.mark.parametrize(
    "disguise",
    [
        pytest.param(lambda digit: digit + "\ufe0f\u20e3", id="keys"),
        pytest.param(lambda digit: digit + "\ufe00", id="form"),
        pytest.param(lambda digit: digit + "\u034f", id="joiner"),
        pytest.param(lambda digit: digit + "\u0332", id="underlined"),
        pytest.param(lambda digit: digit + "\u3164", id="blank letter"),
        pytest.param(lambda digit: digit + "\u202e", id="direction"),
        pytest.param(lambda digit: chr(0x660 + int(digit)), id="arabic"),
        pytest.param(lambda digit: chr(0x966 + int(digit)), id="devanagari"),
        pytest.param(lambda digit: "⓿❶❷❸❹❺❻❼❽❾"[int(digit)], id="circled"),
    ],
)
@pytest.mark.parametrize(
    ("text", "number", "rule"),
    [
        ("Liên hệ anh Bình, số {}.", "0912345678", "phone_personal"),
        ("Số CCCD {} của chị.", "048085001234", "id_cccd"),
        ("Chuyển vào số tài khoản {}.", "0123456789012", "bank_acc"),
        ("Xe ô tô biển số {} bỏ chạy.", "43A12345", "plate"),
    ],
)
def test_a_number_in_decorated_or_foreign_digits_is_found(text, number, rule, disguise):
    written = "".join(
        disguise(character) if character.isdigit() else character for character in number
    )

    found = marked(text.format(written))

    assert [(rule, words[0]) for rule, words in found] == [(rule, written[0])]


@pytest.mark.parametrize(
    ("text", "rule", "words"),
    [
        ("Liên hệ anh Bình, số O912 345 678.", "phone_personal", "O912 345 678"),
        ("Liên hệ anh Bình, số 09l2.34S.678.", None, None),
        ("Liên hệ anh Bình, số 09l2.345.678.", "phone_personal", "09l2.345.678"),
        ("Số CCCD o48o85oo1234 của chị.", "id_cccd", "o48o85oo1234"),
        ("Số CCCD 048 O85 OO1 234 của chị.", "id_cccd", "048 O85 OO1 234"),
        ("Chuyển vào số tài khoản 1O234567890I2.", "bank_acc", "1O234567890I2"),
        ("\u200bSố CCCD O48085001234 của chị.", "id_cccd", "O48085001234"),
        ("Trộm 912 345 678 O ghi trong sổ.", None, None),
        ("Mã OOOOOOOO0912 của máy.", None, None),
        ("Nhóm O, 30 ml, 5 l xăng, ngày l0/11/2026, lúc 7 giờ 30.", None, None),
    ],
)
def test_letters_that_stand_for_digits_hide_no_number(text, rule, words):
    assert marked(text) == ({(rule, words)} if rule else set())


def test_a_telephone_number_set_with_middle_dots_is_found():
    assert marked("Gọi anh Bình: 0912·345·678.") == {("phone_personal", "0912·345·678")}


HOSTILE = [
    *(
        "1",
        "12 ",
        "1O",
        "1 O",
        "O1 ",
        "1 ",
        "1.",
        "0 ",
        "0912",
        "12/",
        "10.",
        "29A-123",
        "a a a ",
        "A ",
        "- ",
        "/",
        "(",
    ),
    *("Nguyễn ", "NGUYỄN ", "Nguyễn Văn An ", "ông Nguyễn Văn An ", "em A.", "mật ", "độ mật: "),
    *("a.b@", "http://", "www.a.", "số tài khoản ", "trú tại số 1 ", "ngõ 1 ", "lớp 6 ", "OTP "),
    *("nghiện ma túy ", "đối tượng ", "SN 1990 ", "tin báo của ", "chuyên án ", "12 tuổi "),
    *("Nguyễn Văn An (SN 1990) ", "chủ tịch công an xã ", "nạn nhân là ông Nguyễn Văn An, "),
    *("SĐT 0/9", "biển số 2 9 A ", "V.V.Thóc SN 1990 ", "nguyen van an\n", "NguyễnVăn", "Vũ.Văn."),
    *("lê minh thí ", "lê minh thí, 9 tuổi\n", "OIl 0", "Nguyen Van ", "anh Bịa ở thôn Mây, "),
    *("22 giờ tại tuần tra ", "biển số ", "\n", "\t", "\u0301", "a\u0301\u0301", "\u200b", "ﷺ"),
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_hostile_text_of_54_kilobytes_is_read(piece):
    """A pattern of quadratic time would take minutes here, and the suite would say so."""
    text = piece * (54_000 // len(piece)) + "x"

    for leak in find_leaks(text, today=TODAY):
        assert leak.end <= len(text)


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_text_four_times_as_long_takes_four_times_the_steps(piece):
    short, long = (_steps(piece * (length // len(piece))) for length in (1_000, 4_000))

    assert long <= 5 * short + 1_000


def _steps(text):
    """Count the calls that reading a text makes, of Python and of C."""
    steps = 0

    def count(_frame, event, _argument):
        nonlocal steps
        steps += event in ("call", "c_call")

    to_plain_text(text)  # what is remembered of letters counts for neither
    sys.setprofile(count)
    try:
        find_leaks(text, today=TODAY)
    finally:
        sys.setprofile(None)
    return steps
