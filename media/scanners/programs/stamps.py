"""Find red stamps: marks of secrecy in their frame, seals, and others in a frame; and marks of
secrecy in a frame of any dark ink, as copies have them.
"""

import re
from typing import Any

import cv2
import numpy as np
import tesserocr
from PIL import Image

from media.scanners.programs.ocr import DATA
from media.scanners.programs.pixels import Pixels, shrink
from media.scanners.programs.places import relative_box_of_points
from platforms.text import normalize_unicode

SIDE = 1600
MARKS = ("MAT", "TOIMAT", "TUYETMAT")
# A first letter that touches its frame is lost with it. Not IMAT, which BÍ MẬT may be.
_CUT_MARKS = ("OIMAT", "UYETMAT", "YETMAT", "ETMAT")
# The accents of mật, one of which a copier may lose; not those of mắt, mặt, mát or mất.
_WRITTEN = re.compile(r".*M[ẬÂẠ]T|.+MAT", re.DOTALL)
MOST_FRAMES = 12
MOST_DARK_FRAMES = 16
_DARKER, _AROUND = 18, 41  # than the light around it, in steps and in points, is ink
_LARGEST_FRAME, _HIGHEST_FRAME = 0.42, 0.12  # of the picture: what is larger is a table or a box
_RED, _REDDER = 26, 1.2  # more than the other two colours, in steps and in times
_LEAST = 0.02  # of the longer side
_WIDEST_STAMP, _HIGHEST_STAMP = 0.42, 0.3  # of the picture: what is larger was designed
_AROUND_STAMP, _MOST_RED_AROUND = 0.15, 0.4  # of its shorter side; of what is around it
_LIGHTER, _UNEVEN = 0.88, 0.3  # of the paper in a seal: lighter than the ink; its spread of light


class Stamps:
    def __init__(self) -> None:
        self.tesseract: Any = tesserocr.PyTessBaseAPI(
            path=str(DATA), lang="vie", psm=tesserocr.PSM.SINGLE_LINE
        )

    def find(self, pixels: Pixels) -> list[list[object]]:
        """Return for each stamp its rule and its place."""
        small = shrink(pixels, SIDE)
        height, width = small.shape[:2]
        red = _red_mask(small)
        stamps: list[list[object]] = []
        frames = 0
        for contour in _find_outlines(red):
            points = contour.reshape(-1, 2).astype(np.float32)
            if _is_seal(contour, red) and _stands_on_paper(contour, small, red):
                stamps.append(["seal", *relative_box_of_points(points, width, height)])
                continue
            if frames >= MOST_FRAMES or not _is_frame(contour, red):
                continue
            frames += 1
            rule = self._rule_of(contour, small, red)
            if rule:
                stamps.append([rule, *relative_box_of_points(points, width, height)])
        return stamps + self._find_marks_in_dark_frames(small)

    def _find_marks_in_dark_frames(self, small: Pixels) -> list[list[object]]:
        """Return the marks of secrecy that stand in a frame of dark ink."""
        height, width = small.shape[:2]
        grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
        dark = cv2.adaptiveThreshold(
            grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, _AROUND, _DARKER
        )
        marks: list[list[object]] = []
        frames = [
            outline for outline in _find_outlines(dark, most=None) if _may_hold_mark(outline, dark)
        ]
        for contour in frames[:MOST_DARK_FRAMES]:
            inside = _frame_content(contour, 255 - grey)
            if inside is not None and _is_written_mark(
                self._read_line(inside, tesserocr.PSM.SINGLE_LINE)
            ):
                points = contour.reshape(-1, 2).astype(np.float32)
                box = relative_box_of_points(points, width, height)
                if ["secret_mark", *box] not in marks:
                    marks.append(["secret_mark", *box])
        return marks

    def _rule_of(self, contour: np.ndarray, small: Pixels, red: np.ndarray) -> str:
        """Return what the frame holds: a mark of secrecy, another stamp, or nothing of these."""
        inside = _frame_content(contour, _redness(small))
        if inside is None:
            return ""
        text = ""
        for turned in (inside, np.ascontiguousarray(np.rot90(inside, 2))):
            for mode in (tesserocr.PSM.SINGLE_LINE, tesserocr.PSM.SINGLE_WORD):
                read = _fold_text(self._read_line(turned, mode))
                if _is_mark(read):
                    return "secret_mark"
                text = max(text, read, key=len)
        (_x, _y), sides, _angle = cv2.minAreaRect(contour)
        long, short = max(sides), min(sides)
        height, width = small.shape[:2]
        fits = long < _WIDEST_STAMP * max(width, height) and short < _HIGHEST_STAMP * height
        # Letters of a red headline are no stamps.
        fits = fits and long >= 4 * _LEAST * max(width, height)
        fits = fits and len(text) >= 4 and _stands_on_paper(contour, small, red)
        return "stamp" if fits else ""

    def _read_line(self, picture: np.ndarray, mode: int) -> str:
        self.tesseract.SetPageSegMode(mode)
        self.tesseract.SetImage(Image.fromarray(picture))
        return str(self.tesseract.GetUTF8Text()).strip()


def _red_mask(small: Pixels) -> np.ndarray:
    colours = small.astype(np.int16)
    others = np.maximum(colours[..., 1], colours[..., 2])
    excess = colours[..., 0] - others
    red = (excess > _RED) & (colours[..., 0] > _REDDER * others)
    return red.astype(np.uint8) * 255


def _find_outlines(red: np.ndarray, *, most: int | None = 60) -> list[np.ndarray]:
    """Return the lines around what is red and large enough, the largest first; also inside others:
    the table under a page may be red.
    """
    closed = cv2.morphologyEx(red, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    contours, _tree = cv2.findContours(closed, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    least = _LEAST * max(red.shape)
    large = [contour for contour in contours if min(cv2.minAreaRect(contour)[1]) >= least]
    return sorted(large, key=cv2.contourArea, reverse=True)[:most]


def _density(contour: np.ndarray, red: np.ndarray, inset: float) -> float:
    """Return how much of what lies inside the outline, ``inset`` of its size from it, is red."""
    left, top, wide, high = cv2.boundingRect(contour)
    mask: Any = np.zeros((high, wide), np.uint8)
    hull = cv2.convexHull(contour) - [left, top]
    cv2.fillConvexPoly(mask, hull.astype(np.int32), 255)
    size = round(inset * min(wide, high))
    if size:
        mask = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
        mask = cv2.erode(mask, np.ones((2 * size + 1, 2 * size + 1), np.uint8))[1:-1, 1:-1]
    part = red[top : top + high, left : left + wide]
    inner = mask > 0
    return float((part[inner] > 0).mean()) if inner.any() else 1.0


def _is_seal(contour: np.ndarray, red: np.ndarray) -> bool:
    """Check for a red ring with more inside it, as on seals: neither a disc nor a bare ring."""
    (_x, _y), (one, other), _angle = cv2.minAreaRect(contour)
    if max(one, other) > 1.45 * min(one, other) or min(one, other) < 2.2 * _LEAST * max(red.shape):
        return False
    hull = cv2.convexHull(contour)
    roundness = cv2.contourArea(hull) / (one * other)
    if not 0.74 <= roundness <= 0.84:  # π / 4 of a circle
        return False
    if not 0.08 <= _density(contour, red, 0.08) <= 0.5:
        return False
    # The emblem in the middle: a letter O has none.
    return _density(contour, red, 0.3) >= 0.05 and _red_share_of_outline(contour, red) >= 0.55


def _is_ink_on_paper(contour: np.ndarray, small: Pixels, red: np.ndarray) -> bool:
    """Check that what is not red within the outline is lighter than the red, and much the same all
    over: cups, lamps and skin are reddish too.
    """
    left, top, wide, high = cv2.boundingRect(contour)
    hull = cv2.convexHull(contour) - [left, top]
    mask: Any = np.zeros((high, wide), np.uint8)
    cv2.fillConvexPoly(mask, hull.astype(np.int32), 255)
    part = slice(top, top + high), slice(left, left + wide)
    grey = cv2.cvtColor(small[part], cv2.COLOR_RGB2GRAY).astype(np.float32)
    ink = (mask > 0) & (red[part] > 0)
    # Beside the ink, both run into each other.
    background = (mask > 0) & (cv2.dilate(red[part], np.ones((5, 5), np.uint8)) == 0)
    if not ink.any() or not background.any():
        return False
    low, middle, upper = np.percentile(grey[background], (25, 50, 75))
    lighter = float((grey[background] > np.median(grey[ink])).mean())
    return lighter >= _LIGHTER and upper - low <= _UNEVEN * middle


def _stands_on_paper(contour: np.ndarray, small: Pixels, red: np.ndarray) -> bool:
    return (
        _is_ink_on_paper(contour, small, red) and _red_share_around(contour, red) < _MOST_RED_AROUND
    )


def _red_share_around(contour: np.ndarray, red: np.ndarray) -> float:
    """Return how much of what is right outside of the outline is red: a label on a red card is
    surrounded by it.
    """
    left, top, wide, high = cv2.boundingRect(contour)
    edge = max(round(_AROUND_STAMP * min(wide, high)), 4)
    near = red[max(top - 2 * edge, 0) : top + high + 2 * edge, max(left - 2 * edge, 0) :][
        :, : wide + 4 * edge
    ]
    hull = cv2.convexHull(contour) - [max(left - 2 * edge, 0), max(top - 2 * edge, 0)]
    inside: Any = np.zeros(near.shape, np.uint8)
    cv2.fillConvexPoly(inside, hull.astype(np.int32), 255)
    inside = cv2.dilate(inside, np.ones((2 * edge + 1, 2 * edge + 1), np.uint8))
    return float((near[inside == 0] > 0).mean()) if (inside == 0).any() else 1.0


def _red_share_of_outline(contour: np.ndarray, red: np.ndarray) -> float:
    """Return how much of the outline of the hull runs on red."""
    hull = cv2.convexHull(contour)
    line = np.zeros(red.shape, np.uint8)
    cv2.polylines(line, [hull], True, 255, max(3, round(max(red.shape) / 300)))
    thick = cv2.dilate(red, np.ones((3, 3), np.uint8))
    on = line > 0
    return float((thick[on] > 0).mean())


def _is_frame(contour: np.ndarray, red: np.ndarray) -> bool:
    """Check for four straight red lines around something that is not all red."""
    (_x, _y), (one, other), _angle = cv2.minAreaRect(contour)
    if max(one, other) > 9 * min(one, other):
        return False
    hull = cv2.convexHull(contour)
    if cv2.contourArea(hull) < 0.82 * one * other:
        return False
    return _density(contour, red, 0.0) <= 0.72 and _red_share_of_outline(contour, red) >= 0.6


def _may_hold_mark(contour: np.ndarray, dark: np.ndarray) -> bool:
    """Check for a frame about as large as a stamp."""
    sides = cv2.minAreaRect(contour)[1]
    long, short = max(sides), min(sides)
    height, width = dark.shape
    fits = long < _LARGEST_FRAME * max(width, height) and short < _HIGHEST_FRAME * height
    return fits and long >= 1.3 * short and _is_frame(contour, dark)


def _redness(small: Pixels) -> np.ndarray:
    colours = small.astype(np.int16)
    excess = colours[..., 0] - np.maximum(colours[..., 1], colours[..., 2])
    return np.clip(excess, 0, 255).astype(np.uint8)


def _frame_content(contour: np.ndarray, ink: np.ndarray) -> np.ndarray | None:
    """Return what the frame holds, upright: its ink as black, all else as white."""
    corners = cv2.convexHull(contour).reshape(-1, 2).astype(np.float32)
    total, spread = corners.sum(axis=1), corners[:, 0] - corners[:, 1]
    order = [total.argmin(), spread.argmax(), total.argmax(), spread.argmin()]
    if len(set(order)) < 4:
        return None
    corners = corners[order].astype(np.float32)
    wide = float(np.linalg.norm(corners[1] - corners[0]))
    high = float(np.linalg.norm(corners[3] - corners[0]))
    if min(wide, high) < 8:
        return None
    scale = 120 / min(wide, high)
    size = (min(1600, round(wide * scale)), min(1600, round(high * scale)))
    ends = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32)
    flat = cv2.warpPerspective(
        ink, cv2.getPerspectiveTransform(corners, ends), size, flags=cv2.INTER_CUBIC
    )
    if size[1] > size[0]:
        flat = np.ascontiguousarray(np.rot90(flat))
    flat = cv2.normalize(flat, np.zeros(flat.shape, np.uint8), 0, 255, cv2.NORM_MINMAX)
    return _remove_frame(255 - flat)


def _remove_frame(ink: np.ndarray) -> np.ndarray:
    """Take away the lines of the frame: whatever spans the picture, or hangs at its edge."""
    high, wide = ink.shape
    _level, dark = cv2.threshold(ink, 0, 255, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)
    _count, labels, facts, _middles = cv2.connectedComponentsWithStats(dark)
    edge = max(2, round(high * 0.03))
    frame: Any = np.zeros(ink.shape, np.uint8)
    for number, (left, top, across, down, _area) in enumerate(facts[1:], start=1):
        spans = across > 0.7 * wide or down > 0.8 * high
        thin = min(across, down) < 0.14 * high and max(across, down) > 0.25 * high
        hangs = left < edge or top < edge or left + across > wide - edge or top + down > high - edge
        if spans or (hangs and (thin or across > 0.5 * wide)):
            frame[labels == number] = 255
    frame = cv2.dilate(frame, np.ones((5, 5), np.uint8))
    clean = np.where(frame > 0, 255, ink).astype(np.uint8)
    rest = np.where((dark > 0) & (frame == 0))
    if not len(rest[0]):
        return np.full((60, 60), 255, np.uint8)
    top, bottom, left, right = rest[0].min(), rest[0].max(), rest[1].min(), rest[1].max()
    cut = clean[max(top - 6, 0) : bottom + 7, max(left - 6, 0) : right + 7]
    return cv2.copyMakeBorder(cut, 24, 24, 24, 24, cv2.BORDER_CONSTANT, value=255)


def _fold_text(text: str) -> str:
    """Return the letters alone, in capitals and without accents."""
    plain = normalize_unicode("NFD", text.upper().replace("Đ", "D"))
    return "".join(letter for letter in plain if "A" <= letter <= "Z")


def _is_written_mark(text: str) -> bool:
    """Check for a mark in capitals and with its accents: a table has words in frames, too."""
    letters = "".join(letter for letter in text if letter.isalpha())
    is_written = letters.isupper() and _WRITTEN.fullmatch(normalize_unicode("NFC", letters))
    plain = _fold_text(letters)
    return bool(is_written) and (plain in _CUT_MARKS or _is_mark(plain))


def _is_mark(text: str) -> bool:
    """Check for a mark; of a longer one a letter may be misread."""
    if text in MARKS:
        return True
    return any(
        len(mark) > 3
        and len(mark) == len(text)
        and sum(one != other for one, other in zip(mark, text, strict=True)) <= 1
        for mark in MARKS
    )
