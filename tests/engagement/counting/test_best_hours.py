"""The hours in which a unit's posts are seen most, by its own posts alone."""

from datetime import datetime, time, timedelta

import pytest
from django.utils import timezone

from engagement.models import Measurement
from posts.checks.base import BestHours
from posts.library import reach
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit():
    return factories.UnitFactory()


def publish(unit, *, hour, views, days=range(3, 9)):
    """Make one post a day that was published at this hour and seen so often."""
    channel = factories.ChannelFactory(unit=unit, platform="zalo")
    for ago in days:
        day = timezone.localdate() - timedelta(days=ago)
        at = timezone.make_aware(datetime.combine(day, time(hour, 30)))
        row = factories.live_delivery(channel, published_at=at)
        Measurement.objects.create(delivery=row, taken_at=at, views=views)


def test_the_best_hours_are_those_of_the_posts_seen_most(unit):
    publish(unit, hour=8, views=100)
    publish(unit, hour=19, views=300)
    assert reach.find_best_hours(unit) == BestHours(18, 21, 12)


def test_too_few_posts_say_nothing(unit):
    publish(unit, hour=8, views=100, days=range(3, 7))
    publish(unit, hour=19, views=300, days=range(3, 8))
    assert reach.find_best_hours(unit) is None


def test_a_part_of_the_day_with_two_posts_is_not_compared(unit):
    publish(unit, hour=8, views=100, days=range(3, 13))
    publish(unit, hour=19, views=300, days=range(3, 5))
    assert reach.find_best_hours(unit) is None


def test_nearly_equal_hours_are_not_told_apart(unit):
    publish(unit, hour=8, views=100)
    publish(unit, hour=19, views=110)
    assert reach.find_best_hours(unit) is None


def test_posts_of_another_unit_and_of_today_do_not_count(unit):
    publish(unit, hour=8, views=100)
    publish(unit, hour=19, views=300, days=[1] * 6)
    publish(factories.UnitFactory(parent=unit.parent), hour=19, views=300)
    assert reach.find_best_hours(unit) is None
