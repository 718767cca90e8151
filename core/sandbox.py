"""Run a small program of ours on what strangers sent, within hard limits on its memory, time and
files.

What reads pictures, videos and workbooks does so in C or at great length. In a process of its own
it can neither exhaust nor crash the web process, and knows none of its secrets (see docs/adr/0006).
`core.confinement` takes its rights away: it sees its folder and what it is given to read, reaches
no network and no other process, and starts none (docs/adr/0079). The program writes ``facts.json``
into its folder; what it says is checked by the caller.
"""

import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from core import confinement

_LOOK_EVERY = 0.1  # seconds: as soon as that, memory above the limit is noticed


class Limits(NamedTuple):
    """Bound a program: ``memory`` and ``file_bytes`` in bytes, ``cpu_seconds`` of processor time,
    ``timeout`` in seconds by the clock, ``answer_bytes`` what its ``facts.json`` may hold.

    ``memory`` is address space, of which some libraries reserve much more than they use;
    ``resident`` is what is in use, where that is to be bounded more closely.
    """

    memory: int
    cpu_seconds: int
    file_bytes: int
    timeout: float
    answer_bytes: int = 4096
    resident: int = 0  # in bytes; 0: bounded by ``memory`` alone


class ProgramFailed(Exception):
    """The program crashed, hit a limit, or left no proper answer."""


class OverLimit(ProgramFailed):
    """The program was ended, for it took more of ``what`` than it may: "memory" or "time"."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


def run_program(
    program: Path,
    *args: str,
    place: Path,
    limits: Limits,
    reads: Sequence[Path] = (),
    lists: Sequence[Path] = (),
) -> dict[str, Any]:
    """Run ``program`` with ``args`` in the folder ``place``; return what it wrote into
    ``facts.json``. Beside the folder and the interpreter's own files it sees only what it
    ``reads``, and the names in the folders that it ``lists``. Raise ProgramFailed.
    """
    bounds = make_bounds(program, place, limits, reads, lists)
    try:
        # -I and an empty environment: what a decoder could be tricked into knows no key, password
        # or address.
        with subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-I", confinement.__file__, json.dumps(bounds), str(program), *args],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"LC_ALL": "C.UTF-8"},
            cwd=place,
        ) as process:
            _wait_for(process, limits)
        with (place / "facts.json").open("rb") as file:
            facts = json.loads(file.read(limits.answer_bytes))
    except (subprocess.SubprocessError, OSError, ValueError, RecursionError) as error:
        raise ProgramFailed from error
    if not isinstance(facts, dict):
        raise ProgramFailed
    return facts


def make_bounds(
    program: Path, place: Path, limits: Limits, reads: Sequence[Path], lists: Sequence[Path]
) -> dict[str, Any]:
    """Return what `core.confinement` is told of a program."""
    return {
        "limits": limits[:3],
        "place": str(place),
        "reads": [str(path) for path in (program, *reads)],
        "lists": [str(path) for path in lists],
    }


def _wait_for(process: "subprocess.Popen[bytes]", limits: Limits) -> None:
    """Wait until the program has ended well. Kill it where it takes too long or too much. Raise
    OverLimit, SubprocessError.
    """
    until = time.monotonic() + limits.timeout
    try:
        while True:
            left = until - time.monotonic()
            try:
                code = process.wait(min(_LOOK_EVERY, left) if limits.resident else left)
            except subprocess.TimeoutExpired:
                if time.monotonic() >= until:
                    raise OverLimit("time") from None
                if _measure_peak_memory(process.pid) > limits.resident > 0:
                    raise OverLimit("memory") from None
            else:
                break
    finally:
        process.kill()  # does nothing to one that has ended
    if code == -signal.SIGXCPU:
        raise OverLimit("time")
    if code:
        raise subprocess.CalledProcessError(code, process.args)


def _measure_peak_memory(pid: int) -> int:
    """Return the most memory that a process has had in use at once, in bytes: what came and went
    between two looks counts. The kernel offers no limit on it to those who are not root.
    """
    with contextlib.suppress(OSError, ValueError):  # it has just ended, or this is not Linux
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0
