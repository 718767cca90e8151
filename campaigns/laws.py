"""Laws and decrees that are no longer in force, and what is in force instead.

They stand in ``repealed_laws.csv``: one line a document, with its successor and the day since when.
A decree has no title of its own there: people cite it by number.
"""

import csv
import re
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from django.utils.translation import gettext as _

_FILE = Path(__file__).with_name("repealed_laws.csv")
_DECREE = "Nghị định"


class RepealedLaw(NamedTuple):
    number: str
    title: str
    successor: str
    successor_title: str
    since: date

    @property
    def warning(self) -> str:
        return _("%(law)s is no longer in force since %(day)s: %(successor)s took its place.") % {
            "law": f"{self.title} {self.number}",
            "day": f"{self.since:%d/%m/%Y}",
            "successor": f"{self.successor_title} {self.successor}",
        }


class Citation(NamedTuple):
    """A repealed law where a text names it, and how its successor is named there."""

    law: RepealedLaw
    start: int
    end: int
    successor: str


def find_repealed_laws(text: str, *, on: date) -> list[Citation]:
    """Find what a text cites that is repealed on that day, by number or by title and year."""
    laws = []
    for law, pattern in _read_laws():
        if law.since > on:
            continue
        for match in pattern.finditer(text):
            laws.append(Citation(law, match.start(), match.end(), _name_successor(law, match)))
    return sorted(laws, key=lambda mention: mention.start)


def replace_repealed_laws(text: str, *, on: date) -> str:
    """Return the text with each repealed law replaced by its successor."""
    for law in reversed(find_repealed_laws(text, on=on)):
        text = f"{text[: law.start]}{law.successor}{text[law.end :]}"
    return text


def list_warnings(texts: Iterable[str], *, on: date) -> list[str]:
    """Return a sentence for each repealed law that the texts cite."""
    laws = dict.fromkeys(
        mention.law for text in texts for mention in find_repealed_laws(text, on=on)
    )
    return [law.warning for law in laws]


def _name_successor(law: RepealedLaw, match: re.Match[str]) -> str:
    """Name the successor as the text named the law: with its title, its number or its year."""
    if match["year"]:
        year = law.successor.split("/")[1]
        return f"{law.successor_title} {match['before_year'] or ''}{year}"
    title = f"{law.successor_title} {match['before_number'] or ''}" if match["title"] else ""
    return f"{title}{law.successor}"


@lru_cache(maxsize=1)
def _read_laws() -> list[tuple[RepealedLaw, re.Pattern[str]]]:
    with _FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    laws = [
        RepealedLaw(
            row["number"],
            row["title"],
            row["successor"],
            row["successor_title"],
            date.fromisoformat(row["since"]),
        )
        for row in rows
    ]
    return [(law, _compile_citation(law)) for law in laws]


def _compile_citation(law: RepealedLaw) -> re.Pattern[str]:
    title = re.escape(law.title).replace(r"\ ", r"\s+")
    number = re.escape(law.number).replace("NĐ", "N[ĐD]")
    by_number = rf"(?:(?P<title>{title})\s+(?P<before_number>số\s+)?)?{number}(?![\w/-])"
    # Of a decree the year alone says nothing.
    year = law.number.split("/")[1] if law.title != _DECREE else "(?!)"
    by_year = rf"{title}\s+(?P<before_year>năm\s+)?(?P<year>{year})(?![\w/])"
    return re.compile(rf"(?<![\w/])(?:{by_number}|{by_year})", re.IGNORECASE)
