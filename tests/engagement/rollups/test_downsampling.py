"""Counts older than two months are downsampled, and no figure moves."""

import random
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from engagement.models import MEASURES, Count
from engagement.rollups import downsampling, services
from engagement.rollups.models import CampaignGain, ChangedDay, DownsampledUntil, UnitGain
from tests import factories

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
# A day that is downsampled: eighty days ago, as its station counts days.
OLD = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0) - 80 * DAY


def count(delivery, at, **figures):
    return Count.objects.create(delivery=delivery, taken_at=at, **figures)


def kept(delivery):
    return [
        (row.taken_at, row.views, row.reach) for row in delivery.counts.order_by("taken_at", "pk")
    ]


def gains():
    fields = ("unit_id", "day", "views", "reach", "reactions")
    return [
        sorted(UnitGain.objects.values_list(*fields)),
        sorted(CampaignGain.objects.values_list("campaign_id", "published_day", *fields)),
    ]


def test_of_each_day_stays_the_last_count_and_the_last_of_each_measure(publish):
    delivery = publish(at=OLD - HOUR)
    for hour, figures in enumerate(
        [{"views": 1, "reach": 1}, {"views": 5}, {"views": 9, "reach": 4}, {"reach": 6}, {}]
    ):
        count(delivery, OLD + hour * HOUR, **figures)
    count(delivery, OLD + DAY, views=20)
    young = timezone.now() - 59 * DAY
    for hour in (1, 2):
        count(delivery, young + hour * HOUR, views=30)

    removed = downsampling.downsample_old_counts()

    assert removed == 2
    assert kept(delivery) == [
        (OLD + 2 * HOUR, 9, 4),
        (OLD + 3 * HOUR, None, 6),
        (OLD + 4 * HOUR, None, None),
        (OLD + DAY, 20, None),
        (young + HOUR, 30, None),
        (young + 2 * HOUR, 30, None),
    ]


def test_days_begin_at_midnight_here(publish):
    delivery = publish(at=OLD - 3 * HOUR)
    zone = ZoneInfo("Asia/Ho_Chi_Minh")
    midnight = datetime(OLD.year, OLD.month, OLD.day, tzinfo=zone)
    rows = [
        count(delivery, midnight + timedelta(minutes=m), views=m + 60) for m in (-31, -30, 0, 1)
    ]

    downsampling.downsample_old_counts()

    assert [row.pk for row in delivery.counts.order_by("taken_at")] == [rows[1].pk, rows[3].pk]


def test_no_gain_moves_no_day_is_marked_and_the_proof_still_holds(publish):
    """Random counts, with gaps and corrections, of publications of two units and a campaign."""
    chance = random.Random(17)
    campaign = factories.CampaignFactory()
    units = [factories.UnitFactory() for _ in range(2)]
    for number in range(6):
        delivery = publish(
            unit=units[number % 2], campaign=campaign if number % 3 else None, at=OLD - HOUR
        )
        for _count in range(25):
            figures = {
                name: chance.choice([None, None, chance.randrange(1000)])
                for name in ("views", "reach", "reactions")
            }
            count(delivery, OLD + chance.randrange(30 * 24 * 60) * timedelta(minutes=1), **figures)
    services.refresh_changed_days()
    before, rows = gains(), Count.objects.count()
    assert services.find_differences() == {}

    removed = downsampling.downsample_old_counts()

    assert 0 < removed == rows - Count.objects.count()
    assert not ChangedDay.objects.exists()
    assert gains() == before
    assert services.find_differences() == {}
    call_command("rebuild_rollups")
    assert gains() == before


def test_a_run_goes_on_where_the_one_before_ended_and_a_repeat_removes_nothing(publish):
    delivery = publish(at=OLD - HOUR)
    for day in range(3):
        for hour in range(2):
            count(delivery, OLD + day * DAY + hour * HOUR, views=1)

    assert downsampling.downsample_old_counts(seconds=0) == 0
    assert downsampling.downsample_old_counts(today=timezone.localdate(OLD) + 62 * DAY) == 2
    assert DownsampledUntil.objects.get().until == timezone.localdate(OLD) + DAY
    assert [downsampling.downsample_old_counts(), downsampling.downsample_old_counts()] == [1, 0]
    assert delivery.counts.count() == 3


def test_counts_that_are_removed_otherwise_still_mark_their_days(publish):
    delivery = publish(at=OLD - HOUR)
    rows = [count(delivery, OLD + hour * HOUR, views=hour) for hour in (1, 2)]
    services.refresh_changed_days()
    downsampling.downsample_old_counts()
    assert not ChangedDay.objects.exists()

    rows[1].delete()

    assert ChangedDay.objects.get().kind == "gained"


# --- The function of PostgreSQL -------------------------------------------------------------------


def test_the_function_refuses_young_days_whoever_calls_it(publish):
    delivery = publish(at=timezone.now() - 50 * DAY)
    for hour in (1, 2):
        count(delivery, timezone.now() - 49 * DAY + hour * HOUR, views=1)

    with (
        pytest.raises(DatabaseError, match="too young"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT thin_counts(%s)", [timezone.localdate() - 49 * DAY])
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('portal.downsampling', true)")
        assert cursor.fetchone()[0] in (None, "")

    assert delivery.counts.count() == 2


def test_the_function_knows_every_measure():
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'thin_counts'")
        source = cursor.fetchone()[0]

    assert [m for m in MEASURES if f"counts.{m} IS NOT NULL" not in source] == []
