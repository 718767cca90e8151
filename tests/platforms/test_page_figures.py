"""Figures of pages themselves, and names of figures that a platform knows no more."""

from datetime import date, timedelta

import pytest

from platforms import client
from platforms.messages import Account, PageFigures
from platforms.metrics import Metrics
from platforms.pacific import find_day_before, get_midnight
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def measure(simulator):
    """Ask a page of the simulator for its figures: ``measure(channel, first, last)``."""
    from channels.queries import account_of

    def ask(channel, first, last, metrics=None):
        account: Account = account_of(channel)

        async def call(connector):
            connector.metrics = metrics or Metrics()
            return await connector.measure_page(account, first, last)

        return client.call(channel.platform, call, writes=False)

    return ask


TODAY = date.today()
FIRST, LAST = TODAY - timedelta(days=12), TODAY - timedelta(days=5)


def test_days_of_california_begin_and_end_by_its_own_clock():  # any clock
    assert get_midnight(date(2026, 11, 1)).isoformat() == "2026-11-01T07:00:00+00:00"
    assert get_midnight(date(2026, 11, 2)).isoformat() == "2026-11-02T08:00:00+00:00"  # 25 hours on
    assert find_day_before(get_midnight(date(2026, 11, 2))) == date(2026, 11, 1)


def test_figures_by_name_and_day_are_put_together_by_day():
    first, second = date(2026, 11, 1), date(2026, 11, 2)  # any clock
    told = {"views": {first: 3, second: 4}, "reach": {second: 0, date(2026, 11, 9): 7}}  # any clock

    assert PageFigures.by_day(told, first, second) == [
        PageFigures(first, views=3),
        PageFigures(second, views=4, reach=0),
    ]


@pytest.mark.parametrize(
    ("platform", "retired", "setting", "empty"),
    [
        ("facebook", "page_views_total", "facebook_retired_metrics", "profile_visits"),
        ("instagram", "follows_and_unfollows", "instagram_retired_metrics", "followers_gained"),
        ("youtube", "subscribersLost", "youtube_retired_metrics", "followers_lost"),
    ],
)
def test_a_name_that_is_retired_empties_no_other_figure(
    measure, simulator, platform, retired, setting, empty
):
    channel = factories.connected(simulator, platform, followers=5000)
    now = simulator.ask("GET", "/_sim/truth")["now"]
    simulator.post(platform, channel.external_id, "Tin", created_at=now - 20 * 86400)
    simulator.settings(**{setting: [retired]})
    metrics = Metrics()

    days = measure(channel, FIRST, LAST, metrics)

    assert len(days) == 8
    assert all(getattr(day, empty) is None and day.views is not None for day in days)
    assert set(metrics.refused) == {retired}
    assert metrics.returned["page_media_view" if platform == "facebook" else "views"]

    before = simulator.requests()[platform]["measure"]
    again = measure(channel, FIRST, LAST, Metrics(skipped=frozenset({retired})))
    assert again == days
    calls = simulator.requests()[platform]["measure"] - before
    assert calls == {"facebook": 1, "instagram": 9, "youtube": 1}[platform]


def test_the_only_figure_that_is_retired_is_noted(measure, simulator):
    channel = factories.connected(simulator, "threads")
    simulator.settings(threads_retired_metrics=["views"])
    metrics = Metrics()

    assert measure(channel, FIRST, LAST, metrics) == []
    assert set(metrics.refused) == {"views"}
