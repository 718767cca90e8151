"""Cards and posters: every look and format, text as letters only, and what does not fit."""

import io
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from core.errors import Refused
from media import incoming
from media.cards import typesetting
from media.cards.typesetting import PAPERS, SHEETS, Content, Look, too_long, typeset

CONTENT = Content(
    title="Cảnh giác thủ đoạn giả danh công an yêu cầu cập nhật dữ liệu dân cư, cài ứng dụng lạ",
    line_1="Công an không làm việc qua điện thoại, không yêu cầu chuyển tiền hay đọc mã OTP.",
    line_2="Khi nghi ngờ, hãy tắt máy và báo ngay cho công an nơi gần nhất để được hướng dẫn.",
    hotline="0236.3822.300",
    hotline_label="Trực ban Công an phường Bình Yên",
    unit="Công an phường Bình Yên",
    above="Tỉnh An Bình",
    link="https://vneid.gov.vn/",
)
_PORTRAIT = {"4x5": SHEETS["4x5"].scaled(0.3)}


def picture(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def drawn(content: Content, look: str = "warning") -> bytes:
    return typeset(content, look, _PORTRAIT)["4x5"].data


@pytest.mark.parametrize("look", Look.values)
def test_a_long_title_fits_each_look_in_each_format(look):
    found = typeset(CONTENT, look, SHEETS)

    assert {name: picture(sheet.data).size for name, sheet in found.items()} == {
        "1x1": (1080, 1080),
        "4x5": (1080, 1350),
        "16x9": (1920, 1080),
        "9x16": (1080, 1920),
    }
    assert too_long(found) == {}


def test_a_poster_is_a_page_of_its_paper():
    found = typeset(CONTENT, "law", {name: sheet.scaled(1) for name, sheet in PAPERS.items()})
    pdf = typeset(CONTENT, "law", {"a4": PAPERS["a4"]._replace(form="pdf")})["a4"].data

    assert {name: picture(sheet.data).size for name, sheet in found.items()} == {
        "a4": (595, 842),
        "a3": (842, 1191),
    }
    assert pdf.startswith(b"%PDF-")


def test_the_same_content_gives_the_same_bytes():
    sheets = {"1x1": SHEETS["1x1"], "a4": PAPERS["a4"]._replace(form="pdf")}

    first, second = typeset(CONTENT, "fire", sheets), typeset(CONTENT, "fire", sheets)

    assert first == second
    assert drawn(CONTENT) != drawn(replace(CONTENT, line_2="Gọi 113."))


@pytest.mark.parametrize(
    "text",
    [
        '#read("/etc/passwd")',
        '#import "@preview/cetz:0.3.0"',
        "#panic()",
        "$x^2$ và @muc <nhan> \\ *đậm* _nghiêng_ `mã` // ghi chú",
        '#sys.inputs "][#{',
        "= Đề mục - danh sách + số",
    ],
)
def test_text_that_looks_like_a_program_is_drawn_as_letters(text):
    # Run, the first ones would end the program; as markup the others would lose their signs.
    bare = re.sub(r"[^\w\s]", "", text)

    assert drawn(replace(CONTENT, title=text)) != drawn(replace(CONTENT, title=bare))


def test_text_that_is_too_long_is_counted_and_fits_once_it_is_that_much_shorter():
    long = replace(CONTENT, title="Phòng cháy hơn chữa cháy " * 12)
    letters = " ".join(long.title.split())

    over = too_long(typeset(long, "fire", _PORTRAIT))
    shorter = replace(long, title=letters[: len(letters) - over["title"]])

    assert over.keys() == {"title"}
    assert 0 < over["title"] < len(letters)
    assert too_long(typeset(shorter, "fire", _PORTRAIT)) == {}


def test_a_word_wider_than_the_card_does_not_fit():
    over = too_long(typeset(replace(CONTENT, line_1="W" * 90), "notice", _PORTRAIT))

    assert over.keys() == {"line_1"}


def test_the_engine_is_never_in_this_process_and_leaves_nothing_behind():
    before = sorted(incoming.folder().iterdir())

    drawn(CONTENT)

    assert "typst" not in sys.modules
    assert sorted(incoming.folder().iterdir()) == before


def test_a_card_beyond_the_limits_is_refused_in_words(monkeypatch):
    tight = typesetting.LIMITS._replace(memory=60 * 1024 * 1024)
    monkeypatch.setattr(typesetting, "LIMITS", tight)

    with pytest.raises(Refused, match="could not be drawn"):
        drawn(CONTENT)


# --- Legible --------------------------------------------------------------------------------------

_PAIRS = (
    ("on-head", "head"),
    ("quiet-on-head", "head"),
    ("on-chip", "chip"),
    ("text", "paper"),
    ("strong", "paper"),
    ("quiet", "paper"),
    ("on-call", "call"),
)


def _colours(source: str, name: str) -> list[str]:
    line = re.search(rf"^  {name}: (.*),$", source, re.M)
    assert line, name
    found = re.findall(r'rgb\("#([0-9a-f]{6})"\)', line[1])
    return found or ["ffffff"]  # white


def _light(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_light(one), _light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("look", Look.values)
def test_all_text_of_a_look_stands_out(look):
    source = (Path(typesetting.__file__).parent / "looks" / f"{look}.typ").read_text("utf-8")
    # The title may lie over the large sign in the head.
    sign = re.findall(r'icon\("[\w-]+", rgb\("#([0-9a-f]{6})"\)', source)

    faint = {
        (front, back): round(_contrast(one, other), 2)
        for front, back in _PAIRS
        for one in _colours(source, front)
        for other in _colours(source, back)
        if _contrast(one, other) < 4.5
    }
    assert faint == {}
    assert min(_contrast(colour, _colours(source, "on-head")[0]) for colour in sign) >= 4.5
