"""Captions: whatever officers have, as WebVTT, and a clear word on what does not fit."""

import pytest

from core.errors import Refused
from media import captions

SRT = """1
00:00:01,000 --> 00:00:03,500
<font color="yellow">Công an không</font> yêu cầu

2
00:00:04,000 --> 00:00:06,000
{\\an8}<i>chuyển tiền</i> < 1 triệu & hơn
"""
VTT = """WEBVTT

00:00:01.000 --> 00:00:03.500
Công an không yêu cầu

00:00:04.000 --> 00:00:06.000
<i>chuyển tiền</i> &lt; 1 triệu &amp; hơn
"""


def test_subrip_becomes_webvtt():
    assert captions.convert_to_webvtt("\ufeff" + SRT.replace("\n", "\r\n")) == VTT


def test_what_is_webvtt_already_stays():
    assert captions.convert_to_webvtt(VTT) == VTT


def test_styles_notes_and_names_are_left_out_and_places_stay():
    written = (
        "WEBVTT - Phụ đề\nKind: captions\n\nSTYLE\n::cue { color: red }\n\nNOTE của tôi\n\nđoạn 1\n"
    )
    written += "00:01.000 --> 00:02.000 line:0 align:start x:1\n<v An>Chào</v> <b>bà con</b>\n"
    assert captions.convert_to_webvtt(written) == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.000 line:0 align:start\nChào <b>bà con</b>\n"
    )


def test_nothing_stays_nothing():
    assert captions.convert_to_webvtt(" \n") == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Chỉ là chữ", "Line 1 of the captions has no times"),
        ("0:01 – 0:02 Có giờ\nKhông có giờ", "Line 2 of the captions has no times"),
        (
            "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nMột\n\nHai\n",
            "Line 6 of the captions has no times",
        ),
        (
            "1\n00:00:05,000 --> 00:00:05,000\nA",
            "In line 2 of the captions the end does not lie after the start.",
        ),
        (
            "1\n00:61:05,000 --> 00:62:05,000\nA",
            "In line 2 of the captions the end does not lie after the start.",
        ),
        (
            "00:00:05,000 --> 00:00:06,000\nA\n\n00:00:01,000 --> 00:00:02,000\nB",
            "In line 4 of the captions the times",
        ),
        (
            "1\n00:00:05,000 --> 00:00:06,000\nA\n2\n00:00:07,000 --> 00:00:08,000\nB",
            "An empty line is missing before line 5 of the captions.",
        ),
        ("WEBVTT\n", "The captions hold no words."),
        ("1\n00:00:05,000 --> 00:00:06,000\n\n", "The captions hold no words."),
        ("WEBVTT\n\n" + "ă" * 50_000, "The captions are larger than 100 kB."),
        (
            "WEBVTT\n\n00:01.000 --> 00:02.000\n" + "<" * 99_900,
            "Line 4 of the captions is longer than 1000 characters.",
        ),
    ],
)
def test_what_does_not_fit_is_named_with_its_line(text, said):
    with pytest.raises(Refused) as refused:
        captions.convert_to_webvtt(text)
    assert str(refused.value).startswith(said)


ROWS = "0:01 – 0:03.500 Công an không yêu cầu\n1:04 – 1:06 <i>chuyển tiền</i> < 1 triệu & hơn"


@pytest.mark.parametrize("dash", [" – ", "-", " - "])
@pytest.mark.parametrize("after", [" ", ": ", " - "])
def test_rows_of_times_and_words_become_webvtt(dash, after):
    assert captions.convert_to_webvtt(
        f"0:01{dash}0:02,5{after}Dừng lại.\n\n0:03{dash}0:04{after}Gọi."
    ) == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nDừng lại.\n\n"
        "00:00:03.000 --> 00:00:04.000\nGọi.\n"
    )


def test_words_alone_are_spread_over_the_video():
    assert captions.convert_to_webvtt("Dừng lại.\nGọi 113.\n", seconds=17) == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:09.000\nDừng lại.\n\n"
        "00:00:09.000 --> 00:00:17.000\nGọi 113.\n"
    )


def test_captions_are_shown_as_rows_that_become_the_same_again():
    vtt = captions.convert_to_webvtt(ROWS)

    assert captions.format_rows(vtt) == ROWS
    assert captions.convert_to_webvtt(ROWS) == vtt


@pytest.mark.parametrize(
    "vtt",
    [
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.000 line:0\nChào\n",
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nHai\ndòng\n",
        "chưa có giờ",
        "",
    ],
)
def test_captions_that_rows_cannot_hold_are_shown_as_they_are(vtt):
    assert captions.format_rows(vtt) == vtt


def test_captions_that_are_not_finished_hide_no_line_from_checks_and_from_cuts():
    written = "(MẬT)\n0:01 – 0:02 Chào"
    assert "(MẬT)" in captions.plain_text(written)
    assert captions.trim_captions(written, start=1, end=2) == written
    assert captions.find_problem(written)


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16"])
def test_files_of_usual_codings_are_read(coding):
    assert captions.decode_captions(SRT.encode(coding)) == SRT


@pytest.mark.parametrize("data", [SRT.encode("cp1258", "replace"), b"\xff\xfe\x00", b"a" * 100_001])
def test_other_files_are_refused(data):
    with pytest.raises(Refused):
        captions.decode_captions(data)


def test_the_words_alone_are_for_checks():
    assert captions.plain_text(VTT) == "Công an không yêu cầu\nchuyển tiền < 1 triệu & hơn"


def test_a_number_that_no_letter_has_is_spoken_as_an_unknown_one():
    assert (
        captions.plain_text(f"WEBVTT\n\n00:01.000 --> 00:02.000\nA &#{'9' * 5000};&#65;")
        == "A \ufffdA"
    )
