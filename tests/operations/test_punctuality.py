"""Punctuality within the last day."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from operations.punctuality import measure_hours, measure_last_day
from publishing.states import State
from tests import factories
from tests.operations.conftest import ago

pytestmark = pytest.mark.django_db(transaction=True)


def test_figures_of_the_last_day_report_how_late_it_was():
    now = timezone.now()
    for number, lateness in enumerate([0.2, 0.4, 0.6, 30, 90]):
        due = now - timedelta(hours=2)
        factories.delivery(
            state=State.PUBLISHED,
            due_at=due,
            remote_id=str(number),
            published_at=due + timedelta(seconds=lateness),
        )
    old = now - timedelta(hours=25)
    factories.delivery(state=State.PUBLISHED, due_at=old, remote_id="old", published_at=old)
    factories.delivery(
        state=State.PUBLISHED,
        due_at=ago(hours=3),
        remote_id="hand",
        published_at=now,
        manual_deadline=now,
    )
    day = measure_last_day(now)
    assert {name: round(value, 2) for name, value in day.items()} == {
        "published": 5,
        "within_second": 60.0,
        "within_minute": 80.0,
        "p50": 0.6,
        "p99": 87.6,
    }


def test_each_hour_of_the_last_day_says_how_late_its_slowest_post_was():
    now = datetime.fromisoformat("2026-11-03T07:20:00+07:00")
    today = datetime.fromisoformat("2026-11-03T00:00:00+07:00")
    published = [(7, 0.5, None), (7, 42, None), (6.99, 5, None), (-15.9, 3, None)]
    left_out = [(-16.1, 99, None), (7.1, 999, now)]  # too old, and by hand
    for number, (hours, lateness, hand) in enumerate([*published, *left_out]):
        due = today + timedelta(hours=hours)
        factories.delivery(
            state=State.PUBLISHED,
            due_at=due,
            remote_id=str(number),
            published_at=due + timedelta(seconds=lateness),
            manual_deadline=hand,
        )
    factories.delivery(state=State.SCHEDULED, due_at=today + timedelta(hours=7))

    hours = measure_hours(now)

    assert len(hours) == 24
    assert [f"{hour.begins:%d/%m %H}" for hour in hours[::23]] == ["02/11 08", "03/11 07"]
    found = {f"{h.begins:%d %H}": (h.published, h.slowest) for h in hours if h.published}
    assert found == {"02 08": (1, 3.0), "03 06": (1, 5.0), "03 07": (2, 42.0)}
    assert {hour.slowest for hour in hours if not hour.published} == {None}
