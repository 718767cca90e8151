"""No paper of this portal bears a mark of secrecy, of urgency or of circulation."""

from collections.abc import Iterator, Sequence

from engagement.reports.document import Document, Part, Table
from engagement.reports.marks import require_no_mark


def require_no_marks(document: Document) -> None:
    """Raise SecrecyRefused or Refused for a mark in any text of the document."""
    require_no_mark(set(_list_texts(document)))


def _list_texts(document: Document) -> Iterator[str]:
    head, signature = document.letterhead, document.signature
    yield from (head.parent, head.body, head.place, head.symbol, head.name, head.number)
    yield from (document.title, document.subject, *document.recipients, *document.opening)
    yield from (*signature.authority, signature.position, signature.name, *document.copies)
    yield from _list_texts_of_parts(document.parts)
    for table in document.appendices:
        yield from _list_texts_of_table(table)
    for pair in document.definitions:
        yield from pair
    yield document.digest


def _list_texts_of_parts(parts: Sequence[Part]) -> Iterator[str]:
    for part in parts:
        yield part.heading
        yield from part.paragraphs
        for table in part.tables:
            yield from _list_texts_of_table(table)
        yield from _list_texts_of_parts(part.parts)


def _list_texts_of_table(table: Table) -> Iterator[str]:
    yield from (table.caption, table.note, *(column.title for column in table.columns))
    rows = table.rows if table.total is None else (*table.rows, table.total)
    for row in rows:
        yield from (cell for cell in row if isinstance(cell, str))
