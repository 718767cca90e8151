from datetime import timedelta

import pytest
from django.utils import timezone

from platforms.connector import Connector
from tests import factories


@pytest.fixture
def portal(live_server, settings):
    """The portal over real HTTP, for platforms that fetch pictures."""
    settings.PORTAL_URL = live_server.url
    return live_server


@pytest.fixture
def short_deadline(monkeypatch):
    """Calls give up after a second, so that a platform that hangs costs a test no more than
    that.
    """
    monkeypatch.setattr(Connector, "deadline", timedelta(seconds=1))


@pytest.fixture
def deliver(simulator):
    """Make a delivery that is due now on a simulated page: ``deliver("zalo", pictures=1)``."""

    def make(platform="facebook", *, pictures=0, unit=None, **fields):
        unit = unit or factories.UnitFactory()
        channel = factories.connected(simulator, platform, unit)
        shown = [factories.media(unit) for _ in range(pictures)]
        post = factories.approved(unit=unit, channels=[channel], media=shown)
        return factories.delivery(post, channel, **fields)

    return make


def later(**by):
    """Return the database's clock, some time from now."""
    return lambda: timezone.now() + timedelta(**by)
