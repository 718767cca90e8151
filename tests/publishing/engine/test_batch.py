"""The batch of a run: each claimed delivery is in one of its four sets, whatever is done with
it.
"""

import itertools
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from publishing.engine.batch import Batch, ClaimedDelivery, restored_on_failure
from publishing.states import State

NOW = timezone.now()
SETS = ("staging", "waiting", "ready", "in_flight")
TAKE_IN = {"stage": (), "wait_for_step": (0.0,), "make_ready": ()}


def claimed(pk=1, *, fire_in=0, prepare_at=None):
    fire_at = NOW + timedelta(seconds=fire_in)
    return ClaimedDelivery(
        pk,
        uuid.uuid4(),
        "bca/",
        1,
        1,
        State.CLAIMED,
        fire_at,
        NOW + timedelta(hours=2),
        "",
        False,
        prepare_at,
        0,
    )


def places(batch):
    return {name: list(getattr(batch, name)) for name in SETS if getattr(batch, name)}


def test_a_video_goes_from_one_set_to_the_next_and_is_never_in_two():
    batch, video = Batch(), claimed(prepare_at=NOW)
    found = []
    for move in (
        lambda: batch.wait_for_step(video, 0.0),
        lambda: batch.stage(video),
        lambda: batch.take_answered(video.pk),
        lambda: batch.wait_for_step(video, 5.0),
        lambda: batch.stage(video),
        lambda: batch.take_answered(video.pk),
        lambda: batch.make_ready(video),
        lambda: batch.begin(video.pk),
        lambda: batch.take_answered(video.pk),
    ):
        move()
        found.append((places(batch), len(batch), video.pk in batch))

    assert found == [
        ({"waiting": [1]}, 1, True),
        ({"staging": [1]}, 1, True),
        ({}, 0, False),
        ({"waiting": [1]}, 1, True),
        ({"staging": [1]}, 1, True),
        ({}, 0, False),
        ({"ready": [1]}, 1, True),
        ({"in_flight": [1]}, 1, True),
        ({}, 0, False),
    ]


@pytest.mark.parametrize(
    ("name", "take_in"),
    # A step is taken of what waits for it: the one way that leads into a set from another.
    [pair for pair in itertools.product(SETS, TAKE_IN) if pair != ("waiting", "stage")],
)
def test_what_is_in_one_set_is_not_taken_into_another(name, take_in):
    batch = Batch()
    getattr(batch, name)[1] = claimed()

    with pytest.raises(AssertionError, match="is in two sets"):
        getattr(batch, take_in)(claimed(), *TAKE_IN[take_in])


def test_the_answer_says_whether_the_call_made_a_draft_or_the_post():
    batch, first, second = Batch(), claimed(1), claimed(2)
    batch.stage(first)
    batch.make_ready(second)
    batch.begin(second.pk)

    assert (batch.called(1), batch.called(2)) == (first, second)
    assert (batch.take_answered(1), batch.take_answered(2)) == ((first, True), (second, False))


def test_of_the_steps_that_may_be_taken_the_one_that_is_due_first_comes_first():
    batch = Batch()
    later, soon, not_yet = claimed(1, fire_in=60), claimed(2, fire_in=30), claimed(3)
    for delivery, at in ((later, 1.0), (soon, 2.0), (not_yet, 9.0)):
        batch.wait_for_step(delivery, at)

    assert batch.due_steps(5.0) == [soon, later]


def test_uploads_are_counted_while_they_move_and_while_they_wait():
    batch = Batch()
    batch.stage(claimed(1, prepare_at=NOW))
    batch.wait_for_step(claimed(2, prepare_at=NOW), 0.0)
    batch.stage(claimed(3))
    batch.make_ready(claimed(4, prepare_at=NOW))

    assert (batch.uploading, batch.uploads) == (1, 2)


def test_a_delivery_in_memory_is_as_it_was_when_its_write_failed():
    delivery = claimed()

    def write():
        with restored_on_failure([delivery]):
            delivery.state, delivery.attempt = State.STAGED, 9
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write()

    assert (delivery.state, delivery.attempt) == (State.CLAIMED, 1)
