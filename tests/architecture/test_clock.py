"""`scripts/clock.py`: what CLOCK means, and which one a day chooses."""

from datetime import UTC, date, datetime, timedelta

import pytest

from scripts import clock

NOW = datetime(2026, 11, 30, 17, 0, tzinfo=UTC)  # midnight in Viet Nam


@pytest.mark.parametrize(
    ("written", "ahead"),
    [
        ("+40d", timedelta(days=40)),
        ("+6h", timedelta(hours=6)),
        ("2026-12-01 00:10", timedelta(minutes=10)),
        ("2026-12-01 00:10+00:00", timedelta(hours=7, minutes=10)),
        ("2026-11-30 23:50", -timedelta(minutes=10)),
    ],
)
def test_a_clock_is_counted_from_now_or_is_a_moment_in_viet_nam(written, ahead):
    assert clock.count_seconds_ahead(written, now=NOW) == ahead.total_seconds()


@pytest.mark.parametrize("written", ["40d", "tomorrow", "2026-02-29 12:00"])
def test_what_is_no_clock_is_refused(written):
    with pytest.raises(ValueError):
        clock.count_seconds_ahead(written, now=NOW)


def test_each_day_chooses_its_clock_and_leap_days_and_year_ends_come_round_in_eight_days():
    days = [date(2026, 11, 30) + timedelta(days=n) for n in range(800)]
    chosen = [clock.choose_clock(day) for day in days]

    assert [clock.choose_clock(day) for day in days] == chosen
    for day, written in zip(days, chosen, strict=True):
        noon = datetime(day.year, day.month, day.day, 5, tzinfo=UTC)
        assert clock.count_seconds_ahead(written, now=noon) > 0, (day, written)
    for first in range(0, 792, 8):
        eight = chosen[first : first + 8]
        assert len(set(eight)) == 8
        assert {"+1d", "+40d", "+400d"} <= set(eight)
        assert any("02-29 12:00" in clock_time for clock_time in eight)
        assert any("12-31 23:58" in clock_time for clock_time in eight)
