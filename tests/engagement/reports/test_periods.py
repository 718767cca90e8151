"""Reporting periods, by the day from which the form counts."""

from datetime import date

import pytest

from core.periods import Period
from engagement.reports import periods


@pytest.mark.parametrize(
    ("kind", "day", "first", "expected"),
    [
        ("week", date(2026, 11, 27), 5, (date(2026, 11, 27), date(2026, 12, 3))),
        ("week", date(2026, 11, 26), 5, (date(2026, 11, 20), date(2026, 11, 26))),
        ("week", date(2026, 11, 29), 1, (date(2026, 11, 23), date(2026, 11, 29))),
        ("month", date(2026, 11, 14), 15, (date(2026, 10, 15), date(2026, 11, 14))),
        ("month", date(2026, 11, 15), 15, (date(2026, 11, 15), date(2026, 12, 14))),
        ("month", date(2026, 2, 28), 1, (date(2026, 2, 1), date(2026, 2, 28))),
        ("quarter", date(2026, 12, 15), 15, (date(2026, 12, 15), date(2027, 3, 14))),
        ("quarter", date(2026, 11, 30), 1, (date(2026, 10, 1), date(2026, 12, 31))),
        ("half_year", date(2026, 6, 14), 15, (date(2025, 12, 15), date(2026, 6, 14))),
        ("year", date(2026, 12, 14), 15, (date(2025, 12, 15), date(2026, 12, 14))),
        ("year", date(2026, 12, 15), 15, (date(2026, 12, 15), date(2027, 12, 14))),
    ],
)
def test_a_day_lies_in_the_period_that_the_form_sets(kind, day, first, expected):
    assert periods.find_containing_period(kind, day, first) == Period(*expected)


def test_periods_follow_each_other_without_a_gap():
    for kind, first in [("week", 5), ("month", 15), ("quarter", 15), ("half_year", 1)]:
        ended, earlier, *_rest, running = periods.list_recent_periods(
            kind, date(2026, 11, 27), first
        )
        assert (running.first - ended.last).days == 1
        assert (ended.first - earlier.last).days == 1
        assert periods.find_previous_period(kind, ended, first) == earlier


def test_chosen_days_are_compared_with_as_many_days_before_and_a_campaign_with_nothing():
    chosen = Period(date(2026, 11, 10), date(2026, 11, 12))

    assert periods.find_previous_period("ad_hoc", chosen, 1) == Period(
        date(2026, 11, 7), date(2026, 11, 9)
    )
    assert periods.find_previous_period("campaign", chosen, 1) is None


def test_a_month_is_named_for_the_days_that_count_for_it():
    period = periods.find_containing_period("month", date(2026, 11, 1), 15)

    assert periods.name_period("month", period).startswith("tháng 11 năm 2026 (từ ngày 15/10/2026")
    assert periods.compute_due_day(period, 11) == date(2026, 11, 25)
