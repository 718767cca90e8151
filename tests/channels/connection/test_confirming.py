"""A page that somebody connected is confirmed by somebody else before anything goes out there."""

import pytest
from django.db import IntegrityError
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from audit.models import Entry
from channels.connection import confirmation
from channels.connection import manual as manual_channels
from channels.lifecycle import transitions
from channels.models import Channel
from channels.states import Health, Lifecycle
from core.errors import NotAllowed, Refused
from tests import factories
from tests.channels.connection.flow import choose, connect_flow, facebook_person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def leader(unit):
    return factories.person(Role.APPROVER, unit)


@pytest.fixture
def second(unit):
    return factories.person(Role.APPROVER, unit)


@pytest.fixture
def waiting(unit, leader):
    return factories.ChannelFactory(
        unit=unit, connected_by=leader, confirmed_at=None, name="Công an phường Bến Nắng"
    )


def page_of(channel):
    return reverse("channels:confirm_page", args=[channel.public_id])


def seen(channel):
    return confirmation.fingerprint(Channel.objects.get(pk=channel.pk))


def kinds(person):
    return list(Notice.objects.filter(user=person).order_by("pk").values_list("kind", flat=True))


def test_a_page_that_is_connected_waits_and_those_who_may_confirm_are_informed(
    simulator, client, unit, leader, second
):
    above = factories.person(Role.ADMINISTRATOR, unit.parent)
    overseer = factories.person(Role.OVERSEER, unit.parent)
    client.force_login(leader)
    person, pages = facebook_person(simulator, unit.name)
    connect_flow(simulator, client, person, pages)

    choose(client, pages[0])

    channel = Channel.objects.get()
    assert (channel.awaits_confirmation, channel.confirmed_by, channel.confirmed_at) == (
        True,
        None,
        None,
    )
    notices = [kinds(person) for person in (leader, second, above, overseer)]
    assert notices == [[], ["channel_to_confirm"], ["channel_to_confirm"], []]


def test_a_second_leader_confirms_and_it_is_on_record(client, waiting, leader, second):
    client.force_login(second)
    shown = client.get(page_of(waiting))
    assert [
        waiting.name in shown.content.decode(),
        waiting.unit.name in shown.content.decode(),
    ] == [True, True]

    response = client.post(page_of(waiting), {"answer": "confirm", "seen": shown.context["seen"]})

    waiting.refresh_from_db()
    assert (response.status_code, waiting.confirmed_by, waiting.awaits_confirmation) == (
        302,
        second,
        False,
    )
    entry = Entry.objects.get(action="channel.page_confirmed")
    assert (entry.actor_id, entry.data["page"]) == (second.pk, waiting.external_id)
    assert kinds(leader) == ["channel_page_confirmed"]


def test_an_administrator_above_confirms(waiting):
    above = factories.person(Role.ADMINISTRATOR, waiting.unit.parent)

    confirmation.confirm(waiting, by=above, seen=seen(waiting))

    assert Channel.objects.get().confirmed_by == above


def test_who_connected_the_page_can_neither_confirm_nor_force_it(client, waiting, leader):
    client.force_login(leader)
    shown = client.get(page_of(waiting))
    assert 'name="answer"' not in shown.content.decode()

    response = client.post(page_of(waiting), {"answer": "confirm", "seen": seen(waiting)})

    assert response.status_code == 409
    assert Channel.objects.get().confirmed_at is None
    with pytest.raises(IntegrityError):
        Channel.objects.update(confirmed_by=leader, confirmed_at=timezone.now())


@pytest.mark.parametrize("role", [Role.OFFICER, Role.OVERSEER])
def test_who_does_not_manage_channels_confirms_none(waiting, role):
    stranger = factories.person(role, waiting.unit if role == Role.OFFICER else waiting.unit.parent)
    with pytest.raises(NotAllowed):
        confirmation.confirm(waiting, by=stranger, seen=seen(waiting))
    assert Channel.objects.get().confirmed_at is None


def test_a_leader_of_another_unit_confirms_none(waiting):
    stranger = factories.person(Role.APPROVER, factories.UnitFactory(parent=waiting.unit.parent))
    with pytest.raises(NotAllowed):
        confirmation.confirm(waiting, by=stranger, seen=seen(waiting))
    assert Channel.objects.get().confirmed_at is None


@pytest.mark.parametrize("changed", ["name", "external_id"])
def test_a_page_that_changed_since_it_was_shown_is_not_confirmed(waiting, second, changed):
    shown = seen(waiting)
    Channel.objects.update(**{changed: "Trang khác"})

    with pytest.raises(Refused):
        confirmation.confirm(waiting, by=second, seen=shown)
    assert Channel.objects.get().confirmed_at is None


def test_a_refused_page_is_disconnected_with_its_reason(client, waiting, leader, second):
    client.force_login(second)
    form = {"answer": "refuse", "seen": seen(waiting)}
    assert client.post(page_of(waiting), {**form, "reason": " "}).status_code == 422

    response = client.post(page_of(waiting), {**form, "reason": "Trang của một cửa hàng"})

    waiting.refresh_from_db()
    assert (response.status_code, waiting.health, bytes(waiting.sealed)) == (
        302,
        Health.DISCONNECTED,
        b"",
    )
    assert Entry.objects.get(action="channel.page_refused").reason == "Trang của một cửa hàng"
    assert kinds(leader) == ["channel_page_refused"]


def test_a_confirmed_page_that_is_connected_again_stays_confirmed(
    simulator, client, unit, leader, second
):
    person, pages = facebook_person(simulator, unit.name)
    first = factories.ChannelFactory(
        unit=unit,
        external_id=pages[0]["external_id"],
        health=Health.LOST,
        connected_by=leader,
        confirmed_by=second,
    )
    client.force_login(second)  # the one who confirmed it
    connect_flow(simulator, client, person, pages, data={"channel": str(first.public_id)})

    choose(client, pages[0])

    first.refresh_from_db()
    assert (first.health, first.connected_by, first.confirmed_by) == (
        Health.CONNECTED,
        second,
        leader,
    )
    assert first.awaits_confirmation is False
    assert kinds(leader) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"lifecycle": Lifecycle.RETIRED, "health": Health.DISCONNECTED},
        {"health": Health.MANUAL, "external_id": "x"},
    ],
)
def test_a_closed_page_or_another_one_is_confirmed_anew(
    simulator, client, unit, leader, second, fields
):
    person, pages = facebook_person(simulator, unit.name)
    page = {"external_id": pages[0]["external_id"], **fields}
    if page["external_id"] == "x":  # it was registered by what its address calls it
        page["external_id"] = pages[0]["username"].lower()
    first = factories.ChannelFactory(unit=unit, connected_by=leader, confirmed_by=second, **page)
    client.force_login(leader)
    connect_flow(simulator, client, person, pages)

    choose(client, pages[0])

    first.refresh_from_db()
    assert (first.health, first.awaits_confirmation, first.confirmed_by) == (
        Health.CONNECTED,
        True,
        None,
    )


def test_a_page_posted_to_manually_is_registered_by_who_confirmed_its_connection(
    unit, leader, second
):
    page = {"external_id": "trangcongan", "handle": "trangcongan", "health": Health.DISCONNECTED}
    first = factories.ChannelFactory(unit=unit, connected_by=leader, confirmed_by=second, **page)

    address = "https://www.facebook.com/trangcongan"
    manual_channels.register(
        "facebook",
        unit=unit,
        by=second,
        name=unit.name,
        address=address,
        reason="Không có quyền API",
    )

    first.refresh_from_db()
    assert (first.health, first.connected_by, first.confirmed_by) == (Health.MANUAL, second, None)


def test_the_unit_that_a_page_is_handed_to_has_two_people_for_it_too(unit):
    other = factories.UnitFactory(parent=unit.parent)
    administrator = factories.person(Role.ADMINISTRATOR, unit.parent)
    theirs = factories.ChannelFactory(unit=unit)
    own = factories.ChannelFactory(unit=unit, connected_by=administrator)
    waiting = factories.ChannelFactory(unit=unit, confirmed_at=None)

    for channel in (theirs, own, waiting):
        transitions.transfer(channel, to=other, by=administrator, reason="Sáp nhập")
        channel.refresh_from_db()

    assert (theirs.confirmed_by, theirs.awaits_confirmation) == (administrator, False)
    assert (own.awaits_confirmation, waiting.awaits_confirmation) == (True, True)


def test_what_waits_is_shown_to_the_unit_and_the_province(client, waiting, leader):
    factories.ChannelFactory(unit=waiting.unit)  # confirmed
    overseer = factories.person(Role.OVERSEER, waiting.unit.parent)
    for person in (leader, overseer):
        client.force_login(person)
        assert client.get(reverse("channels:list")).context["counts"]["unconfirmed"] == 1
        rows = (
            client.get(reverse("channels:forecast"), {"risk": "unconfirmed"})
            .context["page_obj"]
            .object_list
        )
        assert [channel.pk for channel in rows] == [waiting.pk]
        card = client.get(reverse("oversight:today")).context["channels"]
        assert [channel.risk for channel in card.rows] == ["unconfirmed"]
