"""Read the cells of the first sheet of a workbook.

A program of its own, started by ``core.spreadsheets`` for each upload (see ``core.sandbox``): 31 kB
of styles unpack to gigabytes of objects. It imports nothing of ours; what it says is checked by its
caller.

    workbook_reader.py SOURCE FOLDER ROWS COLUMNS LONGEST

leaves in FOLDER ``facts.json``: ``{"lines": [[text, …], …]}``, each text cut to LONGEST characters,
or ``{"refused": "broken"}``.
"""

import json
import sys
from pathlib import Path
from typing import Any


def read_lines(source: str, *, rows: int, columns: int, longest: int) -> list[list[str]]:
    from openpyxl import DEFUSEDXML, load_workbook

    if not DEFUSEDXML:
        raise RuntimeError("openpyxl must read XML through defusedxml")
    book = load_workbook(source, read_only=True, data_only=True, keep_links=False)
    lines = book.worksheets[0].iter_rows(max_row=rows, max_col=columns, values_only=True)
    return [[read_cell_text(value)[:longest] for value in line] for line in lines]


def read_cell_text(value: Any) -> str:
    """Read the cell as text; Excel keeps 4 or 4.0 where somebody typed 4."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value)


def main(source: str, folder: str, *bounds: str) -> None:
    rows, columns, longest = map(int, bounds)
    try:
        lines = read_lines(source, rows=rows, columns=columns, longest=longest)
        facts: dict[str, Any] = {"lines": lines}
    except (Exception, MemoryError):  # a hostile or broken file may fail anywhere inside the reader
        facts = {"refused": "broken"}
    (Path(folder) / "facts.json").write_text(json.dumps(facts, ensure_ascii=False))


if __name__ == "__main__":
    main(*sys.argv[1:])
