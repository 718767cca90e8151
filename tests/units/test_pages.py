import re

import pytest
from django.urls import reverse
from django.utils.timezone import localdate as today

from accounts.permissions import Role
from campaigns.kits.states import KINDS as KINDS_OF_KITS
from tests import factories
from units.models import KINDS, Level, Unit
from units.queries import find_unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def province():
    return factories.ProvinceFactory(place="Thành phố Đà Nẵng")


@pytest.fixture
def admin(client, province):
    admin = factories.person(Role.ADMINISTRATOR, province)
    client.force_login(admin)
    return admin


def names(response) -> list[str]:
    return [unit.name for unit in response.context["page_obj"]]


def test_a_province_sees_its_own_communes_and_no_sibling(client, admin, province):
    mine = factories.UnitFactory(parent=province)
    factories.UnitFactory()

    assert names(client.get(reverse("units:tree"))) == [mine.name]


def test_the_ministry_sees_provinces_with_the_sums_of_their_communes(client, province):
    unit = factories.UnitFactory(parent=province)
    factories.person(Role.OFFICER, unit)
    factories.person(Role.OVERSEER, province)
    factories.ChannelFactory(unit=unit)
    factories.ChannelFactory(unit=unit, health="disconnected")
    client.force_login(factories.person(Role.ADMINISTRATOR, factories.ministry()))

    (row,) = client.get(reverse("units:tree")).context["page_obj"]

    assert (row.name, row.communes, row.people, row.channel_count) == (province.name, 1, 2, 1)


def test_the_search_needs_no_accents_and_looks_below(client, province):
    factories.UnitFactory(parent=province, place="Phường Hải Châu")
    factories.UnitFactory(place="Phường Hải Châu")
    client.force_login(factories.person(Role.ADMINISTRATOR, factories.ministry()))

    response = client.get(reverse("units:tree"), {"q": "hai chau da nang"})

    assert names(response) == ["Công an phường Hải Châu"]


@pytest.mark.parametrize(
    ("show", "expected"),
    [("", ["A", "C"]), ("closed", ["B"]), ("no_police", ["C"]), ("all", ["A", "B", "C"])],
)
def test_the_filter_shows_what_is_in_being_closed_or_without_police(
    client, admin, province, show, expected
):
    factories.UnitFactory(parent=province, place="A", name="A")
    factories.UnitFactory(parent=province, place="B", name="B", valid_to=today())
    factories.UnitFactory(parent=province, place="C", name="C", has_police_body=False)

    assert names(client.get(reverse("units:tree"), {"show": show})) == expected


def test_the_list_asks_as_much_for_three_units_as_for_one(
    client, admin, province, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def made(n):
        for _ in range(n):
            unit = factories.UnitFactory(parent=province)
            factories.person(Role.OFFICER, unit)

    made(1)
    client.get(reverse("units:tree"))
    with CaptureQueriesContext(connection) as one:
        client.get(reverse("units:tree"))
    made(2)
    with django_assert_num_queries(len(one)):
        client.get(reverse("units:tree"))


def test_the_page_of_a_unit_names_people_channels_and_what_came_before(client, admin, province):
    unit = factories.UnitFactory(parent=province)
    officer = factories.person(Role.OFFICER, unit)
    factories.UnitFactory(parent=province, name="Công an xã Cũ", valid_to=today(), successor=unit)

    page = client.get(reverse("units:unit", args=[unit.key])).content.decode()

    assert [
        text in page
        for text in (
            officer.full_name,
            "1 official channel",
            "0 official channels",
            "Công an xã Cũ",
        )
    ] == [
        True,
        False,
        True,
        True,
    ]


@pytest.mark.parametrize(("role", "links"), [(Role.ADMINISTRATOR, True), (Role.OFFICER, False)])
def test_a_units_relatives_are_links_for_those_who_may_open_them(client, province, role, links):
    unit = factories.UnitFactory(parent=province)
    old = factories.UnitFactory(parent=province, valid_to=today(), successor=unit)
    place = province if role == Role.ADMINISTRATOR else unit
    client.force_login(factories.person(role, place))

    page = client.get(reverse("units:unit", args=[unit.key])).content.decode()

    for relative in (province, old):
        assert relative.name in page
        assert (f'href="{reverse("units:unit", args=[relative.key])}"' in page) is links


def test_a_merger_is_shown_before_it_is_done(client, admin, province):
    old, into = factories.UnitFactory(parent=province), factories.UnitFactory(parent=province)
    factories.person(Role.OFFICER, old)
    address = reverse("units:merge", args=[old.key])
    form = {
        "target": "existing",
        "into": into.code,
        "on": today().strftime("%d/%m/%Y"),
        "move_people": "on",
        "reason": "Nghị quyết 1",
    }

    preview = client.post(address, form)
    assert "1 person in office:" in preview.content.decode()
    assert Unit.objects.get(pk=old.pk).is_current

    hidden = dict(
        re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', preview.content.decode())
    )
    done = client.post(address, {**hidden, "confirm": "1"})

    assert (done.status_code, done["Location"]) == (302, reverse("units:unit", args=[into.key]))
    assert Unit.objects.get(pk=old.pk).successor == into


def test_a_merger_of_a_unit_into_itself_reaches_no_preview(client, admin, province):
    unit, other = factories.UnitFactory(parent=province), factories.UnitFactory(parent=province)
    form = {"target": "existing", "on": today().strftime("%d/%m/%Y"), "reason": "Nghị quyết 1"}

    for into in (unit, other):
        typed = {**form, "into": into.code, "others": other.code}
        answer = client.post(reverse("units:merge", args=[unit.key]), typed)

        assert answer.status_code == 422
        assert answer.context["form"].errors == {"into": ["A unit cannot be merged into itself."]}


def test_ambiguous_words_are_answered_with_the_units_that_fit(client, admin, province):
    old = factories.UnitFactory(parent=province, place="Phường Cũ")
    for code in ("10001", "10002"):
        factories.UnitFactory(parent=province, place="Xã Bình Minh", code=code)

    response = client.post(
        reverse("units:merge", args=[old.key]),
        {"target": "existing", "into": "binh minh", "on": today().isoformat(), "reason": "-"},
    )

    assert response.status_code == 422
    (error,) = response.context["form"].errors["into"]
    assert error == (
        "Several units fit. Write the code of the one you mean: Công an xã Bình Minh, Thành phố Đà "
        "Nẵng (10001); Công an xã Bình Minh, Thành phố Đà Nẵng (10002)."
    )


def test_words_mean_the_whole_name_before_they_mean_a_part_of_another(province):
    whole = factories.UnitFactory(parent=province, place="Phường An Hải")
    factories.UnitFactory(parent=province, place="Phường An Hải Đông")

    assert find_unit("phuong an hai", Unit.objects.all()).unit == whole
    assert find_unit(whole.label, Unit.objects.all()).unit == whole
    assert find_unit(whole.code, Unit.objects.all()).unit == whole
    assert len(find_unit("an hai", Unit.objects.all()).candidates) == 2
    factories.UnitFactory(parent=province, place="Xã Tam Hải")  # Công *an* xã Tam *Hải*
    assert len(find_unit("an hai", Unit.objects.all()).candidates) == 2


def test_the_ways_to_end_the_own_province_are_not_offered_to_its_administrator(
    client, admin, province
):
    page = client.get(reverse("units:unit", args=[province.key])).content.decode()
    answer = client.post(
        reverse("units:close", args=[province.key]), {"on": today().isoformat(), "reason": "-"}
    )

    assert reverse("units:close", args=[province.key]) not in page
    assert answer.status_code == 302
    assert Unit.objects.get(pk=province.pk).is_current


def test_a_new_commune_stands_below_its_province(client, admin, province):
    response = client.post(
        reverse("units:create", args=[province.key]),
        {
            "kind": "xã",
            "place": "Xã Hòa Tiến",
            "code": "20300",
            "has_police_body": "on",
            "valid_from": "25/11/2026",
            "reason": "Nghị quyết 2",
        },
    )

    made = Unit.objects.get(code="20300")
    assert response["Location"] == reverse("units:unit", args=[made.key])
    assert (made.name, made.parent, made.level) == ("Công an xã Hòa Tiến", province, "commune")
    assert made.valid_from.isoformat() == "2026-11-25"


def test_a_kind_that_the_list_of_units_does_not_know_is_refused(client, admin, province):
    facts = {"place": "Phường Mới", "valid_from": "25/11/2026", "reason": "Nghị quyết 2"}

    typed = client.post(reverse("units:create", args=[province.key]), {**facts, "kind": "phuong"})

    assert typed.status_code == 422
    assert list(typed.context["form"].errors) == ["kind"]
    assert [kind for kind, _label in typed.context["form"].fields["kind"].choices] == [
        "",
        "phường",
        "xã",
        "đặc khu",
    ]
    assert not Unit.objects.filter(place="Phường Mới").exists()


def test_kits_are_aimed_at_the_kinds_that_communes_can_be():
    assert [kind for kind, _label in KINDS_OF_KITS] == KINDS[Level.COMMUNE]


def test_the_options_are_the_open_units_in_reach(client, admin, province):
    factories.UnitFactory(parent=province, place="Phường Hải Châu", code="20194")
    factories.UnitFactory(parent=province, place="Phường Hải Châu", code="20195", valid_to=today())
    factories.UnitFactory(place="Phường Hải Châu")

    found = client.get(reverse("units:options"), {"q": "hai chau"}).json()

    assert found == {
        "units": [{"label": "Công an phường Hải Châu, Thành phố Đà Nẵng", "code": "20194"}]
    }


def test_the_options_begin_with_the_unit_that_bears_the_words_side_by_side(client, admin, province):
    for place in ("Phường Hải Châu", "Phường An Hải"):
        factories.UnitFactory(parent=province, place=place)

    found = client.get(reverse("units:options"), {"q": "an hải"}).json()["units"]

    assert [unit["label"].split(",")[0] for unit in found] == [
        "Công an phường An Hải",
        "Công an phường Hải Châu",
    ]
