"""Collecting keeps to its share of the calls that all pages of an application have together."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from channels.models import PageCheck
from engagement.counting import pages, post_claims, shares
from engagement.counting import services as counting
from engagement.models import Count, Measurement, PageLook, ReadingUse
from platforms.errors import Rejected, TryLater
from platforms.facts import Reading
from platforms.youtube.connector import Youtube
from publishing.models import Delivery
from publishing.states import State
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Eight calls an hour for everything, of which collecting takes four: two pages.
READING = Reading(8, HOUR, share=0.5, posts_per_request=2, calls_per_request=2)


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
            counting.collect_posts(
                clock=lambda n=n, m=minute: now + n * HOUR + timedelta(minutes=m)
            )
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
    shares.reserve_calls("youtube", 100, now=now)
    published(simulator, now)

    assert counting.collect_posts(clock=lambda: now) == 5
    assert Measurement.objects.get(delivery__platform="youtube").next_at == now - HOUR


def test_calls_that_are_used_up_are_no_failure_and_close_the_platform_until_they_begin_anew(
    simulator, now
):
    published(simulator, now)
    simulator.settings(youtube_stats_per_day=1)
    assert counting.collect_posts(clock=lambda: now) == 1
    Measurement.objects.update(next_at=now - HOUR)

    assert counting.collect_posts(clock=lambda: now) == 0
    row, use = Measurement.objects.get(), ReadingUse.objects.get()
    assert (row.failures, row.taken_at) == (0, now)
    assert now < row.next_at <= now + DAY + 2 * HOUR
    assert use.closed_until == row.next_at

    before = made(simulator)
    published(simulator, now)
    counting.collect_posts(clock=lambda: now + timedelta(minutes=1))
    assert made(simulator) == before

    simulator.settings(youtube_stats_per_day=10_000)
    assert counting.collect_posts(clock=lambda: use.closed_until + timedelta(seconds=1)) == 2


def test_what_a_run_did_not_use_is_given_back(now, quota):
    assert shares.reserve_calls("youtube", 5, now=now) == 2
    assert shares.reserve_calls("youtube", 1, now=now) == 0
    shares.correct_reserved_calls("youtube", reserved=2, made=2, now=now)
    assert shares.reserve_calls("youtube", 5, now=now) == 1
    assert shares.reserve_calls("youtube", 5, now=now + HOUR) == 2


def test_a_day_of_calls_begins_at_midnight_in_california():  # any clock
    reading = Reading(1, DAY, share=1)

    assert shares.find_window_start(reading, datetime(2026, 11, 28, 7, 59, tzinfo=UTC)) == datetime(
        2026, 11, 27, 8, tzinfo=UTC
    )
    assert shares.find_window_start(reading, datetime(2026, 11, 28, 8, tzinfo=UTC)) == datetime(
        2026, 11, 28, 8, tzinfo=UTC
    )


# --- posts of all pages together ------------------------------------------------------------------


def test_posts_of_many_channels_are_asked_for_together(simulator, now):
    for _ in range(4):
        published(simulator, now, posts=3)
    before = made(simulator)

    assert counting.collect_posts(clock=lambda: now) == 12

    assert made(simulator) - before == 1
    assert ReadingUse.objects.get().used == 1
    assert Count.objects.filter(views__isnull=False).count() == 12


def test_fifty_posts_are_one_call_and_one_more_is_another(simulator, now):
    for posts in (30, 21):
        published(simulator, now, posts=posts)
    before = made(simulator)

    assert counting.collect_posts(clock=lambda: now) == 51
    assert made(simulator) - before == 2


def test_a_post_waits_for_others_for_five_minutes(simulator, now):
    for posts in (30, 30):
        published(simulator, now, posts=posts)
    Measurement.objects.update(next_at=now)
    before = made(simulator)

    assert counting.collect_posts(clock=lambda: now) == 50
    assert counting.collect_posts(clock=lambda: now + timedelta(minutes=4)) == 0
    assert made(simulator) - before == 1
    assert counting.collect_posts(clock=lambda: now + timedelta(minutes=5)) == 10


def test_a_dead_token_fails_no_post_of_another_channel_and_its_call_is_counted(simulator, now):
    dead = published(simulator, now)
    for _ in range(3):
        published(simulator, now)
    simulator.kill_tokens("youtube", page=dead.external_id)

    assert counting.collect_posts(clock=lambda: now) == 4
    assert not Measurement.objects.filter(failures__gt=0).exists()
    assert ReadingUse.objects.get().used == 2


def test_where_all_tokens_are_dead_all_posts_wait(simulator, now):
    for _ in range(2):
        simulator.kill_tokens("youtube", page=published(simulator, now).external_id)

    assert counting.collect_posts(clock=lambda: now) == 0
    assert set(Measurement.objects.values_list("failures", "next_at")) == {
        (1, now + timedelta(minutes=5))
    }
    assert ReadingUse.objects.get().used == 2


def test_a_post_for_which_a_whole_question_is_refused_costs_the_others_nothing(
    simulator, now, monkeypatch
):
    channels = [published(simulator, now, posts=2) for _ in range(4)]
    bad = Measurement.objects.filter(delivery__channel=channels[2]).first()
    real = Youtube.measure

    async def measure(self, account, external_ids):
        if bad.delivery.remote_id in external_ids:
            raise Rejected("an id that is none", code="invalidParameter")
        return await real(self, account, external_ids)

    monkeypatch.setattr(Youtube, "measure", measure)

    assert counting.collect_posts(clock=lambda: now) == 7
    bad.refresh_from_db()
    assert (bad.taken_at, bad.failures) == (None, 1)


def test_a_video_that_is_gone_is_asked_after_once_for_all(simulator, now):
    published(simulator, now)
    gone = Measurement.objects.get(delivery__channel=published(simulator, now))
    Delivery.objects.filter(pk=gone.pk).update(remote_id="nothing")
    before = made(simulator)

    assert counting.collect_posts(clock=lambda: now) == 1
    assert made(simulator) - before == 2
    gone.refresh_from_db()
    assert gone.taken_at is None


def test_where_the_call_for_many_is_refused_videos_are_listed_instead(simulator, now):
    for _ in range(3):
        published(simulator, now)
    simulator.fault("youtube", "refuse", operation="measure", times=1)
    before = made(simulator)

    assert counting.collect_posts(clock=lambda: now) == 3
    assert made(simulator) - before == 2


def test_with_too_few_calls_each_channel_has_its_turn_before_the_second_post_of_any(
    simulator, now, monkeypatch
):
    reading = Reading(4, HOUR, share=0.5, posts_per_request=3, across_pages=True)
    monkeypatch.setattr(Youtube, "facts", replace(Youtube.facts, reading=reading))
    greedy = published(simulator, now, posts=9)
    others = [published(simulator, now) for _ in range(8)]

    looked_at = []
    for n in range(2):
        before = made(simulator)
        Measurement.objects.update(next_at=now - HOUR)
        for minute in (0, 20):
            counting.collect_posts(
                clock=lambda n=n, m=minute: now + n * HOUR + timedelta(minutes=m)
            )
        assert made(simulator) - before == 2
        looked_at += Count.objects.filter(taken_at__gte=now + n * HOUR).values_list(
            "delivery__channel", flat=True
        )

    assert len(looked_at) == 12
    assert set(looked_at) == {channel.pk for channel in (greedy, *others)}


def test_what_a_run_could_not_take_hold_of_reserves_no_calls(simulator, now, quota):
    for _ in range(2):
        published(simulator, now)

    assert len(post_claims.claim_due_posts(now=now, most=1)) == 1
    assert ReadingUse.objects.get().used == 2  # one question of at most two calls


# --- what pages themselves cost -------------------------------------------------------------------


def test_daily_checks_and_readings_of_profiles_are_counted_against_the_share(now, quota):
    for moment in (now - HOUR, now, now + timedelta(minutes=1)):
        factories.ChannelFactory(platform="youtube", checked_at=moment)
    factories.ChannelFactory(platform="facebook", checked_at=now)

    assert shares.reserve_calls("youtube", 5, now=now) == 1  # two of four calls are left
    read = factories.ChannelFactory(platform="youtube", checked_at=None)
    PageCheck.objects.create(channel=read, read_at=now)
    shares.correct_reserved_calls("youtube", reserved=1, made=0, now=now)
    assert shares.reserve_calls("youtube", 5, now=now) == 0


def test_figures_of_pages_take_a_share_of_their_own_calls(simulator, now, monkeypatch):
    reading = Reading(8, HOUR, share=0.5, across_pages=True, page_calls=4)
    monkeypatch.setattr(Youtube, "facts", replace(Youtube.facts, reading=reading))
    for _ in range(5):
        factories.connected(simulator, "youtube", followers=5000)
    published(simulator, now)
    facebook = factories.connected(simulator, "facebook", followers=5000)
    before = made(simulator)

    pages.collect_pages(clock=lambda: now)
    assert made(simulator) - before == 2
    use = ReadingUse.objects.get()
    assert (use.used, use.used_for_pages) == (0, 2)
    assert PageLook.objects.get(channel=facebook).taken_at == now
    waiting = PageLook.objects.filter(taken_at=None)
    assert set(waiting.values_list("next_at", "failures")) == {(now, 0)}
    pages.collect_pages(clock=lambda: now + timedelta(minutes=30))
    assert made(simulator) - before == 2
    assert counting.collect_posts(clock=lambda: now + timedelta(minutes=30)) == 1

    for hours in (1, 2):
        pages.collect_pages(clock=lambda h=hours: now + h * HOUR)
    assert not PageLook.objects.filter(taken_at=None).exists()


def test_calls_of_pages_that_are_used_up_are_no_failure_of_a_page(simulator, now, monkeypatch):
    factories.connected(simulator, "youtube", followers=5000)

    async def measure_page(self, account, first, last):
        raise TryLater("used up", code="quotaExceeded", wait=3 * HOUR, whole_app=True)

    monkeypatch.setattr(Youtube, "measure_page", measure_page)
    pages.collect_pages(clock=lambda: now)

    look = PageLook.objects.get()
    assert (look.failures, look.next_at) == (0, now + 3 * HOUR)
