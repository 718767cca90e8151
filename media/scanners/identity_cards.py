"""Find on an identity card what is its owner's: number, name, birth, addresses and portrait.

An accent or a digit may be misread, and which line is whose is told by labels that may be too: so
what cannot be told apart is taken along.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from core.text import fold
from media.scanners.models import WHOLE

Place = tuple[int, int, int, int]  # x, y, width, height
Line = list[tuple[str, Place]]
NUMBER, PERSON, HOME, PORTRAIT = "id_cccd", "name_dob", "addr_home", "face"
LIKE_DIGITS = str.maketrans("OoØøQDlI|!SsBZz", "000000" + "1111" + "55" + "8" + "22")
# Of which three say that the picture is an identity card.
_CARD_WORDS = (
    "can cuoc",
    "full name",
    "date of birth",
    "gioi tinh",
    "quoc tich",
    "ngay sinh",
    "que quan",
    "nationality",
    "place of residence",
    "place of origin",
    "noi thuong tru",
    "dinh danh ca nhan",
)
# Letters that are read for each other in small print, as one.
_ALIKE = str.maketrans("ecdqg", "aaaaa") | str.maketrans("o", "a")
# By the words of its label a part is known, and how many further lines may belong to it. The first
# that fits counts.
_LABELS = (
    (("full name", "ho va ten", "ho, chu dem"), PERSON, 1),
    (("date of birth", "ngay sinh", "thang, nam sinh", "of birth"), PERSON, 1),
    (("que quan", "of origin", "noi dang ky khai sinh", "place of birth"), HOME, 1),
    (("thuong tru", "noi cu tru", "of residence"), HOME, 2),
    (("gioi tinh", "sex:", "nationality", "quoc tich", "co gia tri", "expiry", "so dinh"), "", 1),
)
_LAST_OF_LABELS = ("name", "ten", "birth", "sinh", "origin", "quan", "residence", "tru")
_DATE = re.compile(r"\d{1,2}/\d{1,2}/\d{4}")
_WORDS = re.compile(r"[^\W\d_]{2,}.*[^\W\d_]{2,}")
_GAP = 2.0  # in widths of a letter: what is further apart stands in two columns
# The portrait stands before the lines, from the number's down: so wide, of what the lines take.
_PORTRAIT_WIDTH, _ABOVE, _BELOW = 0.56, 0.04, 0.12


class Part(NamedTuple):
    """One part of a card that is its owner's, and the rule by which it may not be shown."""

    rule: str
    place: Place


def is_identity_card(text: str) -> bool:
    plain = fold(text)
    return sum(phrase in plain for phrase in _CARD_WORDS) >= 3


def parts_of(lines: Sequence[Line]) -> Iterator[Part]:
    """Yield the parts of a card that is its owner's, whichever side of the picture is up."""
    turns = _count_quarters(lines)
    upright = [[(word, _turn_place(place, -turns)) for word, place in line] for line in lines]
    for part in _parts_of(upright):
        yield part._replace(place=_turn_place(part.place, turns))


def _parts_of(lines: Sequence[Line]) -> Iterator[Part]:
    numbers = list(_find_numbers(lines)) or [_place_of_number(lines)]
    yield from (Part(NUMBER, place) for place in numbers)
    labelled = [line for line in lines if _label_of(_join_words(line))]
    yield from _lines_of_owner(lines, bottom_of_number=min(y + high for _x, y, _w, high in numbers))
    if labelled:
        yield Part(PORTRAIT, _portrait_place(lines, labelled, numbers))


# --- Which side is up -----------------------------------------------------------------------------


def _count_quarters(lines: Sequence[Line]) -> int:
    """Return by how many quarters, clockwise, the lines are turned."""
    across = down = 0
    for line in lines:
        (first, last) = (line[0][1], line[-1][1]) if line else ((0,) * 4, (0,) * 4)
        across += 2 * (last[0] - first[0]) + last[2] - first[2]
        down += 2 * (last[1] - first[1]) + last[3] - first[3]
    if abs(across) >= abs(down):
        return 0 if across >= 0 else 2
    return 1 if down > 0 else 3


def _turn_place(place: Sequence[Any], quarters: int) -> Place:
    x, y, width, height = (int(number) for number in place)
    for _quarter in range(quarters % 4):
        x, y, width, height = WHOLE - y - height, x, height, width
    return x, y, width, height


# --- The number -----------------------------------------------------------------------------------


def _find_numbers(lines: Sequence[Line]) -> Iterator[Place]:
    """Yield where the number stands, also where a digit is misread."""
    for line in lines:
        numbers = [(word, place) for word, place in line if _is_number(word)]
        digits = sum(len(re.sub(r"\W", "", word)) for word, _place in numbers)
        if 8 <= digits <= 14:
            x, y, width, height = bounding_place([place for _word, place in numbers])
            # From the end of its label on: what stands before it may be a part that was not read.
            start = max((end for end in map(_right_edge_of_word, line) if end <= x), default=x)
            yield start, y, width + x - start, height


def _place_of_number(lines: Sequence[Line]) -> Place:
    """Return where the number is that nobody could read: behind its label, or somewhere on the
    card.
    """
    whole = bounding_place([place for line in lines for _word, place in line])
    for line in lines:
        for word, (x, y, width, height) in line:
            if re.search(r"/\s*no\b", fold(word)):
                left, top = min(x + width, WHOLE - 1), max(y - height, 0)
                right = max(whole[0] + whole[2], left + 1)
                return left, top, right - left, min(y + 2 * height, WHOLE) - top
    return whole


def _is_number(word: str) -> bool:
    plain = word.translate(LIKE_DIGITS)
    return "/" not in word and 2 * sum(letter.isdigit() for letter in plain) > len(plain)


# --- Name, birth and addresses --------------------------------------------------------------------


class _Label:
    """A label, and what is known of its value: how many more lines may hold it."""

    def __init__(self, rule: str, more: int, part: Line) -> None:
        self.rule, self.more = rule, more
        self.left, self.top, self.width, self.height = bounding_place(
            [place for _word, place in part]
        )
        self.is_filled = not rule

    def is_above(self, place: Place) -> bool:
        return place[0] < self.left + self.width and self.left < _right_edge(place)

    def value_place(self, right: int) -> Place:
        """Return where the value is that nobody could read: behind the label, or below it."""
        width = max(right - self.left, min(round(1.5 * self.width), WHOLE - self.left))
        return self.left, self.top, width, min(round(2.3 * self.height), WHOLE - self.top)


def _lines_of_owner(lines: Sequence[Line], *, bottom_of_number: int) -> Iterator[Part]:
    """Yield what stands behind a label and below it; each date; words in capitals below the number,
    which are the name, whatever became of its label; and what else is below it without a label.
    """
    labels: list[_Label] = []
    right = max(_right_edge_of_word(word) for line in lines for word in line)
    for part in (part for line in lines for part in _split_columns(line)):
        place = bounding_place([place for _word, place in part])
        text = _join_words(part)
        if known := _label_of(text):
            label = _Label(*known, part)
            if value := _place_behind_label(part):
                label.is_filled, label.more = True, label.more - 1
                if label.rule:
                    yield Part(label.rule, value)
            labels.append(label)
            continue
        above = next((label for label in reversed(labels) if label.is_above(place)), None)
        if above and above.more > 0:
            above.is_filled, above.more = True, above.more - 1
            if above.rule:
                yield Part(above.rule, place)
        elif _DATE.search(text) or (place[1] >= bottom_of_number and _is_name(text)):
            yield Part(PERSON, place)
        elif labels and place[1] >= bottom_of_number and _WORDS.search(text):
            yield Part(HOME, place)  # of a label that was not read
    for label in labels:
        if not label.is_filled:
            yield Part(label.rule, label.value_place(right))


def _split_columns(line: Line) -> Iterator[Line]:
    """Yield the parts of a line that stand far from each other."""
    letter = sum(place[2] for _word, place in line) / max(sum(len(word) for word, _ in line), 1)
    part: Line = []
    for word in line:
        if part and word[1][0] - _right_edge_of_word(part[-1]) > _GAP * letter:
            yield part
            part = []
        part.append(word)
    if part:
        yield part


def _join_words(line: Line) -> str:
    return " ".join(word for word, _place in line)


def _fold_text(text: str) -> str:
    return fold(text).translate(_ALIKE)


def _label_of(text: str) -> tuple[str, int] | None:
    plain = _fold_text(text)
    for labels, rule, more in _LABELS:
        if any(_fold_text(label) in plain for label in labels):
            return rule, more
    return None


def _place_behind_label(line: Line) -> Place | None:
    """Return where the value stands: behind the last word of the label in either language."""
    ends = {_fold_text(word) for word in _LAST_OF_LABELS}
    first = 0
    for number, (word, _place) in enumerate(line):
        if re.search(r":\w", word):  # the value hangs at it
            first = number
        elif re.sub(r"\W", "", _fold_text(word)) in ends or word.endswith((":", ";")):
            first = number + 1
    rest = [place for _word, place in line[first:]]
    return bounding_place(rest) if re.search(r"\w\W*\w", _join_words(line[first:])) else None


def _is_name(text: str) -> bool:
    names = [word for word in re.findall(r"[^\W\d_]+", text) if len(word) > 1]
    return len(names) >= 2 and all(word.isupper() for word in names)


# --- The portrait ---------------------------------------------------------------------------------


def _portrait_place(
    lines: Sequence[Line], labelled: Sequence[Line], numbers: Sequence[Place]
) -> Place:
    left = sorted(line[0][1][0] for line in labelled)[len(labelled) // 2]
    texts = bounding_place([place for line in labelled for _word, place in line])
    right = max(texts[0] + texts[2], max(map(_right_edge, numbers)))
    bottom = max(place[1] + place[3] for line in lines for _word, place in line)
    top = min(y for _x, y, _width, _height in numbers)
    high = bottom - top
    start = max(round(left - _PORTRAIT_WIDTH * (right - left)), 0)
    top = max(round(top - _ABOVE * high), 0)
    end = min(round(bottom + _BELOW * high), WHOLE)
    return start, top, max(left - start, 1), max(end - top, 1)


def _right_edge_of_word(word: tuple[str, Place]) -> int:
    return _right_edge(word[1])


def _right_edge(place: Place) -> int:
    return place[0] + place[2]


def bounding_place(places: Sequence[Sequence[Any]]) -> Place:
    """Return the smallest part that holds all of these."""
    left, top = min(int(box[0]) for box in places), min(int(box[1]) for box in places)
    right = max(int(box[0]) + int(box[2]) for box in places)
    bottom = max(int(box[1]) + int(box[3]) for box in places)
    return left, top, right - left, bottom - top
