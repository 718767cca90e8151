"""Read the words of a picture: as its lines run, turned upright, and on plates."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

os.environ["OMP_THREAD_LIMIT"] = "1"  # before the library is loaded

import cv2
import numpy as np
import tesserocr
from PIL import Image

from media.scanners.programs import light_letters
from media.scanners.programs.pixels import Pixels, shrink
from media.scanners.programs.places import relative_box_of_points
from platforms.text import normalize_unicode

DATA = Path(__file__).parents[1] / "data"
MOST_PLATES = 14
FEW_PIXELS = 1400  # of the longer side: below, letters are too small to be read
SURE_WORD, SURE_PAGE = 30, 70  # of 100
SURE_NUMBER = 10  # of one of nine digits or more: no word is like it
_LONG_NUMBER = re.compile(r"[A-Z]{0,4}:?\d{9,20}")
MOST_NUMBERS = 30  # read again
_WORDS_OF_MARKS = ("TỐI", "TUYỆT", "MẬT")
_BARE_WORDS = ("TOI", "TUYET", "MAT")
_PLATE_LETTERS = "0123456789.-ABCDEFGHKLMNPQSTUVXYZ"
_LIKE_DIGITS = "OoØøQDlI|SBZ"
_COPY, _CLEARER = 1000, 8  # its longer side; of 100
_HIGHEST_BUBBLE = 0.3  # of the picture: what is higher is a screen
_MARGIN = 20  # around a bubble
_MILITARY = re.compile(r"\W*[A-Z]{2}\W?\d{2}\W?\d{2}\W*")
_EDGE = 1.15  # of a plate's sides
_DARKEST, _LIT = 25, 150  # of the lightest of a picture, in steps
_STEEPEST, _STEP = 12.0, 0.5  # degrees


class Word(NamedTuple):
    text: str
    sure: float
    left: float
    top: float
    right: float
    bottom: float


class Letters:
    def __init__(self) -> None:
        self.tesseract: Any = tesserocr.PyTessBaseAPI(
            path=str(DATA), lang="vie", psm=tesserocr.PSM.SPARSE_TEXT
        )

    def read(self, pixels: Pixels) -> list[dict[str, object]]:
        """Return pages of lines of words, each word with its place. What is read in two ways is on
        two pages.
        """
        grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
        pages = [{"plate": False, "lines": lines} for lines in self._read_lines(grey)]
        pages += ({"plate": False, "lines": lines} for lines in self._read_light(pixels))
        pages += ({"plate": True, "lines": lines} for lines in self._read_plates(pixels, grey))
        return [page for page in pages if page["lines"]]

    # --- The picture as a whole ---

    def _read_lines(self, grey: np.ndarray) -> Iterator[list[list[list[object]]]]:
        """Yield the lines; and once more with the numbers read as numbers, where there are any."""
        even = _remove_shadows(grey)
        if max(even.shape) < FEW_PIXELS:
            scale = min(2.0, FEW_PIXELS / max(even.shape))
            even = cv2.resize(even, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        angle, is_upright = _measure_slope(even)
        turns = (0, 180) if is_upright else (90, 270)
        best: list[Word] = []
        upright, matrix = even, np.eye(2, 3)
        for turn in turns:
            turned, there = _rotate(even, angle + turn)
            if turn != turns[0] and not self._is_clearer(turned, best):
                break
            words = self._read_words(turned, tesserocr.PSM.SPARSE_TEXT)
            if _weight(words) > _weight(best):
                best, upright, matrix = words, turned, there
            if not words or _confidence(words) >= SURE_PAGE:
                break
        best = [
            self._reread_accents(upright, word) if _may_be_misread_mark(word.text) else word
            for word in best
        ]
        back = cv2.invertAffineTransform(matrix)
        height, width = even.shape
        lines = _group_into_lines(best)
        yield [[_describe_word(word, back, width, height) for word in line] for line in lines]
        mended = self._reread_numbers(upright, lines)
        if mended:
            yield [[_describe_word(word, back, width, height) for word in line] for line in mended]

    def _is_clearer(self, turned: np.ndarray, best: list[Word]) -> bool:
        """Check whether a small copy of the page is read better than the page was the other way up:
        a photograph of leaves is full of words either way.
        """
        words = self._read_words(shrink(turned, _COPY), tesserocr.PSM.SPARSE_TEXT)
        return _confidence(words) > _confidence(best) + _CLEARER

    def _read_light(self, pixels: Pixels) -> Iterator[list[list[list[object]]]]:
        """Yield the lines of letters that are light on dark; and once more with the numbers read as
        numbers.
        """
        height, width = pixels.shape[:2]
        scale = min(2.0, max(1.0, FEW_PIXELS / max(height, width)))
        read: list[list[list[object]]] = []
        mended: list[list[list[object]]] = []
        for left, top, ink in light_letters.find(pixels):
            is_bubble = len(ink) < _HIGHEST_BUBBLE * height
            part = cv2.copyMakeBorder(
                ink, _MARGIN, _MARGIN, _MARGIN, _MARGIN, cv2.BORDER_CONSTANT, value=255
            )
            part = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
            angle, is_upright = (0.0, True) if is_bubble else _measure_slope(part)
            turned, matrix = _rotate(part, angle if is_upright else 0.0)
            mode = tesserocr.PSM.SINGLE_BLOCK if is_bubble else tesserocr.PSM.SPARSE_TEXT
            lines = _group_into_lines(self._read_words(turned, mode))
            back = cv2.invertAffineTransform(matrix) / scale
            back[:, 2] += left - _MARGIN, top - _MARGIN
            for pages, found_lines in (
                (read, lines),
                (mended, self._reread_numbers(turned, lines)),
            ):
                pages += [
                    [_describe_word(word, back, width, height) for word in line]
                    for line in found_lines
                ]
        yield read
        yield mended

    def _reread_numbers(self, upright: np.ndarray, lines: list[list[Word]]) -> list[list[Word]]:
        """Read again what looks like a number, as digits alone; return nothing where all is as
        before.
        """
        mended, tries, changed = [], 0, False
        for line in lines:
            new = []
            for run in _runs_of_numbers(line):
                text = " ".join(word.text for word in run)
                if tries < MOST_NUMBERS and _digits_in(text) >= 5 and "/" not in text:
                    tries += 1
                    digits = self._read_digits(upright, run)
                    if digits and digits != text:
                        changed = True
                        new.append(_join_words(run, digits))
                        continue
                new += run
            mended.append(new)
        return mended if changed else []

    def _reread_accents(self, upright: np.ndarray, word: Word) -> Word:
        """Read a word alone: of a line in a frame the accents may be lost, which tell a mark of
        secrecy from other words.
        """
        part = _cut_out(upright, [word], scale=1.5)
        for mode in (tesserocr.PSM.SINGLE_LINE, tesserocr.PSM.SINGLE_WORD):
            for again in self._read_words(part, mode):
                if _fold(again.text) == _fold(word.text) and again.text != word.text:
                    return word._replace(text=again.text)
        return word

    def _read_digits(self, upright: np.ndarray, run: list[Word]) -> str:
        high = max(word.bottom - word.top for word in run)
        part = _cut_out(upright, run, scale=min(3.0, max(1.0, 52 / max(high, 1))))
        words = self._read_words(part, tesserocr.PSM.SINGLE_LINE, only="0123456789 .-")
        return " ".join(word.text for word in words)

    def _read_words(self, grey: np.ndarray, mode: int, *, only: str = "") -> list[Word]:
        self.tesseract.SetPageSegMode(mode)
        self.tesseract.SetVariable("tessedit_char_whitelist", only)
        self.tesseract.SetImage(Image.fromarray(grey))
        self.tesseract.Recognize()
        words = []
        at = self.tesseract.GetIterator()
        if at is None:
            return []
        level = tesserocr.RIL.WORD
        for item in tesserocr.iterate_level(at, level):
            if item.Empty(level):
                continue
            text, sure = item.GetUTF8Text(level).strip(), item.Confidence(level)
            least = SURE_NUMBER if _LONG_NUMBER.fullmatch(text) else SURE_WORD
            if text and (only or sure >= least):
                words.append(Word(text, sure, *item.BoundingBox(level)))
        return words

    # --- Plates ---

    def _read_plates(self, pixels: Pixels, grey: np.ndarray) -> Iterator[list[list[list[object]]]]:
        """Yield what stands on parts that are shaped like the plate of a car or a motorbike."""
        height, width = grey.shape
        for corners, is_wide in _find_plates(pixels, grey):
            lines = 1 if is_wide else 2
            wide, high = (480, 112) if is_wide else (320, 232)
            there = cv2.getPerspectiveTransform(
                corners, np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
            )
            plate = cv2.warpPerspective(grey, there, (wide, high), flags=cv2.INTER_CUBIC)
            text = self._read_plate(plate, lines)
            is_plate = sum(letter.isdigit() for letter in text) >= 5
            if not is_plate and _MILITARY.fullmatch(text):
                is_plate = _is_red(pixels, corners)
            if is_plate:
                # With its edge: letters of a small one reach beyond what was seen of it.
                middle = corners.mean(axis=0)
                whole = middle + (corners - middle) * _EDGE
                yield [[[text, *relative_box_of_points(whole, width, height)]]]

    def _read_plate(self, plate: np.ndarray, lines: int) -> str:
        plate = cv2.normalize(plate, np.zeros_like(plate), 0, 255, cv2.NORM_MINMAX)
        if np.median(plate[plate.shape[0] // 8 : -plate.shape[0] // 8]) < 110:
            plate = 255 - plate
        edge = max(3, plate.shape[0] // 40)
        plate = plate[edge:-edge, edge:-edge]
        if lines == 1:
            text = self._read_with_margin(plate, tesserocr.PSM.SINGLE_LINE)
            if _digits_in(text) >= 5 or _MILITARY.fullmatch(text):
                return text
            return self._read_with_margin(plate, tesserocr.PSM.SINGLE_LINE, only="")
        text = self._read_with_margin(plate, tesserocr.PSM.SINGLE_BLOCK)
        if _digits_in(text) >= 6:
            return text
        half = plate.shape[0] // 2
        halves = (plate[:half], plate[half:])
        return " ".join(
            self._read_with_margin(halve, tesserocr.PSM.SINGLE_LINE) for halve in halves
        )

    def _read_with_margin(self, plate: np.ndarray, mode: int, *, only: str = _PLATE_LETTERS) -> str:
        """Read a plate, or a line of one, with more of its own background around it."""
        background = int(np.percentile(plate, 80))
        padded = cv2.copyMakeBorder(plate, 30, 30, 30, 30, cv2.BORDER_CONSTANT, value=background)
        words = self._read_words(padded, mode, only=only)
        return " ".join(word.text.strip(".-") for word in words)


def _find_plates(pixels: Pixels, grey: np.ndarray) -> list[tuple[np.ndarray, bool]]:
    """Return the corners of parts shaped like plates, from the upper left one on, and whether each
    is one of a single line.
    """
    scale = min(1.0, 1000 / max(grey.shape))
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    colours = cv2.resize(pixels, small.shape[::-1], interpolation=cv2.INTER_AREA).astype(np.int16)
    lightest = max(float(np.percentile(small, 99.5)), _DARKEST)
    if lightest < _LIT:  # in the dark, what is light at all is a plate
        small = cv2.convertScaleAbs(small, alpha=255 / lightest)
        colours = np.clip(colours * (255 / lightest), 0, 255).astype(np.int16)
    plates: list[tuple[float, np.ndarray, bool]] = []
    for mask in _plate_masks(small, colours):
        contours, _tree = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        for contour in contours:
            shape = _plate_shape(contour, small)
            if shape:
                plates.append(shape)
    chosen: list[tuple[float, np.ndarray, bool]] = []
    for plate in sorted(plates, key=lambda one: -one[0]):
        # Of both edges of one border, one; but not what stands in its middle.
        if all(np.abs(plate[1] - other[1]).max() > 12 for other in chosen):
            chosen.append(plate)
    return [(corners / scale, is_wide) for _busy, corners, is_wide in chosen[:MOST_PLATES]]


def _is_red(pixels: Pixels, corners: np.ndarray) -> bool:
    """Check the background between the corners of a plate: those of the army are red."""
    left, top, wide, high = cv2.boundingRect(corners)
    red, green, blue = np.median(pixels[top : top + high, left : left + wide], axis=(0, 1))
    return bool(red > 1.5 * max(green, blue))


def _plate_masks(small: np.ndarray, colours: np.ndarray) -> Iterator[np.ndarray]:
    _level, light = cv2.threshold(small, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    yield light
    yield 255 - light
    yield cv2.adaptiveThreshold(small, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, 101, -8)
    red, green, blue = colours[..., 0], colours[..., 1], colours[..., 2]
    yellow, others = np.minimum(red, green), np.maximum(green, blue)
    in_shadow = 2 * red - 3 * others, 2 * yellow - 3 * blue
    for excess in (blue - red, yellow - blue, red - others, *in_shadow):
        yield cv2.morphologyEx(
            (excess > 35).astype(np.uint8) * 255, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)
        )


def _plate_shape(contour: np.ndarray, small: np.ndarray) -> tuple[float, np.ndarray, bool] | None:
    if len(contour) < 4:
        return None
    _middle, (width, height), angle = cv2.minAreaRect(contour)
    if width < height:
        width, height, angle = height, width, angle - 90
    if width < small.shape[1] * 0.05 or height < 14 or not -40 < (angle + 90) % 180 - 90 < 40:
        return None
    ratio = width / height
    is_wide = 2.6 <= ratio <= 6.2
    if not is_wide and not 1.05 <= ratio <= 1.85:
        return None
    hull = cv2.convexHull(contour)
    if cv2.contourArea(hull) < 0.8 * width * height:
        return None
    corners = _corners(hull)
    left, top, wide, high = cv2.boundingRect(hull)
    part = small[max(top, 0) : top + high, max(left, 0) : left + wide]
    busy = float(np.abs(cv2.Sobel(part, cv2.CV_32F, 1, 0)).mean())
    return (busy, corners, is_wide) if busy > 12 else None


def _corners(hull: np.ndarray) -> np.ndarray:
    points = hull.reshape(-1, 2).astype(np.float32)
    total, spread = points.sum(axis=1), points[:, 0] - points[:, 1]
    return np.array(
        [
            points[total.argmin()],
            points[spread.argmax()],
            points[total.argmax()],
            points[spread.argmin()],
        ],
        np.float32,
    )


# --- Light, slope and lines -----------------------------------------------------------------------


def _remove_shadows(grey: np.ndarray) -> np.ndarray:
    """Take shadows out: divide by the light around each point."""
    small = cv2.resize(grey, None, fx=1 / 8, fy=1 / 8, interpolation=cv2.INTER_AREA)
    around = cv2.GaussianBlur(small, (0, 0), max(small.shape) / 40)
    light = cv2.resize(around, (grey.shape[1], grey.shape[0])).astype(np.float32)
    even = grey.astype(np.float32) / (light + 24) * 190
    return np.clip(even, 0, 255).astype(np.uint8)


def _measure_slope(grey: np.ndarray) -> tuple[float, bool]:
    """Return by how many degrees the lines of text rise, and whether they run across."""
    scale = 600 / max(grey.shape)
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    edges = np.abs(cv2.Laplacian(small, cv2.CV_32F))
    edges = np.minimum(edges, 60)
    side = max(small.shape)
    square = np.zeros((side, side), np.float32)
    square[: small.shape[0], : small.shape[1]] = edges
    across = _best_angle(square)
    upwards = _best_angle(np.ascontiguousarray(np.rot90(square)))
    is_upright = across[0] >= upwards[0] * 0.8
    return (across if is_upright else upwards)[1], is_upright


def _best_angle(edges: np.ndarray) -> tuple[float, float]:
    """Return how sharply rows of text stand out at the best angle, and that angle."""
    middle = edges.shape[0] / 2

    def sharpness(angle: float) -> float:
        matrix = cv2.getRotationMatrix2D((middle, middle), angle, 1)
        turned = cv2.warpAffine(edges, matrix, edges.shape[::-1], flags=cv2.INTER_NEAREST)
        rows = turned.sum(axis=1)
        return float(np.square(np.diff(rows)).sum())

    coarse = max(np.arange(-_STEEPEST, _STEEPEST + 1, 2.0), key=sharpness)
    near = np.arange(coarse - 1.5, coarse + 1.6, _STEP)
    best = max([coarse, *near], key=sharpness)
    return sharpness(float(best)), float(best)


def _rotate(grey: np.ndarray, angle: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the picture turned, and the matrix that turns it."""
    height, width = grey.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1)
    if abs(angle) < 0.3:
        return grey, np.eye(2, 3)
    cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
    wide, high = round(width * cos + height * sin), round(width * sin + height * cos)
    matrix[0, 2] += (wide - width) / 2
    matrix[1, 2] += (high - height) / 2
    turned = cv2.warpAffine(
        grey, matrix, (wide, high), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return turned, matrix


def _weight(words: list[Word]) -> float:
    return sum(len(word.text) * max(word.sure - 40, 0) for word in words)


def _confidence(words: list[Word]) -> float:
    letters = sum(len(word.text) for word in words)
    return sum(len(word.text) * word.sure for word in words) / letters if letters else 0.0


def _group_into_lines(words: list[Word]) -> list[list[Word]]:
    """Sort words into lines, from above, and each from the left."""
    lines: list[list[Word]] = []
    for word in sorted(words, key=lambda word: (word.top + word.bottom) / 2):
        middle = (word.top + word.bottom) / 2
        last = lines[-1][-1] if lines else None
        if last and last.top < middle < last.bottom:
            lines[-1].append(word)
        else:
            lines.append([word])
    return [sorted(line, key=lambda word: word.left) for line in lines]


def _may_be_misread_mark(text: str) -> bool:
    """Check for a word of marks of secrecy that lost its accents."""
    is_capital = sum(letter.isupper() for letter in text) >= 2
    return is_capital and text not in _WORDS_OF_MARKS and _fold(text) in _BARE_WORDS


def _fold(text: str) -> str:
    plain = normalize_unicode("NFD", text.upper())
    return "".join(letter for letter in plain if "A" <= letter <= "Z")


def _cut_out(page: np.ndarray, words: list[Word], *, scale: float) -> np.ndarray:
    """Return the part of the page that holds the words and a little around, so much larger."""
    around = round(0.35 * max(word.bottom - word.top for word in words))
    left, top = min(word.left for word in words), min(word.top for word in words)
    right, bottom = max(word.right for word in words), max(word.bottom for word in words)
    part = page[
        max(round(top) - around, 0) : round(bottom) + around,
        max(round(left) - around, 0) : round(right) + around,
    ]
    return cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)


def _digits_in(text: str) -> int:
    return sum(letter.isdigit() or letter in _LIKE_DIGITS for letter in text)


def _runs_of_numbers(line: list[Word]) -> Iterator[list[Word]]:
    """Yield the line's words, those of numbers that stand beside each other together."""
    run: list[Word] = []
    for word in line:
        is_number = 2 * sum(letter.isdigit() for letter in word.text) >= len(word.text)
        is_number = is_number and not word.text.isalpha()
        if run and is_number and word.left - run[-1].right < 1.5 * (word.bottom - word.top):
            run.append(word)
            continue
        if run:
            yield run
        run = [word] if is_number else []
        if not is_number:
            yield [word]
    if run:
        yield run


def _join_words(run: list[Word], text: str) -> Word:
    return Word(
        text,
        min(word.sure for word in run),
        min(word.left for word in run),
        min(word.top for word in run),
        max(word.right for word in run),
        max(word.bottom for word in run),
    )


def _describe_word(word: Word, back: np.ndarray, width: int, height: int) -> list[object]:
    corners = np.array(
        [
            [word.left, word.top, 1],
            [word.right, word.top, 1],
            [word.right, word.bottom, 1],
            [word.left, word.bottom, 1],
        ]
    )
    return [word.text, *relative_box_of_points(corners @ back.T, width, height)]
