"""Administrators, a copy of the database, and the ticks of all workers."""

import pytest

from accounts.permissions import Role
from publishing import tasks
from publishing.freeze import freezing
from publishing.freeze.heartbeats import _heartbeats
from publishing.models import Freeze, Heartbeat
from publishing.reconciliation import reconcile
from tests import factories
from tests.publishing.conftest import later


@pytest.fixture(autouse=True)
def top(db):
    _heartbeats.clear()
    return factories.ministry()


@pytest.fixture
def admins(top):
    return [factories.person(Role.ADMINISTRATOR, top) for _ in range(2)]


def tick(*tasks_, platforms=("facebook", "zalo", "telegram")):
    for task in tasks_ or (tasks.take_down, tasks.reconcile_unknown, tasks.publish_due):
        for platform in platforms:
            task(platform=platform)


def visible(simulator, delivery):
    return simulator.visible(delivery.platform, delivery.channel.external_id)


def reconcile_all(simulator, *platforms):
    """Check until no outcome is unknown, in the platforms' time and ours."""
    for minutes in (2, 6, 15, 30, 60, 90):
        simulator.advance(minutes * 60)
        for platform in platforms or ("facebook", "zalo", "telegram"):
            reconcile.reconcile(platform=platform, clock=later(minutes=minutes))
    freezing.note_pages_read_back()


@pytest.fixture
def restored(top):
    """Restore as if the database had been another one."""
    freezing.check_database()

    def restore(known_until=None):
        Heartbeat.objects.all().delete()
        if known_until:
            Heartbeat.objects.create(queue="reconcile", last_seen_at=known_until)
        Freeze.objects.update(database="another")

    return restore
