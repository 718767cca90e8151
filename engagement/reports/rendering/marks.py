"""No paper of this portal bears a mark of secrecy, of urgency or of circulation."""

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from core.errors import Refused
from core.secrecy import require_no_secrecy_mark
from engagement.reports.document import Document, Part, Table

# III 2 b and c of the decree's Appendix I, by the two ways to write the accent.
_STAMPS = {
    "HỎA TỐC",
    "HOẢ TỐC",
    "HỎA TỐC HẸN GIỜ",
    "HOẢ TỐC HẸN GIỜ",
    "THƯỢNG KHẨN",
    "KHẨN",
    "XEM XONG TRẢ LẠI",
    "LƯU HÀNH NỘI BỘ",
}
_LONGEST_STAMP = 60  # letters


def require_no_marks(document: Document) -> None:
    """Raise SecrecyRefused for a text that bears a secrecy mark, Refused for one that is a mark of
    urgency or circulation and nothing else.
    """
    texts = set(_texts(document))
    require_no_secrecy_mark(texts)
    for text in texts:
        if len(text) <= _LONGEST_STAMP and _letters(text) in _STAMPS:
            raise Refused(
                _("A report bears no mark of urgency or circulation. Take out “%(text)s”.")
                % {"text": text.strip()}
            )


def _letters(text: str) -> str:
    return " ".join("".join(each if each.isalpha() else " " for each in text).split()).upper()


def _texts(document: Document) -> Iterator[str]:
    head, signature = document.letterhead, document.signature
    yield from (head.parent, head.body, head.place, head.symbol, head.name)
    yield from (document.title, document.subject, *document.recipients, *document.opening)
    yield from (signature.authority, signature.position, signature.name, *document.copies)
    yield from _texts_of_parts(document.parts)
    for table in document.appendices:
        yield from _texts_of_table(table)
    for pair in document.definitions:
        yield from pair
    yield document.digest


def _texts_of_parts(parts: Sequence[Part]) -> Iterator[str]:
    for part in parts:
        yield part.heading
        yield from part.paragraphs
        for table in part.tables:
            yield from _texts_of_table(table)
        yield from _texts_of_parts(part.parts)


def _texts_of_table(table: Table) -> Iterator[str]:
    yield from (table.caption, table.note, *(column.title for column in table.columns))
    rows = table.rows if table.total is None else (*table.rows, table.total)
    for row in rows:
        yield from (cell for cell in row if isinstance(cell, str))
