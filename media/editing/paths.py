"""Places of a video that somebody marked by hand, and how each moves between two marks.

Between two marks a place moves evenly, which is a guess. Where the scanners saw something near it,
the place goes there; else the person is asked about some frames between, until one of them was
right.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from media.editing.picture_edits import Box

SURE = 1.0  # seconds between two marks in which nothing goes far
LONG = 3.0  # seconds, about which more than one frame is asked
FRAMES = 3
MOST_ASKED = 12  # frames at once
Found = tuple[int, int, int, int, float, float]  # x, y, width, height, from and to second


class Kind(StrEnum):
    """Say where a mark comes from."""

    DRAWN = "drawn"  # by the person
    FOUND = "found"  # by the scanners, near the way between two marks
    ASKED = "asked"  # guessed: the person has to look
    RIGHT = "right"  # guessed, and the person said yes
    MOVED = "moved"  # guessed wrongly, and put right by the person


class Mark(NamedTuple):
    """Say where a place is from one second to another."""

    start: float
    end: float
    box: Box
    kind: Kind = Kind.DRAWN


def interpolate_box(one: Mark, other: Mark, second: float) -> Box:
    """Return where a place is on its even way, as ``marked_areas`` of the video's program does."""
    share = (second - one.end) / (other.start - one.end)
    x, y, width, height = (
        round(a + share * (b - a)) for a, b in zip(one.box, other.box, strict=True)
    )
    return x, y, width, height


def complete_marks(marks: Sequence[Mark], seen: Sequence[Found]) -> list[Mark]:
    """Return the marks of one place, in order, with those between them that the scanners know or
    the person has to be asked about.
    """
    ordered = sorted(marks)
    all_marks = list(ordered)
    for one, other in pairwise(ordered):
        if _is_unsure(one, other):
            all_marks += _guess_marks(one, other, seen)
    return sorted(all_marks)


def _is_unsure(one: Mark, other: Mark) -> bool:
    """Check whether nobody knows where the place is between two marks. A guess that was right
    speaks for its neighbourhood, one that was wrong against it.
    """
    kinds = {one.kind, other.kind}
    if other.start - one.end <= SURE or Kind.ASKED in kinds:
        return False
    return Kind.MOVED in kinds or not kinds & {Kind.RIGHT, Kind.FOUND}


def _guess_marks(one: Mark, other: Mark, findings: Sequence[Found]) -> Iterator[Mark]:
    length = other.start - one.end
    frames = FRAMES if length > LONG else 1
    for number in range(1, frames + 1):
        second = round(one.end + length * number / (frames + 1), 2)
        box = interpolate_box(one, other, second)
        seen = next((finding for finding in findings if _is_seen(finding, box, second)), None)
        kind = Kind.FOUND if seen else Kind.ASKED
        yield Mark(second, second, _bounding_box(box, seen[:4]) if seen else box, kind)


def _is_seen(detection: Found, box: Box, second: float) -> bool:
    """Check whether the scanners saw something at this second that touches the box."""
    x, y, width, height, start, end = detection
    across = x < box[0] + box[2] and box[0] < x + width
    down = y < box[1] + box[3] and box[1] < y + height
    return start <= second <= end and across and down


def _bounding_box(one: Box, other: Box) -> Box:
    left, top = min(one[0], other[0]), min(one[1], other[1])
    right = max(one[0] + one[2], other[0] + other[2])
    bottom = max(one[1] + one[3], other[1] + other[3])
    return left, top, right - left, bottom - top
