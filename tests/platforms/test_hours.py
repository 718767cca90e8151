"""Opening hours as one text."""

import pytest

from platforms import hours


def test_hours_are_read_as_they_are_written():
    text = "mon 07:30-11:30, 13:30-17:00; sun 08:00-10:00"
    week = hours.read_week(text)
    assert week == {
        "mon": [("07:30", "11:30"), ("13:30", "17:00")],
        "sun": [("08:00", "10:00")],
    }
    assert hours.write_week(week) == text
    assert hours.write_week(hours.read_week("sun 8:00 – 10:00;mon 7:30-17:00")) == (
        "mon 07:30-17:00; sun 08:00-10:00"
    )
    assert hours.read_day("") == []
    assert hours.read_day("0:00-24:00") == [("00:00", "24:00")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mon",
        "mon ",
        "thứ hai 07:30-17:00",
        "mon 07:30",
        "mon 17:00-07:30",
        "mon 24:00-25:00",
        "mon 07:30-24:01",
        "mon 07:30-11:30, 11:00-17:00",
        "mon 07:30-08:30, 09:00-10:00, 11:00-12:00",
        "mon 07:30-17:00; mon 08:00-09:00",
        "mon 07:30-17:00" * 5_000,
    ],
)
def test_what_is_no_hours_is_refused(text):
    with pytest.raises(ValueError, match=r"day|span"):
        hours.read_week(text)
