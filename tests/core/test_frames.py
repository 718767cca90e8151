"""Calls of a request find room in one piece of memory, however deep they lie."""

import resource
import sys

import pytest
from django.core.exceptions import MiddlewareNotUsed

from core.frames import RoomForFrames, is_needed

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


def as_django_calls(get_response):
    """Return what Django calls: the middleware, or what follows it where it is not used."""
    try:
        return RoomForFrames(get_response)
    except MiddlewareNotUsed:
        return get_response


def test_no_depth_of_calls_maps_memory_for_each_of_them():
    assert most_faults(as_django_calls(call_at_depth)) < CALLS / 4


def test_what_is_called_answers_for_itself(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 13, 5, "final", 0))

    assert RoomForFrames(lambda request: f"answer to {request}")("one") == "answer to one"


def test_a_python_that_keeps_a_piece_back_goes_without(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 13, 13, "final", 0))

    with pytest.raises(MiddlewareNotUsed):
        RoomForFrames(call_at_depth)


@pytest.mark.parametrize(
    ("version", "needed"),
    [
        ((3, 13, 5), True),
        ((3, 13, 12), True),
        ((3, 13, 13), False),
        ((3, 14, 3), True),
        ((3, 14, 4), False),
        ((3, 15, 0), False),
    ],
)
def test_the_fixed_versions_are_known(version, needed):
    assert is_needed(version) == needed
