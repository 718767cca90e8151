import csv
from datetime import date, timedelta

import pytest

from campaigns import laws

LAST_DAY = date(2026, 6, 30)
FIRST_DAY = LAST_DAY + timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("24/2018/QH14", "116/2025/QH15"),
        ("Theo Luật An ninh mạng số 24/2018/QH14, …", "Theo Luật An ninh mạng số 116/2025/QH15, …"),
        ("Luật An ninh mạng 24/2018/qh14.", "Luật An ninh mạng 116/2025/QH15."),
        ("Luật số 24/2018/QH14", "Luật số 116/2025/QH15"),
        ("Luật An ninh mạng năm 2018", "Luật An ninh mạng năm 2025"),
        ("(Luật An ninh mạng 2018)", "(Luật An ninh mạng 2025)"),
        (
            "Nghị định số 13/2023/NĐ-CP và Nghị định 26/2020/ND-CP",
            "Luật Bảo vệ dữ liệu cá nhân số 91/2025/QH15 và Nghị định 63/2026/NĐ-CP",
        ),
    ],
)
def test_a_repealed_law_is_replaced_as_the_text_names_it(text, expected):
    assert laws.replace_repealed_laws(text, on=FIRST_DAY) == expected
    assert laws.find_repealed_laws(expected, on=FIRST_DAY) == []


@pytest.mark.parametrize(
    "text",
    [
        "Luật An ninh mạng",
        "Luật An ninh mạng năm 2025",
        "số 124/2018/QH14 và 24/2018/QH145",
        "Nghị định năm 2023",
        "Công văn 13/2023/NĐ-CP-A",
    ],
)
def test_what_names_no_repealed_law_stays(text):
    assert laws.find_repealed_laws(text, on=FIRST_DAY) == []


def test_a_law_is_in_force_until_the_day_before_its_successor():
    assert laws.find_repealed_laws("24/2018/QH14", on=LAST_DAY) == []
    [found] = laws.find_repealed_laws("Luật 24/2018/QH14", on=FIRST_DAY)

    assert (found.start, found.end, found.successor) == (5, 17, "116/2025/QH15")


def test_each_law_is_warned_of_once_with_its_successor():
    [warning] = laws.list_warnings(["24/2018/QH14", "Luật An ninh mạng 2018", ""], on=FIRST_DAY)

    assert warning == (
        "Luật An ninh mạng 24/2018/QH14 is no longer in force since 01/07/2026: "
        "Luật An ninh mạng 116/2025/QH15 took its place."
    )


def test_no_successor_is_itself_repealed():
    with laws._FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    assert {row["successor"] for row in rows}.isdisjoint({row["number"] for row in rows})
