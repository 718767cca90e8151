"""A report as values, before it becomes a file: what `rendering` sets and the workflow fills.

Texts are plain: a line break is one blank, and no letter of them is markup in any file.
"""

from dataclasses import dataclass
from datetime import date, datetime

type Cell = str | int | None  # None: not measured, set as "–" with a note; never a 0


class Change(int):
    """A difference between two figures, shown with its sign."""


def group_digits(number: int) -> str:
    """Return a whole number as Vietnamese papers group it: 1.234.567, and −5 with a minus."""
    return f"{number:,}".replace(",", ".").replace("-", "−")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; numbers stand at the right, grouped as in 1.234."""

    title: str
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table of ``rows`` as wide as ``columns``, perhaps with a row of sums below."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] | None = None
    note: str = ""

    def __post_init__(self) -> None:
        """Raise ValueError for a row that is not as wide as the table."""
        if not self.columns:
            raise ValueError("a table needs a column")
        rows = self.rows if self.total is None else (*self.rows, self.total)
        if any(len(row) != len(self.columns) for row in rows):
            raise ValueError("each row needs a cell for each column")

    @property
    def rows_with_columns(self) -> list[list[tuple[Cell, Column]]]:
        """Return each row's cells, each with its column: text and figures are aligned by it."""
        return [list(zip(row, self.columns, strict=True)) for row in self.rows]

    @property
    def is_list(self) -> bool:
        """Return whether the table only lists texts, several a row to save paper."""
        return not any(column.is_number for column in self.columns)

    @property
    def has_gaps(self) -> bool:
        """Return whether a figure was not measured."""
        rows = self.rows if self.total is None else (*self.rows, self.total)
        return any(cell is None for row in rows for cell in row)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the body. Its number is set by where it stands: I., below that 1., then a)."""

    heading: str
    paragraphs: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    parts: tuple["Part", ...] = ()


@dataclass(frozen=True, slots=True)
class Letterhead:
    """The issuer: the body above, the body, the place it sits in, and the abbreviations that follow
    the number ("BC-CAP"). ``name`` is the body as a sentence names it ("Công an phường
    Hải Châu"), for the line below an appendix's title; without it that line has dots. ``number`` is
    blank until the paper is registered.
    """

    parent: str
    body: str
    place: str
    symbol: str
    name: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Signature:
    """The signer: for whom ("KT. TRƯỞNG …", a line each, or none), as what; ``name`` may be
    blank.
    """

    authority: tuple[str, ...]
    position: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A report, whole. ``opening`` are the paragraphs before the first part, ``copies`` the lines
    below "Nơi nhận", ``definitions`` pairs of a figure and what it counts; ``as_of`` (aware) is the
    moment at which the figures were frozen, ``digest`` the hash of them, ``signed_on`` the day that
    the paper bears once it is signed. No field holds a mark of secrecy or urgency: such papers are
    not made here.
    """

    letterhead: Letterhead
    title: str
    subject: str
    recipients: tuple[str, ...]
    opening: tuple[str, ...]
    parts: tuple[Part, ...]
    signature: Signature
    copies: tuple[str, ...]
    appendices: tuple[Table, ...]
    definitions: tuple[tuple[str, str], ...]
    as_of: datetime
    digest: str
    signed_on: date | None = None
