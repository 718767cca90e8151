import threading

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Entry
from core.errors import NotAllowed, Refused
from core.secrecy import SecrecyRefused
from posts.leak_rules.queries import rules_of
from tests import factories
from units.facts import Facts, PublicNumber, change_facts
from units.models import UnitFacts
from units.queries import get_facts

pytestmark = pytest.mark.django_db

WRITTEN = Facts(
    address="12 Lê Lợi, phường Hải Châu",
    duty_phone="(0236) 3822 300",
    opening_hours="7:30–17:00",
    public_numbers=[PublicNumber("0905 123 456", "Cảnh sát khu vực tổ 5"), PublicNumber("1022")],
)


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def leader(unit):
    return factories.person(Role.APPROVER, unit)


def test_the_leader_writes_them_and_the_record_says_who_changed_which(unit, leader):
    change_facts(unit, WRITTEN, by=leader)

    facts, entry = get_facts(unit), Entry.objects.get(action="unit.facts_changed")
    assert (facts.duty_phone, facts.address) == ("02363822300", "12 Lê Lợi, phường Hải Châu")
    assert (entry.actor_id, entry.unit_path) == (leader.pk, unit.path)
    assert entry.data["fields"] == ["address", "duty_phone", "opening_hours", "public_numbers"]


def test_saving_what_is_stored_already_leaves_no_trace(unit, leader):
    first = change_facts(unit, WRITTEN, by=leader)

    assert change_facts(unit, WRITTEN, by=leader).changed_at == first.changed_at
    assert Entry.objects.filter(action="unit.facts_changed").count() == 1


@pytest.mark.parametrize("role", [Role.OFFICER, Role.ADMINISTRATOR, Role.OVERSEER])
def test_nobody_else_changes_them(unit, role):
    user = factories.person(role, unit if role == Role.OFFICER else unit.parent)

    with pytest.raises(NotAllowed):
        change_facts(unit, WRITTEN, by=user)
    assert not UnitFacts.objects.exists()


def test_a_wrong_number_and_a_secrecy_mark_are_refused(unit, leader):
    with pytest.raises(Refused):
        change_facts(unit, Facts(duty_phone="12345"), by=leader)
    with pytest.raises(SecrecyRefused):
        change_facts(unit, Facts(address="Độ mật: TỐI MẬT"), by=leader)
    with pytest.raises(Refused):
        change_facts(unit, Facts(public_numbers=[PublicNumber("113")] * 21), by=leader)
    assert not UnitFacts.objects.exists()


def test_posts_may_name_the_units_numbers_and_those_of_public_services(unit, leader):
    change_facts(unit, WRITTEN, by=leader)

    allowed, elsewhere = (
        rules_of(place, on=timezone.localdate()).allowed.phones
        for place in (unit, factories.UnitFactory())
    )

    assert {"02363822300", "0905123456", "113", "111"} <= allowed
    assert "02363822300" not in elsewhere


def test_the_page_of_the_unit_shows_them_with_who_changed_them_last(client, unit, leader):
    client.force_login(factories.person(Role.OFFICER, unit))
    address = reverse("units:unit", args=[unit.key])
    empty = client.get(address).content.decode()
    change_facts(unit, WRITTEN, by=leader)

    page = client.get(address).content.decode()

    position = Entry.objects.get(action="unit.facts_changed").actor_position
    who = f"by {leader.full_name}, {position}\n"
    shown = ("0236.3822.300", "0905.123.456", "khu vực tổ 5", who)
    assert [(words in empty, words in page) for words in shown] == [(False, True)] * 4
    assert reverse("units:facts", args=[unit.key]) not in page


def test_the_form_saves_what_was_typed_and_shows_it_again_in_groups(client, unit, leader):
    client.force_login(leader)
    address = reverse("units:facts", args=[unit.key])
    typed = {
        "address": "12 Lê Lợi",
        "duty_phone": "+84 236 3822300",
        "opening_hours": "",
        "public_numbers": "0905-123-456 – Tổ 5\n\n113\n024 3826 8888: Trực ban tỉnh",
    }

    answer = client.post(address, typed)

    assert answer.status_code == 302
    assert get_facts(unit).public_numbers == [
        {"number": "0905123456", "label": "Tổ 5"},
        {"number": "113", "label": ""},
        {"number": "02438268888", "label": "Trực ban tỉnh"},
    ]
    page = client.get(address).content.decode()
    assert "0905.123.456 – Tổ 5\n113\n024.3826.8888 – Trực ban tỉnh" in page


@pytest.mark.parametrize(
    "wrong",
    [
        {"duty_phone": "117 117"},
        {"public_numbers": "0905 – Tổ 5"},
        {"public_numbers": "113\n" * 21},
        {"public_numbers": f"113 – {'x' * 61}"},
        {"address": "x" * 201},
        {"public_numbers": "– –\n–"},
    ],
)
def test_what_is_wrong_is_named_and_nothing_typed_is_lost(client, unit, leader, wrong):
    client.force_login(leader)
    typed = {"address": "12 Lê Lợi", "duty_phone": "", "public_numbers": "", **wrong}

    answer = client.post(reverse("units:facts", args=[unit.key]), typed)

    assert (answer.status_code, UnitFacts.objects.count()) == (422, 0)
    assert list(answer.context["form"].errors) == list(wrong)
    assert wrong[next(iter(wrong))].strip()[:40] in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_leaders_who_save_first_at_once_make_one_row(unit, leader):
    other = factories.person(Role.APPROVER, unit)
    start, raised = threading.Barrier(2), []

    def save(by):
        try:
            start.wait()
            change_facts(unit, Facts(address=f"Số {by.pk}"), by=by)
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    rivals = [threading.Thread(target=save, args=[by]) for by in (leader, other)]
    for rival in rivals:
        rival.start()
    for rival in rivals:
        rival.join()

    assert (raised, UnitFacts.objects.count()) == ([], 1)
    assert Entry.objects.filter(action="unit.facts_changed").count() == 2
