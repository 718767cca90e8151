"""Run a small program of ours on what strangers sent, within hard limits on its memory, time and
files.

What reads pictures, videos and workbooks does so in C or at great length. In a process of its own
it can neither exhaust nor crash the web process, and knows none of its secrets (see docs/adr/0006).
The program writes ``facts.json`` into its folder; what it says is checked by the caller.

This file is both ends: imported, it starts itself (``python -I sandbox.py …``) and sets the limits
before it runs the program. So it imports nothing but the standard library.
"""

import contextlib
import json
import resource
import runpy
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

_LOOK_EVERY = 0.1  # seconds: as soon as that, memory above the limit is noticed


class Limits(NamedTuple):
    """Bound a program: ``memory`` and ``file_bytes`` in bytes, ``cpu_seconds`` of processor time,
    ``patience`` in seconds by the clock, ``answer_bytes`` what its ``facts.json`` may hold.

    ``memory`` is address space, of which some libraries reserve much more than they use;
    ``resident`` is what is in use, where that is to be bounded more closely.
    """

    memory: int
    cpu_seconds: int
    file_bytes: int
    patience: float
    answer_bytes: int = 4096
    resident: int = 0  # in bytes; 0: bounded by ``memory`` alone


class ProgramFailed(Exception):
    """The program crashed, hit a limit, or left no proper answer."""


def run_program(program: Path, *args: str, place: Path, limits: Limits) -> dict[str, Any]:
    """Run ``program`` with ``args`` in the folder ``place``; return what it wrote into
    ``facts.json``. Raise ProgramFailed.
    """
    within = json.dumps(limits[:3])
    try:
        # -I and an empty environment: what a decoder could be tricked into knows no key, password
        # or address.
        with subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-I", __file__, within, str(program), *args],
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


def _wait_for(process: "subprocess.Popen[bytes]", limits: Limits) -> None:
    """Wait until the program has ended well. Kill it where it takes too long or too much, and
    raise SubprocessError.
    """
    until = time.monotonic() + limits.patience
    try:
        while True:
            left = until - time.monotonic()
            try:
                code = process.wait(min(_LOOK_EVERY, left) if limits.resident else left)
            except subprocess.TimeoutExpired:
                if (
                    time.monotonic() >= until
                    or _measure_peak_memory(process.pid) > limits.resident > 0
                ):
                    raise
            else:
                break
    finally:
        process.kill()  # does nothing to one that has ended
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


def confine(memory: int, cpu_seconds: int, file_bytes: int) -> None:
    """Drop every right that this process does not need. Short of memory, the
    kernel ends it first.
    """
    if sys.platform != "linux":
        return  # the try-out on a developer's own machine
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


if __name__ == "__main__":
    confine(*json.loads(sys.argv[1]))
    sys.argv = sys.argv[2:]
    runpy.run_path(sys.argv[0], run_name="__main__")
