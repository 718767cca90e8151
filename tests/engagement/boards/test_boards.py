"""Dashboards of units, topics, channels and kits."""

import io
import re
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.permissions import Role
from campaigns.kits.models import Adoption
from campaigns.models import Topic
from campaigns.planning.queries import subtract_year
from channels.models import Channel
from channels.states import Health
from engagement.boards.board import Board
from engagement.boards.size_classes import Size, compute_spread, find_size
from engagement.dashboards.dictionary import PAGE_DEFINITIONS, find_page_origin
from engagement.models import PAGE_MEASURES, FollowerCount, Measurement, PageCount
from engagement.rollups import services
from engagement.rollups.models import PageDay, PlatformDay, TopicDay, UnitPeriod
from operations.models import Alarm
from posts.models import Post
from tests import factories
from units.models import Unit

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def commune(province):
    return factories.UnitFactory(parent=province, place="Phường Hải Châu")


@pytest.fixture
def look(client):
    def open_it(name, key, by, **query):
        client.force_login(by)
        return client.get(reverse(f"engagement:results_of_{name}", args=[key]), query)

    return open_it


def page_of(unit, *, followers=None, ago=0, **fields):
    channel = factories.ChannelFactory(unit=unit, **fields)
    if followers is not None:
        day = timezone.localdate() - ago * DAY
        FollowerCount.objects.create(channel=channel, day=day, followers=followers)
    return channel


def chart(response, key):
    every = [response.context["compared"], *response.context["charts"]]
    every += response.context["page_charts"]
    every += [response.context[name] for name in ("like", "spread") if response.context[name]]
    return next(drawn for drawn in every if drawn.key == key)


def line(response, name, key="compared"):
    return next(row[1:] for row in chart(response, key).rows if row[0] == name)


def ago(days):
    return timezone.now() - days * DAY


@pytest.mark.parametrize("summed", [False, True])
def test_a_unit_is_compared_with_the_period_before_and_last_year(look, publish, commune, summed):
    page = page_of(commune, followers=2000)
    last_year = (timezone.localdate() - subtract_year(timezone.localdate())).days
    publish(channel=page, at=ago(2), reach=300, views=500)
    publish(channel=page, at=ago(3), reach=100)
    publish(channel=page, at=ago(40), reach=200)
    publish(channel=page, at=ago(last_year + 2), reach=80)
    publish(channel=page, at=ago(last_year + 70), reach=7)  # since then there are records
    publish(channel=page_of(factories.UnitFactory(parent=commune.parent)), at=ago(2), reach=9999)
    if summed:
        services.refresh_changed_days()
        assert services.find_differences() == {}

    shown = look("unit", commune.key, factories.person(Role.OFFICER, commune))

    assert line(shown, "Publications") == [2, 1, "+100 %", 1, "+100 %"]
    assert line(shown, "Reach") == [400, 200, "+100 %", 80, "+400 %"]
    assert line(shown, "Views")[:2] == [500, None]
    rates = line(shown, "Reach for each 1,000 followers")
    assert rates == [Decimal(200), None, "–", None, "–"]


def test_nothing_is_compared_with_a_time_before_the_records(look, publish, commune):
    page = page_of(commune, followers=2000)
    last_year = (timezone.localdate() - subtract_year(timezone.localdate())).days
    publish(channel=page, at=ago(2), reach=300)
    publish(channel=page, at=ago(last_year + 2), reach=80)
    publish(channel=page_of(factories.UnitFactory()), at=ago(last_year + 90), reach=5)
    services.refresh_changed_days()
    overseer = factories.person(Role.OVERSEER, commune.parent)

    for scope, key in (
        ("unit", commune.key),
        ("unit", commune.parent.key),
        ("channel", page.public_id),
    ):
        shown = look(scope, key, overseer)
        assert line(shown, "Publications") == [1, 0, "–", None, "–"], scope
        assert line(shown, "Reach") == [300, None, "–", None, "–"], scope
        assert "The records begin on" in shown.text
        last_year_by_day = [row[-1] for row in chart(shown, "days_publications").rows]
        assert set(last_year_by_day[: last_year_by_day.index(1)]) == {None}

    ministry = Unit.objects.get(parent=None)
    nation = look("unit", ministry.key, factories.person(Role.OVERSEER, ministry))
    assert line(nation, "Publications") == [1, 0, "–", 1, "+0 %"]
    assert "The records begin on" not in nation.text


def test_pages_of_unknown_followers_have_no_part_in_the_rates(look, publish, commune):
    publish(channel=page_of(commune, followers=1000), at=ago(1), reach=500)
    publish(channel=page_of(commune, platform="zalo"), at=ago(1), reach=800)
    publish(channel=page_of(commune, followers=50, ago=9), at=ago(1), reach=70)

    shown = look("unit", commune.key, factories.person(Role.OFFICER, commune))

    assert line(shown, "Reach")[0] == 1370
    assert line(shown, "Reach for each 1,000 followers")[0] == Decimal(500)
    assert line(shown, "Followers at the end")[0] == 1000
    assert "The followers of 2 of 3 pages are not known" in shown.text


def test_like_units_are_shown_as_a_spread_and_only_five_or_more(look, publish, commune):
    """Like: of the same level, kind and size; a unit of another kind, or much larger, is none."""
    others = [factories.UnitFactory(kind=commune.kind) for _n in range(3)]
    for n, unit in enumerate([commune, *others], start=1):
        publish(channel=page_of(unit, followers=1500), at=ago(1), reach=150 * n)
    publish(channel=page_of(factories.UnitFactory(kind=commune.kind), followers=90_000), reach=7)
    publish(channel=page_of(factories.UnitFactory(kind="đặc khu"), followers=1500), reach=7)
    officer = factories.person(Role.OFFICER, commune)

    few = look("unit", commune.key, officer)
    cache.clear()  # what is usual is remembered for ten minutes
    publish(channel=page_of(factories.UnitFactory(kind=commune.kind), followers=1900), reach=1900)
    enough = look("unit", commune.key, officer)

    assert few.context["like"] is None
    assert "Fewer than 5 units" in few.text
    assert line(enough, "Reach for each 1,000 followers", "like") == [
        Decimal(100),
        Decimal(200),
        Decimal(300),
        Decimal(400),
        5,
    ]
    assert "1,000 to under 2,000 followers" in enough.text
    boxes = {series["name"]: series for series in chart(enough, "like").figures["series"]}
    assert boxes["Reach for each 1,000 followers"] == {
        "name": "Reach for each 1,000 followers",
        "words": "100.0 here; 200.0 – 400.0, median 300.0",
        "low": 200.0,
        "middle": 300.0,
        "high": 400.0,
        "here": 100.0,
    }
    assert set(boxes) == {"Publications", "Reach for each 1,000 followers"}  # no reactions known


def test_each_chart_of_a_page_is_saved_as_a_file(look, publish, province):
    for n in range(5):
        unit = factories.UnitFactory(parent=province)
        publish(channel=page_of(unit, followers=1500), at=ago(1), reach=100 * n)
    overseer = factories.person(Role.SUPERVISOR, province)

    offered = set(re.findall(r"chart=(\w+)", look("unit", province.key, overseer).text))

    assert "spread" in offered
    boxes = chart(look("unit", province.key, overseer), "spread").figures["series"]
    assert [box["here"] for box in boxes] == [None, None]
    for key in offered:
        saved = look("unit", province.key, overseer, format="xlsx", chart=key)
        assert saved.status_code == 200, key


def test_a_province_lists_its_units_by_name_and_links_to_theirs(look, publish, province, commune):
    other = factories.UnitFactory(parent=province, place="Phường An Hải")
    publish(channel=page_of(commune, followers=100), at=ago(1), reach=900)
    publish(channel=page_of(other, followers=100), at=ago(1), reach=50)
    publish(channel=page_of(factories.UnitFactory()), at=ago(1), reach=9999)

    shown = look("unit", province.key, factories.person(Role.SUPERVISOR, province))

    assert line(shown, "Reach")[0] == 950
    units = chart(shown, "units")
    assert [row[0] for row in units.rows] == ["Phường An Hải", "Phường Hải Châu"]
    assert units.links == [
        reverse("engagement:results_of_unit", args=[listed.key]) for listed in (other, commune)
    ]


def test_the_ministry_has_a_row_a_province(look, publish, commune):
    publish(channel=page_of(commune), at=ago(1), reach=900)
    publish(channel=page_of(factories.UnitFactory()), at=ago(1), reach=50)
    ministry = factories.ministry()

    shown = look("unit", ministry.key, factories.person(Role.SUPERVISOR, ministry))

    assert line(shown, "Reach")[0] == 950
    assert sorted(row[2] for row in chart(shown, "units").rows) == [50, 900]
    assert shown.context["usual"] is None


def test_the_nation_is_added_up_once_in_ten_minutes_and_for_a_quarter_at_most(
    look, publish, commune
):
    page = page_of(commune, followers=900)
    publish(channel=page, at=ago(1), reach=900)
    ministry = factories.ministry()
    person = factories.person(Role.SUPERVISOR, ministry)

    first = look("unit", ministry.key, person)
    publish(channel=page, at=ago(1), reach=50)
    again = look("unit", ministry.key, factories.person(Role.SUPERVISOR, ministry))
    other = look("unit", ministry.key, person, platform="facebook")

    for shown in (first, again):
        assert line(shown, "Reach")[0] == 900
        assert line(shown, "Reach for each 1,000 followers")[0] == Decimal(1000)
        assert [row[2] for row in chart(shown, "units").rows] == [900]
    assert "at most 10 minutes old" in again.text
    assert line(other, "Reach")[0] == 950
    days = {"from": "01/01/2026", "to": "30/11/2026"}
    refused = look("unit", ministry.key, person, **days).context["form"].errors["to"]
    assert refused == ["At most 92 days can be added up."]


def test_a_topic_a_page_and_a_kit_show_their_own_publications_alone(
    look, publish, province, commune
):
    topic = Topic.objects.get(code="pccc")
    kit = factories.kit(province, state="issued")
    page, other = page_of(commune, followers=10), page_of(commune, platform="zalo")
    on_topic = publish(channel=page, at=ago(1), reach=1)
    of_kit = publish(channel=page, at=ago(1), reach=20)
    publish(channel=other, at=ago(1), reach=300)
    adoption = Adoption.objects.create(kit=kit, version=kit.current, unit=commune)
    Post.objects.filter(pk=on_topic.post_id).update(topic=topic)
    Post.objects.filter(pk=of_kit.post_id).update(adoption=adoption)
    officer = factories.person(Role.OFFICER, commune)

    for _summed in range(2):
        assert line(look("topic", topic.code, officer), "Reach")[0] == 1
        assert line(look("channel", page.public_id, officer), "Reach")[0] == 21
        assert line(look("kit", kit.public_id, officer), "Reach")[0] == 20
        assert line(look("unit", commune.key, officer, platform="zalo"), "Reach")[0] == 300
        assert line(look("unit", commune.key, officer, topic=topic.code), "Reach")[0] == 1
        services.refresh_changed_days()


def test_foreign_scopes_are_not_found(look, province, commune):
    officer = factories.person(Role.OFFICER, commune)
    sibling = factories.UnitFactory(parent=province)
    foreign = factories.kit(factories.ProvinceFactory(), state="issued")

    assert look("unit", sibling.key, officer).status_code == 404
    assert look("unit", province.key, officer).status_code == 404
    assert look("channel", page_of(sibling).public_id, officer).status_code == 404
    assert look("kit", foreign.public_id, officer).status_code == 404
    assert look("topic", "khong-co", officer).status_code == 404


def test_ones_own_unit_is_a_step_from_the_menu(client, commune):
    client.force_login(factories.person(Role.OFFICER, commune))
    shown = client.get(reverse("engagement:results"))
    assert shown.context["scope"].place == commune
    assert shown.context["export_url"] == reverse("engagement:results_of_unit", args=[commune.key])


def test_days_that_cannot_be_added_up_are_refused_beside_the_field(look, commune):
    officer = factories.person(Role.OFFICER, commune)
    days = {"from": "01/01/2021", "to": "01/01/2026"}
    shown = look("unit", commune.key, officer, **days)
    assert shown.context["form"].errors["to"] == ["At most 366 days can be added up."]


def test_a_chart_and_the_whole_page_are_files(look, publish, commune):
    publish(channel=page_of(commune, followers=2000), at=ago(2), reach=300)
    officer = factories.person(Role.OFFICER, commune)

    one = look("unit", commune.key, officer, format="xlsx", chart="compared")
    sheet = load_workbook(io.BytesIO(one.content)).active
    rows = {row[0]: row[1] for row in sheet.iter_rows(values_only=True)}
    assert (rows["Reach"], rows["Reach for each 1,000 followers"]) == (300, 150)

    whole = load_workbook(io.BytesIO(look("unit", commune.key, officer, format="xlsx").content))
    assert whole.sheetnames[0] == "Summary"
    assert "Followers by day" in whole.sheetnames
    assert look("unit", commune.key, officer, format="xlsx", chart="no").status_code == 404
    assert look("unit", commune.key, officer, format="pdf").status_code == 404


@pytest.mark.parametrize("name", ["unit", "topic", "channel", "kit"])
def test_a_dashboard_costs_the_same_queries_for_one_and_for_three_units(
    client, look, publish, province, name
):
    topic = factories.topic()
    kit = factories.kit(province, state="issued")
    person = factories.person(Role.SUPERVISOR, province)
    pages = [page_of(factories.UnitFactory(parent=province), followers=90) for _n in range(3)]
    key = {
        "unit": province.key,
        "topic": topic.code,
        "channel": pages[0].public_id,
        "kit": kit.public_id,
    }[name]

    # The periods are open, as they are from the first minute of a day on.
    services.refresh_changed_days()
    look(name, key, person)
    address = reverse(f"engagement:results_of_{name}", args=[key])

    def cost():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    counted = []
    for page in pages:
        publish(channel=page, at=ago(1), reach=5)
        counted.append(cost())
    assert counted == [counted[0]] * 3
    assert counted[0] <= 22


def test_sizes_and_spreads():
    assert find_size(None) is None
    assert find_size(0) == Size(0, 500)
    assert find_size(999) == Size(500, 1000)
    assert find_size(1000) == Size(1000, 2000)
    assert find_size(9_000_000) == Size(2_000_000, None)
    assert compute_spread([1, 2, 3, 4]) is None
    assert compute_spread([1, None, 2, 3, 4]) is None
    assert compute_spread([1, 2, 3, 4, 9]).middle == 3


def test_a_days_summary_serves_until_it_is_marked(look, publish, commune):
    page, officer = page_of(commune), factories.person(Role.OFFICER, commune)
    publish(channel=page, at=ago(2), reach=300)
    services.refresh_changed_days()
    PageDay.objects.update(reach=77)  # so that its reading shows

    assert line(look("unit", commune.key, officer), "Reach")[0] == 77
    publish(channel=page, at=ago(2), reach=1)
    assert line(look("unit", commune.key, officer), "Reach")[0] == 301


# --- what happened --------------------------------------------------------------------------------


def test_what_happened_stands_in_the_chart_and_in_its_table(look, publish, province, commune):
    """A pause of the province, a phase, a kit and an alarm; nothing of another place."""
    page, other = page_of(commune), factories.ProvinceFactory()
    publish(channel=page, at=ago(20), reach=300)
    kit = factories.kit(province, state="issued")
    adoption = Adoption.objects.create(kit=kit, version=kit.current, unit=commune)
    of_kit = publish(channel=page, at=ago(0.1), reach=20)
    Post.objects.filter(pk=of_kit.post_id).update(adoption=adoption)
    for unit in (province, other):
        pause = factories.pause(unit, since=9 * DAY)
        type(pause).objects.filter(pk=pause.pk).update(ended_at=ago(7))
        campaign = factories.CampaignFactory(unit=unit, name=f"Chiến dịch {unit.place}")
        campaign.phases.create(
            name="Cao điểm", starts_on=ago(5).date(), ends_on=timezone.localdate()
        )
    Alarm.objects.create(kind="breaker", key="facebook", opened_at=ago(3))
    Alarm.objects.create(kind="queue", key="facebook", opened_at=ago(3))

    drawn = chart(look("unit", commune.key, factories.person(Role.OFFICER, commune)), "days_reach")

    assert [mark.words for mark in drawn.marks] == [
        "publishing paused, 3 days",
        f"phase “Cao điểm” of Chiến dịch {province.place}",
        "Facebook did not answer",
        f"kit issued: {kit}",
    ]
    assert drawn.figures["marks"] == [mark.day.isoformat() for mark in drawn.marks]
    said = {row[0]: row[-1] for row in drawn.rows}
    assert said[drawn.marks[2].day] == "Facebook did not answer"
    assert drawn.sheet.head[-1] == "What happened"


def test_a_change_of_definition_breaks_the_line(look, publish, commune):
    page = page_of(commune)
    for day in (14, 15):
        at = datetime.fromisoformat(f"2026-06-{day}T09:00:00+07:00")
        publish(channel=page, at=at, reach=10)
    days = {"from": "01/06/2026", "to": "30/06/2026"}
    officer = factories.person(Role.OFFICER, commune)

    drawn = chart(look("unit", commune.key, officer, **days), "days_reach")
    assert drawn.figures["series"][0]["points"] == [
        ["2026-06-14", 10],
        ["2026-06-15T00:00", None],
        ["2026-06-15", 10],
    ]
    assert drawn.marks[0].address.endswith("#reach")
    whole = chart(look("unit", commune.key, officer, **days), "reactions")
    assert whole.marks == ()
    other = chart(look("unit", commune.key, officer, platform="zalo", **days), "days_reach")
    assert other.marks == ()


def test_the_page_says_what_changed_with_the_way_to_the_figures(look, publish, commune):
    page = page_of(commune)
    for n in range(3):
        publish(channel=page, at=ago(40 + n), reach=10)
    publish(channel=page, at=ago(1), reach=10)

    shown = look("unit", commune.key, factories.person(Role.OFFICER, commune))

    assert [change.words for change in shown.context["changes"]] == [
        "1 publications, 2 fewer than in the period before (3)."
    ]
    assert 'href="#days_publications-title"' in shown.text
    assert 'id="days_publications-title"' in shown.text


def test_the_page_says_that_a_post_reaches_less_though_more_were_published(look, publish, commune):
    for reach in (100, 100, 130):
        publish(unit=commune, at=ago(45), reach=reach)
    for reach in (10, 30, 20, 500):
        publish(unit=commune, at=ago(3), reach=reach)
    publish(unit=commune, at=ago(2))  # not measured

    context = look("unit", commune.key, factories.person(Role.OFFICER, commune)).context

    tile = next(tile for tile in context["tiles"] if tile["label"] == "Reach of a post, median")
    assert (tile["value"], tile["hint"]) == (25, "-75 % since the period before")
    publish(unit=commune, at=ago(1), reach=15)
    context = look("unit", commune.key, factories.person(Role.OFFICER, commune)).context
    tile = next(tile for tile in context["tiles"] if tile["label"] == "Reach of a post, median")
    assert tile["value"] == 20


def test_a_kits_own_page_does_not_say_that_publications_came_of_it(
    look, publish, province, commune
):
    kit = factories.kit(province, state="issued")
    adoption = Adoption.objects.create(kit=kit, version=kit.current, unit=commune)
    of_kit = publish(channel=page_of(commune), at=ago(0.1), reach=20)
    Post.objects.filter(pk=of_kit.post_id).update(adoption=adoption)
    officer = factories.person(Role.OFFICER, commune)

    own, units = look("kit", kit.public_id, officer), look("unit", commune.key, officer)

    assert own.context["changes"] == []
    assert [change.rule for change in units.context["changes"]] == ["new_kit"]
    assert all(change.source for change in units.context["changes"])


# --- sums of provinces and of the nation ----------------------------------------------------------


def shown_of(response):
    """Return every figure that a page shows."""
    charts = [response.context["compared"], *response.context["charts"]]
    charts += [response.context[name] for name in ("like", "spread") if response.context[name]]
    said = [change.words for change in response.context["changes"]]
    return [(chart.key, chart.rows) for chart in charts], response.context["total"], said


@pytest.fixture
def scattered(publish):
    """Publications and followers of two provinces on many days, of pages that come and go."""
    chance, topics = Random(7), [factories.topic(), factories.topic(), None]
    provinces = [factories.ProvinceFactory() for _n in range(2)]
    units = [factories.UnitFactory(parent=place) for place in provinces for _n in range(3)]
    for unit in [*units, *provinces, factories.ministry()]:
        for platform in ("facebook", "zalo"):
            page = page_of(unit, platform=platform, followers=chance.choice([None, 900, 1200]))
            for _post in range(3):
                delivery = publish(
                    channel=page,
                    at=ago(chance.choice([0.01, 1, 2, 29, 31, 45, 365, 370])),
                    reach=chance.choice([None, 0, 10, 500]),
                    reactions=chance.choice([None, 3]),
                )
                Post.objects.filter(pk=delivery.post_id).update(topic=chance.choice(topics))
    return provinces, units


def without_sums(monkeypatch):
    """Let pages add up everything from the summaries of units."""
    monkeypatch.setattr(Board, "area", None)
    for module in ("figures", "usual"):
        monkeypatch.setattr(f"engagement.boards.{module}.find_stored_pages", lambda *_, **__: None)
    cache.clear()


@pytest.mark.parametrize("level", ["ministry", "province", "commune"])
def test_kept_sums_say_what_those_of_the_units_say(look, scattered, publish, monkeypatch, level):
    provinces, units = scattered
    place = {"ministry": factories.ministry(), "province": provinces[0], "commune": units[0]}[level]
    person = factories.person(Role.SUPERVISOR, place)

    def both():
        cache.clear()
        kept = shown_of(look("unit", place.key, person))
        with monkeypatch.context() as patched:
            without_sums(patched)
            plain = shown_of(look("unit", place.key, person))
        return kept, plain

    services.refresh_changed_days()
    assert services.find_differences() == {}
    kept, plain = both()
    assert kept == plain

    # Not summed up yet: published, corrected, moved to another province, told, closed.
    pages = list(Channel.objects.filter(unit__in=units).order_by("pk"))
    publish(channel=pages[0], at=ago(2), reach=4000)
    publish(channel=pages[5], at=ago(31), reach=70)
    Measurement.objects.filter(delivery__channel=pages[1]).update(reach=77)
    Channel.objects.filter(pk=pages[2].pk).update(health=Health.DISCONNECTED)
    FollowerCount.objects.filter(channel=pages[3]).update(followers=5000)
    FollowerCount.objects.filter(channel=pages[6]).delete()
    units[4].parent = provinces[0]
    units[4].save()
    if level != "commune":  # which is compared with the others of a minute ago
        kept, plain = both()
        assert kept == plain
    services.refresh_changed_days()
    assert services.find_differences() == {}
    kept, plain = both()
    assert kept == plain


def test_kept_sums_serve_until_their_days_are_marked(look, publish, commune, province):
    ministry = factories.ministry()
    person = factories.person(Role.SUPERVISOR, ministry)
    page = page_of(commune, followers=900)
    publish(channel=page, at=ago(2), reach=300)
    services.refresh_changed_days()
    PlatformDay.objects.filter(province=None).update(reach=71)
    PlatformDay.objects.filter(province=province).update(reach=72)
    UnitPeriod.objects.filter(pages=1).update(followers=4000)

    assert line(look("unit", ministry.key, person), "Reach")[0] == 71
    assert line(look("unit", ministry.key, person), "Followers at the end")[0] == 4000
    assert line(look("unit", province.key, person), "Reach")[0] == 72
    publish(channel=page_of(factories.UnitFactory()), at=ago(2), reach=1)
    assert line(look("unit", ministry.key, person), "Reach")[0] == 73
    publish(channel=page, at=ago(2), reach=10)
    assert line(look("unit", ministry.key, person), "Reach")[0] == 311
    assert line(look("unit", ministry.key, person), "Followers at the end")[0] == 900
    assert "minutes old" not in look("unit", ministry.key, person).text


def test_the_post_that_carried_the_nation_is_among_the_best_of_a_day(look, publish, commune):
    ministry = factories.ministry()
    person = factories.person(Role.SUPERVISOR, ministry)
    page = page_of(commune)
    pages = [page, page_of(commune, platform="zalo")]
    best = factories.approved(factories.PostFactory(unit=commune, channels=pages))
    for n, channel in enumerate(pages):
        publish(post=best, channel=channel, at=ago(2 + n), reach=400)
    for days in (2, 3, 4, 5):
        publish(channel=page, at=ago(days), reach=100)

    for _summed in range(2):
        said = [change.words for change in look("unit", ministry.key, person).context["changes"]]
        assert [words for words in said if "67 % of all reach" in words] == said[-1:] != []
        services.refresh_changed_days()
        cache.clear()


def test_the_post_that_carried_the_nation_is_looked_for_once_in_ten_minutes(
    look, publish, commune, province
):
    page = page_of(commune)
    for days, reach in ((2, 800), (3, 100), (4, 100), (5, 100), (6, 100)):
        publish(channel=page, at=ago(days), reach=reach)
    ministry = factories.ministry()
    services.refresh_changed_days()

    def sentences(place, share):
        shown = look("unit", place.key, factories.person(Role.SUPERVISOR, ministry))
        return [change.words for change in shown.context["changes"] if share in change.words]

    before = sentences(ministry, "67 %"), sentences(province, "67 %")
    publish(channel=page, at=ago(5), reach=2800)
    services.refresh_changed_days()

    assert [len(found) for found in before] == [1, 1]
    assert sentences(ministry, "70 %") == []
    assert len(sentences(province, "70 %")) == 1
    cache.clear()
    assert len(sentences(ministry, "70 %")) == 1


def test_a_check_finds_a_wrong_sum_of_a_province_and_of_a_period(publish, commune):
    publish(channel=page_of(commune, followers=5), at=ago(2), reach=300)
    services.refresh_changed_days()
    assert services.find_differences() == {}
    PlatformDay.objects.filter(province=None).update(reach=1)
    TopicDay.objects.exclude(province=None).delete()
    UnitPeriod.objects.update(followers=6)

    assert set(services.find_differences()) == {
        "engagement_platformday",
        "engagement_topicday",
        "engagement_unitperiod",
    }
    assert services.rebuild_all()
    assert services.find_differences() == {}


# --- figures of pages themselves ------------------------------------------------------------------


def test_what_a_page_tells_of_itself_stands_by_day_with_its_source(look, commune):
    page, silent = page_of(commune), page_of(commune, platform="zalo")
    officer = factories.person(Role.OFFICER, commune)
    for days, visits in ((3, 40), (1, 0)):
        day = ago(days).date()
        PageCount.objects.create(
            channel=page, day=day, taken_at=timezone.now(), profile_visits=visits
        )
    PageCount.objects.create(channel=silent, day=ago(2).date(), taken_at=timezone.now())
    PageCount.objects.create(
        channel=page_of(factories.UnitFactory()),
        day=ago(1).date(),
        taken_at=timezone.now(),
        profile_visits=999,
    )

    for shown in (
        look("unit", commune.key, officer),
        look("channel", page.public_id, officer),
    ):
        keys = [chart.key for chart in shown.context["page_charts"]]
        assert keys == ["page_profile_visits"]
        drawn = chart(shown, "page_profile_visits")
        assert drawn.title == "Visits to the page by day"
        assert drawn.head == ["Day", "Facebook"]
        told = [row for row in drawn.rows if row[1] is not None]
        assert told == [[ago(3).date(), 40], [ago(1).date(), 0]]
        gap = [ago(2).date().isoformat(), None]
        assert gap in drawn.figures["series"][0]["points"]
        assert find_page_origin("facebook", "profile_visits").names in drawn.source
        assert drawn.note == str(PAGE_DEFINITIONS["profile_visits"].means)

    # Of a long period a point is the mean of the days of a week that were measured.
    first = (timezone.localdate() - 89 * DAY).strftime("%d/%m/%Y")
    long = chart(look("unit", commune.key, officer, **{"from": first}), "page_profile_visits")
    assert long.title == "Visits to the page a day, by week"
    assert [row for row in long.rows if row[1] is not None] == [[timezone.localdate(), 20]]


def test_each_figure_of_pages_has_a_drawing_of_its_own(look, commune):
    page, officer = page_of(commune), factories.person(Role.OFFICER, commune)
    PageCount.objects.create(
        channel=page,
        day=timezone.localdate(),
        taken_at=timezone.now(),
        **{name: n for n, name in enumerate(PAGE_MEASURES)},
    )
    shown = look("channel", page.public_id, officer)
    keys = [chart.key for chart in shown.context["page_charts"]]
    assert sorted(keys) == sorted(f"page_{name}" for name in PAGE_MEASURES)
    assert "Reach of the page by day" in shown.text
