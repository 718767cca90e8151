"""Renamed, rested, in other hands, closed, handed over: what then goes out, who is told, and what
stays on record.
"""

import pytest
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from audit.models import Entry
from channels.connection.health import check, disconnect
from channels.lifecycle import transitions
from channels.models import Channel
from channels.queries import account_of, channels_for
from channels.states import LIFECYCLE_STEPS, Health, Lifecycle
from core.errors import NotAllowed, Refused
from platforms import client
from publishing.models import Delivery
from publishing.presenters.delivery import delivery_sentence
from publishing.states import State
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def page(simulator):
    """A Facebook page that its unit knows by its name."""
    channel = factories.connected(simulator, "facebook")
    Channel.objects.filter(pk=channel.pk).update(
        known_name=channel.name, known_handle=channel.handle
    )
    channel.refresh_from_db()
    return channel


@pytest.fixture
def leader():
    return lambda channel: factories.person(Role.APPROVER, channel.unit)


def look(channel, called):
    """Do the daily check of a page that the platform now calls so."""
    from platforms.meta.facebook.connector import Facebook

    profile = Facebook.read_profile
    with pytest.MonkeyPatch.context() as patch:

        async def renamed(connector, account):
            import dataclasses

            return dataclasses.replace(await profile(connector, account), **called)

        patch.setattr(Facebook, "read_profile", renamed)
        check([Channel.objects.select_related("unit").get(pk=channel.pk)], now=timezone.now())
    channel.refresh_from_db()
    return channel


def actions():
    return [
        entry.action
        for entry in Entry.objects.filter(object_type="channels.channel").order_by("pk")
    ]


def kinds(person):
    return [notice.kind for notice in Notice.objects.filter(user=person)]


def sendable():
    return Delivery.objects.sendable(timezone.now()).exists()


# --- renamed --------------------------------------------------------------------------------------


def test_a_page_that_is_renamed_sends_nothing_until_a_leader_confirms_it(page, leader):
    person, overseer = leader(page), factories.person(Role.OVERSEER, page.unit.parent)
    factories.delivery(factories.approved(unit=page.unit, channels=[page]))
    before = sendable()

    look(page, {"name": "Săn sale giá sốc"})

    assert (before, page.lifecycle, page.health, sendable()) == (
        True,
        Lifecycle.FROZEN,
        Health.CONNECTED,
        False,
    )
    assert page.name == "Săn sale giá sốc"
    assert "Săn sale giá sốc" in page.lifecycle_reason
    assert (kinds(person), kinds(overseer)) == (["channel_frozen"], ["channel_frozen"])
    assert actions() == ["channel.renamed", "channel.frozen"]

    transitions.resume(page, by=person, reason="Đổi tên theo Quyết định 12")

    page.refresh_from_db()
    assert (page.lifecycle, page.known_name, sendable()) == (
        Lifecycle.ACTIVE,
        "Săn sale giá sốc",
        True,
    )
    entry = Entry.objects.get(action="channel.confirmed")
    assert (entry.actor_id, entry.reason) == (person.pk, "Đổi tên theo Quyết định 12")


def test_the_next_look_at_a_renamed_page_reports_nothing_twice(page, leader):
    person = leader(page)

    for _ in range(3):
        look(page, {"name": "Săn sale giá sốc"})

    assert kinds(person) == ["channel_frozen"]
    assert actions() == ["channel.renamed", "channel.frozen"]


@pytest.fixture
def during_the_check(page, leader, monkeypatch):
    """Something that a leader does between the question to the platform and its answer."""

    def do(act):
        person, asked = leader(page), client.call_many

        def and_meanwhile(platform, calls, **more):
            act(Channel.objects.get(), by=person, reason="Bàn giao cán bộ")
            yield from asked(platform, calls, **more)

        monkeypatch.setattr(client, "call_many", and_meanwhile)

    return do


@pytest.mark.parametrize(
    ("state", "act"),
    [(Lifecycle.ACTIVE, transitions.pause), (Lifecycle.PAUSED, transitions.resume)],
)
def test_a_rename_freezes_whatever_a_person_did_during_the_look(page, during_the_check, state, act):
    Channel.objects.update(lifecycle=state)
    during_the_check(act)

    look(page, {"name": "Săn sale giá sốc"})

    assert (page.lifecycle, page.name) == (Lifecycle.FROZEN, "Săn sale giá sốc")


def test_of_a_page_that_was_disconnected_during_the_look_nothing_is_noted(page, during_the_check):
    name = page.name
    during_the_check(disconnect)

    look(page, {"name": "Săn sale giá sốc"})

    assert (page.lifecycle, page.name, page.checked_at) == (Lifecycle.ACTIVE, name, None)


def test_a_name_that_nobody_confirmed_freezes_although_it_was_seen_before(page):
    """A look that ended between the name and the freeze, as they once were stored apart."""
    Channel.objects.update(name="Săn sale giá sốc")

    look(page, {"name": "Săn sale giá sốc"})

    assert (page.lifecycle, actions()) == (Lifecycle.FROZEN, ["channel.renamed", "channel.frozen"])


def test_the_new_name_is_stored_with_the_freeze_or_not_at_all(page, monkeypatch):
    name = page.name

    def broken(*_args, **_facts):
        raise ConnectionError

    monkeypatch.setattr(transitions, "notify", broken)

    with pytest.raises(ConnectionError):
        look(page, {"name": "Săn sale giá sốc"})

    page.refresh_from_db()
    assert (page.lifecycle, page.name) == (Lifecycle.ACTIVE, name)


@pytest.mark.parametrize(
    "change", [str.upper, lambda name: f" {name.replace(' ', '  ')} ", str.lower]
)
def test_case_and_spaces_freeze_nothing(page, change):
    look(page, {"name": change(page.name)})

    assert (page.lifecycle, actions()) == (Lifecycle.ACTIVE, [])


def test_a_page_with_another_address_is_renamed_too(page):
    look(page, {"handle": "sanSaleGiaSoc"})

    assert page.lifecycle == Lifecycle.FROZEN


def test_a_token_that_opens_another_page_freezes_and_changes_no_name(page):
    name = page.name

    look(page, {"external_id": "999", "name": "Trang khác"})

    assert (page.lifecycle, page.name) == (Lifecycle.FROZEN, name)


def test_a_page_never_looked_at_before_is_known_by_its_first_look(page):
    Channel.objects.update(known_name="", known_handle="", name="Tên cũ")

    look(page, {"name": "Công an phường Mới"})

    assert (page.lifecycle, page.known_name) == (Lifecycle.ACTIVE, "Công an phường Mới")


# --- a person's acts ------------------------------------------------------------------------------


def test_a_rest_is_offered_for_no_post_and_ends_with_a_reason(page, leader):
    person = leader(page)
    factories.delivery(factories.approved(unit=page.unit, channels=[page]))

    transitions.pause(page, by=person, reason="Bàn giao cán bộ")
    between = (channels_for(page.unit), sendable())
    transitions.resume(page, by=person, reason="Đã bàn giao xong")

    assert (between, channels_for(page.unit), sendable()) == (([], False), [page], True)
    assert actions() == ["channel.paused", "channel.resumed"]


def test_a_page_in_other_hands_alarms_the_province_and_takes_nothing_even_manually(page, leader):
    person, overseer = leader(page), factories.person(Role.OVERSEER, page.unit.parent)
    elsewhere = factories.person(Role.OVERSEER)
    Channel.objects.filter(pk=page.pk).update(health=Health.MANUAL)
    row = factories.delivery(
        factories.approved(unit=page.unit, channels=[page]),
        state=State.MANUAL,
        manual_deadline=timezone.now(),
    )
    before = Delivery.objects.filter(pk=row.pk).manual_due(timezone.now()).exists()

    transitions.report_taken_over(page, by=person, reason="Trang đăng quảng cáo lạ")

    after = Delivery.objects.filter(pk=row.pk).manual_due(timezone.now()).exists()
    assert (before, after) == (True, False)
    assert (kinds(overseer), kinds(elsewhere), kinds(person)) == (["channel_taken_over"], [], [])


def test_who_may_pause_publishing_may_stop_a_page_but_not_free_it(page):
    overseer, officer = (
        factories.person(Role.OVERSEER, page.unit.parent),
        factories.person(Role.OFFICER, page.unit),
    )

    transitions.pause(page, by=overseer, reason="Xác minh")

    with pytest.raises(NotAllowed):
        transitions.resume(page, by=overseer, reason="Xong")
    with pytest.raises(NotAllowed):
        transitions.report_taken_over(page, by=officer, reason="Trang lạ")


def test_closing_destroys_the_access_stops_what_waits_and_names_the_successor(page, leader):
    person = leader(page)
    heir = factories.ChannelFactory(unit=page.unit)
    row = factories.delivery(factories.approved(unit=page.unit, channels=[page]))

    transitions.retire(page, by=person, reason="Gộp về một trang", successor=heir)

    row.refresh_from_db()
    page.refresh_from_db()
    assert (page.lifecycle, page.health, bytes(page.sealed), page.successor) == (
        Lifecycle.RETIRED,
        Health.DISCONNECTED,
        b"",
        heir,
    )
    assert (row.state, row.error_code) == (State.CANCELLED, "channel_left")
    assert "was closed or handed" in delivery_sentence(row)
    assert Channel.objects.filter(pk=page.pk).exists()


@pytest.mark.parametrize("reason", ["", "   "])
def test_every_act_asks_for_a_reason(page, leader, reason):
    person = leader(page)

    for act in (transitions.pause, transitions.report_taken_over, transitions.retire):
        with pytest.raises(Refused):
            act(page, by=person, reason=reason)

    assert actions() == []


def test_no_step_is_taken_that_the_table_does_not_know(leader):
    for was in Lifecycle:
        for act, to in (
            (transitions.pause, Lifecycle.PAUSED),
            (transitions.report_taken_over, Lifecycle.TAKEN_OVER),
        ):
            channel = factories.ChannelFactory(lifecycle=was)
            try:
                act(channel, by=leader(channel), reason="Kiểm tra")
                taken = True
            except Refused:
                taken = False
            assert taken == (to in LIFECYCLE_STEPS[was]), (was, to)


def test_of_two_who_act_at_once_one_is_informed_so(page, leader):
    other = Channel.objects.get(pk=page.pk)
    transitions.pause(page, by=leader(page), reason="Nghỉ")

    with pytest.raises(Refused):
        transitions.report_taken_over(other, by=leader(page), reason="Trang lạ")


# --- handing over ---------------------------------------------------------------------------------


@pytest.fixture
def merged(page):
    """The page's unit, the one that it is handed to, and the administrator of their province."""
    province = page.unit.parent
    return (
        page.unit,
        factories.UnitFactory(parent=province),
        factories.person(Role.ADMINISTRATOR, province),
    )


def test_a_page_transferred_keeps_its_access_and_the_old_units_posts_stop(page, merged, leader):
    old, new, admin = merged
    receiver = factories.person(Role.APPROVER, new)
    waiting = factories.delivery(factories.approved(unit=old, channels=[page]))
    live = factories.delivery(
        factories.approved(unit=old, channels=[page]),
        state=State.PUBLISHED,
        remote_id="1_2",
        published_at=timezone.now(),
    )
    token = account_of(page).token

    transitions.transfer(page, to=new, by=admin, reason="Nghị quyết sắp xếp đơn vị")

    for row in (page, waiting, live):
        row.refresh_from_db()
    assert (page.unit, account_of(page).token) == (new, token)
    assert (waiting.state, live.state, live.unit) == (State.CANCELLED, State.PUBLISHED, old)
    assert "another unit" in delivery_sentence(waiting)
    paths = Entry.objects.filter(action="channel.handed_over").values_list("unit_path", flat=True)
    assert sorted(paths) == sorted([old.path, new.path])
    assert kinds(receiver) == ["channel_handed_over"]


def test_what_the_engine_has_in_hand_is_not_begun_after_a_transfer(page, merged):
    old, new, admin = merged
    factories.delivery(
        factories.approved(unit=old, channels=[page]),
        state=State.CLAIMED,
        lease_until=timezone.now(),
        attempt=1,
    )
    before = sendable()

    transitions.transfer(page, to=new, by=admin, reason="Nghị quyết sắp xếp đơn vị")

    assert (before, sendable()) == (True, False)


def test_only_who_manages_both_units_hands_over(page, merged, leader):
    old, new, _admin = merged

    for person in (
        leader(page),
        factories.person(Role.APPROVER, new),
        factories.person(Role.ADMINISTRATOR),
    ):
        with pytest.raises(NotAllowed):
            transitions.transfer(page, to=new, by=person, reason="Sắp xếp")
    page.refresh_from_db()
    assert page.unit == old


def test_a_closed_unit_takes_no_page(page, merged):
    _old, new, admin = merged
    new.valid_to = timezone.localdate()
    new.save()

    with pytest.raises(Refused):
        transitions.transfer(page, to=new, by=admin, reason="Sắp xếp")
