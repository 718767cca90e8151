"""Each year's days to write of: by the solar calendar, the lunar one, and the week."""

from datetime import date, timedelta

import pytest
from django.utils.translation import override

from campaigns.awareness import MONTH, find_occasions

# As announced or published for Viet Nam. In 2030 the new moon falls before midnight here and after
# it in Beijing: a calendar for China would be a day late.
TET = [
    date(2026, 2, 17),
    date(2027, 2, 6),
    date(2028, 1, 26),
    date(2029, 2, 13),
    date(2030, 2, 2),
    date(2031, 1, 23),
    date(2032, 2, 11),
    date(2033, 1, 31),
    date(2034, 2, 19),
    date(2035, 2, 8),
]


def on(day):
    return [occasion.title_vi for occasion in find_occasions(day, day) if occasion.kind != MONTH]


@pytest.mark.parametrize("tet", TET, ids=str)
def test_the_lunar_year_begins_on_its_day_for_ten_years(tet):
    assert "Tết Nguyên đán" in on(tet)
    assert "Tết Nguyên đán" not in on(tet - timedelta(days=1))


@pytest.mark.parametrize(
    ("day", "title"),
    [
        (date(2026, 2, 10), "Ngày ông Công ông Táo"),
        (date(2027, 1, 30), "Ngày ông Công ông Táo"),
        (date(2028, 1, 19), "Ngày ông Công ông Táo"),
        (date(2026, 3, 3), "Rằm tháng Giêng"),
        (date(2026, 4, 26), "Giỗ Tổ Hùng Vương"),
        (date(2027, 4, 16), "Giỗ Tổ Hùng Vương"),
        (date(2028, 4, 4), "Giỗ Tổ Hùng Vương"),
        (date(2026, 8, 27), "Lễ Vu Lan"),
        (date(2028, 9, 3), "Lễ Vu Lan"),
        (date(2026, 9, 25), "Tết Trung thu"),
        (date(2027, 9, 15), "Tết Trung thu"),
        (date(2028, 10, 3), "Tết Trung thu"),
        (date(2026, 11, 15), "Ngày Tưởng niệm nạn nhân tai nạn giao thông"),
        (date(2027, 11, 21), "Ngày Tưởng niệm nạn nhân tai nạn giao thông"),
        (date(2027, 10, 4), "Ngày Toàn dân phòng cháy và chữa cháy"),
    ],
)
def test_days_fall_where_the_calendars_say(day, title):
    assert title in on(day)


def test_a_month_is_found_from_within_and_stands_after_the_days():
    found = find_occasions(date(2026, 12, 9), date(2026, 12, 9))

    assert [(occasion.kind, occasion.first, occasion.last) for occasion in found] == [
        ("day", date(2026, 12, 9), date(2026, 12, 9)),
        (MONTH, date(2026, 11, 10), date(2026, 12, 10)),
        (MONTH, date(2026, 11, 15), date(2026, 12, 15)),
    ]


def test_the_title_is_in_the_readers_language():
    (found,) = [
        occasion
        for occasion in find_occasions(date(2026, 9, 2), date(2026, 9, 2))
        if occasion.kind != MONTH
    ]

    with override("en"):
        assert found.title == "National Day"
    with override("vi"):
        assert found.title == "Quốc khánh"


def test_no_year_that_the_portal_accepts_lacks_a_day():
    counts = {len(find_occasions(date(y, 1, 1), date(y, 12, 31))) for y in (1945, 2026, 2099)}

    assert min(counts) >= 50
