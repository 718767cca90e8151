"""Figures as files. A cell that looks like a formula stays text: titles come from people, and Excel
runs formulas.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from core.workbooks import text_cell

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS = ("xlsx", "csv")
# The second half are full-width twins, which Excel takes for the first.
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")


@dataclass(frozen=True)
class Sheet:
    """A table of whole numbers, shares (floats), dates and text. None is
    written as not measured.
    """

    title: str
    head: Sequence[str]
    rows: Iterable[Sequence[Any]]


def as_file(format: str, name: str, sheets: Sequence[Sheet]) -> HttpResponse:
    """Return a download. CSV holds the last sheet only, which is the one with the rows."""
    content, kind = (
        (_xlsx(sheets), XLSX) if format == "xlsx" else (_csv(sheets[-1]), "text/csv; charset=utf-8")
    )
    return HttpResponse(
        content,
        content_type=kind,
        headers={"Content-Disposition": f'attachment; filename="{name}.{format}"'},
    )


def _csv(sheet: Sheet) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([_inert(title) for title in sheet.head])
    for row in sheet.rows:
        writer.writerow([_inert(_plain(value)) for value in row])
    # The mark tells Excel that this is UTF-8; without it the accents are lost.
    return out.getvalue().encode("utf-8-sig")


def _plain(value: Any) -> Any:
    if value is None:
        return _("not measured")
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%d/%m/%Y %H:%M")
    if isinstance(value, date):
        return value.strftime("%d/%m/%Y")
    return f"{value:.0%}" if isinstance(value, float) else value


def _inert(value: Any) -> Any:
    if isinstance(value, int):
        return value
    text = str(value).replace("\0", "")
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_STARTS) else text


def _xlsx(sheets: Sequence[Sheet]) -> bytes:
    book = Workbook(write_only=True)
    for sheet in sheets:
        page = book.create_sheet(ILLEGAL_CHARACTERS_RE.sub("", sheet.title)[:31])
        page.freeze_panes = "A2"
        for number, title in enumerate(sheet.head, start=1):
            page.column_dimensions[get_column_letter(number)].width = max(14, len(title) + 2)
        page.column_dimensions["A"].width = 48
        page.append([_cell(page, title, bold=True) for title in sheet.head])
        for row in sheet.rows:
            page.append([_value(page, value) for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _value(page: Any, value: Any) -> Any:
    """Return the value itself where Excel takes it as text, which costs half as much as a cell."""
    if isinstance(value, str):
        text = ILLEGAL_CHARACTERS_RE.sub("", value)
        return text_cell(page, text) if text.startswith(("=", "#")) else text or None
    return _cell(page, value)


def _cell(page: Any, value: Any, *, bold: bool = False) -> WriteOnlyCell:
    if isinstance(value, datetime):
        cell = WriteOnlyCell(page, timezone.localtime(value).replace(tzinfo=None))
        cell.number_format = "dd/mm/yyyy hh:mm"
    elif isinstance(value, date):
        cell = WriteOnlyCell(page, value)
        cell.number_format = "dd/mm/yyyy"
    elif isinstance(value, int | float):
        cell = WriteOnlyCell(page, value)
        cell.number_format = "0%" if isinstance(value, float) else "#,##0"
    else:
        cell = text_cell(page, _plain(value))
    if bold:
        cell.font, cell.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
    return cell
