"""Names of figures that platforms tell no more."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from engagement.counting import names, pages, post_claims
from engagement.counting import services as counting
from engagement.models import Count, Measurement, MetricName, PageCount
from operations.measure import take_measurement
from platforms.metrics import Metrics
from publishing.states import State
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def posted(simulator, now):
    """A post that stands on a simulated page and is due to be counted."""

    def make(platform, channel=None):
        channel = channel or factories.connected(simulator, platform, followers=5000)
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
        Measurement.objects.create(delivery=delivery, next_at=now)
        return delivery

    return make


def count(at):
    """Count everything once, at this moment."""
    Measurement.objects.update(next_at=at - post_claims.GATHERING_TIME)
    counting.collect_posts(clock=lambda: at)


def calls(simulator, platform):
    return sum(simulator.requests()[platform].values())


def lost(at):
    return [(row.platform, row.name) for row in names.find_lost_names(now=at)]


@pytest.mark.parametrize(
    ("platform", "name", "empty", "setting"),
    [
        ("facebook", "post_clicks", "clicks", "facebook_retired_metrics"),
        ("instagram", "shares", "shares", "instagram_retired_metrics"),
        ("threads", "likes", "reactions", "threads_retired_metrics"),
        ("tiktok", "share_count", "shares", "tiktok_retired_fields"),
    ],
)
def test_a_retired_name_empties_its_own_figure_alone_and_comes_back_by_itself(
    posted, simulator, now, platform, name, empty, setting
):
    posted(platform)
    other = posted("youtube")
    simulator.settings(**{setting: [name]})

    count(now)
    assert lost(now) == []  # once may be the page's own trouble
    count(now + HOUR)
    assert lost(now + HOUR) == [(platform, name)]
    row = MetricName.objects.get(name=name)
    assert row.refused_at == now
    for taken in Count.objects.exclude(delivery=other):
        assert getattr(taken, empty) is None
        assert taken.views is not None
    assert Count.objects.filter(delivery=other, views__isnull=False).count() == 2

    before = calls(simulator, platform)
    count(now + 2 * HOUR)
    spared = calls(simulator, platform) - before
    simulator.settings(**{setting: []})
    count(now + 3 * HOUR)
    assert getattr(Count.objects.exclude(delivery=other).latest("taken_at"), empty) is None
    assert lost(now + 3 * HOUR) == [(platform, name)]

    before = calls(simulator, platform)
    count(now + 26 * HOUR)  # a day after it was refused last
    assert calls(simulator, platform) - before == spared
    assert getattr(Count.objects.exclude(delivery=other).latest("taken_at"), empty) is not None
    assert lost(now + 26 * HOUR) == []


def test_a_name_of_pages_and_one_of_posts_die_apart(posted, simulator, now):
    delivery = posted("threads")
    metrics = Metrics()
    metrics.refused.update(["views"])
    for _ in range(2):
        names.store_answered_names("threads", metrics, of_page=True, now=now)

    count(now)
    pages.collect_pages(clock=lambda: now)

    assert Count.objects.get(delivery=delivery).views is not None
    assert not PageCount.objects.exists()
    assert [row.of_page for row in names.find_lost_names(now=now)] == [True]


def test_what_one_page_is_refused_and_another_is_told_lives(now):
    metrics = Metrics()
    metrics.refused.update(["shares"])
    metrics.returned.update(["shares"])
    for n in range(3):
        names.store_answered_names("instagram", metrics, of_page=False, now=now + n * HOUR)

    assert lost(now + 3 * HOUR) == []
    assert MetricName.objects.get().refusals == 0


def test_a_name_that_is_left_out_of_all_answers_for_a_day_is_lost(posted, simulator, now):
    posted("zalo")
    count(now)
    simulator.settings(zalo_silent_metrics=["total_share"])
    for n in range(1, 12):
        count(now + 2 * n * HOUR)
    assert lost(now + 23 * HOUR) == []
    assert lost(now + DAY) == [("zalo", "total_share")]

    simulator.settings(zalo_silent_metrics=[])
    count(now + DAY)
    assert lost(now + DAY) == []


def test_a_name_that_was_never_told_is_not_missed(posted, simulator, now):
    posted("zalo")
    simulator.settings(zalo_silent_metrics=["total_share"])
    for n in range(15):
        count(now + 3 * n * HOUR)

    assert lost(now + 45 * HOUR) == []


def test_it_stands_on_the_status_page_and_in_the_dictionary(client, now):
    ministry = factories.ministry()
    boss = factories.person(Role.ADMINISTRATOR, ministry)
    MetricName.objects.create(
        platform="facebook",
        of_page=False,
        name="post_clicks",
        told_at=now - DAY,
        refused_at=now,
        refusals=2,
        ask_at=now + DAY,
    )

    (sign,) = [sign for sign in take_measurement().signs if sign.kind == "metric"]
    assert (sign.key, sign.n, sign.by_people) == ("facebook", 1, True)

    client.force_login(boss)
    shown = client.get(reverse("operations:status")).content.decode()
    assert "post_clicks" in shown
    assert "Told no more:" in shown
    chief = factories.person(Role.SUPERVISOR, ministry)
    client.force_login(chief)
    page = client.get(reverse("engagement:dictionary")).content.decode()
    assert "Told no more since" in page
