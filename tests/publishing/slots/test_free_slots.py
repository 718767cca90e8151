"""The next free slot of each channel: not where something goes out close by, nor under a pause."""

from datetime import timedelta

import pytest

from posts.queries import free_times
from publishing.slots.context import own_times_chip, time_chips
from publishing.slots.queries import free_slots, free_times_after, next_free_slots
from publishing.states import State
from tests import factories
from tests.publishing.slots.conftest import NOON, slot

pytestmark = pytest.mark.django_db
EVENING = NOON + timedelta(hours=7, minutes=30)


def offered(*channels):
    return [(found.at, list(found.channels)) for found in next_free_slots(channels, now=NOON)]


def test_the_next_weekly_time_after_now_is_free(page):
    slot(page, 0, 7)
    slot(page, 0, 19, 30)

    assert offered(page) == [(EVENING, [page])]


def test_a_time_that_has_passed_today_comes_again_next_week(page):
    slot(page, 0, 7)

    assert offered(page) == [(NOON + timedelta(days=6, hours=19), [page])]


def test_channels_whose_next_slot_is_at_the_same_time_share_it(unit, page):
    zalo = factories.ChannelFactory(unit=unit, platform="zalo")
    slot(page, 0, 19, 30)
    slot(zalo, 0, 19, 30)
    slot(zalo, 1, 7)

    assert offered(page, zalo) == [(EVENING, [page, zalo])]


@pytest.mark.parametrize("state", [State.SCHEDULED, State.PUBLISHED, State.MANUAL])
def test_a_slot_in_which_something_goes_out_within_some_minutes_is_taken(page, state):
    slot(page, 0, 19, 30)
    slot(page, 1, 19, 30)
    post = factories.approved(unit=page.unit, channels=[page])
    fields = {"remote_id": "1_2", "published_at": NOON} if state == State.PUBLISHED else {}
    factories.delivery(post, page, due_at=EVENING + timedelta(minutes=14), state=state, **fields)

    assert offered(page) == [(EVENING + timedelta(days=1), [page])]


@pytest.mark.parametrize("minutes", [-15, 15])
def test_a_post_a_quarter_of_an_hour_away_leaves_the_slot_free(page, minutes):
    slot(page, 0, 19, 30)
    post = factories.approved(unit=page.unit, channels=[page])
    factories.delivery(post, page, due_at=EVENING + timedelta(minutes=minutes))

    assert offered(page) == [(EVENING, [page])]


def test_a_cancelled_post_and_another_page_leave_the_slot_free(unit, page):
    slot(page, 0, 19, 30)
    post = factories.approved(unit=unit, channels=[page])
    factories.delivery(post, page, due_at=EVENING, state=State.CANCELLED)
    other = factories.ChannelFactory(unit=unit, platform="zalo")
    factories.delivery(factories.approved(unit=unit, channels=[other]), other, due_at=EVENING)

    assert offered(page) == [(EVENING, [page])]


@pytest.mark.parametrize("narrow", [False, True])
def test_a_pause_of_the_unit_above_or_of_the_channel_takes_its_slots(unit, page, narrow):
    slot(page, 0, 19, 30)
    slot(page, 1, 19, 30)
    started = EVENING - timedelta(hours=1)
    factories.pause(
        unit if narrow else unit.parent,
        channel=page if narrow else None,
        started_at=started,
        ended_at=EVENING + timedelta(hours=1),
    )

    assert offered(page) == [(EVENING + timedelta(days=1), [page])]


def test_a_pause_of_a_topic_or_of_another_unit_takes_none(unit, page):
    slot(page, 0, 19, 30)
    ends = {"started_at": NOON, "ended_at": NOON + timedelta(days=2)}
    factories.pause(unit, topic=factories.topic(), **ends)
    factories.pause(factories.UnitFactory(parent=unit.parent), **ends)

    assert offered(page) == [(EVENING, [page])]


def test_all_free_slots_of_a_week_are_found_in_as_many_queries_as_one(
    unit, page, django_assert_num_queries
):
    slot(page, 0, 19, 30)
    for weekday in range(1, 7):
        slot(page, weekday, 19, 30)

    with django_assert_num_queries(4):
        found = free_slots([page], start=NOON, end=NOON + timedelta(days=7))

    assert [slot.at for slot in found] == [EVENING + timedelta(days=n) for n in range(7)]


def test_chips_say_when_and_where_and_fill_in_the_common_time(page):
    slot(page, 0, 19, 30)

    (chip,) = time_chips([page], now=NOON)

    assert (chip.where, chip.value, chip.fields_json) == (
        "Facebook",
        "2030-12-02T19:30",
        '{"due_at": "2030-12-02T19:30"}',
    )


def test_each_channel_may_go_out_at_its_own_slot(unit, page):
    zalo = factories.ChannelFactory(unit=unit, platform="zalo")
    slot(page, 0, 19, 30)
    assert own_times_chip([page, zalo], now=NOON) is None
    slot(zalo, 1, 7)

    assert own_times_chip([page, zalo], now=NOON).times == {
        f"at_{page.public_id}": EVENING,
        f"at_{zalo.public_id}": NOON + timedelta(hours=19),
    }


def test_the_composer_learns_of_free_slots_without_knowing_deliveries(page):
    slot(page, 0, 19, 30)

    assert free_times([page], now=NOON) == [(EVENING, (page,))]


# --- Soon after a time that is taken -------------------------------------------------------------


@pytest.fixture
def post(page):
    return factories.approved(unit=page.unit, channels=[page])


def after(post, *channels, at=EVENING):
    found = free_times_after(post, channels, at, now=NOON)
    return [round((time - at).total_seconds() / 60) for time in found]


def test_free_are_the_next_quarters_of_an_hour(post, page):
    assert after(post, page) == [15, 30]


def test_what_goes_out_on_one_of_the_channels_takes_its_time_for_all(unit, post, page):
    zalo = factories.ChannelFactory(unit=unit, platform="zalo")
    other = factories.approved(unit=unit, channels=[zalo])
    factories.delivery(other, zalo, due_at=EVENING + timedelta(minutes=20))

    assert after(post, page, zalo) == [45, 60]
    assert after(post, page) == [15, 30]


def test_the_post_itself_is_in_nobodys_way(post, page):
    factories.delivery(post, page, due_at=EVENING + timedelta(minutes=15))

    assert after(post, page) == [15, 30]


def test_a_slot_of_all_channels_is_offered_first(unit, post, page):
    zalo = factories.ChannelFactory(unit=unit, platform="zalo")
    slot(page, 0, 20, 30)
    assert after(post, page, zalo) == [15, 30]
    slot(zalo, 0, 20, 30)
    assert after(post, page, zalo) == [15, 60]


@pytest.mark.parametrize("topic", [False, True])
def test_a_closed_time_is_not_offered(post, page, topic):
    factories.pause(
        page.unit,
        topic=post.topic if topic else None,
        is_blackout=True,
        started_at=EVENING,
        ended_at=EVENING + timedelta(minutes=40),
    )
    assert after(post, page) == [45, 60]


def test_nothing_is_offered_past_the_validity_of_the_post(post, page):
    post.valid_until = EVENING + timedelta(minutes=20)

    assert after(post, page) == [15]
