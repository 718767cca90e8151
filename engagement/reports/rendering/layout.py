"""A report as a row of blocks, the same for Word and PDF: what is numbered, worded and measured is
so once, here.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from engagement.reports.document import Cell, Change, Document, Part, Table
from engagement.reports.rendering import form
from engagement.reports.rendering.marks import require_no_marks
from platforms.text import normalize_unicode

# Control and format characters, halves of surrogate pairs, letters that no font has: nobody sees
# them, XML forbids some, and some turn the line around.
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_ABOUT_A_LINE = 40  # letters: of what is longer, a table's column does not grow
_AT_LEAST = 4  # letters
DEEPEST = 3  # I., 1., a)

type Kind = Literal["heading", "paragraph", "caption", "table", "note", "end"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table, ready to be set. ``shares`` are the columns' widths and sum up to 1; ``has_total``:
    the last row holds sums.
    """

    titles: list[str]
    numeric: list[bool]
    shares: list[float]
    rows: list[list[str]]
    has_total: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A heading of ``level`` 1 to 3, a paragraph, or a table with what stands around it."""

    kind: Kind
    text: str = ""
    level: int = 0
    grid: Grid | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Appendix:
    """An appendix: on pages of its own, numbered by themselves (III 1 đ)."""

    word: str
    title: str
    of: str
    is_wide: bool
    blocks: list[Block]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """All lines of a report, in their order."""

    parent: str
    body: str
    number: str
    place: str
    title: str
    subject: str
    recipients: list[str]
    blocks: list[Block]
    authority: list[str]
    position: str
    name: str
    copies: list[str]
    appendices: list[Appendix]

    def as_data(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return asdict(self)


def to_one_line(text: str) -> str:
    """Return a text on one line: letters composed, one blank between words, nothing unseen."""
    composed = normalize_unicode("NFC", text)
    spaced = " ".join(composed.split())
    if composed.isprintable():
        return spaced
    return "".join(each for each in spaced if unicodedata.category(each) not in _UNSEEN)


def format_cell(cell: Cell) -> str:
    """Return a cell as people read it: 1.234, +5 for a change, "–" where nothing was measured."""
    if cell is None:
        return form.GAP
    if isinstance(cell, Change) and cell > 0:
        return f"+{form.group_digits(cell)}"
    return form.group_digits(cell) if isinstance(cell, int) else to_one_line(cell)


def make_layout(document: Document) -> Layout:
    """Return the lines of ``document``: headings numbered, tables counted, appendices referred to.

    Raise Refused for a mark of secrecy, urgency or circulation.
    """
    require_no_marks(document)
    head = document.letterhead
    return Layout(
        parent=to_one_line(head.parent).upper(),
        body=to_one_line(head.body).upper(),
        number=form.format_number_line(to_one_line(head.symbol), head.number),
        place=form.format_date(
            to_one_line(head.place), form.to_local_time(document.as_of).year, document.signed_on
        ),
        title=to_one_line(document.title).upper(),
        subject=to_one_line(document.subject),
        recipients=_format_recipients(document.recipients),
        blocks=_make_body(document),
        authority=[to_one_line(each).upper() for each in document.signature.authority],
        position=to_one_line(document.signature.position).upper(),
        name=to_one_line(document.signature.name),
        copies=form.format_list([to_one_line(entry) for entry in document.copies]),
        appendices=_make_appendices(document),
    )


def _format_recipients(names: Sequence[str]) -> list[str]:
    """Return one name to print beside "Kính gửi:", several as a list below it."""
    lines = form.format_list([to_one_line(name) for name in names])
    return [line[2:] for line in lines] if len(lines) == 1 else lines


def _make_body(document: Document) -> list[Block]:
    blocks = [Block(kind="paragraph", text=to_one_line(text)) for text in document.opening]
    counter = iter(range(1, 1_000_000))
    for at, part in enumerate(document.parts, 1):
        blocks += _make_part(part, at, 1, counter)
    titles = [*(to_one_line(table.caption) for table in document.appendices), form.DEFINITIONS]
    words = _name_appendices(len(titles))
    names = "; ".join(f"{word} - {title}" for word, title in zip(words, titles, strict=True))
    # III 1 a: the text refers to its appendices.
    blocks.append(Block(kind="paragraph", text=f"{form.ENCLOSED} {names}{form.END}"))
    return blocks


def _make_part(part: Part, at: int, level: int, counter: Iterator[int]) -> Iterator[Block]:
    heading = to_one_line(part.heading)
    if level == 1:
        heading = f"{form.format_roman(at)}. {heading.upper()}"  # V 6 b: a section's in capitals
    elif level == 2:
        heading = f"{at}. {heading}"
    else:
        heading = f"{form.format_letter(at)}) {heading}"
    yield Block(kind="heading", level=min(level, DEEPEST), text=heading)
    for text in part.paragraphs:
        yield Block(kind="paragraph", text=to_one_line(text))
    for table in part.tables:
        caption = f"{form.TABLE_WORD} {next(counter)}. {to_one_line(table.caption)}"
        yield Block(kind="caption", text=caption)
        yield from _make_table(table)
    for number, below in enumerate(part.parts, 1):
        yield from _make_part(below, number, level + 1, counter)


def list_notes(table: Table) -> list[str]:
    """Return the notes below a table. One of its own that explains the dash needs no second."""
    note = to_one_line(table.note)
    gaps = [form.GAP_NOTE] if table.has_gaps and f"“{form.GAP}”" not in note else []
    return [*gaps, note] if note else gaps


def _make_table(table: Table) -> Iterator[Block]:
    """Yield the table and its notes."""
    yield Block(kind="table", grid=_make_grid(table))
    for note in list_notes(table):
        yield Block(kind="note", text=note)


def _make_grid(table: Table) -> Grid:
    rows = [*table.rows, *([table.total] if table.total is not None else [])]
    cells = [[format_cell(cell) for cell in row] for row in rows]
    titles = [to_one_line(column.title) for column in table.columns]
    return Grid(
        titles=titles,
        numeric=[column.is_number for column in table.columns],
        shares=compute_column_shares(titles, cells),
        rows=cells,
        has_total=table.total is not None,
    )


def compute_column_shares(titles: Sequence[str], cells: Sequence[Sequence[str]]) -> list[float]:
    """Return the columns' shares of the width: by the longest cell, and the longest word above."""
    needed = []
    for at, title in enumerate(titles):
        longest = max((len(row[at]) for row in cells), default=0)
        word = max((len(word) for word in title.split()), default=0)
        needed.append(max(_AT_LEAST, word, min(longest, _ABOUT_A_LINE), len(title) // 3) + 2)
    return [each / sum(needed) for each in needed]


def _name_appendices(count: int) -> list[str]:
    """Return how ``count`` appendices are called: numbered where they are several (III 1 a)."""
    if count == 1:
        return [form.APPENDIX_WORD]
    return [f"{form.APPENDIX_WORD} {form.format_roman(at)}" for at in range(1, count + 1)]


def _make_appendices(document: Document) -> list[Appendix]:
    """Return the appendices: a table each, and at the end the meaning of the figures."""
    words = _name_appendices(len(document.appendices) + 1)
    symbol, year = to_one_line(document.letterhead.symbol), form.to_local_time(document.as_of).year
    issuer = to_one_line(document.letterhead.name) or "…"
    contents = [
        *((to_one_line(each.caption), True, _make_table(each)) for each in document.appendices),
        (form.DEFINITIONS, False, _explain_figures(document)),
    ]
    return [
        Appendix(
            word=word,
            title=title.upper(),
            # III 1 c and form 2.1: number, day and month are written in on paper alone.
            of=f"(Kèm theo Báo cáo số      /{symbol} ngày     tháng     năm {year} của {issuer})",
            is_wide=is_wide,
            blocks=[*blocks, Block(kind="end", text=form.END)],
        )
        for word, (title, is_wide, blocks) in zip(words, contents, strict=True)
    ]


def _explain_figures(document: Document) -> Iterator[Block]:
    if document.definitions:
        titles = list(form.DEFINITION_COLUMNS)
        rows = [[to_one_line(name), to_one_line(text)] for name, text in document.definitions]
        yield Block(
            kind="table",
            grid=Grid(
                titles=titles,
                numeric=[False, False],
                shares=[0.3, 0.7],
                rows=rows,
                has_total=False,
            ),
        )
    yield Block(kind="note", text=form.describe_freeze_time(document.as_of))
    if digest := to_one_line(document.digest):
        yield Block(kind="note", text=form.DIGEST.format(digest=digest))
