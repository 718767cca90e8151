"""No function takes a time that grows faster than what somebody sends it.

Each is given its worst inputs of twice its bound, and of a tenth: processor time of this process,
as a ratio. What grows with the length takes twenty times as long for twenty times the length, what
grows with the square four hundred times.
"""

import re
import time
from pathlib import Path

import pytest

from tests.architecture.worst_inputs import READINGS, Reading, inputs

ROOT = Path(__file__).resolve().parents[2]
LONGER = 20
# Beyond what twenty short inputs take together: of a linear function 1, of a quadratic one 20.
MOST = 4
# Seconds: a clock that others disturb tells nothing of less.
LEAST = 0.005


def seconds_of(reading: Reading, text: str, *, times: int) -> float:
    """Return the least of several measurements of the processor time for ``text``."""
    measured = []
    for _ in range(times):
        began = time.thread_time()
        reading.call(reading.whole(text))
        measured.append(time.thread_time() - began)
    return min(measured)


def growth(reading: Reading, long: str, short: str, *, times: int) -> float:
    """Return how much longer the long input takes than as many letters in short ones."""
    taken = seconds_of(reading, long, times=times)
    return taken / max(LONGER * seconds_of(reading, short, times=2 * times), LEAST)


def offences(reading: Reading) -> dict[str, float]:
    """Return the pieces whose repetition takes too long, each measured again before it counts."""
    found = {}
    pairs = zip(
        inputs(reading, 2 * reading.bound), inputs(reading, reading.bound // 10), strict=True
    )
    for (piece, long), (_piece, short) in pairs:
        ratio = growth(reading, long, short, times=1)
        if ratio > MOST and (ratio := growth(reading, long, short, times=4)) > MOST:
            found[piece] = round(ratio, 1)
    return found


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: reading.name)
def test_a_function_takes_time_in_proportion_to_its_worst_inputs(reading):
    assert offences(reading) == {}


def test_what_grows_with_the_square_is_seen():
    """The measure itself: a pattern that starts again from each letter."""
    slow = Reading("slow", 10_000, re.compile(r"a*b").search, ["a"])
    fast = Reading("fast", 10_000, re.compile(r"b").search, ["a"])

    assert offences(slow).keys() == {"a"}
    assert offences(fast) == {}


def test_the_document_of_limits_lists_each_function_with_its_bound():
    rows = re.findall(
        r"^\| `([\w.]+)` \| ([\d,]+) \|", (ROOT / "docs/limits.md").read_text(), re.MULTILINE
    )

    assert {name: int(bound.replace(",", "")) for name, bound in rows} == {
        reading.name: reading.bound for reading in READINGS
    }
