"""Two people at one note of a dashboard, and people of other units at it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Entry
from core.errors import Refused
from engagement.boards.notes import services
from engagement.boards.notes.models import BoardNote
from engagement.boards.notes.services import Words
from tests import factories
from tests.rivals import each_at_once

TODAY = timezone.localdate
DAY = timedelta(days=1)


def make_words(text="Ra quân", **fields) -> Words:
    return Words(**{"first": TODAY(), "last": TODAY(), "text": text, **fields})


@pytest.mark.django_db(transaction=True)
def test_of_two_who_write_the_last_note_one_does(monkeypatch):
    monkeypatch.setattr(services, "MOST_NOTES", 1)
    unit = factories.UnitFactory()
    people = [factories.person(Role.APPROVER, unit) for _number in range(2)]

    outcomes = each_at_once(people, lambda by: services.write_note(unit, make_words(), by=by))

    assert outcomes == {"done": 1, "refused": 1}
    assert BoardNote.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_remove_one_note_one_does():
    unit = factories.UnitFactory()
    note = factories.board_note(unit)
    people = [factories.person(Role.APPROVER, unit) for _number in range(2)]

    outcomes = each_at_once(people, lambda by: services.remove_note(note, by=by))

    assert outcomes == {"done": 1, "refused": 1}
    assert Entry.objects.filter(action="note.removed").count() == 1


@pytest.fixture
def unit(db):
    return factories.UnitFactory()


def test_a_note_that_a_colleague_removed_is_not_brought_back_by_a_change(client, unit):
    chief, colleague = (factories.person(Role.APPROVER, unit) for _number in range(2))
    note = factories.board_note(unit)
    services.remove_note(note, by=colleague)

    with pytest.raises(Refused):
        services.change_note(note, make_words("Lời mới"), by=chief)

    row = BoardNote.objects.get()
    assert (row.text, row.removed_at is None) == ("Ra quân tháng cao điểm", False)
    client.force_login(chief)
    assert client.get(reverse("engagement:board_note", args=[note.public_id])).status_code == 404


def test_saving_a_note_without_a_change_leaves_no_record(unit):
    chief = factories.person(Role.APPROVER, unit)
    note = services.write_note(unit, make_words(), by=chief)

    services.change_note(note, make_words("  Ra   quân "), by=chief)

    assert not Entry.objects.filter(action="note.changed").exists()


@pytest.mark.parametrize("view", ["board_note", "remove_board_note"])
@pytest.mark.parametrize("who", ["neighbour", "province", "officer"])
def test_the_note_of_another_unit_is_left_as_it_is(client, unit, view, who):
    note = factories.board_note(unit)
    person = {
        "neighbour": lambda: factories.person(
            Role.APPROVER, factories.UnitFactory(parent=unit.parent)
        ),
        "province": lambda: factories.person(Role.OVERSEER, unit.parent),
        "officer": lambda: factories.person(Role.OFFICER, unit),
    }[who]()
    client.force_login(person)
    before = BoardNote.objects.values().get()
    form = {"first": f"{TODAY():%d/%m/%Y}", "text": "Lời của người khác"}

    answer = client.post(reverse(f"engagement:{view}", args=[note.public_id]), form)

    assert answer.status_code in (302, 403, 404, 409)
    assert BoardNote.objects.values().get() == before


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "Lời 4815 " + "a" * 120},
        {"first": "31/02/2030"},
        {"last": "01/01/2020"},
        {"first": f"{timezone.localdate() - 100 * DAY:%d/%m/%Y}"},
        {"first": f"{timezone.localdate() + 400 * DAY:%d/%m/%Y}", "last": ""},
    ],
)
def test_what_is_refused_stays_typed(client, unit, changes):  # any clock
    client.force_login(factories.person(Role.APPROVER, unit))
    today = f"{TODAY():%d/%m/%Y}"
    form = {"first": today, "last": today, "text": "Lời 4815", **changes}

    answer = client.post(reverse("engagement:board_notes", args=[unit.key]), form)

    assert answer.status_code in (409, 422)
    assert "Lời 4815" in answer.text
    assert not BoardNote.objects.exists()
