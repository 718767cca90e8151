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
from engagement.reports.document import Document
from engagement.reports.rendering import form
from engagement.reports.rendering.layout import Layout, make_layout
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
        said = make_layout(document)
        text = json.dumps({"form": measures, "report": said.as_data()})
        (place / "set" / f"{at}.json").write_text(text, encoding="utf-8")
        tagged.append(_count_rows(said) <= _MOST_TAGGED)
    job = {"fonts": str(FONTS), "tagged": tagged}
    (place / "job.json").write_text(json.dumps(job), encoding="utf-8")


def _count_rows(said: Layout) -> int:
    blocks = [*said.blocks, *(block for each in said.appendices for block in each.blocks)]
    return sum(len(block.grid.rows) for block in blocks if block.grid is not None)


def _collect_constants() -> dict[str, Any]:
    """Return the form's measures and words by their names, in lower case."""
    made = {
        name.lower(): value
        for name, value in vars(form).items()
        if name.isupper() and not name.startswith("_")
    }
    return made | {"font": "Liberation Serif"}  # with the widths of Times New Roman, and free
