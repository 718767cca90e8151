from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.permissions import Role
from tests import factories

# Read once: a minute may pass within a test.
NOW = timezone.now().replace(second=0, microsecond=0)


def in_days(n):
    return NOW + timedelta(days=n)


@pytest.fixture
def unit():
    return factories.UnitFactory()


def sign_in(client, role, unit):
    user = factories.person(role, unit, language="en")
    client.force_login(user)
    return user


@pytest.fixture
def officer(client, unit):
    return sign_in(client, Role.OFFICER, unit)


def scheduled(unit, due_at, *platforms, **fields):
    """Make deliveries of one post at one time, on one channel of each platform."""
    channels = [
        factories.ChannelFactory(unit=unit, platform=platform)
        for platform in platforms or ("facebook",)
    ]
    post = factories.approved(unit=unit, channels=channels)
    return [factories.delivery(post, channel, due_at=due_at, **fields) for channel in channels]
