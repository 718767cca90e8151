"""Slots are kept by users who may schedule; a province suggests, and its units decide."""

from datetime import time

import pytest

from accounts.permissions import Role
from audit.models import Entry
from core.errors import NotAllowed, Refused
from publishing.models import Slot, SlotSuggestion
from publishing.slots import slot_changes
from tests import factories
from tests.publishing.slots.conftest import slot

pytestmark = pytest.mark.django_db
EVENING = time(19, 30)


@pytest.fixture
def overseer(unit):
    return factories.person(Role.OVERSEER, unit.parent)


def times(unit):
    return list(
        Slot.objects.filter(unit=unit)
        .order_by("channel__platform", "at", "weekday")
        .values_list("channel__platform", "weekday", "at")
    )


def test_an_officer_adds_a_time_to_several_channels_and_days_at_once(unit, page, officer):
    zalo = factories.ChannelFactory(unit=unit, platform="zalo")

    n = slot_changes.add_slots(unit, by=officer, channels=[page, zalo], weekdays=[0, 3], at=EVENING)

    assert n == 4
    assert times(unit) == [(kind, day, EVENING) for kind in ("facebook", "zalo") for day in (0, 3)]
    entries = Entry.objects.filter(action="slot.added")
    assert sorted(entry.data["weekday"] for entry in entries) == [0, 0, 3, 3]


def test_a_slot_that_is_there_is_not_added_twice(unit, page, officer):
    slot(page, 0, 19, 30)

    n = slot_changes.add_slots(unit, by=officer, channels=[page], weekdays=[0, 1], at=EVENING)

    assert (n, len(times(unit))) == (1, 2)


def test_nobody_adds_to_another_units_channel(unit, officer):
    other = factories.ChannelFactory()

    with pytest.raises(Refused):
        slot_changes.add_slots(unit, by=officer, channels=[other], weekdays=[0], at=EVENING)
    with pytest.raises(NotAllowed):
        slot_changes.add_slots(other.unit, by=officer, channels=[other], weekdays=[0], at=EVENING)
    assert Slot.objects.count() == 0


def test_a_channel_has_so_many_slots_and_no_more(unit, page, officer, monkeypatch):
    monkeypatch.setattr(slot_changes, "MOST_OF_CHANNEL", 2)
    slot_changes.add_slots(unit, by=officer, channels=[page], weekdays=[0, 1], at=EVENING)

    with pytest.raises(Refused):
        slot_changes.add_slots(unit, by=officer, channels=[page], weekdays=[2], at=EVENING)
    assert len(times(unit)) == 2


def test_a_removed_slot_is_on_record(page, officer):
    made = slot(page, 0, 19, 30)

    assert slot_changes.remove_slots([made], by=officer) == 1
    assert slot_changes.remove_slots([made], by=officer) == 0
    assert Entry.objects.filter(action="slot.removed").count() == 1


def test_units_follow_what_the_province_suggests_for_their_platforms(unit, page, officer, overseer):
    factories.ChannelFactory(unit=unit, platform="zalo")
    slot_changes.suggest(unit.parent, by=overseer, platform="", weekdays=[0], at=EVENING)
    slot_changes.suggest(unit.parent, by=overseer, platform="zalo", weekdays=[1], at=time(7))
    slot_changes.suggest(unit.parent, by=overseer, platform="tiktok", weekdays=[2], at=time(8))
    slot(page, 0, 19, 30)

    assert slot_changes.follow_suggestions(unit, by=officer) == 2
    assert times(unit) == [("facebook", 0, EVENING), ("zalo", 1, time(7)), ("zalo", 0, EVENING)]
    assert slot_changes.follow_suggestions(unit, by=officer) == 0


def test_another_provinces_suggestion_reaches_nobody_here(unit, page, officer):
    other = factories.ProvinceFactory()
    by = factories.person(Role.OVERSEER, other)
    slot_changes.suggest(other, by=by, platform="", weekdays=[0], at=EVENING)

    assert slot_changes.follow_suggestions(unit, by=officer) == 0


def test_a_commune_suggests_to_nobody_and_an_officer_for_no_province(unit, officer):
    chief = factories.person(Role.APPROVER, unit)

    with pytest.raises(Refused):
        slot_changes.suggest(unit, by=chief, platform="", weekdays=[0], at=EVENING)
    with pytest.raises(NotAllowed):
        slot_changes.suggest(unit.parent, by=chief, platform="", weekdays=[0], at=EVENING)
    with pytest.raises(NotAllowed):
        slot_changes.suggest(unit.parent, by=officer, platform="", weekdays=[0], at=EVENING)


def test_a_suggestion_that_goes_leaves_what_units_took_over(unit, page, officer, overseer):
    slot_changes.suggest(unit.parent, by=overseer, platform="", weekdays=[0, 1], at=EVENING)
    slot_changes.follow_suggestions(unit, by=officer)

    assert slot_changes.remove_suggestions(SlotSuggestion.objects.all(), by=overseer) == 2
    assert len(times(unit)) == 2
