"""The drawings of a dashboard, from the figures that they are given."""

from datetime import date, timedelta

import pytest

from core.periods import Period
from engagement.boards import charts


@pytest.mark.parametrize(
    ("days", "points"),
    [
        (60, [("2026-11-29", 1), ("2026-11-30", 2)]),
        (61, [("2026-11-17", 9), ("2026-11-24", 3)]),
        (365, [("2026-11-03", 12)]),
    ],
)
def test_the_days_of_a_long_period_are_drawn_as_whole_weeks(days, points):
    last = date(2026, 11, 30)
    period = Period(last - timedelta(days=days - 1), last)
    rows = [
        {"day": date(2026, 11, 23), "publications": 4, "reach": 9},
        {"day": date(2026, 11, 28), "publications": 4, "reach": None},
        {"day": date(2026, 11, 29), "publications": 4, "reach": 1},
        {"day": date(2026, 11, 30), "publications": 4, "reach": 2},
    ]

    drawn = charts.overlay_periods(rows, (period, period, period), "reach")

    shown = drawn.figures["series"][0]["points"]
    assert [(day, n) for day, n in shown if n is not None][-len(points) :] == points
