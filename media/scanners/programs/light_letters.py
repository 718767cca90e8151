"""Turn letters that are lighter than their background into dark ones on white: those of bubbles,
bars and dark screens.
"""

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from media.scanners.programs.pixels import Pixels

_DARK = 170  # of the smallest of the three colours: white and light background is above
_COLOURED, _LEAST_LIGHT = 0.72, 50  # of the largest of the three: paper in a shadow is dark, too
_LEAST_WIDTH, _LEAST_HEIGHT = 0.1, 0.015  # of the picture
_MOST_PARTS = 24
_EVEN, _EVEN_SHARE = 24, 0.5  # so much of a background is nearly of one colour
_LIGHTER = 55  # than their background are letters
_LEAST_INK, _MOST_INK = 0.004, 0.4  # of the part
_WIDEST_STROKE = 0.02  # of the picture
_DOT, _LOWEST_LETTER = 4, 0.4  # in points; of the widest stroke
_LEAST_LETTERS, _LETTERS_OF_ALL = 4, 0.12
_LEAST_FILLED = 0.6  # of a part's frame
_SAME_FRAME = 16  # within so many points, two frames are one
_SIDE = 800  # of the copy in which parts are looked for


def find(pixels: Pixels) -> Iterator[tuple[int, int, np.ndarray]]:
    """Yield for each even background with light letters, from above, where it begins from the left
    and from above, and its letters in black on white.
    """
    stroke = max(15, round(_WIDEST_STROKE * max(pixels.shape[:2])))
    for left, top, wide, high, inside in _find_parts(pixels):
        part = pixels[top : top + high, left : left + wide]
        ink = _ink_of(part, stroke)
        if ink is not None:
            ink[cv2.resize(inside, part.shape[1::-1], interpolation=cv2.INTER_NEAREST) == 0] = 255
            yield left, top, ink


def _find_parts(pixels: Pixels) -> list[tuple[int, int, int, int, np.ndarray]]:
    """Return left, top, width and height of what is dark or coloured throughout, and a smaller mask
    of what lies inside its outline: around a bubble's corners it is light.
    """
    height, width = pixels.shape[:2]
    scale = min(1.0, _SIDE / max(height, width))
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    parts = {}
    for outline in _find_outlines(small):
        left, top, wide, high = frame = cv2.boundingRect(outline)
        if wide < _LEAST_WIDTH * small.shape[1] or high < _LEAST_HEIGHT * small.shape[0]:
            continue
        one, other = cv2.minAreaRect(outline)[1]
        if cv2.contourArea(outline) < _LEAST_FILLED * one * other:
            continue
        inside: Any = np.zeros((high, wide), np.uint8)
        cv2.drawContours(inside, [outline - [left, top]], -1, 255, cv2.FILLED)
        inside = cv2.erode(inside, np.ones((3, 3), np.uint8), borderValue=0)
        parts[tuple(side // _SAME_FRAME for side in frame)] = (
            *(round(side / scale) for side in frame),
            inside,
        )
    largest = sorted(parts.values(), key=lambda part: -part[2] * part[3])[:_MOST_PARTS]
    return sorted(largest, key=lambda part: part[1])


def _find_outlines(small: Pixels) -> Iterator[np.ndarray]:
    least, most = small.min(axis=2), small.max(axis=2)
    dark = least < _DARK
    coloured = (least < _COLOURED * most.astype(np.float32)) & (most > _LEAST_LIGHT)
    for mask in (dark, coloured & dark):
        # What letters leave between them belongs to their background; words on paper stay apart.
        opened = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
        yield from cv2.findContours(opened, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]


def _is_writing(ink: np.ndarray, stroke: int) -> bool:
    """Check that some of the ink is as high as letters: a table's grain is mere dots."""
    _count, _labels, facts, _middles = cv2.connectedComponentsWithStats(ink.astype(np.uint8))
    highs = facts[1:, cv2.CC_STAT_HEIGHT][facts[1:, cv2.CC_STAT_AREA] > _DOT]
    letters = (highs > _LOWEST_LETTER * stroke).sum()
    return bool(letters >= _LEAST_LETTERS and letters >= _LETTERS_OF_ALL * len(highs))


def _ink_of(part: Pixels, stroke: int) -> np.ndarray | None:
    """Return the part's light letters in black on white, by the colour in which they stand out
    most. What is no wider than a ``stroke`` and lighter than what is around it is a letter.
    """
    best: np.ndarray | None = None
    widest = _LIGHTER
    around = np.ones((stroke, stroke), np.uint8)
    for channel in (*cv2.split(part), part.min(axis=2)):
        above = cv2.morphologyEx(channel, cv2.MORPH_TOPHAT, around)
        if (above < _EVEN).mean() < _EVEN_SHARE:
            continue
        light = above > _LIGHTER
        if not _LEAST_INK <= light.mean() <= _MOST_INK:
            continue
        span = int(np.median(above[light]))
        if span > widest:
            best, widest = above, span
    if best is None or not _is_writing(best > widest // 2, stroke):
        return None
    return 255 - np.clip(best.astype(np.int32) * 255 // widest, 0, 255).astype(np.uint8)
