"""Text files of a spreadsheet (CSV): in UTF-8 or UTF-16, with commas, semicolons or tabs."""

import codecs
import csv
import io
from collections.abc import Callable

from django.utils.translation import gettext as _

from core.errors import Refused

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
    found = [_parse(text, each, rows=rows, columns=columns) for each in SEPARATORS]
    lines, is_whole = max(found, key=lambda each: max(map(titles, each[0][:10]), default=0))
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
