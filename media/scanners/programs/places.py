"""Say where something is in a picture: in ten-thousandths of its width and height."""

import numpy as np

WHOLE = 10_000


def relative_box(
    left: float, top: float, right: float, bottom: float, width: float, height: float
) -> list[int]:
    """Return x, y, width and height of a part of a picture that is so wide and high; at least one
    ten-thousandth, and within it.
    """
    x = _clamp(left / width, WHOLE - 1)
    y = _clamp(top / height, WHOLE - 1)
    return [
        x,
        y,
        max(1, _clamp(right / width, WHOLE) - x),
        max(1, _clamp(bottom / height, WHOLE) - y),
    ]


def relative_box_of_points(points: np.ndarray, width: float, height: float) -> list[int]:
    """Return the same of the smallest part that holds the points."""
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    return relative_box(left, top, right, bottom, width, height)


def _clamp(share: float, most: int) -> int:
    return int(min(max(round(share * WHOLE), 0), most))
