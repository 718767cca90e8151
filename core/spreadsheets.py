"""Spreadsheets that people fill in and upload: the lines of the first sheet, by the titles of its
columns. Excel files, and where the caller takes them text files (CSV).
"""

import codecs
import csv
import io
import re
import tempfile
import zipfile
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from django.conf import settings
from django.utils import translation
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from core import sandbox, scanner, training
from core.errors import Refused
from core.semaphores import SharedSemaphore
from core.text import fold, normalise

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

MAX_BYTES = 2 * 1024 * 1024
MAX_UNPACKED = 10 * 1024 * 1024  # 5,000 filled rows take two
MAX_STYLES = 200 * 1024  # of them; each kilobyte becomes hundreds in memory
# 5,000 filled rows take 60 MB and two seconds.
LIMITS = sandbox.Limits(
    memory=320 * 1024 * 1024,
    cpu_seconds=12,
    file_bytes=8 * 1024 * 1024,
    timeout=40,
    answer_bytes=8 * 1024 * 1024,
)
MAX_ROWS = 5_000
TITLES_WITHIN = 10  # lines: above the titles people write what the sheet is about
LONGEST_CELL = 300  # characters; what is longer is cut
MOST_COLUMNS = 20
_NOT_IN_EXCEL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # openpyxl raises an error at them
_PROGRAM = Path(__file__).with_name("workbook_reader.py")
_semaphore = SharedSemaphore("workbooks", limit=1, queue=1, timeout=20)


class Line(NamedTuple):
    """A filled line below the titles."""

    number: int  # Excel's
    cells: dict[str, str]  # by column; empty where the sheet lacks the column


class Shape(NamedTuple):
    """Bound what a sheet may hold. ``texts`` are columns that keep their line breaks and up to
    ``longest_text`` characters; ``takes_csv``: a text file will do, too.
    """

    most_rows: int = MAX_ROWS
    texts: Collection[str] = ()
    longest_text: int = LONGEST_CELL
    takes_csv: bool = False


PLAIN = Shape()


def read_sheet(
    file: BinaryIO,
    *,
    size: int,
    columns: Mapping[str, object],
    required: Collection[str] | None = None,
    shape: Shape = PLAIN,
) -> list[Line]:
    """Return the filled lines of the first sheet. Raise Refused, which names the fault of the whole
    file, and Busy.

    ``columns`` are the titles by name; a sheet may bear them in either language and in any order.
    The sheet must have those that are ``required``, by default all.
    """
    if size > MAX_BYTES:
        raise Refused(_("The file is larger than 2 MB. Split it into several files."))
    required = columns.keys() if required is None else required
    is_text = shape.takes_csv and not file.read(4).startswith((b"PK", b"\xd0\xcf\x11\xe0"))
    file.seek(0)
    if is_text:
        lines = _read_text_lines(file, columns, shape)
    else:
        _refuse_bombs(file)
        lines = _read_lines(file, shape)
    return _arrange_by_column(lines, columns, required, shape)


def map_labels_of_languages[Name: str](labels: Mapping[Name, object]) -> dict[str, Name]:
    """Map each label, in either language, to its name: a template may be in either."""
    known = {fold(name): name for name in labels}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            known |= {fold(str(label)): name for name, label in labels.items()}
    return known


def _read_text_lines(
    file: BinaryIO, columns: Mapping[str, object], shape: Shape
) -> list[list[str]]:
    """Read the lines of a text file. Raise Refused, Busy."""
    data = file.read(MAX_BYTES)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "lines.csv"
        source.write_bytes(data)
        scanner.require_clean(source)
    known = map_labels_of_languages(columns)
    return read_lines(
        data,
        rows=shape.most_rows + 50,
        columns=MOST_COLUMNS,
        longest=max(LONGEST_CELL, shape.longest_text),
        titles=lambda line: sum(fold(cell) in known for cell in line),
    )


def _read_lines(file: BinaryIO, shape: Shape) -> list[list[str]]:
    """Read the lines of the first sheet in a program of its own. Raise Refused, Busy."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        source = place / "workbook.xlsx"
        source.write_bytes(file.read())
        longest = max(1000, shape.longest_text)
        most = (str(shape.most_rows + 50), str(MOST_COLUMNS), str(longest))
        try:
            with _semaphore.hold():
                scanner.require_clean(source)
                facts = sandbox.run_program(
                    _PROGRAM, str(source), folder, *most, place=place, limits=LIMITS
                )
            return [[str(cell) for cell in line] for line in facts["lines"]]
        except (sandbox.ProgramFailed, KeyError, TypeError):
            raise Refused(
                _("This file cannot be read. Fill in the template, save it as .xlsx and try again.")
            ) from None


def _refuse_bombs(file: BinaryIO) -> None:
    """Refuse, before unpacking, a small archive that unpacks to gigabytes.

    zipfile never yields more than the size an entry declares, so the declared sizes can be trusted.
    """
    try:
        entries = zipfile.ZipFile(file).infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise Refused(
            _("Only Excel files of the kind .xlsx are read, without a password.")
        ) from error
    styles = sum(e.file_size for e in entries if e.filename.lower().endswith("styles.xml"))
    if (
        len(entries) > 500
        or sum(e.file_size for e in entries) > MAX_UNPACKED
        or styles > MAX_STYLES
    ):
        raise Refused(
            _("This file is far larger inside than outside. Copy the rows into a fresh template.")
        )
    file.seek(0)


def _arrange_by_column(
    given: Iterable[list[str]],
    columns: Mapping[str, object],
    required: Collection[str],
    shape: Shape,
) -> list[Line]:
    lines = enumerate(given, 1)
    known = map_labels_of_languages(columns)
    places: dict[str, int] = {}
    for number, line in lines:
        titles = [fold(value) for value in line]
        here = {known[title]: at for at, title in enumerate(titles) if title in known}
        places = max(places, here, key=len)
        if all(name in places for name in required) or number == TITLES_WITHIN:
            break
    if missing_columns := [str(columns[name]) for name in required if name not in places]:
        raise Refused(
            _("The sheet lacks these columns: %(columns)s. Use the template.")
            % {"columns": ", ".join(missing_columns)}
        )
    filled = []
    for number, line in lines:
        cells = dict.fromkeys(columns, "")
        cells |= {
            name: _clean_cell(line[at], shape.longest_text if name in shape.texts else 0)
            for name, at in places.items()
            if at < len(line)
        }
        if any(cells.values()):
            filled.append(Line(number, cells))
    if not filled:
        raise Refused(_("The sheet has no filled row below its headings."))
    if len(filled) > shape.most_rows:
        raise Refused(
            _("At most %(n)s rows are read at a time. Split the file.")
            % {"n": number_format(shape.most_rows, force_grouping=True)}
        )
    return filled


def _clean_cell(value: str, longest_text: int) -> str:
    """Return a cell on one line; a text of up to ``longest_text`` characters as it was written."""
    if longest_text:
        return normalise(value).strip()[:longest_text]
    return " ".join(normalise(value).split())[:LONGEST_CELL]


def keep_allowed_letters(text: str) -> str:
    """Return the text without the control characters that Excel takes in no cell."""
    return _NOT_IN_EXCEL.sub("", text)


def mark_training(book: "Workbook") -> None:
    """Mark a workbook of training: in the name of its first sheet, and above each printed page. Its
    cells stay as they are, for it is filled in and read back.
    """
    if mark := training.get_mark():
        book.worksheets[0].title = f"{mark} {book.worksheets[0].title}"
        for page in book.worksheets:
            page.oddHeader.center.text = mark


def make_text_cell(page: Any, value: object) -> "WriteOnlyCell":
    """Return a cell of ``page`` with ``value`` as text: what begins like a formula stays text, for
    Excel runs formulas.

    Names of units and titles of posts are typed by people elsewhere.
    """
    # Imported here, as by all who write workbooks: with numpy, which it takes along, openpyxl
    # costs each process 17 MB and its start a third of a second.
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(page, keep_allowed_letters(str(value)))
    cell.data_type = "s"  # whatever it begins with
    return cell


# A Vietnamese Excel separates by semicolons; its "Unicode text" by tabs, in UTF-16.
SEPARATORS = (",", ";", "\t")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_lines(
    data: bytes, *, rows: int, columns: int, longest: int, titles: Callable[[list[str]], int]
) -> list[list[str]]:
    """Return at most ``rows`` lines. Raise Refused, which says how to save the file instead.

    ``titles`` counts the known titles of a line: the separator by which most are found is the
    file's.
    """
    text = _decode(data)
    parsed = [_parse(text, separator, rows=rows, columns=columns) for separator in SEPARATORS]
    lines, is_whole = max(parsed, key=lambda cell: max(map(titles, cell[0][:10]), default=0))
    if not is_whole:
        raise Refused(
            _("Row %(n)s of this text file is too long. Shorten its cells, then try again.")
            % {"n": len(lines) + 1}
        )
    return [[cell[:longest] for cell in line] for line in lines]


def _decode(data: bytes) -> str:
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise Refused(
            _(
                "The letters of this text file cannot be read. In Excel, save it as .xlsx or as "
                "“CSV UTF-8”, then try again."
            )
        ) from None
    if "\0" in text:
        raise Refused(_("This is no text file. Fill in the template and save it as .xlsx."))
    return text


def _parse(text: str, separator: str, *, rows: int, columns: int) -> tuple[list[list[str]], bool]:
    """Return the lines, and whether all could be read: no cell has more than 131,072 characters."""
    lines: list[list[str]] = []
    try:
        for line in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            if len(lines) == rows:
                break
            lines.append(line[:columns])
    except csv.Error:
        return lines, False
    return lines, True
