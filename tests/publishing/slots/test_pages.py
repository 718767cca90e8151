from datetime import time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from publishing.models import Slot, SlotSuggestion
from publishing.slots.presenters import days_in_words
from publishing.states import State
from tests import factories
from tests.publishing.slots.conftest import slot

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(client, officer):
    client.force_login(officer)
    return client


def test_a_time_is_added_and_removed_by_forms_alone(signed_in, page):
    data = {"at": "19h30", "weekdays": ["0", "4"], "channels": [page.public_id]}
    added = signed_in.post(reverse("publishing:slots"), data, follow=True)
    assert "2 slots are added." in added.content.decode()
    shown = signed_in.get(reverse("publishing:slots"))
    ((_channel, (weekly,)),) = shown.context["channels"]
    assert (weekly.at, weekly.days) == (time(19, 30), "Monday, Friday")

    chosen = {"chosen": [row.public_id for row in weekly.rows]}
    signed_in.post(reverse("publishing:slot_remove"), chosen)

    assert Slot.objects.count() == 0


@pytest.mark.parametrize(
    ("field", "value"), [("at", "25:00"), ("at", ""), ("weekdays", "9"), ("weekdays", "")]
)
def test_a_wrong_field_is_named_and_what_was_typed_stays(signed_in, page, field, value):
    data = {"at": "19:30", "weekdays": ["0"], "channels": [page.public_id], field: value}
    answer = signed_in.post(reverse("publishing:slots"), data)

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert Slot.objects.count() == 0


def test_another_units_slot_cannot_be_removed(signed_in, page):
    foreign = slot(factories.ChannelFactory(), 0, 19)

    signed_in.post(reverse("publishing:slot_remove"), {"chosen": [foreign.public_id]})

    assert Slot.objects.get() == foreign


def test_a_unit_without_channels_is_led_to_connect_one(client, unit):
    SlotSuggestion.objects.create(unit=unit.parent, weekday=0, at=time(19, 30))
    for role, leads in [(Role.OFFICER, False), (Role.APPROVER, True)]:
        client.force_login(factories.person(role, unit))
        shown = client.get(reverse("publishing:slots")).content.decode()
        main = shown[shown.index("<main") : shown.index("</main>")]
        assert "Slots belong to channels" in main
        assert "Your unit has all of them." not in main
        assert (f'href="{reverse("channels:platforms")}"' in main) is leads


def test_one_tap_takes_over_what_the_province_suggests(signed_in, unit, page):
    SlotSuggestion.objects.create(unit=unit.parent, weekday=0, at=time(19, 30))
    shown = signed_in.get(reverse("publishing:slots"))
    assert "Take over 1 slot" in shown.content.decode()

    signed_in.post(reverse("publishing:slots_follow"))

    assert Slot.objects.get().channel == page
    assert (
        "Your unit has all of them." in signed_in.get(reverse("publishing:slots")).content.decode()
    )


def test_a_province_suggests_and_withdraws(client, unit):
    client.force_login(factories.person(Role.OVERSEER, unit.parent, language="en"))
    data = {"suggest-at": "7:00", "suggest-weekdays": ["0"], "suggest-platform": "zalo"}
    client.post(reverse("publishing:slot_suggest"), data)
    made = SlotSuggestion.objects.get()
    assert (made.unit, made.platform, made.at) == (unit.parent, "zalo", time(7))

    client.post(reverse("publishing:slot_suggestion_remove"), {"chosen": [made.public_id]})

    assert SlotSuggestion.objects.count() == 0


def test_a_supervisor_reads_slots_and_cannot_add(client, unit, page):
    client.force_login(factories.person(Role.SUPERVISOR, unit, language="en"))
    slot(page, 0, 19, 30)

    shown = client.get(reverse("publishing:slots"))
    data = {"at": "19:30", "weekdays": ["1"], "channels": [page.public_id]}

    assert "19:30" in shown.content.decode()
    assert "Add the slot" not in shown.content.decode()
    assert client.post(reverse("publishing:slots"), data).status_code == 403


@pytest.mark.parametrize(
    ("days", "words"),
    [([0, 1, 2, 3, 4], "Monday to Friday"), (range(7), "every day"), ([6, 2], "Wednesday, Sunday")],
)
def test_days_are_said_short(days, words):
    assert days_in_words(days) == words


# --- where a time is chosen -----------------------------------------------------------------------


def in_the_evening():
    """Return tomorrow's 19:30, and the slot of that day is free."""
    return timezone.localtime(timezone.now() + timedelta(days=1)).replace(
        hour=19, minute=30, second=0, microsecond=0
    )


def test_the_schedule_offers_the_next_free_slot_and_its_link_fills_it_in(signed_in, unit, page):
    at = in_the_evening()
    slot(page, at.weekday(), 19, 30)
    post = factories.approved(unit=unit, channels=[page])
    address = reverse("publishing:schedule", args=[post.public_id])

    chip, *_usual = signed_in.get(address).context["chips"]
    filled = signed_in.get(address, {"at": chip.value})

    assert filled.context["form"].initial["due_at"] == at
    assert f"{at:%Y-%m-%dT%H:%M}" in filled.content.decode()
    assert "Will be published at" in filled.context["will"]


def test_each_channels_own_slot_is_filled_in_by_one_link(signed_in, unit, page):
    zalo = factories.ChannelFactory(unit=unit, platform="zalo")
    at = in_the_evening()
    slot(page, at.weekday(), 19, 30)
    slot(zalo, (at + timedelta(days=1)).weekday(), 7)
    post = factories.approved(unit=unit, channels=[page, zalo])
    address = reverse("publishing:schedule", args=[post.public_id])

    assert [chip.value for chip in signed_in.get(address).context["chips"]][-1] == "own"
    shown = signed_in.get(address, {"at": "own"})

    assert shown.context["form"].initial_times()[page] == at
    assert "Will be published on 2 channels" in shown.context["will"]


@pytest.mark.parametrize(
    "at", ["x", "2026-99-01T10:00", "0001-01-01T00:00", "2020-01-01T10:00", "own"]
)
def test_a_time_in_the_address_that_is_none_fills_in_nothing(signed_in, unit, page, at):
    post = factories.approved(unit=unit, channels=[page])

    shown = signed_in.get(reverse("publishing:schedule", args=[post.public_id]), {"at": at})

    assert (shown.status_code, shown.context["form"].initial["due_at"]) == (200, None)


def test_the_schedule_says_what_goes_out_within_some_minutes(signed_in, unit, page):
    at = in_the_evening()
    beside = factories.approved(unit=unit, channels=[page])
    factories.delivery(beside, page, due_at=at + timedelta(minutes=10))
    post = factories.approved(unit=unit, channels=[page])
    address = reverse("publishing:schedule", args=[post.public_id])

    shown = signed_in.get(address, {"at": f"{at:%Y-%m-%dT%H:%M}"})

    (hint,) = shown.context["hints"]
    assert hint.startswith(f"Close by: “{beside}” goes out on")


def test_a_neighbour_on_several_channels_is_one_sentence_after_the_result(signed_in, unit, page):
    at, zalo = in_the_evening(), factories.ChannelFactory(unit=unit, platform="zalo")
    beside = factories.approved(unit=unit, channels=[page, zalo])
    for channel in (page, zalo):
        factories.delivery(beside, channel, due_at=at + timedelta(minutes=10))
    post = factories.approved(unit=unit, channels=[page, zalo])
    data = {"channels": [page.public_id, zalo.public_id], "due_at": f"{at:%Y-%m-%dT%H:%M}"}

    shown = signed_in.post(reverse("publishing:schedule", args=[post.public_id]), data, follow=True)

    said = [str(message) for message in shown.context["messages"]]
    (words,) = said
    assert words.startswith(f"Close by: “{beside}” goes out on 2 of these channels at ")


def test_what_goes_out_now_is_not_followed_by_hints_at_its_neighbours(signed_in, unit, page):
    """They covered the result, when it was too late for another time."""
    beside = factories.approved(unit=unit, channels=[page])
    factories.delivery(beside, page, due_at=timezone.now() + timedelta(minutes=10))
    post = factories.approved(unit=unit, channels=[page])
    data = {"channels": [page.public_id], "now": "1"}

    shown = signed_in.post(reverse("publishing:schedule", args=[post.public_id]), data, follow=True)

    assert post.deliveries.count() == 1
    assert [str(m) for m in shown.context["messages"] if "Close by" in str(m)] == []


def test_an_older_notice_leads_to_a_published_post_without_an_error(signed_in, unit, page):
    post = factories.approved(unit=unit, channels=[page])
    receipt = {"remote_id": "1_1", "published_at": timezone.now()}
    factories.delivery(post, page, state=State.PUBLISHED, **receipt)

    shown = signed_in.get(reverse("publishing:schedule", args=[post.public_id]), follow=True)

    assert shown.request["PATH_INFO"] == reverse("publishing:post", args=[post.public_id])
    assert [*shown.context["messages"]] == []


def test_a_time_is_moved_by_a_day_by_one_tap(signed_in, unit, page):
    at = in_the_evening()
    post = factories.approved(unit=unit, channels=[page])
    factories.delivery(post, page, due_at=at)
    address = reverse("publishing:move_all", args=[post.public_id])

    day, week = signed_in.get(address).context["chips"]
    chosen = signed_in.get(address, {"at": day.value}).context["form"].initial["due_at"]

    assert (chosen, week.times["due_at"]) == (at + timedelta(days=1), at + timedelta(days=7))


def test_tomorrow_morning_is_offered_beside_the_slots(signed_in, unit, page):
    post = factories.approved(unit=unit, channels=[page])

    chips = signed_in.get(reverse("publishing:schedule", args=[post.public_id])).context["chips"]

    assert "07:00 tomorrow" in [chip.label for chip in chips]
