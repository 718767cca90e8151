"""Reports as PDF, set by typst in a program of its own (``program.py``).

All that people wrote goes there as JSON: the template evaluates none of it.
"""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from core import sandbox
from core.errors import Refused
from core.semaphores import SharedSemaphore
from engagement.reports import decree
from engagement.reports.document import Block, Document, Table
from engagement.reports.marks import prepare_for_paper
from media import incoming

BATCH = 50  # reports in one program: its start costs as much as several of them
# Measured: 50 reports of a commune take 0.8 s of processor, one with 3,319 rows 4 s and 500 MB.
LIMITS = sandbox.Limits(
    memory=2048 * 1024 * 1024,
    cpu_seconds=60,
    file_bytes=32 * 1024 * 1024,
    timeout=150,
    resident=640 * 1024 * 1024,
)
# Rows. Tags read a table aloud cell by cell; for 3,319 rows they make 6.3 MB of 0.5.
_MOST_TAGGED = 500
_HERE = Path(__file__).parent
FONTS = Path(settings.BASE_DIR) / "media" / "fonts" / "liberation_serif"
_semaphore = SharedSemaphore("reports", limit=2, queue=4, timeout=30, per_user=2)


def write_pdfs(documents: Sequence[Document], *, by: object = None) -> list[bytes]:
    """Return reports as PDF, at most `BATCH` of them by one start of the program. Raise ValueError
    for more, Busy, Refused.
    """
    if len(documents) > BATCH:
        raise ValueError(f"at most {BATCH} reports at a time")
    with incoming.working_folder() as place:
        _write_job(place, documents)
        try:
            with _semaphore.hold(by):
                facts = sandbox.run_program(
                    _HERE / "program.py", str(place), place=place, limits=LIMITS, reads=[FONTS]
                )
            if facts.get("count") != len(documents):
                raise sandbox.ProgramFailed
            return [(place / f"{at}.pdf").read_bytes() for at in range(len(documents))]
        except (sandbox.ProgramFailed, OSError):
            raise Refused(
                _("The report could not be set as PDF. Shorten its longest texts and try again.")
            ) from None


def _write_job(place: Path, documents: Sequence[Document]) -> None:
    """Write the job: the template, and beside it what each report says."""
    (place / "set").mkdir()
    shutil.copy(_HERE / "report.typ", place / "set" / "report.typ")
    measures = _collect_constants()
    tagged = []
    for at, document in enumerate(documents):
        data = _describe(prepare_for_paper(document))
        text = json.dumps({"form": measures, "report": data})
        (place / "set" / f"{at}.json").write_text(text, encoding="utf-8")
        tagged.append(_count_rows(data) <= _MOST_TAGGED)
    job = {"fonts": str(FONTS), "tagged": tagged}
    (place / "job.json").write_text(json.dumps(job), encoding="utf-8")


def _describe(document: Document) -> dict[str, Any]:
    """Return the document as plain values, for JSON."""
    signature = document.signature
    return {
        "mark": document.mark,
        "parent": document.parent.upper(),
        "body": document.body.upper(),
        "number": document.number_line,
        "place": document.place_line,
        "title": document.title.upper(),
        "subject": document.subject,
        "recipients": document.recipient_lines,
        "blocks": [_describe_block(block) for block in document.blocks],
        "authority": [character.upper() for character in signature.authority],
        "position": signature.position.upper(),
        "name": signature.name,
        "copies": document.copy_lines,
        "appendices": [
            {
                "word": page.word,
                "title": page.title,
                "of": page.of,
                "is_wide": page.is_wide,
                "blocks": [_describe_block(block) for block in page.blocks],
            }
            for page in document.appendix_pages
        ],
    }


def _describe_block(block: Block) -> dict[str, Any]:
    grid = block.table and _describe_table(block.table)
    return {"kind": block.kind, "text": block.text, "grid": grid}


def _describe_table(table: Table) -> dict[str, Any]:
    rows = table.format_rows()
    return {
        "titles": [column.title for column in table.columns],
        "numeric": [column.is_number for column in table.columns],
        "shares": table.compute_widths(rows),
        "rows": rows,
        "has_total": table.total is not None,
    }


def _count_rows(data: dict[str, Any]) -> int:
    blocks = [
        *data["blocks"],
        *(block for appendix in data["appendices"] for block in appendix["blocks"]),
    ]
    return sum(len(block["grid"]["rows"]) for block in blocks if block["grid"])


def _collect_constants() -> dict[str, Any]:
    """Return the decree's measures and words by their names, in lower case."""
    made = {
        name.lower(): value
        for name, value in vars(decree).items()
        if name.isupper() and not name.startswith("_")
    }
    return made | {"font": "Liberation Serif"}  # with the widths of Times New Roman, and free
