"""Channels that would fail tomorrow, what has to be done, and who is warned of connections that
end."""

from datetime import UTC, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from channels.models import Channel
from channels.monitoring import forecast
from channels.monitoring.forecast import FAILING, Risk
from channels.queries import facts_of
from channels.states import Health, Lifecycle
from channels.tasks import announce_ends
from tests import factories
from tests.pages import one_line

pytestmark = pytest.mark.django_db(transaction=True)


def risks(**given):
    found = forecast.find_at_risk(Channel.objects.all(), now=timezone.now(), **given)
    return {channel.pk: channel.risk for channel in found}


WORLDS = {
    Risk.TAKEN_OVER: {"lifecycle": Lifecycle.TAKEN_OVER},
    Risk.LOST: {"health": Health.LOST},
    Risk.FROZEN: {"lifecycle": Lifecycle.FROZEN},
    Risk.NOT_ALLOWED: {"platform": "telegram"},
    Risk.EXPIRING: {"expires_at": timedelta(hours=20)},
    Risk.PACKAGE: {"platform": "zalo", "package_ends_at": timedelta(hours=20)},
    Risk.RENEWAL: {"refresh_failures": 3},
    Risk.RIGHTS: {"scopes": ["pages_show_list", "pages_read_engagement", "pages_manage_posts"]},
}
HEALTHY = (
    {},
    {"expires_at": timedelta(days=3)},
    {"package_ends_at": timedelta(days=3)},
    {"refresh_failures": 2},
    {"lifecycle": Lifecycle.PAUSED, "health": Health.LOST},
    {"health": Health.DISCONNECTED},
    {"health": Health.MANUAL},
)


def channel(**fields):
    """Make a channel; ends are given as the time until then."""
    ends = {name: fields.pop(name) for name in ("expires_at", "package_ends_at") if name in fields}
    moments = {name: timezone.now() + left for name, left in ends.items()}
    return factories.ChannelFactory(**moments, **fields)


@pytest.mark.parametrize("risk", [risk for risk in Risk if risk in WORLDS])
def test_each_danger_is_seen(risk):
    ailing = channel(**WORLDS[risk])
    for fields in HEALTHY:
        channel(**fields)

    assert risks() == {ailing.pk: risk}


def test_a_full_grant_lacks_nothing():
    channel(scopes=list(facts_of("facebook").rights))

    assert risks() == {}


def test_a_platform_that_is_not_set_up_and_a_unit_that_is_closed_stop_a_channel(settings):
    app = {**settings.PLATFORMS["facebook"], "app_id": ""}
    orphan = channel(platform="zalo")
    stopped, manual = channel(), channel(health=Health.MANUAL)
    orphan.unit.valid_to = timezone.localdate()
    orphan.unit.save()
    settings.PLATFORMS = {**settings.PLATFORMS, "facebook": app}

    assert risks() == {orphan.pk: Risk.UNIT_CLOSED, stopped.pk: Risk.NOT_SET_UP}
    assert manual.pk not in risks()


@pytest.mark.parametrize(("minutes", "closed"), [(-1, False), (0, True)])
def test_a_unit_closes_at_its_own_midnight(minutes, closed):
    orphan = channel()
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    orphan.unit.valid_to = midnight.date()
    orphan.unit.save()
    moment = midnight.astimezone(UTC) + timedelta(minutes=minutes)

    found = forecast.find_at_risk(Channel.objects.all(), now=moment)

    assert {channel.risk for channel in found} == ({Risk.UNIT_CLOSED} if closed else set())


def test_an_allowed_platform_is_no_danger():
    allowed = channel(platform="telegram")
    factories.allowed("telegram", allowed.unit)
    forbidden = channel(platform="telegram")

    assert risks() == {forbidden.pk: Risk.NOT_ALLOWED}


def test_the_worst_reason_is_the_one_that_is_reported():
    both = channel(lifecycle=Lifecycle.TAKEN_OVER, health=Health.LOST)

    assert risks() == {both.pk: Risk.TAKEN_OVER}


def test_the_worst_come_first_and_no_other_risk_hides_one_that_is_asked_for():
    missing, lost = channel(**WORLDS[Risk.RIGHTS]), channel(**WORLDS[Risk.LOST])
    taken = channel(**WORLDS[Risk.TAKEN_OVER])
    found = forecast.find_at_risk(Channel.objects.all(), now=timezone.now())

    assert list(found.order_by("risk")) == [taken, lost, missing]
    assert list(found.filter(risk=Risk.LOST)) == [lost]
    assert set(risks(risks=FAILING)) == {taken.pk, lost.pk}


def test_looking_further_ahead_finds_more():
    soon, later = channel(expires_at=timedelta(hours=20)), channel(expires_at=timedelta(days=10))

    assert (set(risks()), set(risks(days=7)), set(risks(days=14))) == (
        {soon.pk},
        {soon.pk},
        {soon.pk, later.pk},
    )


@pytest.mark.parametrize(
    ("platform", "posts", "risky"), [("tiktok", 15, False), ("tiktok", 16, True)]
)
def test_more_posts_a_day_than_the_platform_takes_are_seen_beforehand(platform, posts, risky):
    busy, quiet = channel(platform=platform), channel(platform=platform)
    later = timezone.now() + timedelta(minutes=1)
    for _ in range(posts):
        post = factories.PostFactory(unit=busy.unit, channels=[busy])
        factories.delivery(factories.approved(post), due_at=later)
    factories.delivery(
        factories.approved(factories.PostFactory(unit=quiet.unit, channels=[quiet])), due_at=later
    )

    assert risks() == ({busy.pk: Risk.QUOTA} if risky else {})


def test_what_is_planned_is_searched_once_in_a_minute_for_everybody():
    channel()
    risks(days=14)

    with CaptureQueriesContext(connection) as captured:
        risks(days=14)

    assert [query["sql"] for query in captured if "publishing_delivery" in query["sql"]] == []


# --- the page -------------------------------------------------------------------------------------


@pytest.fixture
def province():
    return factories.ProvinceFactory()


def listed(answer):
    return [row.pk for row in answer.context["page_obj"]]


def test_the_page_says_what_to_do_and_counts_by_reason(client, province):
    commune = factories.UnitFactory(parent=province)
    lost = channel(unit=commune, health=Health.LOST, health_reason="Mật khẩu đã đổi")
    taken = channel(
        unit=commune, lifecycle=Lifecycle.TAKEN_OVER, lifecycle_reason="Trang đăng quảng cáo"
    )
    missing = channel(unit=commune, **WORLDS[Risk.RIGHTS])
    channel(health=Health.LOST)
    client.force_login(factories.person(Role.OVERSEER, province))
    address = reverse("channels:forecast")

    answer = client.get(address)

    assert listed(answer) == [taken.pk, lost.pk]
    assert [(risk, n) for risk, n, _tone, _icon in answer.context["tiles"]] == [
        (Risk.TAKEN_OVER, 1),
        (Risk.LOST, 1),
        (Risk.RIGHTS, 1),
    ]
    page = answer.content.decode()
    assert [
        word in page for word in ("Mật khẩu đã đổi", "Trang đăng quảng cáo", "connects it again")
    ] == [True] * 3
    assert listed(client.get(f"{address}?risk=rights")) == [missing.pk]
    assert listed(client.get(f"{address}?risk=lost")) == [lost.pk]
    assert listed(client.get(f"{address}?platform=zalo")) == []


def test_every_reason_has_words_for_what_to_do(client, province):
    commune = factories.UnitFactory(parent=province)
    for fields in WORLDS.values():
        channel(unit=commune, **fields)
    client.force_login(factories.person(Role.ADMINISTRATOR, province))

    found = [
        row.to_do
        for risk in WORLDS
        for row in client.get(f"{reverse('channels:forecast')}?risk={risk}").context["page_obj"]
    ]

    assert len(found) == len(set(found)) == len(WORLDS)
    assert set(FAILING) | {Risk.RIGHTS} == set(Risk)


def test_the_page_costs_the_same_for_one_channel_and_for_many(client, province):
    client.force_login(factories.person(Role.OVERSEER, province))
    address, costs = reverse("channels:forecast"), []
    client.get(address)
    for n in (1, 12):
        while Channel.objects.count() < n:
            channel(unit=factories.UnitFactory(parent=province), health=Health.LOST)
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        costs.append(len(queries))

    assert costs[0] == costs[1]


# --- announcing -----------------------------------------------------------------------------------


def notices_of(person):
    return [(notice.kind, notice.facts) for notice in Notice.objects.filter(user=person)]


def test_the_end_of_a_connection_is_announced_14_7_and_1_days_ahead_to_its_keepers():
    ending = channel(platform="zalo", expires_at=timedelta(days=16))
    leader = factories.person(Role.APPROVER, ending.unit)
    now = timezone.now()

    counts = [
        forecast.warn_of_ends(now=now + timedelta(days=day)) for day in range(16) for _ in range(2)
    ]

    assert [16 - run // 2 for run, n in enumerate(counts) if n] == [14, 7, 1]
    assert [kind for kind, _facts in notices_of(leader)] == ["channel_expiring"] * 3


def test_the_end_of_a_package_is_announced_like_that_of_a_connection(province):
    unit = factories.UnitFactory(parent=province)
    ending = channel(unit=unit, platform="zalo", package_ends_at=timedelta(days=16))
    leader, overseer = (
        factories.person(Role.APPROVER, unit),
        factories.person(Role.OVERSEER, province),
    )
    now = timezone.now()

    counts = [forecast.warn_of_ends(now=now + timedelta(days=day)) for day in range(18)]

    assert [16 - day for day, n in enumerate(counts) if n] == [14, 7, 1]
    last_day = timezone.localtime(ending.package_ends_at).strftime("%d/%m/%Y")
    assert [(kind, facts["date"]) for kind, facts in notices_of(leader)] == [
        ("package_expiring", last_day)
    ] * 3
    assert [kind for kind, _facts in notices_of(overseer)] == ["packages_expiring"] * 3


def test_two_ends_of_one_channel_are_announced_each_at_its_time():
    both = channel(
        platform="zalo", expires_at=timedelta(days=9), package_ends_at=timedelta(days=16)
    )
    leader = factories.person(Role.APPROVER, both.unit)
    now = timezone.now()

    for day in range(16):
        forecast.warn_of_ends(now=now + timedelta(days=day))

    kinds = [kind for kind, _facts in notices_of(leader)]
    assert sorted(kinds) == ["channel_expiring"] * 3 + ["package_expiring"] * 3


@pytest.mark.parametrize(
    ("left", "last", "announced"),
    [
        (15, None, 0),
        (13, None, 1),
        (8, 14, 0),
        (6, 14, 1),
        (6, 7, 0),
        (0, 7, 1),
        (0, 1, 0),
        (12, 40, 1),
    ],
)
def test_a_day_without_a_run_loses_no_warning(left, last, announced):
    """``left`` days before its end; it was told of last when there were ``last`` days."""
    now = timezone.localtime().replace(hour=5, minute=40)
    end = now.replace(hour=23) + timedelta(days=left)
    warned_on = last and end.date() - timedelta(days=last)
    factories.ChannelFactory(platform="zalo", expires_at=end, warned_on=warned_on)

    assert forecast.warn_of_ends(now=now) == announced


def test_the_province_gets_one_notice_that_names_the_units(province):
    overseer = factories.person(Role.OVERSEER, province)
    elsewhere = factories.person(Role.OVERSEER)
    for n, place in enumerate(("Xã An Bình", "Xã Bình Minh")):
        unit = factories.UnitFactory(parent=province, place=place)
        channel(unit=unit, platform="zalo", expires_at=timedelta(days=7, seconds=n))
    channel(unit=factories.UnitFactory(parent=province), expires_at=timedelta(days=40))

    forecast.warn_of_ends(now=timezone.now())

    ((kind, facts),) = notices_of(overseer)
    assert (kind, facts["n"]) == ("channels_expiring", "2")
    assert [name in facts["units"] for name in ("Công an xã An Bình", "Công an xã Bình Minh")] == [
        True,
        True,
    ]
    assert notices_of(elsewhere) == []


def test_a_notice_to_the_province_stays_short_whatever_happens(province):
    overseer = factories.person(Role.OVERSEER, province)
    for _ in range(14):
        channel(
            unit=factories.UnitFactory(parent=province),
            platform="zalo",
            expires_at=timedelta(days=14),
        )

    forecast.warn_of_ends(now=timezone.now())

    ((_kind, facts),) = notices_of(overseer)
    assert facts["n"] == "14"
    assert facts["units"].count("Zalo") == 10


def test_the_daily_task_announces():
    ending = channel(platform="zalo", expires_at=timedelta(days=7))
    leader = factories.person(Role.APPROVER, ending.unit)

    announce_ends()
    announce_ends()

    assert [kind for kind, _facts in notices_of(leader)] == ["channel_expiring"]


def test_the_channel_says_until_when_its_package_is_paid(client):
    paid, free = channel(platform="zalo", package_ends_at=timedelta(days=30)), channel()
    client.force_login(factories.person(Role.APPROVER, paid.unit))
    page = client.get(reverse("channels:channel", args=[paid.public_id])).text
    client.force_login(factories.person(Role.APPROVER, free.unit))
    other = client.get(reverse("channels:channel", args=[free.public_id])).text

    day = timezone.localtime(paid.package_ends_at).strftime("%d/%m/%Y")
    assert f"<dt>Package paid until</dt> <dd>{day}</dd>" in one_line(page)
    assert "Package paid until" not in other
