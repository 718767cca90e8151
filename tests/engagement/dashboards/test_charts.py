"""The names of lines in a drawing of pages."""

from datetime import date, timedelta

import pytest

from engagement.dashboards.charts import draw_lines, name_lines
from tests import factories

pytestmark = pytest.mark.django_db


def page(unit, platform, name="Công an phường Hải Châu"):
    return factories.ChannelFactory(unit=unit, platform=platform, name=name)


def test_a_line_of_one_unit_has_the_name_of_its_platform_alone():
    unit = factories.UnitFactory()
    pages = [page(unit, "facebook"), page(unit, "zalo"), page(unit, "tiktok")]
    assert list(name_lines([*pages, pages[0]]).values()) == ["Facebook", "Zalo OA", "TikTok"]


def test_two_pages_on_one_platform_are_told_apart_by_their_own_names():
    unit = factories.UnitFactory()
    pages = [page(unit, "facebook", "Cũ"), page(unit, "facebook", "Mới"), page(unit, "zalo")]
    assert list(name_lines(pages).values()) == ["Facebook: Cũ", "Facebook: Mới", "Zalo OA"]


def test_lines_of_several_units_name_the_unit_too():
    pages = [
        page(factories.UnitFactory(), "facebook", "Công an phường Hải Châu"),
        page(factories.UnitFactory(), "facebook", "Công an phường Hòa Cường"),
    ]
    assert list(name_lines(pages).values()) == [
        "Công an phường Hải Châu (Facebook)",
        "Công an phường Hòa Cường (Facebook)",
    ]


@pytest.mark.parametrize(
    ("counted", "kept"),
    [
        ([0, 1, 53, 54, 59], [0, 1, 53, 54, 59]),
        ([0, 1, 53, 54, 60], [1, 53, 60]),
        ([0, 1, 182, 190, 210], [1, 182, 210]),
        ([], []),
    ],
)
def test_of_many_days_the_last_total_of_each_week_is_drawn(counted, kept):
    first = date(2026, 1, 1)  # any clock
    days = [{"day": first + timedelta(days=n), "reach": 10 * n} for n in counted]

    drawn = draw_lines("reach", "Reach", days, ("reach",))

    assert drawn.rows == [[first + timedelta(days=n), 10 * n] for n in kept]
    points = drawn.figures["series"][0]["points"] if kept else []
    assert points == [[day.isoformat(), n] for day, n in drawn.rows]
