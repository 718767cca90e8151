"""The pages: who sees which channels, who may do what with them, and what the list costs."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.permissions import Role
from channels.models import Channel, PlatformAllowance
from channels.states import Health
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def enter(client):
    def as_(role, unit):
        client.force_login(factories.person(role, unit))
        return client

    return as_


def shown(response):
    return {channel.name for channel in response.context["page_obj"]}


def test_a_unit_sees_its_own_channels_and_a_province_those_below_it(enter, province):
    home, sibling = factories.UnitFactory(parent=province), factories.UnitFactory(parent=province)
    for unit, name in ((home, "Trang nhà"), (sibling, "Trang bên"), (factories.UnitFactory(), "Trang nơi khác")):
        factories.ChannelFactory(unit=unit, name=name)
    address = reverse("channels:list")

    assert shown(enter(Role.OFFICER, home).get(address)) == {"Trang nhà"}
    assert shown(enter(Role.OVERSEER, province).get(address)) == {"Trang nhà", "Trang bên"}


def test_a_foreign_channel_is_not_there(enter, province):
    foreign = factories.ChannelFactory()
    client = enter(Role.ADMINISTRATOR, province)

    for name in ("channel", "disconnect"):
        assert client.get(reverse(f"channels:{name}", args=[foreign.public_id])).status_code == 404
    assert client.post(reverse("channels:check", args=[foreign.public_id])).status_code == 404
    again = reverse("channels:connect", args=["facebook"])
    assert client.get(f"{again}?channel={foreign.public_id}").status_code == 404
    assert client.get(f"{again}?channel=nonsense").status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=ben nghe", {"Công an phường Bến Nghé"}),
        ("q=BẾN NGHÉ", {"Công an phường Bến Nghé"}),
        ("platform=zalo", {"Công an xã Tân Phú"}),
        ("health=lost", {"Công an xã Tân Phú"}),
        ("health=disconnected", {"Trang cũ"}),
        ("q=khong co", set()),
        ("", {"Công an phường Bến Nghé", "Công an xã Tân Phú"}),
    ],
)
def test_the_list_is_searched_without_accents_and_filtered(enter, province, query, found):
    one = factories.UnitFactory(parent=province, place="Phường Bến Nghé")
    two = factories.UnitFactory(parent=province, place="Xã Tân Phú")
    factories.ChannelFactory(unit=one)
    factories.ChannelFactory(unit=two, platform="zalo", health=Health.LOST)
    factories.ChannelFactory(unit=two, name="Trang cũ", health=Health.DISCONNECTED)

    assert shown(enter(Role.SUPERVISOR, province).get(f"{reverse('channels:list')}?{query}")) == found


def test_the_list_costs_the_same_for_one_row_and_for_many(enter, province):
    client = enter(Role.OVERSEER, province)
    client.get(reverse("channels:list"))  # a session's first request writes more
    costs = []
    for total in (1, 3, 30):
        while Channel.objects.count() < total:
            factories.ChannelFactory(unit=factories.UnitFactory(parent=province))
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("channels:list"))
        costs.append(len(queries))

    assert len(set(costs)) == 1
    assert costs[0] <= 13  # three of them are the page's own


def test_the_rows_alone_are_sent_to_a_filter_that_changes(enter, province):
    factories.ChannelFactory(unit=province)
    response = enter(Role.OVERSEER, province).get(reverse("channels:list"), headers={"HX-Request": "true"})

    assert "<html" not in response.content.decode()
    assert "HX-Request" in response["Vary"]


def test_only_who_may_manage_is_offered_to_connect_and_disconnect(enter, province):
    home = factories.UnitFactory(parent=province)
    channel = factories.ChannelFactory(unit=home)
    page = reverse("channels:channel", args=[channel.public_id])
    leave = reverse("channels:disconnect", args=[channel.public_id])

    offered = {}
    for role in Role:
        client = enter(role, home if role in (Role.OFFICER, Role.APPROVER) else province)
        offered[role] = leave in client.get(page).content.decode()

    assert offered == {
        Role.OFFICER: False,
        Role.APPROVER: True,
        Role.SUPERVISOR: False,
        Role.OVERSEER: False,
        Role.ADMINISTRATOR: True,
    }


def test_an_empty_page_teaches(enter, province):
    text = enter(Role.APPROVER, factories.UnitFactory(parent=province)).get(reverse("channels:list")).content.decode()

    assert text.count(reverse("channels:platforms")) == 2


def test_a_lost_channel_says_why_and_leads_to_connecting_again(enter):
    channel = factories.ChannelFactory(health=Health.LOST, health_reason="Mật khẩu đã đổi")

    page = (
        enter(Role.APPROVER, channel.unit).get(reverse("channels:channel", args=[channel.public_id])).content.decode()
    )

    assert "Mật khẩu đã đổi" in page
    assert f"{reverse('channels:connect', args=['facebook'])}?channel={channel.public_id}" in page


def test_a_check_that_fails_is_told_and_the_channel_is_lost(simulator, enter):
    channel = factories.connected(simulator, "facebook")
    simulator.kill_tokens("facebook", page=channel.external_id)

    response = enter(Role.APPROVER, channel.unit).post(reverse("channels:check", args=[channel.public_id]), follow=True)

    channel.refresh_from_db()
    assert channel.health == Health.LOST
    assert [message.level_tag for message in response.context["messages"]] == ["error"]


def test_a_disconnection_without_a_reason_is_sent_back_to_its_form(enter):
    channel = factories.ChannelFactory()
    client, address = enter(Role.APPROVER, channel.unit), reverse("channels:disconnect", args=[channel.public_id])

    statuses = [client.post(address, data).status_code for data in ({"reason": ""}, {"reason": "Trang đã đóng"})]

    channel.refresh_from_db()
    assert (statuses, channel.health) == ([422, 302], Health.DISCONNECTED)


def test_an_overseer_allows_and_forbids_a_platform_with_a_reason(enter, province):
    client, address = enter(Role.OVERSEER, province), reverse("channels:allowances")
    facts = {"province": province.key, "platform": "telegram", "reason": "Kế hoạch 12"}
    told = []

    for changed in ({"act": "allow", "reason": ""}, {"act": "allow"}, {"act": "allow"}, {"act": "forbid"}):
        told.append((client.post(address, {**facts, **changed}).status_code, PlatformAllowance.objects.count()))

    assert told == [(422, 0), (302, 1), (422, 1), (302, 0)]


def test_another_province_cannot_be_decided_on(enter, province):
    other = factories.ProvinceFactory()
    facts = {"province": other.key, "platform": "telegram", "reason": "Kế hoạch 12", "act": "allow"}

    assert enter(Role.OVERSEER, province).post(reverse("channels:allowances"), facts).status_code == 404


def test_a_telegram_token_is_never_sent_back_to_the_browser(simulator, enter, province):
    home = factories.UnitFactory(parent=province)
    PlatformAllowance.objects.create(
        unit=province, platform="telegram", allowed_by=factories.UserFactory(), reason="Kế hoạch 12"
    )
    token = "987654321:" + "a" * 35

    answer = enter(Role.APPROVER, home).post(
        reverse("channels:connect", args=["telegram"]), {"token": token, "chat": "@congan"}
    )

    assert answer.status_code == 422
    assert token not in answer.content.decode()


def test_a_platform_that_does_not_exist_is_not_there(enter, province):
    assert enter(Role.ADMINISTRATOR, province).get("/channels/connect/myspace/").status_code == 404
