"""Days of which posts are written each year: holidays, commemorations, months of action.

The dates stand in ``awareness.csv``: ``solar`` as month-day, ``lunar`` as month-day of the
Vietnamese lunar calendar, ``sunday`` as month and which of its Sundays.
"""

import csv
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from django.utils.translation import get_language
from lunar_vn import convert_lunar_to_solar

HOLIDAY, DAY, MONTH = "holiday", "day", "month"
_FILE = Path(__file__).with_name("awareness.csv")


class Occasion(NamedTuple):
    """One of these days in one year; ``last`` is its own day unless it lasts longer."""

    first: date
    last: date
    kind: str
    title_vi: str
    title_en: str

    @property
    def title(self) -> str:
        return self.title_en if get_language() == "en" else self.title_vi


def find_occasions(first: date, last: date) -> list[Occasion]:
    """Return what falls between two days, both included, in order; the longest last."""
    years = range(first.year - 1, last.year + 1)  # a lunar year ends in the next one
    occasions = {occasion for year in years for occasion in _find_occasions_of_year(year)}
    in_period = [
        occasion for occasion in occasions if occasion.first <= last and occasion.last >= first
    ]
    return sorted(
        in_period, key=lambda occasion: (occasion.kind == MONTH, occasion.first, occasion.title_vi)
    )


@lru_cache(maxsize=1)
def _read_rows() -> list[dict[str, str]]:
    with _FILE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@lru_cache(maxsize=64)
def _find_occasions_of_year(year: int) -> tuple[Occasion, ...]:
    occasions = []
    for row in _read_rows():
        first = _parse_day(row["calendar"], row["first"], year)
        last = _parse_day(row["calendar"], row["last"] or row["first"], year)
        occasions.append(Occasion(first, last, row["kind"], row["title_vi"], row["title_en"]))
    return tuple(occasions)


def _parse_day(calendar: str, written: str, year: int) -> date:
    month, day = map(int, written.split("-"))
    if calendar == "lunar":
        return convert_lunar_to_solar(day, month, year, 0)
    if calendar == "sunday":
        first = date(year, month, 1)
        return first + timedelta(days=(6 - first.weekday()) % 7 + 7 * (day - 1))
    return date(year, month, day)
