"""A unit's public numbers, accounts and websites: entered by one person, public by a second one."""

import pytest
from django.urls import reverse

from accounts.models import Notice
from accounts.permissions import Role
from audit.models import Entry
from core.errors import NotAllowed, Refused
from posts.leak_rules import allowing
from posts.leak_rules.models import AllowedItem
from posts.leak_rules.queries import rules_of
from tests import factories
from tests.factories import UnitFactory, person

pytestmark = pytest.mark.django_db
Kind = AllowedItem.Kind


@pytest.fixture
def unit():
    return UnitFactory()


@pytest.fixture
def officer(unit):
    return person(Role.OFFICER, unit)


@pytest.fixture
def chief(unit):
    return person(Role.APPROVER, unit)


def phones(unit):
    return rules_of(unit, on=factories.timezone.localdate()).allowed.phones


def enter(unit, by, value="0912 345 678", kind=Kind.PHONE, label="Trực ban"):
    return allowing.enter(unit=unit, kind=kind, value=value, label=label, by=by)


def test_a_number_is_public_once_the_chief_has_confirmed_it(unit, officer, chief):
    item = enter(unit, officer)
    assert "0912345678" not in phones(unit)
    assert Notice.objects.get(user=chief).kind == "allowed_entered"

    allowing.confirm(item, by=chief)

    assert "0912345678" in phones(unit)
    allowing.end(item, by=officer, reason="Đổi số")
    assert "0912345678" not in phones(unit)
    recorded = Entry.objects.filter(action__startswith="allowed.").order_by("pk")
    assert [entry.action for entry in recorded] == [
        "allowed.entered",
        "allowed.confirmed",
        "allowed.ended",
    ]
    assert "345" not in "".join(entry.object_label for entry in recorded)


def test_nobody_confirms_what_they_entered_nor_an_officer_anything(unit, officer, chief):
    with pytest.raises(NotAllowed):
        allowing.confirm(enter(unit, chief), by=chief)
    with pytest.raises(NotAllowed):
        allowing.confirm(enter(unit, officer, "0987 654 321"), by=person(Role.OFFICER, unit))


def test_the_province_confirms_where_the_unit_has_no_second_person(unit, chief):
    overseer = person(Role.OVERSEER, unit.parent)
    item = enter(unit, chief)
    assert Notice.objects.filter(user=overseer, kind="allowed_entered").exists()

    allowing.confirm(item, by=overseer)

    assert "0912345678" in phones(unit)


@pytest.mark.parametrize(
    ("kind", "typed", "stored"),
    [
        (Kind.PHONE, "+84 912.345.678", "0912345678"),
        (Kind.ACCOUNT, "0123 456-789", "0123456789"),
        (Kind.HOST, "https://www.MTTQdanang.org.vn/ung-ho?x=1", "mttqdanang.org.vn"),
    ],
)
def test_it_is_stored_as_it_is_compared(unit, officer, kind, typed, stored):
    assert enter(unit, officer, typed, kind).value == stored


@pytest.mark.parametrize(
    ("kind", "typed"),
    [(Kind.PHONE, "12345"), (Kind.ACCOUNT, "12a45678"), (Kind.HOST, "vn"), (Kind.HOST, "a b.vn")],
)
def test_what_is_none_of_its_kind_is_refused(unit, officer, kind, typed):
    with pytest.raises(Refused):
        enter(unit, officer, typed, kind)


def test_the_label_holds_no_leak_and_a_number_stands_there_once(unit, officer):
    with pytest.raises(Refused):
        enter(unit, officer, label="Anh Hùng 0987 654 321")
    enter(unit, officer)
    with pytest.raises(Refused):
        enter(unit, officer, "0912.345.678")


def test_the_pages_lead_from_the_entry_to_the_confirmation(client, unit, officer, chief):
    client.force_login(officer)
    page = client.get(reverse("posts:allowed")).text
    assert "0912.345.678" not in page
    form = {"kind": "phone", "value": "0912345678", "label": "Trực ban"}
    assert client.post(reverse("posts:enter_allowed"), form | {"value": "1"}).status_code == 409
    assert client.post(reverse("posts:enter_allowed"), form).status_code == 302
    item = AllowedItem.objects.get()
    confirm = reverse("posts:confirm_allowed", args=[item.public_id])
    assert confirm not in client.get(reverse("posts:allowed")).text

    client.force_login(chief)
    assert confirm in client.get(reverse("posts:allowed")).text
    client.post(confirm)
    item.refresh_from_db()
    assert item.confirmed_by == chief
    end = reverse("posts:end_allowed", args=[item.public_id])
    assert client.post(end, {"reason": ""}).status_code == 422
    assert client.post(end, {"reason": "Đổi số"}).status_code == 302
    assert "0912.345.678" not in client.get(reverse("posts:allowed")).text


def test_another_unit_s_item_is_not_there(client, unit, chief):
    item = factories.allowed_item(UnitFactory())
    client.force_login(chief)

    assert client.post(reverse("posts:confirm_allowed", args=[item.public_id])).status_code == 404
    assert client.get(reverse("posts:allowed") + f"?unit={item.unit.key}").status_code == 404


def test_a_new_post_asks_for_them_until_one_is_entered(client, unit, officer):
    client.force_login(officer)
    address = reverse("posts:enter_allowed")
    assert address in client.get(reverse("posts:new")).text

    enter(unit, officer)

    assert address not in client.get(reverse("posts:new")).text
