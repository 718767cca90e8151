from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.permissions import Role
from publishing import states
from publishing.deliveries.transitions import TransitionRefused, change_reasons, move, move_many
from publishing.models import Delivery
from publishing.scheduling.scheduling import cancel
from publishing.states import (
    BROADCAST_NEXT,
    BROADCAST_REASONS,
    CALENDAR_FILTERS,
    ENDED,
    NEXT,
    REASONS,
    BroadcastReason,
    BroadcastState,
    Reason,
    State,
)
from tests import factories

pytestmark = pytest.mark.django_db

PUBLISHED = {
    "remote_id": "1",
    "published_at": datetime(2026, 1, 5, tzinfo=UTC),  # any clock
}
SETS: dict[State, str] = {
    State.SCHEDULED: "CANCELLABLE EXPECTED GOING_OUT LATE_AFTER_ITS_HOUR MAY_BE_IN_TROUBLE MOVABLE "
    "OPEN PAUSABLE PLANNED_IN_A_COPY READABLE TO_PULL_BACK WAITING",
    State.CLAIMED: "CANCELLABLE UNKNOWN_AFTER_RESTORE EXPECTED GOING_OUT IN_HAND IN_PREPARATION"
    " LATE_AFTER_ITS_HOUR MAY_BE_FETCHED MOVING OPEN PAUSABLE READABLE",
    State.STAGED: "CANCELLABLE UNKNOWN_AFTER_RESTORE EXPECTED GOING_OUT IN_HAND IN_PREPARATION"
    " LATE_AFTER_ITS_HOUR MAY_BE_FETCHED MOVING ON_THE_PLATFORM OPEN PAUSABLE READABLE",
    State.COMMITTING: "UNKNOWN_AFTER_RESTORE EXPECTED GOING_OUT IN_HAND LATE_AFTER_ITS_HOUR"
    " MAY_BE_FETCHED MAY_BE_VISIBLE MOVING OPEN READABLE RECALLABLE",
    State.PROCESSING: "ASKED_ABOUT EXPECTED GOING_OUT HAS_UNTIL_THE_DEADLINE MAY_BE_FETCHED"
    " MAY_BE_VISIBLE MOVING OPEN READABLE RECALLABLE UNDECIDED",
    State.VERIFYING: "ASKED_ABOUT UNKNOWN_AFTER_RESTORE EXPECTED GOING_OUT MAY_BE_FETCHED"
    " MAY_BE_VISIBLE MOVING OPEN READABLE RECALLABLE RECALL_PENDING",
    State.NEEDS_PERSON: "MAY_BE_IN_TROUBLE MAY_BE_VISIBLE OPEN READABLE RECALLABLE UNDECIDED",
    State.MANUAL: (
        "CANCELLABLE EXPECTED HAS_UNTIL_THE_DEADLINE LATE_AFTER_ITS_HOUR OPEN READABLE WAITING"
    ),
    State.PUBLISHED: (
        "CONCLUDED MAY_BE_FETCHED ON_THE_PLATFORM OVER READABLE RECALLABLE TO_PULL_BACK"
    ),
    State.RECALLING: "MAY_BE_IN_TROUBLE MOVING OPEN OVER RECALL_PENDING STOPPED TAKEN_DOWN",
    State.RECALLED: "CONCLUDED ENDED OVER TAKEN_DOWN",
    State.FAILED: "CONCLUDED ENDED ENDED_UNPUBLISHED MAY_BE_IN_TROUBLE MISSED OVER",
    State.EXPIRED: "CONCLUDED ENDED ENDED_UNPUBLISHED MAY_BE_IN_TROUBLE MISSED OVER",
    State.CANCELLED: "CONCLUDED ENDED ENDED_UNPUBLISHED OVER STOPPED",
}
BROADCAST_SETS: dict[BroadcastState, str] = {
    BroadcastState.PLANNED: "BROADCAST_CANCELLABLE BROADCAST_OPEN",
    BroadcastState.CONFIRMED: "BROADCAST_CANCELLABLE BROADCAST_GOING_OUT BROADCAST_OPEN",
    BroadcastState.SENDING: "BROADCAST_GOING_OUT BROADCAST_OPEN MAY_HAVE_BEEN_SENT",
    BroadcastState.UNKNOWN: "BROADCAST_OPEN BROADCAST_OVER MAY_HAVE_BEEN_SENT",
    BroadcastState.SENT: "BROADCAST_OVER MAY_HAVE_BEEN_SENT",
    BroadcastState.FAILED: "BROADCAST_OVER NEVER_SENT",
    BroadcastState.CANCELLED: "BROADCAST_OVER NEVER_SENT",
}


@pytest.mark.parametrize(("kind", "table"), [(State, SETS), (BroadcastState, BROADCAST_SETS)])
def test_each_state_is_in_exactly_the_sets_whose_question_it_answers_with_yes(kind, table):
    sets = {
        name: found
        for name, found in vars(states).items()
        if isinstance(found, frozenset) and all(isinstance(state, kind) for state in found)
    }
    found = {state: {name for name in sets if state in sets[name]} for state in kind}
    assert found == {state: set(table[state].split()) for state in kind}


def test_each_state_is_under_exactly_one_filter_of_the_calendar():
    shown = [state for found in CALENDAR_FILTERS.values() for state in found]
    assert sorted(shown) == sorted(State)


def test_the_table_names_every_state_and_ended_states_lead_nowhere():
    assert set(NEXT) == set(State)
    assert {s for s in State if not NEXT[s]} == ENDED
    assert set(BROADCAST_NEXT) == set(BroadcastState)


@pytest.mark.parametrize("was", list(State))
def test_only_the_steps_of_the_table_are_taken(was):
    delivery = factories.delivery()
    row = Delivery.objects.filter(pk=delivery.pk)
    before = {**factories.in_state(was), "lease_until": timezone.now()}
    if was == State.PUBLISHED:
        before |= PUBLISHED

    for to in State:
        row.update(**before)
        delivery.refresh_from_db()
        facts = PUBLISHED if to == State.PUBLISHED else {"remote_id": ""}
        fields = {**facts, "error_code": min(REASONS[to])}
        if to in NEXT[was]:
            move(delivery, to, **fields)
            assert delivery.state == to
        else:
            with pytest.raises(TransitionRefused):
                move(delivery, to, **fields)
            delivery.refresh_from_db()
            assert delivery.state == was


@pytest.mark.parametrize("state", list(State))
def test_a_state_bears_the_reasons_of_the_table_alone(state):
    row = Delivery.objects.filter(pk=factories.delivery().pk)
    facts = {"lease_until": timezone.now()}
    if state == State.PUBLISHED:
        facts |= PUBLISHED

    for reason in Reason:
        if reason in REASONS[state]:
            row.update(state=state, error_code=reason, **facts)
        else:
            refused = pytest.raises(IntegrityError, match="delivery_bears_its_reason")
            with refused, transaction.atomic():
                row.update(state=state, error_code=reason, **facts)


@pytest.mark.parametrize(
    "step",
    [
        lambda row, **fields: move(row, State.CANCELLED, **fields),
        lambda row, **fields: move_many([row], State.CANCELLED, now=timezone.now(), **fields),
        lambda row, **fields: move_many(
            [row], State.CANCELLED, now=timezone.now(), values_by_pk={row.pk: fields}
        ),
        lambda row, **fields: change_reasons([row], State.SCHEDULED, values_by_pk={row.pk: fields}),
    ],
    ids=["one", "many", "each", "no step"],
)
def test_no_step_is_taken_for_a_reason_that_its_state_may_not_bear(step):
    delivery = factories.delivery(error_code=Reason.LATER)

    with pytest.raises(TransitionRefused):
        step(delivery, error_code=Reason.REFUSED)

    delivery.refresh_from_db()
    assert (delivery.state, delivery.error_code) == (State.SCHEDULED, Reason.LATER)


def test_a_reason_that_a_step_does_not_name_goes_along_and_is_checked_too():
    delivery = factories.delivery(error_code=Reason.LATER)

    for step in (move, lambda row, to: move_many([row], to, now=timezone.now())):
        with pytest.raises(TransitionRefused):
            step(delivery, State.CANCELLED)


def test_cancelling_leaves_the_reason_of_the_last_try_behind():
    delivery = factories.delivery(error_code=Reason.LATER)

    cancel(delivery, by=factories.person(Role.OFFICER, delivery.unit))

    assert (delivery.state, delivery.error_code) == (State.CANCELLED, Reason.NONE)


def test_every_reason_belongs_to_a_state():
    assert set().union(*REASONS.values()) == set(Reason)
    assert set(REASONS) == set(State)
    assert set().union(*BROADCAST_REASONS.values()) == set(BroadcastReason)
    assert set(BROADCAST_REASONS) == set(BroadcastState)


def test_a_row_that_somebody_moved_first_is_left_alone():
    stale = factories.delivery()
    move(Delivery.objects.get(pk=stale.pk), State.CANCELLED)
    with pytest.raises(TransitionRefused):
        move(stale, State.CLAIMED, lease_until=timezone.now())
    assert (
        move_many([stale], State.CLAIMED, now=timezone.now(), lease_until=timezone.now()) == set()
    )
    assert Delivery.objects.get(pk=stale.pk).state == State.CANCELLED


@pytest.mark.parametrize(
    "facts",
    [
        {"state": State.PUBLISHED},
        {"state": State.CLAIMED, "lease_until": None},
        {"state": State.CANCELLED, "receipt_source": "seen"},
        {"state": State.CANCELLED, "remote_id": "12"},
        {"receipt_source": "posted", "remote_id": "12"},
    ],
)
def test_the_database_itself_refuses_dishonest_states(facts):
    delivery = factories.delivery()
    with pytest.raises(IntegrityError), transaction.atomic():
        Delivery.objects.filter(pk=delivery.pk).update(**facts)


def test_a_post_has_one_live_delivery_a_channel():
    delivery = factories.delivery()
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.delivery(delivery.post, delivery.channel)
    move(delivery, State.CANCELLED)
    factories.delivery(delivery.post, delivery.channel)
