"""Run the scanners' programs on one file, and make findings of what they read.

What they read stays in memory, and in a folder that is removed at once: neither a row nor a log
ever holds a word of it.
"""

import hashlib
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillRunning
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from core import sandbox
from core.semaphores import SharedSemaphore
from media.scanners.findings import Finding, findings_in, merge_over_time
from media.scanners.models import Scanner
from media.scanners.registry import UnitRules

__all__ = ["EVERY_SCANNER", "Examined", "Finding", "examine", "scanners_version"]

EVERY_SCANNER = [scanner.value for scanner in Scanner]
_HERE = Path(__file__).parent
_PICTURE, _VIDEO = _HERE / "programs/picture.py", _HERE / "programs/video.py"
# Address space, of which the libraries reserve far more than they use, and what they may use: see
# docs/operations.md for what was measured.
_MEMORY, _RESIDENT = 1536 * 1024 * 1024, 512 * 1024 * 1024
_ANSWER = 8 * 1024 * 1024
LIMITS = sandbox.Limits(
    memory=_MEMORY,
    cpu_seconds=40,
    file_bytes=_ANSWER,
    timeout=120,
    answer_bytes=_ANSWER,
    resident=_RESIDENT,
)
# Frames of 3840 × 2160 alone take 100 MB more.
VIDEO_LIMITS = LIMITS._replace(cpu_seconds=900, timeout=1800, resident=640 * 1024 * 1024)
_POLL = 1.0  # seconds
_RENEW_EVERY = 10.0
# One picture at a time, and one video beside it: a worker that finds no slot free tries again.
_pictures = SharedSemaphore("scans", limit=1, queue=0, timeout=0)
_videos = SharedSemaphore("video-scans", limit=1, queue=0, timeout=0)
_FOLDERS = "portal-scan-"
_LEFT_BEHIND = 3600.0  # seconds: longer than any program may run


class Examined:
    """Hold what was found, and which scanners were missing or failed."""

    def __init__(self, findings: list[Finding], missing: list[str]) -> None:
        self.findings, self.missing = findings, missing


def examine(
    path: Path, *, is_video: bool, rules: UnitRules, report: Callable[[int], None]
) -> Examined:
    """Return what is found in the file. ``report`` is called with the progress, of 100. Raise
    sandbox.ProgramFailed, Busy.
    """
    program, limits = (_VIDEO, VIDEO_LIMITS) if is_video else (_PICTURE, LIMITS)
    with (_videos if is_video else _pictures).hold(), _working_folder() as place:
        facts = _run(program, path.resolve(), place, limits, report)
    samples, missing = facts.get("samples"), facts.get("missing")
    if not isinstance(samples, list) or not isinstance(missing, list) or not samples:
        raise sandbox.ProgramFailed
    try:
        by_second = [
            (float(sample.get("second", 0)), findings_in(sample, rules)) for sample in samples
        ]
    except (AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
        raise sandbox.ProgramFailed from error
    findings = merge_over_time(by_second) if is_video else by_second[0][1]
    return Examined(findings, [scanner for scanner in EVERY_SCANNER if scanner in missing])


def _run(
    program: Path,
    source: Path,
    place: Path,
    limits: sandbox.Limits,
    report: Callable[[int], None],
) -> dict[str, Any]:
    root = Path(settings.BASE_DIR)
    arguments = (str(root), str(source), str(place))
    # The program imports its modules by their names below the root.
    modules = [root / "media/__init__.py", _HERE, root / "platforms/__init__.py"]
    seen = {
        "reads": [source, *modules, root / "platforms/text.py"],
        "lists": [root, root / "media", root / "platforms"],
    }
    with ThreadPoolExecutor(max_workers=1) as pool:
        answer = pool.submit(
            sandbox.run_program, program, *arguments, place=place, limits=limits, **seen
        )
        return _wait_for_answer(answer, place / "progress", report)


def _wait_for_answer(
    answer: Future[dict[str, Any]], progress: Path, report: Callable[[int], None]
) -> dict[str, Any]:
    """Wait for the program, and report how far it says it is."""
    last, at = 0, time.monotonic()
    while True:
        try:
            return answer.result(timeout=_POLL)
        except StillRunning:
            if answer.done():  # by a time limit of its own
                raise
        now = _read_progress(progress)
        if now != last or time.monotonic() - at > _RENEW_EVERY:
            report(now)
            last, at = now, time.monotonic()


def _read_progress(file: Path) -> int:
    with suppress(OSError, ValueError):
        return min(max(int(file.read_text()[:4]), 0), 99)
    return 0


@contextmanager
def _working_folder() -> Iterator[Path]:
    """Make a folder outside of the media, in production one in memory, and remove it at once; with
    those of workers that were killed.
    """
    _remove_left_behind()
    with tempfile.TemporaryDirectory(prefix=_FOLDERS, ignore_cleanup_errors=True) as place:
        yield Path(place)


def _remove_left_behind() -> None:
    for place in Path(tempfile.gettempdir()).glob(f"{_FOLDERS}*"):
        with suppress(OSError):
            if time.time() - place.stat().st_mtime > _LEFT_BEHIND:
                shutil.rmtree(place, ignore_errors=True)


@cache
def scanners_version() -> str:
    """Return a mark of the scanners: another one with each change of them."""
    digest = hashlib.sha256()
    for file in sorted((*_HERE.glob("*.py"), *(_HERE / "programs").glob("*.py"))):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
