"""Punctuality within the last day."""

from datetime import timedelta

import pytest
from django.utils import timezone

from operations.punctuality import measure_last_day
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
