"""A report as values: composed once, and read by its page, Word, PDF and Excel alike.

Texts are plain: a line break is one blank, and no letter of them is markup in any file.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

from engagement.reports import decree
from platforms.text import normalize_unicode

# Control and format characters, halves of surrogate pairs, letters that no font has: nobody sees
# them, XML forbids some, and some turn the line around.
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_ABOUT_A_LINE = 40  # letters: of what is longer, a table's column does not grow
_AT_LEAST = 4  # letters

type Cell = str | int | None  # None: not measured, set as "–" with a note; never a 0
type BlockKind = Literal["heading", "paragraph", "caption", "table", "note", "end"]


class Change(int):
    """A difference between two figures, shown with its sign."""


def to_one_line(text: str) -> str:
    """Return a text on one line: letters composed, one blank between words, nothing unseen."""
    composed = normalize_unicode("NFC", text)
    spaced = " ".join(composed.split())
    if composed.isprintable():
        return spaced
    return "".join(
        character for character in spaced if unicodedata.category(character) not in _UNSEEN
    )


def format_cell(cell: Cell) -> str:
    """Return a cell as people read it: 1.234, +5 for a change, "–" where nothing was measured."""
    if cell is None:
        return decree.GAP
    if isinstance(cell, Change) and cell > 0:
        return f"+{decree.group_digits(cell)}"
    return decree.group_digits(cell) if isinstance(cell, int) else to_one_line(cell)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; numbers stand at the right, grouped as in 1.234."""

    title: str
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table of ``rows`` as wide as ``columns``, perhaps with a row of sums below. ``widths``:
    the columns' shares of the paper, where they do not follow from what stands in them.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] | None = None
    note: str = ""
    widths: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Raise ValueError for a row that is not as wide as the table."""
        if not self.columns:
            raise ValueError("a table needs a column")
        if any(len(row) != len(self.columns) for row in self.all_rows):
            raise ValueError("each row needs a cell for each column")

    @property
    def all_rows(self) -> tuple[tuple[Cell, ...], ...]:
        """Return the rows and the sums below them."""
        return self.rows if self.total is None else (*self.rows, self.total)

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
        return any(cell is None for row in self.all_rows for cell in row)

    @property
    def notes(self) -> list[str]:
        """Return the notes below it. One of its own that explains the dash needs no second."""
        needs_note = self.has_gaps and f"“{decree.GAP}”" not in self.note
        return [*([decree.GAP_NOTE] if needs_note else []), *([self.note] if self.note else [])]

    def format_rows(self) -> list[list[str]]:
        """Return all rows as people read them."""
        return [[format_cell(cell) for cell in row] for row in self.all_rows]

    def compute_widths(self, cells: Sequence[Sequence[str]]) -> list[float]:
        """Return the columns' shares of the width, which sum up to 1: by the longest of the
        formatted ``cells``, and the longest word of the title.
        """
        if self.widths:
            return list(self.widths)
        needed = []
        for at, column in enumerate(self.columns):
            longest = max((len(row[at]) for row in cells), default=0)
            word = max(map(len, column.title.split()), default=0)
            at_least = max(_AT_LEAST, word, len(column.title) // 3)
            needed.append(max(at_least, min(longest, _ABOUT_A_LINE)) + 2)
        return [width / sum(needed) for width in needed]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the body, numbered by where it stands."""

    heading: str
    paragraphs: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True)
class Signature:
    """The signer: for whom ("KT. TRƯỞNG …", a line each, or none), as what; ``name`` may be
    blank.
    """

    authority: tuple[str, ...]
    position: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A line of the paper with what it is, or a table."""

    kind: BlockKind
    text: str = ""
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Appendix:
    """An appendix: on pages of its own, numbered by themselves (III 1 đ)."""

    word: str
    title: str
    of: str
    is_wide: bool
    blocks: list[Block]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A report, whole. Its issuer: ``parent`` is the body above, ``body`` the body in capitals,
    ``place`` where it sits, ``symbol`` what follows the number ("BC-CAP"), ``issuer`` the body as
    a sentence names it ("Công an phường Hải Châu"); without it an appendix has dots. ``number``
    and ``signed_on`` are blank until the paper is registered and signed.

    ``opening`` are the paragraphs before the first part, ``copies`` the lines below "Nơi nhận",
    ``definitions`` pairs of a figure and what it counts; ``as_of`` (aware) is the moment at which
    the figures were frozen, ``digest`` the hash of them. No field holds a mark of secrecy or
    urgency: such papers are not made here. ``mark`` stands at the head of the pages, where the
    paper is made for practice.
    """

    parent: str
    body: str
    place: str
    symbol: str
    issuer: str = ""
    number: str = ""
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
    mark: str = ""

    # --- Its lines on paper, as the decree asks for them ---

    @property
    def number_line(self) -> str:
        return decree.format_number_line(self.symbol, self.number)

    @property
    def place_line(self) -> str:
        year = decree.to_local_time(self.as_of).year
        return decree.format_date(self.place, year, self.signed_on)

    @property
    def recipient_lines(self) -> list[str]:
        """Return one name to print beside "Kính gửi:", several as a list below it."""
        lines = decree.format_list(self.recipients)
        return [line[2:] for line in lines] if len(lines) == 1 else lines

    @property
    def copy_lines(self) -> list[str]:
        return decree.format_list(self.copies)

    @property
    def blocks(self) -> list[Block]:
        """Return the body: parts and tables numbered, at the end a reference to the appendices."""
        blocks = [Block("paragraph", text) for text in self.opening]
        number = 0
        for at, part in enumerate(self.parts, 1):
            # V 6 b: a section's heading is in capitals.
            heading = f"{decree.format_roman(at)}. {part.heading.upper()}"
            blocks += [Block("heading", heading), *(Block("paragraph", t) for t in part.paragraphs)]
            for table in part.tables:
                number += 1
                blocks.append(Block("caption", f"{decree.TABLE_WORD} {number}. {table.caption}"))
                blocks += _list_table_blocks(table)
        # III 1 a: the text refers to its appendices.
        titles = [*(table.caption for table in self.appendices), decree.DEFINITIONS]
        appendix_names = decree.name_appendices(len(titles))
        names = "; ".join(
            f"{word} - {title}" for word, title in zip(appendix_names, titles, strict=True)
        )
        return [*blocks, Block("paragraph", f"{decree.ENCLOSED} {names}{decree.END}")]

    @property
    def appendix_pages(self) -> list[Appendix]:
        """Return the appendices: a table each, and at the end the meaning of the figures."""
        names = decree.name_appendices(len(self.appendices) + 1)
        year = decree.to_local_time(self.as_of).year
        # III 1 c and form 2.1: number, day and month are written in on paper alone.
        of = (
            f"(Kèm theo Báo cáo số      /{self.symbol} ngày     tháng     năm {year} "
            f"của {self.issuer or '…'})"
        )
        contents = [
            *((table.caption, True, _list_table_blocks(table)) for table in self.appendices),
            (decree.DEFINITIONS, False, self._explain_figures()),
        ]
        return [
            Appendix(word, title.upper(), of, is_wide, [*blocks, Block("end", decree.END)])
            for word, (title, is_wide, blocks) in zip(names, contents, strict=True)
        ]

    def _explain_figures(self) -> Iterator[Block]:
        if self.definitions:
            columns = tuple(map(Column, decree.DEFINITION_COLUMNS))
            table = Table("", columns, self.definitions, widths=(0.3, 0.7))
            yield Block("table", table=table)
        yield Block("note", decree.describe_freeze_time(self.as_of))
        if self.digest:
            yield Block("note", decree.DIGEST.format(digest=self.digest))


def _list_table_blocks(table: Table) -> list[Block]:
    return [Block("table", table=table), *(Block("note", note) for note in table.notes)]


def clean(value: Any) -> Any:
    """Return a document, or a part of one, with each text on one line and nothing unseen in it."""
    if isinstance(value, str):
        return to_one_line(value)
    if isinstance(value, tuple):
        return tuple(map(clean, value))
    if is_dataclass(value) and not isinstance(value, type):
        names = (field.name for field in fields(value))
        return replace(value, **{name: clean(getattr(value, name)) for name in names})
    return value
