"""Calls of a request find room in one piece of memory, however deep they lie."""

import resource

from core.frames import RoomForFrames

CALLS = 2000


def leaf() -> None:
    """Begin a new piece of memory where the one in use is full."""


def call_at_depth(depth: int) -> None:
    if depth:
        return call_at_depth(depth - 1)
    for _n in range(CALLS):
        leaf()


def most_faults(call) -> int:
    """Return how often memory had to be mapped for the loop, at the depth where it was worst."""
    counted = []
    for depth in range(300):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        call(depth)
        counted.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
    return max(counted)


def test_no_depth_of_calls_maps_memory_for_each_of_them():
    assert most_faults(RoomForFrames(call_at_depth)) < CALLS / 4


def test_what_is_called_answers_for_itself():
    assert RoomForFrames(lambda request: f"answer to {request}")("one") == "answer to one"
