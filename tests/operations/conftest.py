"""An installation in order, and a post that is stuck."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from operations.measure import take_measurement
from publishing.freeze import freezing
from publishing.freeze.heartbeats import _heartbeats, record_heartbeat
from publishing.states import State
from tests import factories


@pytest.fixture(autouse=True)
def on_record(monkeypatch):
    """Deliveries came into their state by services, so the record knows it; as it does of those
    whose outcome becomes unknown.
    """
    make = factories.delivery

    def delivery(*given, **fields):
        row = make(*given, **fields)
        return factories.recorded(row, *{row.state, State.VERIFYING})

    monkeypatch.setattr(factories, "delivery", delivery)


@pytest.fixture(autouse=True)
def quiet(settings):
    """An installation in order: every bell was just heard, and somebody is named for alarms."""
    settings.ALARM_EMAILS = ["truc@example.vn"]
    factories.ministry()
    freezing.check_database()
    _heartbeats.clear()
    for queue in settings.CELERY_TASK_QUEUES:
        record_heartbeat(queue)


def ago(**by):
    return timezone.now() - timedelta(**by)


def seen():
    return [(s.kind, s.key, s.n) for s in take_measurement().signs]


def from_now(fields):
    """Turn lengths of time into moments: a parameter is older than its test by all that ran in
    between."""
    return {
        name: timezone.now() + value if isinstance(value, timedelta) else value
        for name, value in fields.items()
    }


def late(**fields):
    return factories.delivery(due_at=ago(minutes=2), **fields)


@pytest.fixture
def stuck():
    return late(state=State.COMMITTING, lease_until=ago(minutes=3))


def _no_database():
    raise OperationalError("connection refused")
