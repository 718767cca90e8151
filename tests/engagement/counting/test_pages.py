"""Figures of pages themselves, by day."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from engagement.counting import pages
from engagement.models import PAGE_MEASURES, PageCorrection, PageCount, PageLook
from platforms.messages import PageFigures
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def at(moment):
    return lambda: moment


@pytest.fixture
def page(simulator):
    def make(platform="facebook", **fields):
        return factories.connected(simulator, platform, **{"followers": 5000, **fields})

    return make


@pytest.mark.parametrize(
    ("platform", "told"),
    [
        ("facebook", PAGE_MEASURES),
        ("instagram", ("views", "reach", "followers_gained", "followers_lost")),
        ("threads", ("views",)),
        ("youtube", ("views", "followers_gained", "followers_lost")),
    ],
)
def test_a_new_page_is_asked_for_its_last_days(page, simulator, platform, told):
    channel = page(platform)
    simulator.post(
        platform,
        channel.external_id,
        "Công an không gọi điện đòi tiền.",
        created_at=simulator.ask("GET", "/_sim/truth")["now"] - 20 * 86400,
    )

    assert pages.collect_pages() > 0

    rows = list(PageCount.objects.filter(channel=channel))
    newest = (timezone.now() - 32 * HOUR).date()
    assert {row.day for row in rows} <= {newest - n * DAY for n in range(28)}
    for row in rows:
        assert {name for name in PAGE_MEASURES if getattr(row, name) is not None} == set(told)
    assert sum(row.views for row in rows) > 0
    if platform != "youtube":
        assert len(rows) == 28


@pytest.mark.parametrize("platform", ["zalo", "tiktok", "telegram"])
def test_a_platform_without_figures_of_pages_is_not_asked(page, platform):
    page(platform)

    assert pages.collect_pages() == 0
    assert not PageLook.objects.exists()


def test_a_page_is_asked_once_a_day(page):
    page()
    now = timezone.now()
    assert pages.collect_pages(clock=at(now)) == 28
    look = PageLook.objects.get()
    assert (look.taken_at, look.next_at) == (now, now + DAY)

    assert pages.collect_pages(clock=at(now + 23 * HOUR)) == 0
    assert PageLook.objects.get().taken_at == now


def test_a_small_page_that_is_told_nothing_has_gaps_and_no_zeros(page):
    page(followers=40)

    assert pages.collect_pages() == 0
    assert not PageCount.objects.exists()
    assert PageLook.objects.get().failures == 0


def figures(monkeypatch, days):
    from platforms.meta.facebook.connector import Facebook

    async def told(self, account, first, last):
        asked.append((first, last))
        return days

    asked = []
    monkeypatch.setattr(Facebook, "measure_page", told)
    return asked


def test_a_figure_that_is_corrected_keeps_what_it_was(page, monkeypatch):
    channel, now = page(), timezone.now()
    day = (now - 40 * HOUR).date()
    figures(monkeypatch, [PageFigures(day, views=90, reach=60, followers_lost=0)])
    pages.collect_pages(clock=at(now))

    figures(monkeypatch, [PageFigures(day, views=100, reach=None, followers_lost=0)])
    assert pages.collect_pages(clock=at(now + DAY)) == 1

    row = PageCount.objects.get(channel=channel)
    assert (row.views, row.reach, row.followers_lost) == (100, 60, 0)
    assert row.taken_at == now + DAY
    found = PageCorrection.objects.get()
    assert (found.count, found.measure, found.was, found.became) == (row, "views", 90, 100)
    assert found.at == now + DAY


def test_what_is_told_late_fills_a_gap_without_a_correction(page, monkeypatch):
    page(), timezone.now()
    now = timezone.now()
    day = (now - 40 * HOUR).date()
    figures(monkeypatch, [PageFigures(day, views=90)])
    pages.collect_pages(clock=at(now))
    figures(monkeypatch, [PageFigures(day, views=90, reach=60), PageFigures(day - DAY, views=3)])
    pages.collect_pages(clock=at(now + DAY))

    assert [(row.views, row.reach) for row in PageCount.objects.all()] == [(3, None), (90, 60)]
    assert not PageCorrection.objects.exists()


def test_days_that_were_missed_are_asked_for_again(page, monkeypatch):
    page()
    asked = figures(monkeypatch, [])
    now = timezone.now()
    for after in (timedelta(), DAY, 11 * DAY, 90 * DAY):
        pages.collect_pages(clock=at(now + after))

    assert [(last - first).days + 1 for first, last in asked] == [28, 3, 10, 28]
    assert asked[0][1] == (now - 32 * HOUR).date()


def test_a_page_whose_token_died_is_asked_again_later_and_empties_nothing(page, simulator):
    channel, now = page(), timezone.now()
    pages.collect_pages(clock=at(now))
    before = list(PageCount.objects.values_list("day", *PAGE_MEASURES))
    simulator.kill_tokens("facebook", page=channel.external_id)

    pages.collect_pages(clock=at(now + DAY))

    look = PageLook.objects.get()
    assert (look.failures, look.taken_at) == (1, now)
    assert look.next_at > now + DAY
    assert list(PageCount.objects.values_list("day", *PAGE_MEASURES)) == before


def test_an_answer_that_comes_after_the_lease_is_not_stored(page):  # any clock
    page()
    now = timezone.now()
    pages.schedule_new_pages(now=now)
    (look,) = pages.claim_due_pages(now=now)
    PageLook.objects.update(next_at=now + DAY)

    assert pages.store_answers([(look, [PageFigures(date(2026, 11, 1), views=1)])], now=now) == 0
    assert not PageCount.objects.exists()
