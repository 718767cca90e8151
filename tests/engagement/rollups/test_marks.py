"""Changes of followers mark days of units."""

from datetime import date, timedelta

import pytest
from django.db.models import F

from engagement.models import FollowerCount
from engagement.rollups.models import ChangedDay
from tests import factories

DAY = date(2026, 11, 2)  # any clock
NEXT = DAY + timedelta(days=1)


@pytest.fixture
def channels():
    """Three channels of one unit and one of another, without marks."""
    unit = factories.UnitFactory()
    made = [factories.ChannelFactory(unit=unit) for _ in range(3)]
    made.append(factories.ChannelFactory())
    ChangedDay.objects.all().delete()
    return made


def tell(channels, days=(DAY, NEXT), followers=100, **options):
    return FollowerCount.objects.bulk_create(
        [FollowerCount(channel=c, day=day, followers=followers) for c in channels for day in days],
        **options,
    )


def marks():
    return sorted(ChangedDay.objects.values_list("kind", "unit_id", "day"))


def expected(channels, days):
    return sorted({("followed", channel.unit_id, day) for channel in channels for day in days})


@pytest.mark.django_db
def test_many_numbers_mark_each_day_of_a_unit_once(channels):
    tell(channels)
    assert marks() == expected(channels, [DAY, NEXT])


@pytest.mark.django_db
def test_numbers_that_were_there_before_mark_nothing(channels):
    tell(channels[:1])
    ChangedDay.objects.all().delete()

    tell(channels[:1], ignore_conflicts=True)
    assert marks() == []
    tell([channels[0], channels[3]], ignore_conflicts=True)
    assert marks() == expected([channels[3]], [DAY, NEXT])


@pytest.mark.django_db
def test_only_what_is_changed_marks_both_days(channels):
    tell(channels[:2], [DAY])
    (other,) = tell(channels[3:], [DAY], followers=7)
    ChangedDay.objects.all().delete()

    FollowerCount.objects.update(followers=100)
    assert marks() == expected([other.channel], [DAY])
    ChangedDay.objects.all().delete()
    FollowerCount.objects.exclude(pk=other.pk).update(day=F("day") + timedelta(days=1))
    assert marks() == expected(channels[:1], [DAY, NEXT])


@pytest.mark.django_db
def test_numbers_that_are_removed_mark_their_days(channels):
    tell(channels)
    ChangedDay.objects.all().delete()

    FollowerCount.objects.filter(day=NEXT).delete()
    assert marks() == expected(channels, [NEXT])
