"""Choose a page: which may be taken, and what others do meanwhile."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Entry
from channels.lifecycle import transitions
from channels.models import Channel
from channels.queries import account_of
from channels.states import Health, Lifecycle
from platforms.meta.facebook.connector import Facebook
from publishing.models import Delivery
from tests import factories
from tests.channels.connection.flow import (
    agree,
    choose,
    come_back,
    connect_flow,
    facebook_person,
    set_out,
)
from tests.channels.connection.rivals import overtaken

pytestmark = pytest.mark.django_db(transaction=True)


# --- what may be chosen ---------------------------------------------------------------------------


def refusals(response):
    return {
        choice.profile.external_id: bool(choice.refused) for choice in response.context["offered"]
    }


def test_a_page_of_another_unit_is_shown_and_refused(simulator, browser):
    person, pages = facebook_person(simulator, "Trang nhà", "Trang người khác")
    factories.ChannelFactory(external_id=pages[1]["external_id"], unit__name="Công an xã Kín Đáo")

    chooser = connect_flow(simulator, browser, person, pages)
    response = choose(browser, pages[1])

    assert refusals(chooser) == {pages[0]["external_id"]: False, pages[1]["external_id"]: True}
    assert "Công an xã Kín Đáo" not in chooser.content.decode()
    assert response.status_code == 409
    assert Channel.objects.count() == 1


def test_a_right_that_was_not_granted_is_named_and_what_needs_it_is_refused(simulator, browser):
    person, pages = facebook_person(simulator, "Trang")
    scopes = ["pages_show_list", "pages_read_engagement"]

    chooser = connect_flow(simulator, browser, person, pages, scope=scopes)

    (choice,) = chooser.context["offered"]
    assert set(choice.profile.missing) == set(Facebook.facts.rights) - set(scopes)
    assert choice.refused
    assert choose(browser, pages[0]).status_code == 409


def test_without_the_right_to_insights_the_page_can_be_connected(simulator, browser):
    person, pages = facebook_person(simulator, "Trang")
    scopes = ["pages_show_list", "pages_read_engagement", "pages_manage_posts"]

    connect_flow(simulator, browser, person, pages, scope=scopes)
    choose(browser, pages[0])

    assert Channel.objects.get().scopes == scopes


def test_a_page_where_the_person_may_not_write_is_refused(simulator, browser):
    person, pages = facebook_person(simulator, "Trang", tasks=["ANALYZE"])

    connect_flow(simulator, browser, person, pages)

    assert choose(browser, pages[0]).status_code == 409


def test_all_pages_of_a_person_with_many_are_offered(simulator, browser):
    person, pages = facebook_person(simulator, *(f"Trang {n}" for n in range(101)))

    chooser = connect_flow(simulator, browser, person, pages)

    assert len(chooser.context["offered"]) == 101


def test_connecting_again_keeps_the_row_and_replaces_the_token(simulator, browser, unit):
    page = simulator.page("facebook")
    channel = factories.ChannelFactory(
        unit=unit, external_id=page["external_id"], health=Health.LOST
    )
    other = simulator.page("facebook", owner=page["owner"])

    chooser = connect_flow(
        simulator,
        browser,
        {"id": page["owner"]},
        [page, other],
        data={"channel": channel.public_id},
    )
    refused = choose(browser, other).status_code
    choose(browser, page)

    again = Channel.objects.get()
    assert refusals(chooser) == {page["external_id"]: False, other["external_id"]: True}
    assert refused == 409
    assert (again.pk, again.public_id, again.health) == (
        channel.pk,
        channel.public_id,
        Health.CONNECTED,
    )
    assert account_of(again).token != "token-of-nobody"
    assert [e.action for e in Entry.objects.filter(object_id=str(channel.public_id))] == [
        "channel.connected_again"
    ]


def test_a_page_that_was_disconnected_comes_back_as_the_same_channel(simulator, browser, unit):
    page = simulator.page("facebook")
    given_up = {"health": Health.DISCONNECTED, "leaving_since": timezone.now(), "grant_left": True}
    former = factories.ChannelFactory(unit=unit, external_id=page["external_id"], **given_up)

    connect_flow(simulator, browser, {"id": page["owner"]}, [page])
    choose(browser, page)

    channel = Channel.objects.get()
    assert (channel.pk, channel.leaving_since, channel.grant_left) == (former.pk, None, False)


@pytest.mark.parametrize("state", [Lifecycle.ACTIVE, Lifecycle.RETIRED, Lifecycle.TAKEN_OVER])
def test_a_disconnected_channel_is_connected_again_from_its_own_page(
    simulator, browser, unit, state
):
    page = simulator.page("facebook")
    facts = {
        "external_id": page["external_id"],
        "health": Health.DISCONNECTED,
        "lifecycle": state,
    }
    former = factories.ChannelFactory(unit=unit, **facts)
    other = simulator.page("facebook", owner=page["owner"])
    own_page = browser.get(reverse("channels:channel", args=[former.public_id])).content.decode()

    chooser = connect_flow(
        simulator, browser, {"id": page["owner"]}, [page, other], data={"channel": former.public_id}
    )
    choose(browser, page, chooser)

    again = Channel.objects.get()
    assert (
        f"{reverse('channels:connect', args=['facebook'])}?channel={former.public_id}" in own_page
    )
    assert refusals(chooser) == {page["external_id"]: False, other["external_id"]: True}
    assert (again.pk, again.health) == (former.pk, Health.CONNECTED)
    assert again.lifecycle == (
        Lifecycle.TAKEN_OVER if state == Lifecycle.TAKEN_OVER else Lifecycle.ACTIVE
    )


def test_a_post_that_waits_for_a_disconnected_page_does_not_go_to_the_next_one(
    simulator, browser, unit
):
    gone, page = simulator.page("facebook"), simulator.page("facebook")
    former = factories.ChannelFactory(unit=unit, external_id=gone["external_id"])
    waiting = factories.delivery(factories.approved(unit=unit, channels=[former]))
    before = Delivery.objects.sendable(timezone.now()).exists()
    Channel.objects.filter(pk=former.pk).update(health=Health.DISCONNECTED)

    connect_flow(simulator, browser, {"id": page["owner"]}, [page])
    choose(browser, page)

    Channel.objects.update(confirmed_by=factories.UserFactory(), confirmed_at=timezone.now())
    waiting.refresh_from_db()
    assert Channel.objects.filter(health=Health.CONNECTED).count() == 1
    assert (waiting.channel, waiting.channel.external_id) == (former, gone["external_id"])
    assert (before, Delivery.objects.sendable(timezone.now()).exists()) == (True, False)


def test_of_two_former_rows_of_one_page_the_one_comes_back_that_was_named(simulator, browser, unit):
    page = simulator.page("facebook")
    older, _newer = (
        factories.ChannelFactory(
            unit=unit, external_id=page["external_id"], health=Health.DISCONNECTED
        )
        for _ in range(2)
    )

    connect_flow(
        simulator, browser, {"id": page["owner"]}, [page], data={"channel": older.public_id}
    )
    choose(browser, page)

    assert Channel.objects.usable().get() == older


@pytest.mark.parametrize(
    "names", [{}, {"external_id": "trangbennang"}], ids=["by number", "by name"]
)
def test_connecting_again_is_not_offered_where_the_page_has_another_channel(browser, unit, names):
    former = factories.ChannelFactory(
        unit=unit, handle="Trang.Ben.Nang", health=Health.DISCONNECTED
    )
    address = reverse("channels:channel", args=[former.public_id])
    before = browser.get(address).content.decode()
    factories.ChannelFactory(**{"external_id": former.external_id, **names})

    after = browser.get(address).content.decode()

    start = f"{reverse('channels:connect', args=['facebook'])}?channel={former.public_id}"
    assert [start in before, start in after] == [True, False]


def test_connecting_again_is_not_offered_for_a_unit_that_is_no_more(client, unit):
    channel = factories.ChannelFactory(unit=unit, health=Health.LOST)
    client.force_login(factories.person(Role.ADMINISTRATOR, unit.parent))
    address = reverse("channels:channel", args=[channel.public_id])
    before = client.get(address).content.decode()
    unit.valid_to = timezone.localdate()
    unit.save()

    after = client.get(address).content.decode()

    start = f"{reverse('channels:connect', args=['facebook'])}?channel={channel.public_id}"
    assert [start in before, start in after] == [True, False]


def test_a_page_that_another_unit_gave_up_can_be_connected(simulator, browser, unit):
    page = simulator.page("facebook")
    factories.ChannelFactory(external_id=page["external_id"], health=Health.DISCONNECTED)

    connect_flow(simulator, browser, {"id": page["owner"]}, [page])
    choose(browser, page)

    assert Channel.objects.usable().get().unit == unit


def test_a_second_choice_of_one_connect_flow_is_refused(simulator, browser):
    person, pages = facebook_person(simulator, "Trang A", "Trang B")
    connect_flow(simulator, browser, person, pages)
    choose(browser, pages[0])

    assert choose(browser, pages[1]).status_code == 409
    assert Channel.objects.count() == 1


def test_an_administrator_connects_for_a_unit_below_and_not_for_one_elsewhere(
    simulator, client, unit
):
    client.force_login(factories.person(Role.ADMINISTRATOR, unit.parent))
    person, pages = facebook_person(simulator, "Trang")
    foreign = factories.UnitFactory()

    connect_flow(simulator, client, person, pages, data={"unit": unit.key})
    choose(client, pages[0])
    refused = client.post(reverse("channels:connect", args=["facebook"]), {"unit": foreign.key})

    assert Channel.objects.get().unit == unit
    assert refused.status_code == 404


def test_somebody_who_lost_the_right_on_the_way_connects_nothing(simulator, browser, approver):
    person, pages = facebook_person(simulator, "Trang")
    connect_flow(simulator, browser, person, pages)
    approver.appointments.update(role=Role.OFFICER)

    assert choose(browser, pages[0]).status_code == 403
    assert Channel.objects.count() == 0


def test_somebody_who_moved_to_another_unit_before_the_answer_came_connects_nothing(
    simulator, browser, approver
):
    person, pages = facebook_person(simulator, "Trang")
    location = agree(simulator, set_out(browser, "facebook"), person, pages)
    approver.appointments.update(unit=factories.UnitFactory())

    assert come_back(browser, location).status_code == 403
    assert simulator.requests()["facebook"] == {}


# --- what others do meanwhile ---------------------------------------------------------------------


def test_a_takeover_that_is_reported_while_the_page_is_connected_again_stays(
    simulator, browser, unit, approver
):
    page = simulator.page("facebook")
    channel = factories.ChannelFactory(
        unit=unit, external_id=page["external_id"], health=Health.LOST
    )
    connect_flow(simulator, browser, {"id": page["owner"]}, [page])

    overtaken(
        lambda: choose(browser, page),
        by=lambda: transitions.report_taken_over(
            channel, by=approver, reason="Trang đăng quảng cáo lạ"
        ),
    )

    channel.refresh_from_db()
    assert (channel.health, channel.lifecycle) == (Health.CONNECTED, Lifecycle.TAKEN_OVER)
    assert (channel.lifecycle_reason, channel.known_name) == ("Trang đăng quảng cáo lạ", "")


def test_a_page_that_is_transferred_while_it_is_connected_again_is_the_other_unit_s(
    simulator, browser, unit
):
    page = simulator.page("facebook")
    channel = factories.ChannelFactory(
        unit=unit, external_id=page["external_id"], health=Health.LOST
    )
    to = factories.UnitFactory(parent=unit.parent)
    admin = factories.person(Role.ADMINISTRATOR, unit.parent)
    connect_flow(simulator, browser, {"id": page["owner"]}, [page])

    overtaken(
        lambda: choose(browser, page),
        by=lambda: transitions.transfer(channel, to=to, by=admin, reason="Sắp xếp đơn vị"),
    )

    channel = Channel.objects.get()
    assert (channel.unit, channel.health) == (to, Health.LOST)


def test_a_page_that_is_closed_while_it_is_connected_again_stays_closed(
    simulator, browser, unit, approver
):
    page = simulator.page("facebook")
    channel = factories.ChannelFactory(
        unit=unit, external_id=page["external_id"], health=Health.LOST
    )
    connect_flow(simulator, browser, {"id": page["owner"]}, [page])

    overtaken(
        lambda: choose(browser, page),
        by=lambda: transitions.retire(channel, by=approver, reason="Gộp về một trang"),
    )
    between = Channel.objects.get()
    connect_flow(
        simulator, browser, {"id": page["owner"]}, [page], data={"channel": channel.public_id}
    )
    choose(browser, page)

    channel.refresh_from_db()
    assert (between.lifecycle, between.health) == (Lifecycle.RETIRED, Health.DISCONNECTED)
    assert (channel.lifecycle, channel.health) == (Lifecycle.ACTIVE, Health.CONNECTED)
