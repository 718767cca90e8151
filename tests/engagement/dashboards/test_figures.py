import io
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.permissions import Role
from campaigns.kits.models import Adoption
from campaigns.models import Topic
from core.periods import Period
from engagement.dashboards import charts, comparisons, hours
from engagement.dashboards.funnel import Funnel
from engagement.models import FollowerCount
from engagement.rollups.models import PlatformDay
from publishing.models import Delivery
from tests import factories

pytestmark = pytest.mark.django_db
# A Monday, 19:00 here.
EVENING = datetime.fromisoformat("2026-11-02T19:00:00+07:00")


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def campaign(province):
    return factories.CampaignFactory(unit=province, starts_on="2026-11-01", ends_on="2026-11-30")


@pytest.fixture
def look(client, campaign, province):
    client.force_login(factories.person(Role.SUPERVISOR, province))
    address = reverse("engagement:campaign_figures", args=[campaign.public_id])
    return lambda **query: client.get(address, query)


def chart(response, key):
    return next(drawn for drawn in response.context["charts"] if drawn.key == key)


def test_filters_in_the_address_narrow_every_figure(look, publish, campaign, province):
    topic, usual = Topic.objects.get(code="pccc"), factories.topic()
    one = factories.UnitFactory(parent=province, place="Phường Hải Châu")
    two = factories.UnitFactory(parent=province, place="Phường Sơn Trà")
    rows = [
        publish(unit=one, campaign=campaign, at=EVENING, reach=70),
        publish(unit=two, campaign=campaign, at=EVENING, reach=5),
        publish(
            channel=factories.ChannelFactory(unit=two, platform="zalo"),
            campaign=campaign,
            at=EVENING,
            reach=900,
        ),
    ]
    type(rows[0].post).objects.filter(pk=rows[0].post_id).update(topic=topic)

    def reach(**query):
        return look(**query).context["total"]["reach"]

    assert reach() == 975
    assert reach(unit="hai chau") == 70
    assert reach(unit=province.place) == 975  # a province's name finds its units
    assert reach(platform="zalo") == 900
    assert reach(topic=topic.code) == 70
    assert reach(**{"from": "03/11/2026", "to": "04/11/2026"}) is None
    assert [row[0] for row in chart(look(), "topics").rows] == [str(usual), str(topic)]


def test_hours_have_the_median_and_say_what_was_not_measured(look, publish, campaign, province):
    unit = factories.UnitFactory(parent=province)
    for reach in (10, 20, 1000):
        publish(unit=unit, campaign=campaign, at=EVENING, reach=reach)
    for reach in (10, 21):
        publish(unit=unit, campaign=campaign, at=EVENING + timedelta(days=1), reach=reach)
    publish(unit=unit, campaign=campaign, at=EVENING - timedelta(hours=12))

    found = hours.count_by_hour(Delivery.objects.filter(post__campaign=campaign))
    page = look(show="posts")

    assert [(h.weekday, h.hour, h.publications, h.reach) for h in found] == [
        (1, 7, 1, None),
        (1, 19, 3, 20),
        (2, 19, 2, 16),
    ]
    table = chart(page, "hours")
    assert table.rows == [
        ["Monday, 07:00", 1, None],
        ["Monday, 19:00", 3, 20],
        ["Tuesday, 19:00", 2, 16],
    ]
    assert table.figures["cells"][1] == [0, 12, 3, 20]
    assert page.context["punctuality"] == comparisons.Punctuality(due=6, on_time=6)


def test_a_campaign_is_compared_with_other_days_and_another_campaign(
    look, publish, campaign, province
):
    unit = factories.UnitFactory(parent=province)
    other = factories.CampaignFactory(unit=province, starts_on="2025-11-01", ends_on="2025-11-30")
    foreign = factories.CampaignFactory(starts_on="2025-11-01", ends_on="2025-11-30")
    publish(unit=unit, campaign=campaign, at=EVENING, reach=300)
    publish(unit=unit, campaign=other, at=EVENING - timedelta(days=365), reach=100)
    publish(unit=unit, at=EVENING - timedelta(days=10), reach=200)
    publish(unit=foreign.unit, campaign=foreign, at=EVENING - timedelta(days=365), reach=9999)

    def reach(choice):
        page = look(show="compare", with_=choice, **{"from": "01/11/2026", "to": "14/11/2026"})
        rows = chart(page, "compared").rows
        return next(row[1:] for row in rows if row[0] == "Reach")

    assert reach("previous") == [300, 200, "+50 %"]
    assert reach("year") == [300, 100, "+200 %"]
    assert reach(str(other.public_id)) == [300, 100, "+200 %"]
    assert reach(str(foreign.public_id)) == [300, 200, "+50 %"]  # none to choose


def test_a_campaign_is_not_compared_with_days_before_the_records(look, publish, campaign, province):
    publish(unit=factories.UnitFactory(parent=province), campaign=campaign, at=EVENING, reach=300)
    sums = {"views_of": 0, "reach_of": 0, "reactions_of": 0, "publications": 1}
    first = timezone.localdate(EVENING)
    PlatformDay.objects.create(province=province, platform="facebook", day=first, **sums)

    page = look(show="compare")

    assert page.context["recorded_since"] == first
    assert [drawn.key for drawn in page.context["charts"]] == ["adoption"]
    assert "The records begin on" in page.content.decode()


def test_two_periods_are_laid_over_each_other_by_day_up_to_the_end_of_the_shorter_one():
    ours, theirs = (
        Period(date(2026, 11, 1), date(2026, 11, 30)),
        Period(date(2026, 10, 1), date(2026, 10, 6)),
    )

    def days(*found):
        return [{"day": date.fromisoformat(day), "reach": n} for day, n in found]

    drawn = charts.draw_both_periods(
        "reach",
        days(("2026-11-02", 5), ("2026-11-04", 9), ("2026-11-10", 20)),
        ours,
        days(("2026-10-01", 3), ("2026-10-04", 4), ("2026-12-05", 90)),
        theirs,
        ["ours", "theirs"],
        today=date(2026, 11, 4),
    )

    assert [one["points"] for one in drawn.figures["series"]] == [
        [[2, 5], [4, 9]],
        [[1, 3], [4, 4]],
    ]
    assert drawn.rows == [["day 1", None, 3], ["day 2", 5, None], ["day 4", 9, 4]]
    longer = charts.draw_both_periods(
        "reach", days(("2026-11-10", 20)), ours, [], theirs, ["a", "b"], today=date(2026, 12, 5)
    )
    assert longer.is_empty  # the tenth day has no counterpart


def test_a_bar_says_what_it_counts_and_what_was_not_measured():
    rows = [
        {"publications": 3, **dict.fromkeys(charts.TABLE_MEASURES, 7)},
        {"publications": 2, **dict.fromkeys(charts.TABLE_MEASURES, 7), "reach": None},
    ]

    drawn = charts.draw_bars("platforms", "", "Platform", rows, ["Facebook", "TikTok"])

    assert drawn.figures["labels"] == ["Facebook", "TikTok (not measured: Reach)"]
    assert [row[0] for row in drawn.rows] == ["Facebook", "TikTok"]


def test_the_steps_of_a_funnel_bear_their_numbers_and_shares_of_the_step_before():
    kit = factories.kit(factories.ProvinceFactory())
    drawn = charts.draw_adoption([Funnel(kit, 3319, 6, 3, 3, 0)])

    (series,) = drawn.figures["series"]
    assert series["words"] == ["3,319", "6 (0.2 %)", "3 (50 %)", "3 (100 %)", "0 (0 %)"]


def test_units_are_compared_by_their_reach_for_each_1000_followers(
    look, publish, campaign, province
):
    small, big, unknown = (factories.UnitFactory(parent=province) for _ in range(3))
    followers = {}
    for unit, n, reach in ((small, 50, 20), (small, 150, 60), (big, 9000, 900), (unknown, None, 7)):
        page = factories.ChannelFactory(unit=unit)
        publish(channel=page, campaign=campaign, at=EVENING, reach=reach)
        publish(channel=page, at=EVENING, reach=5000)  # of no campaign
        if n:
            followers[page] = n
    last = look().context["period"].last
    idle = factories.ChannelFactory(unit=small)  # takes no part
    for page, n in {**followers, idle: 7777}.items():
        FollowerCount.objects.create(channel=page, day=last, followers=n)
        FollowerCount.objects.create(channel=page, day=last - timedelta(days=2), followers=1)

    table = chart(look(), "units")

    assert table.head[-1] == "Reach for each 1,000 followers"
    reach = {name: cells[2] for name, *cells in table.rows}
    assert reach == {small.name: 80, big.name: 900, unknown.name: 7}
    rates = {name: cells[-1] for name, *cells in table.rows}
    of_small = sum(n for page, n in followers.items() if page.unit == small)
    assert rates == {
        small.name: Decimal(80 * 1000) / of_small,
        big.name: Decimal(900 * 1000) / 9000,
        unknown.name: None,
    }


def test_the_kits_funnel_counts_units_of_the_readers_scope(look, campaign, province):
    kit = factories.kit(province, campaign=campaign, state="issued")
    units = [factories.UnitFactory(parent=province) for _ in range(4)]
    now = timezone.now()
    for unit, adopted in ((units[0], None), (units[1], now), (units[2], now)):
        Adoption.objects.create(
            kit=kit, version=kit.current, unit=unit, opened_at=now, adopted_at=adopted
        )
    factories.UnitFactory()

    found = chart(look(show="compare"), "adoption")

    assert [row[1:] for row in found.rows] == [[4, 3, 2, 0, 0]]


def test_each_part_asks_few_questions_and_each_chart_is_a_sheet(
    client, look, publish, campaign, province
):
    for at in (EVENING, EVENING + timedelta(days=1)):
        publish(unit=factories.UnitFactory(parent=province), campaign=campaign, at=at, reach=10)
    factories.kit(province, campaign=campaign, state="issued")
    export = reverse("engagement:campaign_export", args=[campaign.public_id])
    asked = {}
    for part in ("", "posts", "compare"):
        with CaptureQueriesContext(connection) as queries:
            page = look(show=part)
        asked[part] = len(queries)
        for chart in page.context["charts"]:
            file = client.get(export, {"chart": chart.key})
            book = load_workbook(io.BytesIO(file.content))
            assert book.worksheets[0].max_row == 1 + len(chart.rows), chart.key
    assert max(asked.values()) <= 20, asked
    assert client.get(export, {"chart": "secret"}).status_code == 404
    assert look(show="elsewhere").status_code == 200
