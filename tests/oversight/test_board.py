"""The tile board: what each unit needs help with, and the acts from there."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from audit.models import Entry
from channels.states import Health, Lifecycle
from oversight.kinds import FINE, KINDS
from oversight.models import Reminder
from posts.kits import adopting
from publishing.states import Reason, State
from tests import factories
from units.models import UnitFacts

pytestmark = pytest.mark.django_db
NOW_ISH = timedelta(hours=1)


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def overseer(client, province):
    overseer = factories.person(Role.OVERSEER, province)
    client.force_login(overseer)
    return overseer


def spoken(unit, *, ago=NOW_ISH):
    """Make a unit that has a page and published something."""
    channel = factories.ChannelFactory(unit=unit)
    at = timezone.now() - ago
    post = factories.approved(factories.PostFactory(unit=unit, channels=[channel]))
    factories.delivery(
        post, channel, state=State.PUBLISHED, due_at=at, published_at=at, remote_id=f"r{post.pk}"
    )
    return channel


def ailing(province):
    """Make a unit of each kind, each with that kind alone, and two that are fine."""
    units = {key: factories.UnitFactory(parent=province) for key in (*KINDS, FINE.key)}
    now = timezone.now()
    pages = {key: spoken(unit) for key, unit in units.items() if key not in {"silent", "pageless"}}
    spoken(units["silent"], ago=timedelta(days=20))
    set_page(pages["dead"], health=Health.LOST)
    set_page(pages["dying"], expires_at=now + timedelta(days=13))
    set_page(
        pages["fine"], expires_at=now + timedelta(days=15), package_ends_at=now + timedelta(days=15)
    )
    factories.unrecognised_post(pages["unrecognised"])
    factories.unrecognised_post(pages["fine"], verdict="ours", external_id="x")
    for key, reason in (("blocked", Reason.LEAK), ("late", Reason.REFUSED)):
        post = factories.approved(factories.PostFactory(unit=units[key], channels=[pages[key]]))
        factories.delivery(
            post, pages[key], state=State.FAILED, error_code=reason, due_at=now - NOW_ISH
        )
    factories.matter(units["matter"], deadline=timezone.localdate() - timedelta(days=1))
    kit = factories.kit(
        province,
        state="issued",
        all_below=False,
        window_until=timezone.localdate() + timedelta(days=2),
    )
    kit.current.for_units.set([units["kit"], units["fine"]])
    officer = factories.person(Role.OFFICER, units["fine"])
    adopting.decline(kit, unit=units["fine"], by=officer, reason="not_our_area")
    return units


def set_page(page, **fields):
    type(page).objects.filter(pk=page.pk).update(**fields)


def look(client, **query):
    return client.get(reverse("oversight:board"), query)


def tiles(response) -> dict[str, str]:
    return {row.unit.key: kind.key for row, kind in response.context["tiles"]}


def test_each_tile_says_what_is_most_urgent_and_filters_count_them(client, province, overseer):
    units = ailing(province)
    elsewhere = factories.UnitFactory()
    closed = factories.UnitFactory(parent=province, valid_to=timezone.localdate())

    page = look(client)

    assert tiles(page) == {unit.key: key for key, unit in units.items()}
    assert list(tiles(page).values()) == [*KINDS, FINE.key]  # in the order of urgency
    assert {kind.key: n for kind, n in page.context["filters"]} == dict.fromkeys(units, 1)
    assert not {elsewhere.key, closed.key} & set(tiles(page))
    assert tiles(look(client, kind="kit")) == {units["kit"].key: "kit"}
    assert tiles(look(client, kind="fine")) == {units["fine"].key: "fine"}
    assert tiles(look(client, days=30))[units["silent"].key] == "fine"
    issues = reverse("oversight:issues", args=[units["fine"].key], query={"days": 30})
    assert f'href="{issues}"' in look(client, days=30).content.decode()
    set_page(units["late"].channels.get(), lifecycle=Lifecycle.TAKEN_OVER)
    row = next(row for row, _kind in look(client).context["tiles"] if row.unit == units["late"])
    assert (row.worst.key, row.others) == ("dead", 1)
    part = client.get(reverse("oversight:board"), headers={"HX-Request": "true"})
    assert b"unit-tile" in part.content
    assert b"<html" not in part.content
    client.force_login(factories.person(Role.OVERSEER, factories.ministry()))
    assert look(client).url == reverse("oversight:nation")
    assert len(tiles(look(client, province=province.key))) == len(units)
    cleared = look(client, province=province.key, kind="late").content.decode()
    assert f'href="?province={province.key}"' in cleared


def test_the_board_and_a_units_page_cost_the_same_whatever_there_is(client, province, overseer):
    def measured(address):
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    units = ailing(province)
    pages = [reverse("oversight:issues", args=[units[key].key]) for key in ("kit", "late")]
    one = [measured(address) for address in (reverse("oversight:board"), *pages)]
    ailing(province)
    for _ in range(2):
        post = factories.approved(factories.PostFactory(unit=units["late"]))
        factories.delivery(
            post, state=State.FAILED, error_code=Reason.REFUSED, due_at=timezone.now() - NOW_ISH
        )

    assert [measured(address) for address in (reverse("oversight:board"), *pages)] == one
    assert max(one) <= 20, one


def test_a_unit_is_reminded_once_a_day_of_each_kind(client, province, overseer):
    units = ailing(province)
    unit = units["late"]
    people = [factories.person(role, unit) for role in (Role.OFFICER, Role.APPROVER)]
    address = reverse("oversight:remind", args=[unit.key])

    def remind(kind):
        return client.post(address, {"kind": kind}, follow=True)

    page = remind("late")
    assert [issue.kind.key for issue in page.context["issues"]] == ["late"]
    assert page.context["issues"][0].reminded
    assert [len(page.context["issues"][0].things), page.context["issues"][0].more] == [1, 0]
    remind("late")
    remind("dead")  # there is none
    remind("nonsense")

    notices = Notice.objects.filter(kind="remind_late")
    there = set(unit.appointments.values_list("user", flat=True))  # those who wrote its posts, too
    assert set(notices.values_list("user", flat=True)) == there > {person.pk for person in people}
    assert notices.count() == len(there)
    assert not Notice.objects.filter(kind="remind_dead").exists()
    assert Entry.objects.filter(action="oversight.reminded").count() == 1
    assert client.get(notices[0].address).status_code != 404
    Reminder.objects.update(day=timezone.localdate() - timedelta(days=1))
    remind("late")
    assert notices.count() == 2 * len(there)
    nobody = reverse("oversight:remind", args=[units["silent"].key])
    said = client.post(nobody, {"kind": "silent", "days": 30}, follow=True)
    assert said.request["QUERY_STRING"] == "days=30"
    assert list(said.context["issues"]) == []
    assert not Reminder.objects.filter(unit=units["silent"]).exists()
    assert "Nobody holds a post there" not in remind("late").content.decode()
    for person in units["silent"].appointments.all():
        person.user.appointments.update(valid_to=timezone.localdate() - timedelta(days=1))
    said = client.post(nobody, {"kind": "silent"}, follow=True).content.decode()
    assert "Nobody holds a post there" in said
    assert not Reminder.objects.filter(unit=units["silent"]).exists()


def test_the_leaders_telephone_is_for_those_above_and_the_leader_alone(client, province, overseer):
    unit = factories.UnitFactory(parent=province)
    chief, officer = (factories.person(role, unit) for role in (Role.APPROVER, Role.OFFICER))
    address = reverse("units:facts", args=[unit.key])
    client.force_login(chief)
    client.post(address, {"duty_phone": "0236 3822 300", "leader_phone": "0905 123 456"})
    assert UnitFacts.objects.get(unit=unit).leader_phone == "0905123456"

    unit_page = reverse("units:unit", args=[unit.key])
    shown = {}
    for person in (chief, officer, overseer):
        client.force_login(person)
        shown[person] = "tel:0905123456" in client.get(unit_page).content.decode()

    assert shown == {chief: True, officer: False, overseer: True}
    board_page = client.get(reverse("oversight:issues", args=[unit.key])).content.decode()
    assert "tel:0905123456" in board_page


def test_the_open_board_asks_again_and_gets_tiles_only_when_one_changed(client, province, overseer):
    unit = factories.UnitFactory(parent=province)
    page = spoken(unit)
    part = {"HX-Request": "true"}
    there = reverse("oversight:board")
    shown = client.get(there, {"days": 20})
    seen = {"days": 20, "seen": shown.context["stamp"]}
    assert f"?days=20&amp;seen={seen['seen']}" in shown.content.decode()

    unmoved = client.get(there, seen, headers=part)
    assert (unmoved.status_code, unmoved.content) == (204, b"")
    assert client.get(there, {**seen, "days": 30}, headers=part).status_code == 200
    set_page(page, health=Health.LOST)
    moved = client.get(there, seen, headers=part)
    assert f'id="tile-{unit.key}"' in moved.content.decode()
    # The links of what came are those of the page.
    assert f"seen={seen['seen']}" not in moved.content.decode()
    assert client.get(there, seen).status_code == 200


def test_units_without_a_page_are_asked_together_to_open_one_once_a_day(client, province, overseer):
    new, empty, settled = (factories.UnitFactory(parent=province) for _ in range(3))
    elsewhere = factories.UnitFactory()
    spoken(settled)
    officers = [factories.person(Role.OFFICER, unit) for unit in (new, settled, elsewhere)]
    board = client.get(reverse("oversight:board"))
    assert (board.context["total"], board.context["pageless"]) == (3, 2)
    assert board.context["in_need"] == 0
    assert "3 units, 2 without a page." in " ".join(board.text.split())
    assert "Ask 2 units to open a page" in board.text
    button = reverse("oversight:remind_pageless")

    first = client.post(button, follow=True)
    second = client.post(button, follow=True)

    assert "1 unit was reminded." in first.text
    assert "Nobody is left to remind" in second.text
    told = Notice.objects.filter(kind="remind_pageless").values_list("user", flat=True)
    assert list(told) == [officers[0].pk]
    assert list(Reminder.objects.values_list("unit", "kind")) == [(new.pk, "pageless")]
    entry = Entry.objects.get(action="oversight.pageless_reminded")
    assert (entry.object_id, entry.data["units"]) == (str(province.pk), 1)
    assert empty.place in client.get(reverse("oversight:board"), {"kind": "pageless"}).text


def test_who_oversees_the_nation_asks_the_units_of_the_province_shown(client, province):
    new = factories.UnitFactory(parent=province)
    officer = factories.person(Role.OFFICER, new)
    client.force_login(factories.person(Role.OVERSEER, factories.ministry()))
    address = reverse("oversight:remind_pageless", query={"province": province.key})
    shown = client.get(reverse("oversight:board"), {"province": province.key})
    assert f'action="{address}"' in shown.text

    assert (
        client.post(address)["Location"] == f"{reverse('oversight:board')}?province={province.key}"
    )
    assert client.post(reverse("oversight:remind_pageless"))["Location"] == reverse(
        "oversight:nation"
    )

    assert list(Notice.objects.values_list("user", "kind")) == [(officer.pk, "remind_pageless")]
