import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from channels.states import Health
from engagement.counting import post_claims, schedule
from engagement.counting import services as counting
from engagement.models import Count, FollowerCount, Measurement
from platforms.metrics import Metrics
from publishing.models import Delivery
from publishing.states import State
from tests import factories


def at(moment):
    return lambda: moment


@pytest.fixture
def on_page(simulator):
    """A post that stands on a simulated page, published as long ago as the caller wants the portal
    to believe.
    """

    def make(platform="facebook", *, channel=None, ago=timedelta(minutes=6), **fields):
        channel = channel or factories.connected(simulator, platform, followers=5000)
        shown = simulator.post(platform, channel.external_id, "Công an không gọi điện đòi tiền.")
        post = factories.approved(unit=channel.unit, channels=[channel])
        when = timezone.now() - ago
        row = {
            "state": State.PUBLISHED,
            "due_at": when,
            "published_at": when,
            "remote_id": shown["id"],
            **fields,
        }
        return factories.delivery(post, channel, **row)

    return make


def test_looks_grow_rarer_and_end_after_two_months():
    published = datetime(2026, 11, 1, 7, 0, tzinfo=UTC)
    seen, now = [], published
    while (following := schedule.compute_next_count(published, after=now)) is not None:
        seen.append(following - published)
        now = following

    assert seen == list(schedule.COUNT_AGES)
    assert seen[0] == timedelta(minutes=5)
    assert seen[-1] == timedelta(days=56)
    assert schedule.compute_next_count(published, after=published + timedelta(days=57)) is None


def test_a_run_after_a_long_silence_skips_the_looks_it_missed():
    published = datetime(2026, 11, 1, 7, 0, tzinfo=UTC)

    assert schedule.compute_next_count(
        published, after=published + timedelta(hours=2)
    ) == published + timedelta(hours=3)


@pytest.mark.django_db(transaction=True)
def test_a_published_post_is_counted_and_falls_due_again(on_page, simulator):
    simulator.advance(86400)
    delivery = on_page()

    assert counting.collect_posts() == 1

    count, row = Count.objects.get(), Measurement.objects.get()
    assert count.delivery == row.delivery == delivery
    assert (count.views, count.reach, count.reactions) == (row.views, row.reach, row.reactions)
    assert count.views is not None
    assert row.next_at == delivery.published_at + timedelta(minutes=15)
    assert counting.collect_posts() == 0


@pytest.mark.django_db(transaction=True)
def test_a_young_post_is_not_asked_for_yet(on_page, simulator):
    on_page(ago=timedelta(minutes=1))

    assert counting.collect_posts() == 0
    assert "measure" not in simulator.requests()["facebook"]


@pytest.mark.django_db(transaction=True)
def test_what_a_platform_does_not_report_is_empty_and_what_it_reports_may_be_zero(on_page):
    on_page("zalo")

    counting.collect_posts()

    count = Count.objects.get()
    assert (count.views, count.shares) == (0, 0)
    assert (count.reach, count.reactions, count.comments) == (None, None, None)


@pytest.mark.django_db(transaction=True)
def test_a_platform_without_figures_is_never_asked(on_page, simulator):
    on_page("telegram")

    counting.collect_posts()

    assert Measurement.objects.get().next_at is None
    assert Count.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_what_a_person_reported_has_no_id_to_ask_for(on_page):
    on_page(remote_id="", receipt_source="seen")

    counting.collect_posts()

    assert Measurement.objects.get().next_at is None


@pytest.mark.django_db(transaction=True)
def test_a_measure_that_dies_is_empty_in_the_count_and_keeps_its_last_known_total(
    on_page, monkeypatch
):
    from platforms.messages import Figures
    from platforms.meta.facebook.connector import Facebook

    delivery = on_page()

    async def without_views(self, account, external_ids):
        return {delivery.remote_id: Figures(reactions=7, comments=0, shares=2)}

    Measurement.objects.create(delivery=delivery, next_at=timezone.now(), views=812, reactions=5)
    monkeypatch.setattr(Facebook, "measure", without_views)

    counting.collect_posts()

    count, row = Count.objects.get(), Measurement.objects.get()
    assert (count.views, count.reactions, count.comments) == (None, 7, 0)
    assert (row.views, row.reactions, row.comments) == (812, 7, 0)


@pytest.mark.django_db(transaction=True)
def test_a_dead_token_marks_nothing_as_zero_and_waits_longer_each_time(on_page, simulator):
    delivery = on_page()
    simulator.kill_tokens("facebook", page=delivery.channel.external_id)
    now = timezone.now()

    assert counting.collect_posts(clock=at(now)) == 0
    first = Measurement.objects.get()
    later = now + timedelta(minutes=6)
    assert counting.collect_posts(clock=at(later)) == 0
    second = Measurement.objects.get()

    assert Count.objects.count() == 0
    assert (second.views, second.taken_at) == (None, None)
    assert (first.failures, first.next_at) == (1, now + timedelta(minutes=5))
    assert (second.failures, second.next_at) == (2, later + timedelta(minutes=10))


@pytest.mark.django_db(transaction=True)
def test_credentials_that_do_not_open_hold_up_nobody_else(on_page):
    sealed, other = on_page(), on_page()
    type(sealed.channel).objects.filter(pk=sealed.channel_id).update(sealed=b"")

    assert counting.collect_posts() == 1
    assert Count.objects.get().delivery == other
    assert Measurement.objects.get(delivery=sealed).failures == 1


@pytest.mark.django_db(transaction=True)
def test_a_post_that_is_gone_from_the_page_writes_nothing(on_page, simulator):
    delivery = on_page(remote_id="104_nowhere")
    other = on_page(channel=delivery.channel)

    assert counting.collect_posts() == 1
    assert Count.objects.get().delivery == other
    assert Measurement.objects.get(delivery=delivery).next_at == delivery.published_at + timedelta(
        minutes=15
    )


@pytest.mark.django_db(transaction=True)
def test_a_lost_channel_waits_until_it_is_connected_again(on_page):
    channel = on_page().channel
    channel.health = Health.LOST
    channel.save()
    assert counting.collect_posts() == 0

    channel.health = Health.CONNECTED
    channel.save()
    assert counting.collect_posts() == 1


@pytest.mark.django_db(transaction=True)
def test_a_withdrawn_post_is_counted_no_longer(on_page):
    delivery = on_page()
    counting.collect_posts()
    Delivery.objects.update(state=State.RECALLED)

    assert counting.collect_posts(clock=at(delivery.published_at + timedelta(hours=1))) == 0
    assert Measurement.objects.get().next_at is None


@pytest.mark.django_db(transaction=True)
def test_two_collectors_share_what_is_due(on_page):
    channel = on_page().channel
    for _ in range(5):
        on_page(channel=channel)
    schedule.schedule_new_posts(now=timezone.now())
    together, claimed = threading.Barrier(2), []

    def claim():
        together.wait()
        try:
            claimed.extend(
                row.pk for row in post_claims.claim_due_posts(now=timezone.now(), most=4)
            )
        finally:
            connection.close()

    threads = [threading.Thread(target=claim) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(claimed) == len(set(claimed))
    rest = [row.pk for row in post_claims.claim_due_posts(now=timezone.now())]
    assert sorted(claimed + rest) == sorted(Measurement.objects.values_list("pk", flat=True))


@pytest.mark.django_db(transaction=True)
def test_a_run_whose_lease_ran_out_writes_nothing(on_page):
    on_page()
    now = timezone.now()
    schedule.schedule_new_posts(now=now)
    slow = post_claims.claim_due_posts(now=now)
    taken_again = post_claims.claim_due_posts(now=now + timedelta(minutes=11))
    assert [row.pk for row in taken_again] == [row.pk for row in slow]

    answer = counting._request_figures(
        "facebook", list(post_claims.group_into_batches(slow, [])), Metrics()
    )
    assert counting._store_answers(answer, now=now) == 0
    assert Count.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_platform_that_hangs_costs_the_others_nothing(on_page, simulator, monkeypatch):
    monkeypatch.setattr(counting, "_CALL_SECONDS", 1.0)
    simulator.fault("facebook", "hang_after", operation="measure", seconds=30, times=0)
    hanging, zalo = on_page("facebook"), on_page("zalo")

    assert counting.collect_posts() == 1
    assert Count.objects.get().delivery == zalo
    assert Measurement.objects.get(delivery=hanging).failures == 1


@pytest.mark.django_db(transaction=True)
def test_a_page_is_asked_in_one_go_however_many_posts_it_has(on_page, monkeypatch):
    from platforms.zalo.connector import Zalo

    asked, real = [], Zalo.measure

    async def measure(self, account, external_ids):
        asked.append(len(external_ids))
        return await real(self, account, external_ids)

    monkeypatch.setattr(Zalo, "measure", measure)
    channel = on_page("zalo").channel
    for _ in range(2):
        on_page("zalo", channel=channel)

    assert counting.collect_posts() == 3
    assert asked == [3]


@pytest.mark.django_db
def test_followers_are_kept_once_a_day_and_only_where_they_were_looked_up():
    now = timezone.now()
    counted = factories.ChannelFactory(followers=1200, checked_at=now)
    factories.ChannelFactory(followers=900, checked_at=now - timedelta(days=2))
    factories.ChannelFactory(followers=None, checked_at=now)

    assert counting.store_followers(now=now) == 1
    assert counting.store_followers(now=now) == 0
    kept = FollowerCount.objects.get()
    assert (kept.channel, kept.day, kept.followers) == (
        counted,
        timezone.localdate(now),
        1200,
    )


@pytest.mark.django_db
def test_collecting_nothing_costs_the_same_few_queries(django_assert_max_num_queries):
    with django_assert_max_num_queries(9):
        counting.collect_posts()
