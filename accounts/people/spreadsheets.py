"""People as an Excel file: the empty form that administrators download, and reading back what they
filled in.
"""

import io
from collections.abc import Iterable
from typing import BinaryIO, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.permissions import Role
from core import spreadsheets
from core.spreadsheets import MAX_ROWS, make_text_cell
from units.models import Unit

COLUMNS = {
    "full_name": gettext_lazy("Full name"),
    "email": gettext_lazy("E-mail"),
    "username": gettext_lazy("User name"),
    "unit": gettext_lazy("Unit"),
    "role": gettext_lazy("Role"),
    "title": gettext_lazy("Position"),
}
REQUIRED = ("full_name", "email", "unit", "role")


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
    """Return the filled lines of the first sheet. Raise Refused, which names the fault of the file
    as a whole, and Busy.
    """
    lines = spreadsheets.read_sheet(file, size=size, columns=COLUMNS, required=REQUIRED)
    return [Row(line.number, **line.cells) for line in lines]


def template(units: Iterable[Unit]) -> bytes:
    """Build the empty form: a sheet to fill in, a sheet that explains it, and the units that may be
    named.
    """
    from openpyxl import Workbook
    from openpyxl.styles import Font
    from openpyxl.worksheet.datavalidation import DataValidation

    book = Workbook()
    sheet = book.active
    sheet.title = _("People")
    sheet.append([str(label) for label in COLUMNS.values()])
    for width, letter in zip((28, 32, 20, 44, 24, 32), "ABCDEF", strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A2"
    for row in range(2, 1002):
        sheet.cell(
            row, 4
        ).number_format = "@"  # text, or Excel strips the zeros of an official code

    guide = book.create_sheet(_("Guide"))
    guide.column_dimensions["A"].width, guide.column_dimensions["B"].width = 30, 100
    for line in _guide_rows():
        guide.append(line)
    # A range, not a list in the formula: a role's name may hold a comma.
    for at, role in enumerate(Role, 1):
        guide.cell(at, 4, str(role.label))
    roles = DataValidation(
        type="list", formula1=f"'{guide.title}'!$D$1:$D${len(Role)}", allow_blank=True
    )
    sheet.add_data_validation(roles)
    roles.add(f"E2:E{MAX_ROWS + 1}")
    places = book.create_sheet(_("Units"))
    places.column_dimensions["A"].width, places.column_dimensions["B"].width = 14, 70
    places.append([_("Official code"), _("Unit")])
    for unit in units:
        places.append([make_text_cell(places, unit.code), make_text_cell(places, unit.label)])
    for page in (sheet, guide, places):
        for cell in page[1][: len(COLUMNS) if page is sheet else 2]:
            cell.font = Font(bold=True)
    spreadsheets.mark_training(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _guide_rows() -> list[list[str]]:
    yes, no = _("required"), _("optional")
    return [
        [_("Column"), _("What to write")],
        [str(COLUMNS["full_name"]), _("%(need)s; example: Nguyễn Văn An") % {"need": yes}],
        [
            str(COLUMNS["email"]),
            _("%(need)s; every account has its own; example: an.nv@example.vn") % {"need": yes},
        ],
        [
            str(COLUMNS["username"]),
            _("%(need)s; empty: made from the name, such as nguyen.van.an") % {"need": no},
        ],
        [
            str(COLUMNS["unit"]),
            _("%(need)s; the official code or the name, see the sheet of units") % {"need": yes},
        ],
        [str(COLUMNS["role"]), f"{yes}; {' / '.join(str(role.label) for role in Role)}"],
        [str(COLUMNS["title"]), _("%(need)s; example: Phó Trưởng Công an phường") % {"need": no}],
        [
            _("Several posts"),
            _("One row for each post. In a unit that is named, a person holds what the file says."),
        ],
    ]
