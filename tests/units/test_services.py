"""Renaming, merging and closing: the key lives on, the past stays readable, and people follow if
told to.
"""

from datetime import date, timedelta

import pytest
from django.utils.timezone import localdate as today

from accounts.models import Appointment
from accounts.permissions import Permission, Role
from audit.models import Entry
from core.errors import NotAllowed, Refused
from tests import factories
from tests.channels.connection.rivals import overtaken
from units import services
from units.models import Unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def province():
    return factories.ProvinceFactory(place="Thành phố Đà Nẵng")


@pytest.fixture
def admin(province):
    return factories.person(Role.ADMINISTRATOR, province)


def commune(province, place, **fields):
    return factories.UnitFactory(parent=province, place=place, **fields)


def test_a_renamed_unit_keeps_its_key_and_is_found_by_its_former_name_and_code(province, admin):
    unit = commune(province, "Phường Hải Châu", code="20194")
    key = unit.key

    services.rename_unit(
        unit,
        name="Công an phường Sông Hàn",
        place="Phường Sông Hàn",
        code="20199",
        on=today(),
        by=admin,
        reason="QĐ 12",
    )

    unit = Unit.objects.get(key=key)
    assert (unit.name, unit.code) == ("Công an phường Sông Hàn", "20199")
    found = [list(Unit.objects.search(words)) for words in ("song han", "hai chau", "20194")]
    assert found == [[unit], [unit], [unit]]
    assert [(f.name, f.code, f.until) for f in unit.former_names.all()] == [
        ("Công an phường Hải Châu", "20194", today())
    ]
    entry = Entry.objects.get(action="unit.renamed")
    assert (entry.reason, entry.data["was"], entry.actor_position) == (
        "QĐ 12",
        "Công an phường Hải Châu",
        "System administrator",
    )


def test_a_renamed_province_is_what_its_communes_are_searched_by(province, admin):
    unit = commune(province, "Phường Hải Châu")

    services.rename_unit(
        province,
        name="Công an thành phố X",
        place="Thành phố X",
        code=province.code,
        on=today(),
        by=admin,
        reason="-",
    )

    assert list(Unit.objects.search("hai chau thanh pho x")) == [unit]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "Nothing was changed"),
        ({"on": today() + timedelta(days=2)}, "between the unit's founding and today"),
        ({"code": "20202"}, "already bears the code 20202"),
    ],
)
def test_a_rename_is_refused_in_words(province, admin, changes, message):
    commune(province, "Phường An Khê", code="20202")
    unit = commune(province, "Phường Hải Châu", code="20194")
    name = unit.name if not changes else "Công an phường khác"

    with pytest.raises(Refused, match=message):
        services.rename_unit(
            unit,
            **{"name": name, "place": unit.place, "code": unit.code, "on": today(), **changes},
            by=admin,
            reason="-",
        )


def test_a_code_may_be_taken_over_from_a_closed_unit(province, admin):
    commune(province, "Phường Cũ", code="20194", valid_to=today())

    made = services.create_unit(
        parent=province,
        kind="phường",
        place="Phường Mới",
        name="Công an phường Mới",
        code="20194",
        valid_from=today(),
        by=admin,
    )

    assert Unit.objects.get(code="20194", valid_to=None) == made


def test_the_administrator_of_another_province_arranges_nothing_here(province):
    unit = commune(province, "Phường Hải Châu")
    stranger = factories.person(Role.ADMINISTRATOR, factories.ProvinceFactory())
    facts = {"by": stranger, "reason": "-"}

    for act in (
        lambda: services.rename_unit(unit, name="X", place="X", code="1", on=today(), **facts),
        lambda: services.close_unit(unit, on=today(), **facts),
        lambda: services.merge_units(
            [unit], into=commune(province, "Phường B"), on=today(), **facts
        ),
        lambda: services.create_unit(
            parent=province, kind="xã", place="X", name="X", code="2", valid_from=today(), **facts
        ),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_a_merger_ends_the_old_units_on_the_day_and_names_their_successor(province, admin):
    old, other, into = (commune(province, f"Phường {n}") for n in "ABC")

    services.merge_units([old, other], into=into, on=today(), by=admin, reason="Nghị quyết 1")

    old, other = Unit.objects.get(pk=old.pk), Unit.objects.get(pk=other.pk)
    assert [(u.valid_to, u.successor) for u in (old, other)] == [(today(), into), (today(), into)]
    assert set(into.predecessors.all()) == {old, other}
    assert set(Unit.objects.current(today()).filter(parent=province)) == {into}
    assert set(Unit.objects.current(today() - timedelta(days=1)).filter(parent=province)) == {
        old,
        other,
        into,
    }
    assert Entry.objects.filter(action="unit.merged").count() == 2


def test_a_merger_may_found_the_successor_under_a_code_it_takes_over(province, admin):
    old, other = commune(province, "Phường A", code="30001"), commune(province, "Phường B")
    facts = {"kind": "phường", "place": "Phường A", "name": "Công an phường A", "code": "30001"}

    made = services.merge_units([old, other], into=facts, on=today(), by=admin, reason="-")

    assert (made.code, made.parent, made.valid_from) == ("30001", province, today())
    assert made.key != old.key


def test_people_of_a_merged_unit_hold_the_same_post_in_the_successor_from_that_day(province, admin):
    old, into = commune(province, "Phường A"), commune(province, "Phường B")
    officer = factories.person(Role.OFFICER, old)
    on = today() + timedelta(days=10)

    services.merge_units([old], into=into, on=on, by=admin, reason="-")

    posts = list(
        officer.appointments.order_by("valid_from").values_list(
            "unit", "role", "valid_from", "valid_to"
        )
    )
    assert posts == [
        (old.pk, "officer", date(2025, 7, 1), on - timedelta(days=1)),
        (into.pk, "officer", on, None),
    ]


def test_who_holds_the_post_in_the_successor_already_does_not_get_it_twice(province, admin):
    old, into = commune(province, "Phường A"), commune(province, "Phường B")
    officer = factories.person(Role.OFFICER, old)
    Appointment.objects.create(
        user=officer, unit=into, role=Role.OFFICER, valid_from=date(2025, 7, 1)
    )

    services.merge_units([old], into=into, on=today(), by=admin, reason="-")

    assert officer.appointments.filter(unit=into).count() == 1


def test_without_moving_people_their_posts_end_and_with_them_their_rights(province, admin):
    old, into = commune(province, "Phường A"), commune(province, "Phường B")
    officer = factories.person(Role.OFFICER, old)

    services.merge_units([old], into=into, on=today(), by=admin, reason="-", move_people=False)

    officer = type(officer).objects.get(pk=officer.pk)
    assert officer.current_appointments == []
    assert officer.reach(Permission.POST_WRITE) == []


def test_communes_of_a_merged_province_move_under_the_successor():
    ministry = factories.ministry()
    admin = factories.person(Role.ADMINISTRATOR, ministry)
    old, into = factories.ProvinceFactory(), factories.ProvinceFactory()
    unit = factories.UnitFactory(parent=old)

    services.merge_units([old], into=into, on=today(), by=admin, reason="-")

    unit.refresh_from_db()
    assert (unit.parent, unit.path) == (into, f"{into.path}{unit.key}/")


def test_a_closed_unit_ends_its_posts_and_keeps_its_page(province, admin):
    unit = commune(province, "Phường A")
    officer = factories.person(Role.OFFICER, unit)

    services.close_unit(unit, on=today(), by=admin, reason="Giải thể")

    assert officer.appointments.get().valid_to == today() - timedelta(days=1)
    assert list(Unit.objects.visible_to(admin).filter(pk=unit.pk)) == [unit]


def test_a_province_with_open_communes_cannot_be_closed():
    province = factories.ProvinceFactory()
    factories.UnitFactory(parent=province)
    admin = factories.person(Role.ADMINISTRATOR, factories.ministry())

    with pytest.raises(Refused, match="Close or merge them first"):
        services.close_unit(province, on=today(), by=admin, reason="-")


def test_what_ended_cannot_end_again(province, admin):
    unit = commune(province, "Phường A", valid_to=today())

    with pytest.raises(Refused, match="closed already"):
        services.close_unit(unit, on=today(), by=admin, reason="-")


def test_a_unit_cannot_be_merged_into_itself(province, admin):
    unit = commune(province, "Phường A")

    with pytest.raises(Refused, match="cannot be merged into itself"):
        services.merge_units([unit], into=unit, on=today(), by=admin, reason="-")
    assert Unit.objects.get(pk=unit.pk).valid_to is None


@pytest.mark.django_db(transaction=True)
def test_a_unit_that_moves_while_it_is_renamed_stays_where_it_moved(province):
    unit, to = factories.UnitFactory(parent=province), factories.ProvinceFactory()
    admin = factories.person(Role.ADMINISTRATOR, factories.ministry())
    moved = Unit.objects.get(pk=unit.pk)
    moved.parent = to
    words = {"name": "Công an xã X", "place": "Xã X", "code": unit.code}

    overtaken(
        lambda: services.rename_unit(unit, **words, on=today(), by=admin, reason="QĐ 12"),
        by=moved.save,
    )

    row = Unit.objects.get(pk=unit.pk)
    assert (row.name, row.parent, row.path) == ("Công an xã X", to, f"{to.path}{unit.key}/")
