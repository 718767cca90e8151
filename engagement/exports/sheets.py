"""Figures as files. A cell that looks like a formula stays text: titles come from people, and Excel
runs formulas.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from django.http import HttpResponse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from core import training
from core.spreadsheets import keep_allowed_letters, make_text_cell
from core.text import fold

if TYPE_CHECKING:
    from openpyxl.cell import WriteOnlyCell

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS = ("xlsx", "csv")
TYPES = {"xlsx": XLSX, "csv": "text/csv; charset=utf-8"}
# Excel takes them in no name of a sheet, which a kit named "Tháng 12/2026" would bear.
_NO_LETTERS_OF_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
_LONGEST_NAME = 31
# The second half are full-width twins, which Excel takes for the first.
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")


@dataclass(frozen=True)
class Sheet:
    """A table of whole numbers, shares (floats), rates (decimals), dates and text. None is
    written as not measured.
    """

    title: str
    head: Sequence[str]
    rows: Iterable[Sequence[Any]]


class File(NamedTuple):
    """The content of a download. ``rows``: how many the last sheet has; ``page``: the address of
    the page that shows the same.
    """

    name: str
    sheets: Sequence[Sheet]
    rows: int = 0
    page: str = ""


def name_file(*parts: str) -> str:
    """Return a name of plain letters for a file: "Theo đơn vị" → "theo-don-vi"."""
    return slugify(fold(" ".join(parts)))[:60].rstrip("-")


def make_download(format: str, name: str, sheets: Sequence[Sheet]) -> HttpResponse:
    """Return a download. CSV holds the last sheet only, which is the one with the rows."""
    out = io.BytesIO()
    write_sheets(out, format, sheets)
    return HttpResponse(
        out.getvalue(), content_type=TYPES[format], headers=make_disposition_header(name, format)
    )


def make_disposition_header(name: str, format: str) -> dict[str, str]:
    """Return the header by which a browser stores a file under its name."""
    return {"Content-Disposition": f'attachment; filename="{name}.{format}"'}


def write_sheets(out: IO[bytes], format: str, sheets: Sequence[Sheet]) -> None:
    """Write the file row by row; memory does not grow with the rows. In training the first heading
    bears the mark: it stays with the figures, whatever the file is called.
    """
    sheets = [_mark(sheet) for sheet in sheets]
    if format == "xlsx":
        _write_xlsx(out, sheets)
    else:
        _write_csv(out, sheets[-1])


def _mark(sheet: Sheet) -> Sheet:
    first, *others = sheet.head
    return replace(sheet, head=[training.mark(str(first)), *others])


def _write_csv(out: IO[bytes], sheet: Sheet) -> None:
    # The mark tells Excel that this is UTF-8; without it the accents are lost.
    text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=False)
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([_disarm_formula(title) for title in sheet.head])
    for row in sheet.rows:
        writer.writerow([_disarm_formula(_format_value(value)) for value in row])
    text.flush()
    text.detach()


def _format_value(value: Any) -> Any:
    if value is None:
        return _("not measured")
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%d/%m/%Y %H:%M")
    if isinstance(value, date):
        return value.strftime("%d/%m/%Y")
    return f"{value:.0%}" if isinstance(value, float) else value


def _disarm_formula(value: Any) -> Any:
    if isinstance(value, int | Decimal):
        return value
    text = str(value).replace("\0", "")
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_STARTS) else text


def _write_xlsx(out: IO[bytes], sheets: Sequence[Sheet]) -> None:
    from openpyxl import Workbook
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    for sheet in sheets:
        page = book.create_sheet(_make_sheet_name(sheet.title))
        page.freeze_panes = "A2"
        for number, title in enumerate(sheet.head, start=1):
            page.column_dimensions[get_column_letter(number)].width = max(14, len(title) + 2)
        page.column_dimensions["A"].width = 48
        page.append([_make_cell(page, title, bold=True) for title in sheet.head])
        for row in sheet.rows:
            page.append([_make_value(page, value) for value in row])
    book.save(out)


def _make_sheet_name(title: str) -> str | None:
    """Return the title as Excel takes it; None, for a name of Excel's own, where none is left."""
    bare = keep_allowed_letters(title).translate(_NO_LETTERS_OF_NAMES)
    return " ".join(bare.split()).strip("'")[:_LONGEST_NAME].strip() or None


def _make_value(page: Any, value: Any) -> Any:
    """Return the value itself where Excel takes it as text, which costs half as much as a cell."""
    if isinstance(value, str):
        text = keep_allowed_letters(value)
        return make_text_cell(page, text) if text.startswith(("=", "#")) else text or None
    return _make_cell(page, value)


_NUMBERS = {float: "0%", Decimal: "#,##0.0"}


def _make_cell(page: Any, value: Any, *, bold: bool = False) -> "WriteOnlyCell":
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font

    if isinstance(value, datetime):
        cell = WriteOnlyCell(page, timezone.localtime(value).replace(tzinfo=None))
        cell.number_format = "dd/mm/yyyy hh:mm"
    elif isinstance(value, date):
        cell = WriteOnlyCell(page, value)
        cell.number_format = "dd/mm/yyyy"
    elif isinstance(value, int | float | Decimal):
        cell = WriteOnlyCell(page, value)
        cell.number_format = _NUMBERS.get(type(value), "#,##0")
    else:
        cell = make_text_cell(page, _format_value(value))
    if bold:
        cell.font, cell.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
    return cell
