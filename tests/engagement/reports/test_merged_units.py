"""A unit's figures hold those of the units that were merged into it; nothing is lost or doubled."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.permissions import Role
from benchmarks.report_recount import Raw, recount
from engagement.reports.figures import freeze_figures
from engagement.reports.queries import build_document
from engagement.reports.sums import compute_coverage
from tests import factories
from units.services import close_unit, merge_units

pytestmark = pytest.mark.django_db


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def units(province):
    return [factories.UnitFactory(parent=province) for _number in range(3)]


@pytest.fixture
def administrator(province):
    return factories.person(Role.ADMINISTRATOR, province)


@pytest.fixture
def merge(administrator):
    def into(old, new, on):
        merge_units([old], into=new, on=on, by=administrator, reason="Nghị quyết 1")

    return into


def freeze(unit, month, **options):
    (row,) = freeze_figures([unit], "month", month, now=timezone.now(), first=15, **options)
    raw, differ = Raw(connection.cursor()), []
    assert recount(raw, row.content, differ)
    assert differ == []
    return row.content


def test_what_was_published_before_a_merger_counts_for_the_successor(
    province, units, merge, month, within, publish
):
    old, new, other = units
    publish(unit=old, at=within, reach=10, views=3)
    publish(unit=old, at=within - timedelta(days=31), reach=4)
    publish(unit=old, at=within - timedelta(days=90), reach=4)
    publish(unit=new, at=within, reach=1)
    publish(unit=other, at=within, reach=100)
    merge(old, new, month.first + timedelta(days=9))

    own = freeze(new, month)

    assert own["total"]["now"]["posts"] == 2
    assert own["total"]["now"]["measures"]["reach"] == 11
    assert own["total"]["now"]["active"] == 1
    assert own["total"]["before"]["posts"] == 1
    assert [row["unit"] for row in own["merged"]] == [old.key]
    for fill in (False, True):
        content = freeze(province, month, fill=fill)
        assert content["system"]["posts"] == 3
        assert content["system"]["active"] == 2
        assert content["scope"] == 3
    assert content["total"]["now"]["measures"]["reach"] == 111
    assert content["checks"] == []
    factories.report(new, state="sent")
    content = freeze(province, month)
    assert content["total"]["now"]["measures"]["reach"] == 11
    assert compute_coverage(content) == (1, 2)
    paper = build_document(factories.report(province))
    said = [line for part in paper.parts for line in part.paragraphs]
    assert any(
        line.endswith(f"gồm cả số liệu của đơn vị đã sáp nhập: {old.label}.") for line in said
    )


def test_a_merger_in_two_steps_loses_nothing(province, units, merge, month, within, publish):
    first, second, last = units
    publish(unit=first, at=within, reach=10)
    merge(first, second, month.first + timedelta(days=9))
    merge(second, last, month.first + timedelta(days=19))

    assert freeze(last, month)["total"]["now"]["posts"] == 1
    assert freeze(province, month)["system"]["posts"] == 1


def test_a_unit_that_was_closed_within_the_period_counts_in_its_province(
    province, units, administrator, month, within, publish
):
    publish(unit=units[0], at=within, reach=10)
    close_unit(units[0], on=month.first + timedelta(days=9), by=administrator, reason="Giải thể")

    content = freeze(province, month, fill=True)

    assert content["total"]["now"]["posts"] == content["system"]["posts"] == 1
    assert compute_coverage(content) == (3, 3)
