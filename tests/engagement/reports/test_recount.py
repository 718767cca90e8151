"""The script that counts reports again agrees with them, and would say so if it did not."""

import copy
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from benchmarks.report_recount import Raw, recount
from engagement.models import FollowerCount
from engagement.reports.figures import freeze_figures
from publishing.states import State
from tests import factories

pytestmark = pytest.mark.django_db


def test_figures_counted_from_the_raw_rows_are_those_of_the_report(month, within, publish):
    province = factories.ProvinceFactory()
    reported, silent, _idle = [factories.UnitFactory(parent=province) for _number in range(3)]
    for days in (0, 31, 90):
        publish(unit=reported, at=within - timedelta(days=days), reach=10, clicks=days)
    publish(unit=silent, at=within, views=5, state=State.RECALLED)
    publish(unit=silent, at=within, source="hand", views=7)
    factories.delivery(factories.approved(unit=silent), state="failed", due_at=within)
    for unit, followers in ((reported, (40, 90)), (silent, (None, 7))):
        page = factories.ChannelFactory(unit=unit)
        days = (month.first - timedelta(days=3), month.last - timedelta(days=2))
        for day, n in zip(days, followers, strict=True):
            if n is not None:
                FollowerCount.objects.create(channel=page, day=day, followers=n)
    factories.report(reported, state="sent")
    now = timezone.now()
    sent_filled = factories.ProvinceFactory()
    publish(unit=factories.UnitFactory(parent=sent_filled), at=within, views=3)
    factories.report(sent_filled, state="sent", fill=True)
    reports = [
        freeze_figures([unit], "month", month, now=now, first=15, fill=fill)[0].content
        for unit, fill in (
            (silent, False),
            (province, False),
            (province, True),
            (province.parent, False),
            (province.parent, True),
        )
    ]
    raw, differ = Raw(connection.cursor()), []

    numbers = [recount(raw, content, differ) for content in reports]

    assert differ == []
    assert [report["total"]["now"]["followers"] for report in reports] == [7, 90, 97, None, 97]
    assert [report["total"]["now"]["posts"] for report in reports[3:]] == [1, 4]
    assert reports[2]["total"]["now"]["followers_gained"] == 50
    assert numbers[0] > 30
    assert numbers[2] > numbers[1] > 100
    for path in (
        ("own", "now", "on_time"),
        ("system", "failed"),
        ("total", "now", "measures", "views"),
        ("total", "comparable", "posts"),
        ("total", "now", "followers"),
        ("system", "followers_gained"),
    ):
        wrong = copy.deepcopy(reports[2])
        place = wrong
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = (place[path[-1]] or 0) + 1
        recount(raw, wrong, differ)
        assert len(differ) == 1, path
        differ.clear()
