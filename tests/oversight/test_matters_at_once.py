"""Matters with a unit that ended, and two people at one matter."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from audit.models import Entry
from core.errors import Refused
from oversight.matters import asking
from oversight.matters.models import Matter, MatterNote
from oversight.models import Reminder
from tests import factories
from tests.rivals import each_at_once
from units.services import merge_units

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate
DAY = timedelta(days=1)


@pytest.fixture
def province(db):
    return factories.ProvinceFactory()


@pytest.fixture
def overseer(province):
    return factories.person(Role.OVERSEER, province)


@pytest.fixture
def merged(province):
    """Merge a unit with a late matter and an officer into another: unit, successor, matter."""
    unit, successor = (factories.UnitFactory(parent=province) for _number in range(2))
    factories.person(Role.OFFICER, unit)
    matter = factories.matter(unit, deadline=TODAY() - DAY)
    administrator = factories.person(Role.ADMINISTRATOR, province)
    merge_units([unit], into=successor, on=TODAY(), by=administrator, reason="Nghị quyết 1")
    unit.refresh_from_db()
    return unit, successor, Matter.objects.get(pk=matter.pk)


def open_page(client, person, matter):
    client.force_login(person)
    return client.get(reverse("oversight:matter", args=[matter.public_id]))


def test_a_unit_that_was_merged_is_asked_nothing_more(client, overseer, merged):
    unit, successor, matter = merged
    question = asking.Question(subject="other", text="Gì?", deadline=TODAY())
    with pytest.raises(Refused):
        asking.ask_unit(unit, question, by=overseer)
    with pytest.raises(Refused):
        asking.ask_again(matter, "Còn gì?", deadline=TODAY(), by=overseer)
    assert not MatterNote.objects.exists()

    page = open_page(client, overseer, matter)
    assert page.context["again_form"] is None
    again = {"text": "Còn gì?", "deadline": f"{TODAY():%d/%m/%Y}"}
    refused = client.post(reverse("oversight:reopen_matter", args=[matter.public_id]), again)
    assert (refused.status_code, "Còn gì?" in refused.text) == (409, True)
    sent = client.post(
        reverse("oversight:ask_matter"),
        {"unit": unit.label, "subject": "other", **again},
    )
    assert (sent.status_code, "Còn gì?" in sent.text) == (422, True)
    assert asking.ask_unit(successor, question, by=overseer).unit == successor


def test_what_waited_for_a_merged_unit_is_closed_from_above(client, overseer, merged):
    unit, successor, matter = merged
    officer = successor.appointments.get().user
    assert open_page(client, officer, matter).status_code == 404
    assert open_page(client, overseer, matter).context["close_form"]

    client.post(reverse("oversight:close_matter", args=[matter.public_id]), {"text": "Đã sáp nhập"})

    matter.refresh_from_db()
    assert matter.state == "closed"
    assert matter.unit == unit


def test_nobody_is_reminded_of_what_a_merged_unit_did_not_answer(merged):
    assert asking.remind_of_late(now=timezone.now()) == 0
    assert not Reminder.objects.exists()
    assert not Notice.objects.filter(kind="matters_late").exists()


def test_reminders_go_to_each_unit_by_its_own_number(province):
    units = [factories.UnitFactory(parent=province) for _number in range(3)]
    officers = [factories.person(Role.OFFICER, unit) for unit in units]
    for unit, n in zip(units, (2, 1, 0), strict=True):
        for _number in range(n):
            factories.matter(unit, deadline=TODAY() - DAY)
        factories.matter(unit, deadline=TODAY())

    assert asking.remind_of_late(now=timezone.now()) == 2

    told = {row.user: row.facts["n"] for row in Notice.objects.filter(kind="matters_late")}
    assert {person: str(n) for person, n in told.items()} == {officers[0]: "2", officers[1]: "1"}
    assert asking.remind_of_late(now=timezone.now() + DAY) == 3


@pytest.mark.parametrize("act", ["answer_matter", "reopen_matter", "close_matter"])
def test_a_matter_of_another_province_is_not_there(client, overseer, act):
    foreign = factories.matter(factories.UnitFactory())
    client.force_login(overseer)
    form = {"text": "Thay đơn vị", "deadline": f"{TODAY():%d/%m/%Y}"}

    answer = client.post(reverse(f"oversight:{act}", args=[foreign.public_id]), form)

    assert answer.status_code == 404
    assert not MatterNote.objects.exists()


@pytest.mark.parametrize("act", ["reopen_matter", "close_matter"])
def test_the_unit_itself_neither_asks_again_nor_closes(client, province, act):
    unit = factories.UnitFactory(parent=province)
    matter = factories.matter(unit, state="answered")
    client.force_login(factories.person(Role.APPROVER, unit))
    form = {"text": "Xong rồi", "deadline": f"{TODAY():%d/%m/%Y}"}

    address = reverse(f"oversight:{act}", args=[matter.public_id])

    assert client.post(address, form).status_code == 403
    matter.refresh_from_db()
    assert matter.state == "answered"


@pytest.mark.parametrize(
    ("act", "form"),
    [
        ("answer_matter", {"text": "Số CCCD 048085000123 của anh A"}),
        ("answer_matter", {"text": "Dài quá " + "a" * 1000}),
        ("reopen_matter", {"text": "Còn việc 48085", "deadline": "hôm qua"}),
        ("reopen_matter", {"text": "Còn việc 48085", "deadline": "01/01/2020"}),
    ],
)
def test_what_was_typed_stays_where_it_is_refused(client, province, overseer, act, form):
    unit = factories.UnitFactory(parent=province)
    matter = factories.matter(unit)
    by = factories.person(Role.OFFICER, unit) if act == "answer_matter" else overseer
    client.force_login(by)

    answer = client.post(reverse(f"oversight:{act}", args=[matter.public_id]), form)

    assert answer.status_code in (409, 422)
    assert form["text"][:14] in answer.text
    assert not MatterNote.objects.exists()
    assert Matter.objects.get().state == "open"


def test_so_many_matters_of_one_unit_are_open_and_so_many_notes_on_one(
    province, overseer, monkeypatch
):
    monkeypatch.setattr(asking, "MOST_OPEN", 2)
    monkeypatch.setattr(asking, "MOST_NOTES", 2)
    unit, other = (factories.UnitFactory(parent=province) for _number in range(2))
    question = asking.Question(subject="other", text="Gì?", deadline=TODAY())
    first, _second = (asking.ask_unit(unit, question, by=overseer) for _number in range(2))

    with pytest.raises(Refused):
        asking.ask_unit(unit, question, by=overseer)
    asking.ask_unit(other, question, by=overseer)
    asking.close_matter(first, by=overseer)
    asking.ask_unit(unit, question, by=overseer)
    asking.ask_again(first, "Còn gì?", deadline=TODAY(), by=overseer)
    with pytest.raises(Refused):
        asking.close_matter(first, by=overseer)
    assert Matter.objects.get(pk=first.pk).state == "reopened"


@pytest.mark.django_db(transaction=True)
def test_of_two_who_close_one_matter_one_does():
    province = factories.ProvinceFactory()
    matter = factories.matter(factories.UnitFactory(parent=province))
    people = [factories.person(Role.OVERSEER, province) for _number in range(2)]

    def close(by):
        asking.close_matter(Matter.objects.select_related("unit").get(pk=matter.pk), by=by)

    outcomes = each_at_once(people, close)

    assert outcomes == {"done": 1, "refused": 1}
    assert [note.turn for note in MatterNote.objects.all()] == ["closed"]
    assert Entry.objects.filter(action="matter.closed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_open_the_last_matter_one_does(monkeypatch):
    monkeypatch.setattr(asking, "MOST_OPEN", 1)
    province = factories.ProvinceFactory()
    unit = factories.UnitFactory(parent=province)
    people = [factories.person(Role.OVERSEER, province) for _number in range(2)]
    question = asking.Question(subject="other", text="Gì?", deadline=TODAY())

    outcomes = each_at_once(people, lambda by: asking.ask_unit(unit, question, by=by))

    assert outcomes == {"done": 1, "refused": 1}
    assert Matter.objects.count() == 1
