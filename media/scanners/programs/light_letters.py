"""Turn letters that are lighter than their ground into dark ones on white: those of bubbles, bars
and dark screens.
"""

from typing import Any

import cv2
import numpy as np

from media.scanners.programs.pixels import Pixels

_DARK = 170  # of the smallest of the three colours: white and light ground is above
_LEAST_WIDTH, _LEAST_HEIGHT = 0.1, 0.015  # of the picture
_MOST_PARTS = 24
_EVEN, _EVEN_SHARE = 24, 0.5  # so much of a ground is nearly of one colour
_LIGHTER = 55  # than their ground are letters
_LEAST_INK, _MOST_INK = 0.004, 0.4  # of the part
_WIDEST_STROKE = 0.02  # of the picture
_LEAST_FILLED = 0.6  # of a part's frame
_SIDE = 800  # of the copy in which parts are looked for


def find(pixels: Pixels) -> np.ndarray | None:
    """Return a white picture of the same size with the light letters of even grounds in black; None
    where there are none.
    """
    height, width = pixels.shape[:2]
    stroke = max(15, round(_WIDEST_STROKE * max(height, width)))
    page: Any = None
    for left, top, wide, high, inside in _find_parts(pixels):
        part = pixels[top : top + high, left : left + wide]
        ink = _ink_of(part, stroke)
        if ink is None:
            continue
        ink[cv2.resize(inside, part.shape[1::-1], interpolation=cv2.INTER_NEAREST) == 0] = 255
        if page is None:
            page = np.full((height, width), 255, np.uint8)
        there = page[top : top + high, left : left + wide]
        np.minimum(there, ink, out=there)
    return page


def _find_parts(pixels: Pixels) -> list[tuple[int, int, int, int, np.ndarray]]:
    """Return left, top, width and height of what is dark or coloured throughout, the largest first,
    and a smaller mask of what lies inside its outline: around a bubble's corners it is light.
    """
    height, width = pixels.shape[:2]
    scale = min(1.0, _SIDE / max(height, width))
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    dark: Any = (small.min(axis=2) < _DARK).astype(np.uint8)
    # What letters leave between them belongs to their ground; words on paper stay apart.
    dark = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    outlines, _tree = cv2.findContours(dark, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for outline in outlines:
        left, top, wide, high = cv2.boundingRect(outline)
        if wide < _LEAST_WIDTH * small.shape[1] or high < _LEAST_HEIGHT * small.shape[0]:
            continue
        one, other = cv2.minAreaRect(outline)[1]
        if cv2.contourArea(outline) < _LEAST_FILLED * one * other:
            continue
        inside: Any = np.zeros((high, wide), np.uint8)
        cv2.drawContours(inside, [outline - [left, top]], -1, 255, cv2.FILLED)
        inside = cv2.erode(inside, np.ones((3, 3), np.uint8), borderValue=0)
        place = (round(each / scale) for each in (left, top, wide, high))
        found.append((*place, inside))
    return sorted(found, key=lambda each: -each[2] * each[3])[:_MOST_PARTS]


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
    if best is None:
        return None
    return 255 - np.clip(best.astype(np.int32) * 255 // widest, 0, 255).astype(np.uint8)
