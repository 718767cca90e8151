"""Notices of a kit: to each who is concerned, once, also where a run dies half-way."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from campaigns.kits import announcing, issuing
from campaigns.kits.models import Adoption, Kit, KitVersion
from tests import factories
from units.services import merge_units

pytestmark = pytest.mark.django_db
TO_COMMUNES = {"all_below": False, "for_levels": ["commune"]}


@pytest.fixture
def province():
    return factories.ProvinceFactory()


def issued(unit, **fields) -> Kit:
    """Make a kit of which nobody has heard yet."""
    kit = factories.kit(unit, state="issued", **fields)
    KitVersion.objects.filter(pk=kit.current.pk).update(announced_at=None)
    return Kit.objects.select_related("current").get(pk=kit.pk)


def told(kind) -> list[int]:
    return sorted(Notice.objects.filter(kind=kind).values_list("user", flat=True))


def keys(people) -> list[int]:
    return sorted(person.pk for person in people)


def test_a_run_that_dies_is_continued_where_it_stopped(province, monkeypatch):
    monkeypatch.setattr(announcing, "BATCH", 2)
    units = [factories.UnitFactory(parent=province) for _number in range(5)]
    officers = [factories.person(Role.OFFICER, unit) for unit in units]
    issued(province)
    notify, calls = announcing.notify, []

    def die_in_the_second_batch(*args, **facts):
        calls.append(args)
        if len(calls) == 2:
            raise ConnectionError
        notify(*args, **facts)

    monkeypatch.setattr(announcing, "notify", die_in_the_second_batch)
    with pytest.raises(ConnectionError):
        announcing.announce_kits()
    assert len(told("kit_issued")) == 2

    announcing.announce_kits()
    announcing.announce_kits()

    assert told("kit_issued") == keys(officers)
    assert not KitVersion.objects.filter(announced_at=None).exists()


def test_those_who_write_in_units_of_the_audience_hear_and_nobody_else(province):
    ward = factories.UnitFactory(parent=province, kind="phường")
    village = factories.UnitFactory(parent=province, kind="xã")
    closed = factories.UnitFactory(
        parent=province, kind="phường", valid_to=timezone.localdate() - timedelta(days=1)
    )
    officers = [factories.person(Role.OFFICER, unit) for unit in (ward, village, closed)]
    chief = factories.person(Role.APPROVER, ward)
    factories.person(Role.SUPERVISOR, ward)
    factories.person(Role.OFFICER, ward, is_active=False)
    issued(province, all_below=False, for_kinds=["phường"])

    announcing.announce_kits()

    assert told("kit_issued") == keys([officers[0], chief])


def test_a_kit_by_way_of_provinces_is_heard_of_below_once_it_is_passed_on(province):
    other = factories.ProvinceFactory()
    places = {parent: factories.UnitFactory(parent=parent) for parent in (province, other)}
    officers = {place: factories.person(Role.OFFICER, unit) for place, unit in places.items()}
    leaders = {place: factories.person(Role.OVERSEER, place) for place in places}
    kit = issued(factories.ministry(), **TO_COMMUNES, by_provinces=True)

    announcing.announce_kits()
    assert told("kit_to_pass_on") == keys(leaders.values())
    assert told("kit_issued") == []

    issuing.pass_on(kit, unit=province, by=leaders[province])
    announcing.announce_kits()
    assert told("kit_issued") == [officers[province].pk]

    # The next version reaches those alone to whom the kit was passed on.
    newer = issuing.begin_new_version(kit, by=factories.person(Role.OVERSEER, kit.unit))
    KitVersion.objects.filter(pk=kit.current_id).update(state="replaced")
    KitVersion.objects.filter(pk=newer.pk).update(
        state="issued",
        approved_by=factories.UserFactory(),
        approved_at=timezone.now(),
        issued_at=timezone.now(),
        content_sha256="0" * 64,
    )
    announcing.announce_kits()
    assert told("kit_changed") == [officers[province].pk]


def test_a_withdrawal_is_told_to_those_who_took_the_kit_up(province):
    adopter, declined, idle = (factories.UnitFactory(parent=province) for _number in range(3))
    officers = [factories.person(Role.OFFICER, unit) for unit in (adopter, declined, idle)]
    kit = factories.kit(province, state="issued")
    now = timezone.now()
    Adoption.objects.create(kit=kit, version=kit.current, unit=adopter, adopted_at=now)
    Adoption.objects.create(
        kit=kit,
        version=kit.current,
        unit=declined,
        declined_at=now,
        reason="other",
        by=officers[1],
    )
    leader = factories.person(Role.OVERSEER, province)

    issuing.withdraw_kit(kit, by=leader, reason="Sai số", take_down=False)
    announcing.announce_kits()
    announcing.announce_kits()

    assert told("kit_withdrawn") == [officers[0].pk]


def test_a_kit_that_is_withdrawn_before_anybody_heard_of_it_is_announced_to_nobody(province):
    factories.person(Role.OFFICER, factories.UnitFactory(parent=province))
    kit = issued(province)
    leader = factories.person(Role.OVERSEER, province)

    issuing.withdraw_kit(kit, by=leader, reason="Sai số", take_down=False)
    announcing.announce_kits()

    assert not Notice.objects.filter(kind__startswith="kit_").exists()


def test_a_unit_that_is_merged_before_it_heard_leaves_it_to_its_successor(province):
    old, new = (factories.UnitFactory(parent=province) for _number in range(2))
    officer = factories.person(Role.OFFICER, old)
    issued(province)
    administrator = factories.person(Role.ADMINISTRATOR, province)

    merge_units([old], into=new, on=timezone.localdate(), by=administrator, reason="Nghị quyết")
    announcing.announce_kits()

    assert told("kit_issued") == [officer.pk]  # in the post that moved with them
