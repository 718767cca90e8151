"""The pages: who sees which channels, who may do what with them, and what the list costs."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.permissions import Role
from channels.lifecycle import transitions
from channels.models import Channel, PlatformAllowance
from channels.monitoring import unrecognised
from channels.queries import channels_for
from channels.states import Health, Lifecycle
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
    for unit, name in (
        (home, "Trang nhà"),
        (sibling, "Trang bên"),
        (factories.UnitFactory(), "Trang nơi khác"),
    ):
        factories.ChannelFactory(unit=unit, name=name)
    address = reverse("channels:list")

    assert shown(enter(Role.OFFICER, home).get(address)) == {"Trang nhà"}
    assert shown(enter(Role.OVERSEER, province).get(address)) == {"Trang nhà", "Trang bên"}


def test_a_foreign_channel_is_not_there(enter, province):
    unrecognised = factories.ChannelFactory()
    client = enter(Role.ADMINISTRATOR, province)

    for name in ("channel", "disconnect"):
        assert (
            client.get(reverse(f"channels:{name}", args=[unrecognised.public_id])).status_code
            == 404
        )
    assert client.post(reverse("channels:check", args=[unrecognised.public_id])).status_code == 404
    again = reverse("channels:connect", args=["facebook"])
    assert client.get(f"{again}?channel={unrecognised.public_id}").status_code == 404
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

    assert (
        shown(enter(Role.SUPERVISOR, province).get(f"{reverse('channels:list')}?{query}")) == found
    )


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


def test_only_channels_that_would_fail_are_told_of_by_a_triangle(enter, province):
    channel = factories.ChannelFactory(unit=province)
    client = enter(Role.OVERSEER, province)

    def link():
        page = client.get(reverse("channels:list")).content.decode()
        found = page[page.index(f'href="{reverse("channels:forecast")}"') :].split("</a>")[0]
        return "alert-triangle" in found, found.split()[-1]

    assert link() == (False, "0")
    Channel.objects.filter(pk=channel.pk).update(health=Health.LOST)
    assert link() == (True, "1")


def test_the_rows_alone_are_sent_to_a_filter_that_changes(enter, province):
    factories.ChannelFactory(unit=province)
    response = enter(Role.OVERSEER, province).get(
        reverse("channels:list"), headers={"HX-Request": "true"}
    )

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
    text = (
        enter(Role.APPROVER, factories.UnitFactory(parent=province))
        .get(reverse("channels:list"))
        .content.decode()
    )

    assert text.count(reverse("channels:platforms")) == 2


def test_a_lost_channel_says_why_and_leads_to_connecting_again(enter):
    channel = factories.ChannelFactory(health=Health.LOST, health_reason="Mật khẩu đã đổi")

    page = (
        enter(Role.APPROVER, channel.unit)
        .get(reverse("channels:channel", args=[channel.public_id]))
        .content.decode()
    )

    assert "Mật khẩu đã đổi" in page
    assert f"{reverse('channels:connect', args=['facebook'])}?channel={channel.public_id}" in page


def test_a_check_that_fails_is_reported_and_the_channel_is_lost(simulator, enter):
    channel = factories.connected(simulator, "facebook")
    simulator.kill_tokens("facebook", page=channel.external_id)

    response = enter(Role.APPROVER, channel.unit).post(
        reverse("channels:check", args=[channel.public_id]), follow=True
    )

    channel.refresh_from_db()
    assert channel.health == Health.LOST
    assert [message.level_tag for message in response.context["messages"]] == ["error"]


def test_a_disconnection_without_a_reason_is_sent_back_to_its_form(enter):
    channel = factories.ChannelFactory()
    client, address = (
        enter(Role.APPROVER, channel.unit),
        reverse("channels:disconnect", args=[channel.public_id]),
    )

    statuses = [
        client.post(address, data).status_code
        for data in ({"reason": ""}, {"reason": "Trang đã đóng"})
    ]

    channel.refresh_from_db()
    assert (statuses, channel.health) == ([422, 302], Health.DISCONNECTED)


def test_an_overseer_allows_and_forbids_a_platform_with_a_reason(enter, province):
    client, address = enter(Role.OVERSEER, province), reverse("channels:allowances")
    facts = {"province": province.key, "platform": "telegram", "reason": "Kế hoạch 12"}
    lists = []

    for changed in (
        {"act": "allow", "reason": ""},
        {"act": "allow"},
        {"act": "allow"},
        {"act": "forbid"},
    ):
        lists.append(
            (
                client.post(address, {**facts, **changed}).status_code,
                PlatformAllowance.objects.count(),
            )
        )

    assert lists == [(422, 0), (302, 1), (409, 1), (302, 0)]


def test_another_province_cannot_be_decided_on(enter, province):
    other = factories.ProvinceFactory()
    facts = {"province": other.key, "platform": "telegram", "reason": "Kế hoạch 12", "act": "allow"}

    assert (
        enter(Role.OVERSEER, province).post(reverse("channels:allowances"), facts).status_code
        == 404
    )


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


# --- a channel's life -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "offered"),
    [
        (Lifecycle.ACTIVE, {"rest", "taken_over", "close"}),
        (Lifecycle.PAUSED, {"resume", "taken_over", "close"}),
        (Lifecycle.FROZEN, {"confirm", "taken_over", "close"}),
        (Lifecycle.TAKEN_OVER, {"resume", "close"}),
        (Lifecycle.RETIRED, set()),
    ],
)
def test_the_page_offers_the_steps_that_are_possible_and_no_others(enter, state, offered):
    health = Health.DISCONNECTED if state == Lifecycle.RETIRED else Health.CONNECTED
    channel = factories.ChannelFactory(lifecycle=state, health=health, lifecycle_reason="Lý do")
    page = reverse("channels:channel", args=[channel.public_id])
    text = enter(Role.APPROVER, channel.unit).get(page).content.decode()

    steps = {"rest", "resume", "confirm", "taken_over", "close", "transfer"}
    assert {
        step for step in steps if reverse(f"channels:{step}", args=[channel.public_id]) in text
    } == offered


@pytest.mark.parametrize("act", ["rest", "taken_over", "close"])
def test_a_step_without_a_reason_is_sent_back_and_with_one_it_is_taken_and_on_the_page(enter, act):
    channel = factories.ChannelFactory()
    client, address = (
        enter(Role.APPROVER, channel.unit),
        reverse(f"channels:{act}", args=[channel.public_id]),
    )

    statuses = [
        client.post(address, {"reason": reason}).status_code for reason in ("", "Bàn giao trang")
    ]
    page = client.get(reverse("channels:channel", args=[channel.public_id])).content.decode()

    channel.refresh_from_db()
    assert statuses == [422, 302]
    assert (
        channel.lifecycle
        == {
            "rest": Lifecycle.PAUSED,
            "taken_over": Lifecycle.TAKEN_OVER,
            "close": Lifecycle.RETIRED,
        }[act]
    )
    assert page.count("Bàn giao trang") == 2  # above, and in the history


def test_a_step_that_is_not_possible_now_says_so_and_changes_nothing(enter):
    channel = factories.ChannelFactory(lifecycle=Lifecycle.TAKEN_OVER, lifecycle_reason="Trang lạ")
    client, address = (
        enter(Role.APPROVER, channel.unit),
        reverse("channels:rest", args=[channel.public_id]),
    )

    page = client.get(address)
    answer = client.post(address, {"reason": "Nghỉ"})

    channel.refresh_from_db()
    assert (page.status_code, answer.status_code, channel.lifecycle) == (
        200,
        409,
        Lifecycle.TAKEN_OVER,
    )
    assert "not possible now" in page.content.decode()


def test_a_closed_channel_leads_to_the_one_that_takes_its_place(enter):
    heir = factories.ChannelFactory(name="Trang mới của xã")
    channel = factories.ChannelFactory(unit=heir.unit, name="Trang cũ")
    client = enter(Role.APPROVER, heir.unit)

    client.post(
        reverse("channels:close", args=[channel.public_id]),
        {"reason": "Gộp trang", "successor": heir.pk},
    )

    page = client.get(reverse("channels:channel", args=[channel.public_id])).content.decode()
    assert "Trang mới của xã" in page


def test_no_foreign_channel_can_be_named_as_the_one_that_takes_its_place(enter):
    channel, unrecognised = factories.ChannelFactory(), factories.ChannelFactory()
    client, address = (
        enter(Role.APPROVER, channel.unit),
        reverse("channels:close", args=[channel.public_id]),
    )

    answer = client.post(address, {"reason": "Gộp trang", "successor": unrecognised.pk})

    channel.refresh_from_db()
    assert (answer.status_code, channel.lifecycle) == (422, Lifecycle.ACTIVE)


def test_an_administrator_hands_a_page_over_by_the_units_name(enter, province):
    old = factories.UnitFactory(parent=province, place="Xã An Bình")
    new = factories.UnitFactory(parent=province, place="Xã An Phú")
    factories.UnitFactory(place="Xã An Phú Đông")  # another province's
    channel = factories.ChannelFactory(unit=old)
    client, address = (
        enter(Role.ADMINISTRATOR, province),
        reverse("channels:transfer", args=[channel.public_id]),
    )
    facts = {"to": "an phu", "reason": "Nghị quyết sắp xếp"}

    wrong = ({"to": "an phu dong"}, {"reason": ""})
    statuses = [client.post(address, {**facts, **change}).status_code for change in wrong]
    done = client.post(address, facts)

    channel.refresh_from_db()
    assert (statuses, done.status_code, channel.unit) == ([422, 422], 302, new)


def test_a_page_that_was_transferred_brings_no_other_units_record_along(enter, province):
    old, new = factories.UnitFactory(parent=province), factories.UnitFactory(parent=province)
    channel = factories.ChannelFactory(unit=old)
    enter(Role.APPROVER, old).post(
        reverse("channels:rest", args=[channel.public_id]), {"reason": "Việc riêng đơn vị"}
    )
    enter(Role.ADMINISTRATOR, province).post(
        reverse("channels:transfer", args=[channel.public_id]),
        {"to": new.code, "reason": "Sắp xếp đơn vị"},
    )
    page = reverse("channels:channel", args=[channel.public_id])
    Channel.objects.update(lifecycle_reason="")

    readers = ((Role.APPROVER, new), (Role.OVERSEER, province))
    texts = [enter(role, unit).get(page).content.decode() for role, unit in readers]

    assert ["Việc riêng đơn vị" in text for text in texts] == [False, True]
    assert ["Sắp xếp đơn vị" in text for text in texts] == [True, True]


def test_a_page_that_was_transferred_brings_no_other_units_decisions_along(enter, province):
    old, new = factories.UnitFactory(parent=province), factories.UnitFactory(parent=province)
    channel = factories.ChannelFactory(unit=old)
    leader, receiver = factories.person(Role.APPROVER, old), factories.person(Role.APPROVER, new)
    unrecognised.acknowledge(
        factories.unrecognised_post(channel), by=leader, ours=False, note="Nghi lộ mật khẩu"
    )
    transitions.transfer(
        channel, to=new, by=factories.person(Role.ADMINISTRATOR, province), reason="Sắp xếp đơn vị"
    )
    unrecognised.acknowledge(
        factories.unrecognised_post(channel), by=receiver, ours=True, note="Tự đăng hôm qua"
    )
    pages = (
        reverse("channels:channel", args=[channel.public_id]),
        reverse("channels:unrecognised_posts"),
    )

    readers = ((Role.APPROVER, new), (Role.OVERSEER, province))
    texts = [
        client.get(page).content.decode()
        for page in pages
        for client in (enter(*reader) for reader in readers)
    ]

    words = ("not ours", "Nghi lộ mật khẩu", str(leader), "Tự đăng hôm qua", str(receiver))
    assert [[word in text for word in words] for text in texts] == [
        [True, False, False, True, True],
        [True] * 5,
    ] * 2


def test_a_platform_that_is_not_set_up_is_distinguished_from_one_that_is_not_allowed(
    enter, province, settings
):
    settings.PLATFORMS = {
        **settings.PLATFORMS,
        "tiktok": {**settings.PLATFORMS["tiktok"], "app_id": ""},
    }
    home = factories.UnitFactory(parent=province)
    client = enter(Role.APPROVER, home)

    page = client.get(reverse("channels:platforms")).content.decode()
    html = [
        client.get(reverse("channels:connect", args=[kind])).content.decode()
        for kind in ("tiktok", "telegram")
    ]

    connect, manual = (
        reverse("channels:connect", args=["tiktok"]),
        reverse("channels:register_manually", args=["tiktok"]),
    )
    assert (connect in page, manual in page) == (False, True)
    assert page.count("Not set up in this installation yet") == 1
    assert page.count("Off until the provincial police allow it") == 1
    assert ["is not set up yet" in text for text in html] == [True, False]


def test_a_page_can_be_posted_to_manually_where_no_application_is_set_up(enter, province, settings):
    settings.PLATFORMS = {
        **settings.PLATFORMS,
        "tiktok": {**settings.PLATFORMS["tiktok"], "app_id": ""},
    }
    home = factories.UnitFactory(parent=province)
    facts = {
        "name": "Công an xã",
        "address": "https://www.tiktok.com/@conganxa",
        "reason": "Chưa có ứng dụng",
    }

    answer = enter(Role.APPROVER, home).post(
        reverse("channels:register_manually", args=["tiktok"]), facts
    )

    assert answer.status_code == 302
    assert channels_for(home) == [Channel.objects.get(platform="tiktok")]


@pytest.mark.parametrize(
    ("state", "shown_as"), [("paused", {"Trang nghỉ"}), ("retired", {"Trang đóng"})]
)
def test_the_list_is_narrowed_by_the_use_of_a_page(enter, province, state, shown_as):
    unit = factories.UnitFactory(parent=province)
    factories.ChannelFactory(unit=unit, name="Trang dùng")
    factories.ChannelFactory(unit=unit, name="Trang nghỉ", lifecycle=Lifecycle.PAUSED)
    factories.ChannelFactory(
        unit=unit, name="Trang đóng", lifecycle=Lifecycle.RETIRED, health=Health.DISCONNECTED
    )

    assert (
        shown(enter(Role.OVERSEER, province).get(f"{reverse('channels:list')}?lifecycle={state}"))
        == shown_as
    )
