"""Leaks that people type otherwise than rules are written are held all the same."""

from datetime import date

import pytest

from posts.checks.leaks.scan import find_leaks
from tests.posts.checks.leaks.typed import TYPED

TODAY = date(2026, 11, 27)


@pytest.mark.parametrize("manner", TYPED)
def test_what_is_typed_in_an_odd_manner_is_found(manner):
    silent = [text for text in TYPED[manner] if not _has_finding(text)]

    assert silent == []


def _has_finding(text):
    return any(leak.severity != "info" for leak in find_leaks(text, today=TODAY))


@pytest.mark.parametrize(
    ("text", "phones"),
    [
        ("Gọi 113 - 0912 000 345", ["0912 000 345"]),
        ("SĐT 0912 000 345 / 0913 000 345", ["0912 000 345", "0913 000 345"]),
        ("SĐT 0912000345, 0913000345", ["0912000345", "0913000345"]),
        ("Liên hệ: 0912-000-345; 114", ["0912-000-345"]),
    ],
)
def test_numbers_that_stand_side_by_side_stay_apart(text, phones):
    leaks = find_leaks(text, today=TODAY)

    assert [text[leak.start : leak.end] for leak in leaks] == phones


@pytest.mark.parametrize(
    "text",
    [
        "Thong bao ngay 12/5/2026 ve viec cap can cuoc",
        "Google Pixel 9, iPhone 15, Samsung S24",
        "Ha Noi, Viet Nam 2025",
        "truong hoc hanh phuc nam 2026",
    ],
)
def test_a_line_without_accents_that_leaks_nothing_is_silent(text):
    assert find_leaks(text, today=TODAY) == []
