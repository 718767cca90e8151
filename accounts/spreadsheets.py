"""People as an Excel file: the empty form that administrators download, and reading back what they filled in."""

import io
import zipfile
from collections.abc import Iterable, Mapping
from typing import BinaryIO, NamedTuple

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl import DEFUSEDXML, Workbook, load_workbook
from openpyxl.styles import Font
from openpyxl.worksheet.datavalidation import DataValidation

from accounts.permissions import Role
from core.errors import Refused
from core.text import fold, normal
from units.models import Unit

MAX_BYTES = 2 * 1024 * 1024
MAX_UNPACKED = 30 * 1024 * 1024
MAX_ROWS = 5_000
COLUMNS = {
    "full_name": gettext_lazy("Full name"),
    "email": gettext_lazy("E-mail"),
    "username": gettext_lazy("User name"),
    "unit": gettext_lazy("Unit"),
    "role": gettext_lazy("Role"),
    "title": gettext_lazy("Post held"),
}
REQUIRED = ("full_name", "email", "unit", "role")
assert DEFUSEDXML, "openpyxl must read XML through defusedxml"


class Row(NamedTuple):
    """One line of the sheet as it was written; ``number`` is Excel's."""

    number: int
    full_name: str
    email: str
    username: str
    unit: str
    role: str
    title: str


def read_people(file: BinaryIO, *, size: int) -> list[Row]:
    """The filled lines of the first sheet. Raises Refused with what is wrong with the file as a whole."""
    if size > MAX_BYTES:
        raise Refused(_("The file is larger than 2 MB. Split it into several files."))
    _refuse_bombs(file)
    try:
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        lines = book.worksheets[0].iter_rows(max_row=MAX_ROWS + 50, max_col=20, values_only=True)
        return _rows(lines)
    except Refused:
        raise
    except Exception as error:  # a hostile or broken file may fail anywhere inside the reader
        raise Refused(_("This file cannot be read. Fill in the template, save it as .xlsx and try again.")) from error


def _refuse_bombs(file: BinaryIO) -> None:
    """A small archive that unpacks to gigabytes is refused before anything is unpacked.

    zipfile never yields more than the size an entry declares, so the declared sizes can be trusted.
    """
    try:
        entries = zipfile.ZipFile(file).infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise Refused(_("Only Excel files of the kind .xlsx are read, without a password.")) from error
    if len(entries) > 500 or sum(e.file_size for e in entries) > MAX_UNPACKED:
        raise Refused(_("This file is far larger inside than outside. Copy the rows into a fresh template."))
    file.seek(0)


def in_any_language(labels: Mapping[str, object]) -> dict[str, str]:
    """From what a person may have written to the name it stands for: a template may be in either language."""
    known = {fold(name): name for name in labels}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            known |= {fold(str(label)): name for name, label in labels.items()}
    return known


def _rows(lines: Iterable[tuple]) -> list[Row]:
    lines = enumerate(lines, 1)
    known, places = in_any_language(COLUMNS), {}
    for number, line in lines:
        titles = [fold(_text(value)) for value in line]
        here = {known[title]: at for at, title in enumerate(titles) if title in known}
        places = max(places, here, key=len)
        if all(name in places for name in REQUIRED) or number == 10:
            break
    if lacking := [str(COLUMNS[name]) for name in REQUIRED if name not in places]:
        raise Refused(
            _("The sheet lacks these columns: %(columns)s. Use the template.") % {"columns": ", ".join(lacking)}
        )
    rows = []
    for number, line in lines:
        values = {name: _text(line[at]) if at < len(line) else "" for name, at in places.items()}
        if any(values.values()):
            rows.append(Row(number, *(values.get(name, "")[:300] for name in COLUMNS)))
    if not rows:
        raise Refused(_("The sheet has no filled row below its headings."))
    if len(rows) > MAX_ROWS:
        raise Refused(_("At most 5,000 rows are read at a time. Split the file."))
    return rows


def _text(value: object) -> str:
    """What stands in the cell; Excel keeps 4 or 4.0 where somebody typed 4."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return " ".join(normal(str(value)).split())


def template(units: Iterable[Unit]) -> bytes:
    """The empty form: a sheet to fill in, a sheet that explains it, and the units that may be named."""
    book = Workbook()
    sheet = book.active
    sheet.title = _("People")
    sheet.append([str(label) for label in COLUMNS.values()])
    for width, letter in zip((28, 32, 20, 44, 24, 32), "ABCDEF", strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A2"
    for row in range(2, 1002):
        sheet.cell(row, 4).number_format = "@"  # text, or Excel strips the zeros of an official code

    guide = book.create_sheet(_("Guide"))
    guide.column_dimensions["A"].width, guide.column_dimensions["B"].width = 30, 100
    for line in _guide():
        guide.append(line)
    # A range, not a list in the formula: a role's name may hold a comma.
    for at, role in enumerate(Role, 1):
        guide.cell(at, 4, str(role.label))
    roles = DataValidation(type="list", formula1=f"'{guide.title}'!$D$1:$D${len(Role)}", allow_blank=True)
    sheet.add_data_validation(roles)
    roles.add(f"E2:E{MAX_ROWS + 1}")
    places = book.create_sheet(_("Units"))
    places.column_dimensions["A"].width, places.column_dimensions["B"].width = 14, 70
    places.append([_("Official code"), _("Unit")])
    for unit in units:
        places.append([unit.code, unit.label])
    for page in (sheet, guide, places):
        for cell in page[1][: len(COLUMNS) if page is sheet else 2]:
            cell.font = Font(bold=True)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _guide() -> list[list[str]]:
    yes, no = _("required"), _("optional")
    return [
        [_("Column"), _("What to write")],
        [str(COLUMNS["full_name"]), _("%(need)s; example: Nguyễn Văn An") % {"need": yes}],
        [str(COLUMNS["email"]), _("%(need)s; every account has its own; example: an.nv@example.vn") % {"need": yes}],
        [str(COLUMNS["username"]), _("%(need)s; empty: made from the name, such as nguyen.van.an") % {"need": no}],
        [str(COLUMNS["unit"]), _("%(need)s; the official code or the name, see the sheet of units") % {"need": yes}],
        [str(COLUMNS["role"]), f"{yes}; {' / '.join(str(role.label) for role in Role)}"],
        [str(COLUMNS["title"]), _("%(need)s; example: Phó Trưởng Công an phường") % {"need": no}],
        [_("Several posts"), _("One row for each post. In a unit that is named, a person holds what the file says.")],
    ]
