from datetime import datetime, time

import pytest
from django.utils import timezone

from accounts.permissions import Role
from publishing.models import Slot
from tests import factories

# A Monday noon, far ahead: no sample and no clock reaches it.
NOON = timezone.make_aware(datetime(2030, 12, 2, 12, 0))


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def page(unit):
    return factories.ChannelFactory(unit=unit)


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit, language="en")


def slot(channel, weekday, hour, minute=0):
    return Slot.objects.create(
        unit=channel.unit, channel=channel, weekday=weekday, at=time(hour, minute)
    )
