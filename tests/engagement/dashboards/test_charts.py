"""The names of lines in a drawing of pages."""

import pytest

from engagement.dashboards.charts import name_lines
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
