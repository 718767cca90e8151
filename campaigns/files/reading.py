"""Check what a file holds, in programs with limits: nothing that runs, no mark of secrecy, no data
of a person. What was read is kept nowhere.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

from campaigns.files.states import Kind, Refusal
from core import sandbox, scanner
from core.errors import Busy, Refused
from core.leaks import require_storable
from core.secrecy import has_secrecy_mark
from core.semaphores import SharedSemaphore
from media import pictures
from media.scanners.examining import examine
from media.scanners.models import SECRET_MARK, Severity
from media.scanners.registry import rules_for
from units.models import Unit

MOST_LETTERS, MOST_PAGES, MOST_OBJECTS = 400_000, 400, 60_000
MOST_ENTRIES, MOST_UNPACKED = 2_000, 120 * 1024 * 1024
# A PDF of 200 full pages takes 3 s of a processor.
LIMITS = sandbox.Limits(
    memory=512 * 1024 * 1024,
    cpu_seconds=60,
    file_bytes=8 * 1024 * 1024,
    timeout=120,
    answer_bytes=8 * 1024 * 1024,
)
_PROGRAM = Path(__file__).with_name("program.py")
_AT_ONCE = 5_000  # lines that the leak check reads together
_semaphore = SharedSemaphore("campaign-files", limit=1, queue=0, timeout=0)


class FileRefused(Exception):
    """The file is refused, for the `Refusal` that it bears."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


class Checked(NamedTuple):
    """A file that may be read: ``data`` where it was drawn again, ``was_read`` where all of it was
    text.
    """

    was_read: bool
    data: bytes | None = None
    content_type: str = ""


def check_content(
    path: Path, kind: str, *, unit: Unit, place: Path, semaphore: SharedSemaphore = _semaphore
) -> Checked:
    """Check the file in the folder ``place``. Raise FileRefused, Busy, sandbox.ProgramFailed."""
    _require_clean(path)
    if kind == Kind.PICTURE:
        return _check_picture(path, unit=unit, place=place)
    with semaphore.hold():
        facts = _read(path, kind, place)
    lines = [str(line) for line in facts["lines"]]
    if any(has_secrecy_mark(line) for line in lines):
        raise FileRefused(Refusal.MARKED)
    try:
        for start in range(0, len(lines), _AT_ONCE):
            require_storable(["\n".join(lines[start : start + _AT_ONCE])], unit)
    except Refused:
        raise FileRefused(Refusal.LEAK) from None
    return Checked(was_read=facts.get("was_read") is True)


def _require_clean(path: Path) -> None:
    try:
        scanner.require_clean(path)
    except Busy:
        raise
    except Refused:
        raise FileRefused(Refusal.HARMFUL) from None


def _read(path: Path, kind: str, place: Path) -> dict[str, Any]:
    bounds = {
        "letters": MOST_LETTERS,
        "pages": MOST_PAGES,
        "objects": MOST_OBJECTS,
        "entries": MOST_ENTRIES,
        "unpacked": MOST_UNPACKED,
    }
    try:
        facts = sandbox.run_program(
            _PROGRAM,
            kind,
            str(path),
            str(place),
            json.dumps(bounds),
            place=place,
            limits=LIMITS,
            reads=[path],
        )
    except sandbox.ProgramFailed:  # by its limits: a file that is no bomb stays within them
        raise FileRefused(Refusal.LARGE) from None
    if refused := facts.get("refused"):
        known = refused in {"locked", "active", "large"}
        raise FileRefused(Refusal(refused) if known else Refusal.BROKEN)
    if not isinstance(facts.get("lines"), list):
        raise FileRefused(Refusal.BROKEN)
    return facts


def _check_picture(path: Path, *, unit: Unit, place: Path) -> Checked:
    """Draw the picture again, without metadata, and read the words in it."""
    try:
        drawn = pictures.re_encode(path)
    except Busy:
        raise
    except Refused:
        raise FileRefused(Refusal.BROKEN) from None
    redrawn = place / "redrawn"
    redrawn.write_bytes(drawn.data)
    examined = examine(
        redrawn, is_video=False, rules=rules_for(unit), report=lambda _progress: None
    )
    rules = {finding.rule for finding in examined.findings if finding.severity == Severity.HARD}
    if SECRET_MARK in rules:
        raise FileRefused(Refusal.MARKED)
    if rules:
        raise FileRefused(Refusal.LEAK)
    return Checked(was_read=not examined.missing, data=drawn.data, content_type=drawn.content_type)
