"""Cells of Excel files that say only what they show."""

from typing import Any

from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE


def make_text_cell(page: Any, value: object) -> WriteOnlyCell:
    """Return a cell of ``page`` with ``value`` as text: what begins like a formula stays text, for
    Excel runs formulas.

    Names of units and titles of posts are typed by people elsewhere.
    """
    cell = WriteOnlyCell(page, ILLEGAL_CHARACTERS_RE.sub("", str(value)))
    cell.data_type = "s"  # whatever it begins with
    return cell
