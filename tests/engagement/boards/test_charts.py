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
    word = {60: "day", 61: "week", 365: "four weeks"}[days]
    assert drawn.title == f"Reach by {word} of publication"
    rows = [{**row, "reactions": 1, "comments": 1, "shares": 1} for row in rows]
    title = charts.draw_reactions(rows, period).title
    assert title == f"Reactions, comments and shares by {word} of publication"


@pytest.mark.parametrize(
    ("days", "title", "points"),
    [
        (60, "Followers by day", [("2026-11-22", 90), ("2026-11-23", None), ("2026-11-30", 120)]),
        (61, "Followers by week", [("2026-11-16", 80), ("2026-11-23", 90), ("2026-11-30", 120)]),
        (365, "Followers by four weeks", [("2026-11-02", 70), ("2026-11-30", 120)]),
    ],
)
def test_of_a_long_period_the_last_number_of_followers_of_each_week_is_drawn(days, title, points):
    last = date(2026, 11, 30)
    period = Period(last - timedelta(days=days - 1), last)
    told = [(2, 70), (14, 80), (22, 90), (29, 110), (30, 120)]
    found = [(1, date(2026, 11, day), n) for day, n in told]

    drawn = charts.draw_followers(found, {1: "Zalo"}, period)

    shown = drawn.figures["series"][0]["points"]
    assert drawn.title == title
    assert len(shown) == -(-days // {60: 1, 61: 7, 365: 28}[days])
    assert [[day, n] for day, n in points] == [p for p in shown if p[0] in dict(points)]
    assert [row[0].isoformat() for row in drawn.rows] == [day for day, _n in shown]
