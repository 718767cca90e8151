"""Collecting keeps to its share of the calls that all pages of an application have together."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from engagement.counting import services as counting
from engagement.counting import shares
from engagement.models import Count, Measurement, ReadingUse
from platforms.facts import Reading
from platforms.youtube.connector import Youtube
from publishing.states import State
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Eight calls an hour for everything, of which collecting takes four: two pages.
READING = Reading(8, HOUR, share=0.5, posts_a_question=2, calls_a_question=2)


@pytest.fixture
def now():
    return timezone.now().replace(minute=0, second=0, microsecond=0)


@pytest.fixture
def quota(monkeypatch):
    monkeypatch.setattr(Youtube, "facts", replace(Youtube.facts, reading=READING))


def published(simulator, now, platform="youtube", posts=1):
    channel = factories.connected(simulator, platform, followers=5000)
    for _ in range(posts):
        shown = simulator.post(
            platform, channel.external_id, "Tin", created_at=now.timestamp() - 3600
        )
        post = factories.approved(unit=channel.unit, channels=[channel])
        delivery = factories.delivery(
            post,
            channel,
            state=State.PUBLISHED,
            due_at=now - HOUR,
            published_at=now - HOUR,
            remote_id=shown["id"],
        )
        Measurement.objects.create(delivery=delivery, next_at=now - HOUR)
    return channel


def made(simulator):
    return sum(simulator.requests()["youtube"].values())


def test_with_too_few_calls_each_page_is_looked_at_in_turn_and_the_reserve_is_left(
    simulator, now, quota
):
    greedy = published(simulator, now, posts=9)
    others = [published(simulator, now) for _ in range(5)]
    looked_at = []
    for n in range(6):
        before = made(simulator)
        Measurement.objects.update(next_at=now - HOUR)  # all are due again all the time
        for minute in (0, 20, 40):
            counting.collect(clock=lambda n=n, m=minute: now + n * HOUR + timedelta(minutes=m))
        assert made(simulator) - before <= 4
        looked_at.append(
            set(
                Count.objects.filter(taken_at__gte=now + n * HOUR).values_list(
                    "delivery__channel", flat=True
                )
            )
        )

    pages = {channel.pk for channel in (greedy, *others)}
    assert set.union(*looked_at[:3]) == pages  # six pages, two a round at least
    assert set.union(*looked_at[3:]) == pages
    assert not Measurement.objects.filter(failures__gt=0).exists()


def test_platforms_whose_pages_have_limits_of_their_own_are_not_held_back(simulator, now, quota):
    for _ in range(5):
        published(simulator, now, "facebook")
    shares.reserve("youtube", 100, now=now)
    published(simulator, now)

    assert counting.collect(clock=lambda: now) == 5
    assert Measurement.objects.get(delivery__platform="youtube").next_at == now - HOUR


def test_calls_that_are_used_up_are_no_failure_and_close_the_platform_until_they_begin_anew(
    simulator, now
):
    published(simulator, now)
    simulator.settings(youtube_stats_per_day=1)
    assert counting.collect(clock=lambda: now) == 1
    Measurement.objects.update(next_at=now)

    assert counting.collect(clock=lambda: now) == 0
    row, use = Measurement.objects.get(), ReadingUse.objects.get()
    assert (row.failures, row.taken_at) == (0, now)
    assert now < row.next_at <= now + DAY + 2 * HOUR
    assert use.closed_until == row.next_at

    before = made(simulator)
    published(simulator, now)
    counting.collect(clock=lambda: now + timedelta(minutes=1))
    assert made(simulator) == before

    simulator.settings(youtube_stats_per_day=10_000)
    assert counting.collect(clock=lambda: use.closed_until + timedelta(seconds=1)) == 2


def test_what_a_run_did_not_use_is_given_back(now, quota):
    assert shares.reserve("youtube", 5, now=now) == 2
    assert shares.reserve("youtube", 1, now=now) == 0
    shares.correct("youtube", reserved=2, made=2, now=now)
    assert shares.reserve("youtube", 5, now=now) == 1
    assert shares.reserve("youtube", 5, now=now + HOUR) == 2


def test_a_day_of_calls_begins_at_midnight_in_california():
    reading = Reading(1, DAY, share=1)

    assert shares.window(reading, datetime(2026, 11, 28, 7, 59, tzinfo=UTC)) == datetime(
        2026, 11, 27, 8, tzinfo=UTC
    )
    assert shares.window(reading, datetime(2026, 11, 28, 8, tzinfo=UTC)) == datetime(
        2026, 11, 28, 8, tzinfo=UTC
    )
