"""Read and write a page's opening hours as one text: "mon 07:30-11:30, 13:30-17:00; tue
07:30-17:00".
"""

import re
from collections.abc import Mapping, Sequence

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST_SPANS = 2  # of one day: before noon and after
# From and until, as people here write them: 7:30-11:30. A duty desk is there until 24:00.
_FROM, _UNTIL = r"([01]?[0-9]|2[0-3]):([0-5][0-9])", r"([01]?[0-9]|2[0-3]|24(?=:00)):([0-5][0-9])"
_SPAN = re.compile(f"{_FROM} ?[-–] ?{_UNTIL}")

Week = Mapping[str, Sequence[tuple[str, str]]]  # by day; a day without a span is closed


def read_week(text: str) -> dict[str, list[tuple[str, str]]]:
    """Return the spans of each day that ``text`` names, in the order of the week. Raise ValueError
    where it is no such text.
    """
    week: dict[str, list[tuple[str, str]]] = {}
    for part in text.split(";"):
        day, _blank, spans = part.strip().partition(" ")
        if day not in DAYS or day in week:
            raise ValueError("no day of the week, or twice the same")
        week[day] = read_day(spans)
        if not week[day]:
            raise ValueError("a day without hours")
    return {day: week[day] for day in DAYS if day in week}


def read_day(text: str) -> list[tuple[str, str]]:
    """Return the spans of one day, each from an hour to a later one: none for an empty text. Raise
    ValueError for what is none, more than two, or not one after the other.
    """
    spans: list[tuple[str, str]] = []
    for part in filter(None, (span.strip() for span in text.split(","))):
        match = _SPAN.fullmatch(part)
        if match is None:
            raise ValueError("no span of hours")
        first, last = f"{match[1]:0>2}:{match[2]}", f"{match[3]:0>2}:{match[4]}"
        if first >= last or (spans and first <= spans[-1][1]):
            raise ValueError("a span that ends before it begins")
        spans.append((first, last))
    if len(spans) > MOST_SPANS:
        raise ValueError("too many spans")
    return spans


def write_week(week: Week) -> str:
    """Return the one text of these hours; days without any are left out."""
    return "; ".join(f"{day} {write_day(week[day])}" for day in DAYS if week.get(day))


def write_day(spans: Sequence[tuple[str, str]]) -> str:
    """Return the hours of one day."""
    return ", ".join(f"{first}-{last}" for first, last in spans)
