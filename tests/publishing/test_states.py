import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from publishing.models import Delivery
from publishing.services import StepRefused, move, move_many
from publishing.states import ENDED, NEXT, State
from tests import factories

pytestmark = pytest.mark.django_db


def test_the_table_names_every_state_and_ended_states_lead_nowhere():
    assert set(NEXT) == set(State)
    assert {s for s in State if not NEXT[s]} == ENDED


@pytest.mark.parametrize("was", list(State))
@pytest.mark.parametrize("to", list(State))
def test_only_the_steps_of_the_table_are_taken(was, to):
    delivery = factories.delivery()
    facts = {"state": was, "lease_until": timezone.now()}
    if was == State.PUBLISHED:
        facts |= {"remote_id": "1", "published_at": timezone.now()}
    Delivery.objects.filter(pk=delivery.pk).update(**facts)
    delivery.refresh_from_db()
    fields = {"remote_id": "1", "published_at": timezone.now()} if to == State.PUBLISHED else {"remote_id": ""}

    if to in NEXT[was]:
        move(delivery, to, **fields)
        assert delivery.state == to
    else:
        with pytest.raises(StepRefused):
            move(delivery, to, **fields)
        delivery.refresh_from_db()
        assert delivery.state == was


def test_a_row_that_somebody_moved_first_is_left_alone():
    stale = factories.delivery()
    move(Delivery.objects.get(pk=stale.pk), State.CANCELLED)
    with pytest.raises(StepRefused):
        move(stale, State.CLAIMED, lease_until=timezone.now())
    assert move_many([stale], State.CLAIMED, now=timezone.now(), lease_until=timezone.now()) == set()
    assert Delivery.objects.get(pk=stale.pk).state == State.CANCELLED


@pytest.mark.parametrize(
    "facts",
    [
        {"state": State.PUBLISHED},
        {"state": State.CLAIMED, "lease_until": None},
        {"state": State.CANCELLED, "remote_id": "12"},
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
