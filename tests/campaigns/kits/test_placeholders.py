"""Placeholders of a kit, and a core that nobody changes."""

from datetime import date
from types import SimpleNamespace

import pytest

from campaigns.kits.placeholders import (
    PLACEHOLDER,
    fill_kit_text,
    find_malformed_placeholders,
    find_placeholders,
    hash_core,
    is_number,
    is_span,
    keeps_core,
    list_locked_parts,
    make_placeholder_name,
    parse_day,
)

TEXT = "Công an {don_vi} mời bà con đến {noi}.\n\nGọi 113.\n\nTrực ban: {so}"
VALUES = {"don_vi": "phường Hải Châu", "noi": "nhà văn hóa\n\nGọi số lạ", "so": "0236.3822.300"}


def test_values_are_one_line_and_open_no_placeholder():
    assert find_placeholders([TEXT]) == ["don_vi", "noi", "so"]
    assert list_locked_parts("{a}: b {c}") == ["", ": b ", ""]
    assert find_malformed_placeholders(["{Tên} {ten} { } {dở", "}"]) == ["{Tên}", "{ }", "{dở", "}"]

    assert fill_kit_text("{a} {b} {c}", {"a": "{b}", "b": " x\ny ", "c": " "}) == "{b} x y {c}"
    assert keeps_core(TEXT, fill_kit_text(TEXT, VALUES), own_lines=False)


FILLED = fill_kit_text(TEXT, VALUES)


@pytest.mark.parametrize(
    ("text", "alone", "with_own_lines"),
    [
        pytest.param(FILLED + "  \n", True, True, id="blanks at the end"),
        pytest.param(TEXT, True, True, id="placeholders still open"),
        pytest.param(FILLED.replace("\n\n", "\n\n\n\n"), True, True, id="more empty lines"),
        pytest.param(f"{FILLED}\n\nHẹn gặp bà con.", False, True, id="further lines"),
        pytest.param(f"Xin chào.\n\n{FILLED}", False, False, id="lines before"),
        pytest.param(FILLED.replace("Gọi 113", "Gọi 0900"), False, False, id="another number"),
        pytest.param(FILLED.replace("\n\nGọi 113.", ""), False, False, id="a part left out"),
        pytest.param(FILLED.replace("nhà văn hóa Gọi số lạ", ""), False, False, id="no value"),
        pytest.param(FILLED.replace("nhà văn", "nhà\nvăn"), False, False, id="value of two lines"),
        pytest.param(FILLED.replace("nhà văn", "x" * 400), False, False, id="value too long"),
        pytest.param("", False, False, id="nothing"),
    ],
)
def test_a_text_keeps_the_core_or_does_not(text, alone, with_own_lines):
    assert keeps_core(TEXT, text, own_lines=False) is alone
    assert keeps_core(TEXT, text, own_lines=True) is with_own_lines


def test_a_locked_part_that_stands_in_a_value_too_is_found_after_it():
    assert keeps_core("{a}. Gọi {b}.", "Số 1. Gọi nhà. Gọi 113.", own_lines=False)
    assert not keeps_core("{a}. Gọi {b}.", "Số 1. Gọi 113. Và hơn", own_lines=False)
    # Quadratic in neither: 12 placeholders side by side in ten thousand letters.
    assert not keeps_core("{a}" * 12 + "!", "a" * 10_000, own_lines=True)


def test_the_hash_of_the_core_follows_the_locked_text_alone():
    placeholder = {"name": "noi", "kind": "place", "limit": 80, "hint": "gợi ý"}
    version = SimpleNamespace(
        title="A", text=TEXT, texts={}, placeholders=[placeholder], own_lines=False
    )
    same = SimpleNamespace(**{**vars(version), "placeholders": [{**placeholder, "hint": "khác"}]})
    other = SimpleNamespace(**{**vars(version), "own_lines": True})

    assert hash_core(version) == hash_core(same) != hash_core(other)


def test_numbers_and_days_are_read_as_people_here_write_them():
    numbers = ("113", "1.234", "1.234.567", "12,5", "1.234,5", "0")
    assert [number for number in numbers if not is_number(number)] == []
    others = ("", "1.5", "1,234.5", "12.34", "3-5", "năm", "12 giờ", "1.2345", "٣", "12\n")
    assert [other for other in others if is_number(other)] == []
    assert is_span("3-5")
    assert is_span("1.200 – 1.500,5")
    assert not is_span("5-")

    assert parse_day("29/02/2028") == date(2028, 2, 29)
    assert parse_day("5/12/2026") == date(2026, 12, 5)
    for text in ("29/02/2027", "31/11/2026", "12/25/2026", "2026-12-05", "5/12", "thứ Bảy", ""):
        assert parse_day(text) is None


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Điểm giao nộp", "diem_giao_nop"),
        ("ten_pho", "ten_pho"),
        ("{Tên phố}", "ten_pho"),
        ("3 số điện thoại của tổ trưởng dân phố và khu phố", "so_dien_thoai_cua_to_truong_da"),
        ("???", "cho_trong"),
        (" ", ""),
    ],
)
def test_a_placeholders_name_is_made_from_its_label(label, name):
    assert make_placeholder_name(label) == name
    assert not name or PLACEHOLDER.fullmatch(f"{{{name}}}")
