"""The tables of a report as an Excel file: a sheet each, and one that says what the figures mean.

Figures are numbers, so that they can be added up; what people typed is text, never a formula.
"""

import io
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter

from core.spreadsheets import make_text_cell
from engagement.reports import decree
from engagement.reports.document import Cell, Change, Document, Table, format_cell
from engagement.reports.marks import prepare_for_paper

_LONGEST_NAME = 31  # letters; Excel's own limit on the name of a sheet
_LONGEST_CELL = 32_767  # letters; Excel's
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))
_WHOLE = 2**53  # Excel counts exactly below it
_ALL = 140  # letters: the width of a printed sheet
_THIN = Side(style="thin")
_BORDER = Border(top=_THIN, bottom=_THIN, left=_THIN, right=_THIN)
_TEXT, _BOLD = Font(name=decree.FONT, size=12), Font(name=decree.FONT, size=12, bold=True)
_ITALIC = Font(name=decree.FONT, size=12, italic=True)
_TITLE = Alignment(horizontal="center", vertical="center", wrap_text=True)
_RIGHT = Alignment(horizontal="right", vertical="top")
_WRAPPED = Alignment(vertical="top", wrap_text=True)
_HEAD = 3  # the line of the columns' titles


def write_xlsx(document: Document) -> bytes:
    """Return the report's tables as an Excel file. Raise Refused for a mark of secrecy, urgency or
    circulation.
    """
    document = prepare_for_paper(document)
    book = Workbook(write_only=True)
    book.properties.title = document.subject[:255]
    book.properties.creator = document.body[:255]
    names = {"history"}  # which Excel keeps to itself
    tables = [table for part in document.parts for table in part.tables]
    for table in (*tables, *document.appendices):
        _write_table(_make_sheet(book, table.caption, names, document.mark), document, table)
    sheet = _make_sheet(book, decree.DEFINITIONS, names, document.mark)
    _write_explanations(sheet, document)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _make_sheet(book: Workbook, caption: str, names: set[str], mark: str) -> Any:
    """Make a sheet by the caption, shortened as Excel asks; of two alike the second gets a
    number.
    """
    bare = " ".join(caption.translate(_FORBIDDEN).split()) or decree.TABLE_WORD
    name, at = bare[:_LONGEST_NAME].strip(), 1
    while name.casefold() in names:
        at += 1
        end = f" {at}"
        name = bare[: _LONGEST_NAME - len(end)].strip() + end
    names.add(name.casefold())
    sheet = book.create_sheet(name)
    sheet.page_setup.paperSize, sheet.page_setup.orientation = 9, "landscape"  # A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.oddHeader.center.text = mark or None
    return sheet


def _write_table(sheet: Any, document: Document, table: Table) -> None:
    widths = table.compute_widths(table.format_rows()[: len(table.rows)])
    for at, share in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(at)].width = max(8, share * _ALL)
    sheet.freeze_panes = f"A{_HEAD + 1}"
    sheet.print_title_rows = f"{_HEAD}:{_HEAD}"
    sheet.append([_make_text_cell(sheet, table.caption, _BOLD)])
    sheet.append([_make_text_cell(sheet, document.subject, _ITALIC)])
    sheet.append([_make_title_cell(sheet, column.title) for column in table.columns])
    numeric = [column.is_number for column in table.columns]
    for row in table.rows:
        sheet.append(_make_cells(sheet, row, numeric, _TEXT))
    if table.total is not None:
        sheet.append(_make_cells(sheet, table.total, numeric, _BOLD))
    for note in table.notes:
        sheet.append([_make_text_cell(sheet, note, _ITALIC)])


def _write_explanations(sheet: Any, document: Document) -> None:
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 40, 100
    sheet.append([_make_title_cell(sheet, column) for column in decree.DEFINITION_COLUMNS])
    for name, meaning in document.definitions:
        sheet.append(_make_cells(sheet, (name, meaning), (False, False), _TEXT))
    sheet.append([])
    sheet.append([_make_text_cell(sheet, decree.describe_freeze_time(document.as_of), _ITALIC)])
    if document.digest:
        sheet.append(
            [_make_text_cell(sheet, decree.DIGEST.format(digest=document.digest), _ITALIC)]
        )


def _make_cells(
    sheet: Any, row: Sequence[Cell], numeric: Sequence[bool], font: Font
) -> list[WriteOnlyCell]:
    """Return a row: figures as numbers; a gap, and a figure that Excel would round, as text."""
    cells = []
    for value, is_number in zip(row, numeric, strict=True):
        if isinstance(value, int) and abs(value) < _WHOLE:
            cell = WriteOnlyCell(sheet, value)
            # "1.234" where Excel is Vietnamese.
            cell.number_format = "+#,##0;-#,##0;0" if isinstance(value, Change) else "#,##0"
        else:
            cell = _make_text_cell(sheet, format_cell(value), font)
        cell.font, cell.border = font, _BORDER
        cell.alignment = _RIGHT if is_number else _WRAPPED
        cells.append(cell)
    return cells


def _make_title_cell(sheet: Any, text: str) -> WriteOnlyCell:
    cell = _make_text_cell(sheet, text, _BOLD)
    cell.alignment, cell.border = _TITLE, _BORDER
    return cell


def _make_text_cell(sheet: Any, text: str, font: Font) -> WriteOnlyCell:
    cell = make_text_cell(sheet, text[:_LONGEST_CELL])
    cell.font = font
    return cell
