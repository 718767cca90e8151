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
from pathlib import Path
from typing import Any, NamedTuple


class Limits(NamedTuple):
    """Bound a program: ``memory`` and ``file_bytes`` in bytes, ``cpu_seconds`` of processor time,
    ``patience`` in seconds by the clock, ``answer_bytes`` what its ``facts.json`` may hold.
    """

    memory: int
    cpu_seconds: int
    file_bytes: int
    patience: float
    answer_bytes: int = 4096


class Failed(Exception):
    """The program crashed, hit a limit, or left no proper answer."""


def run(program: Path, *args: str, place: Path, limits: Limits) -> dict[str, Any]:
    """Run ``program`` with ``args`` in the folder ``place``; return what it wrote into
    ``facts.json``. Raise Failed.
    """
    within = json.dumps(limits[:3])
    try:
        # -I and an empty environment: what a decoder could be tricked into knows no key, password
        # or address.
        subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-I", __file__, within, str(program), *args],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"LC_ALL": "C.UTF-8"},
            cwd=place,
            timeout=limits.patience,
            check=True,
        )
        with (place / "facts.json").open("rb") as file:
            facts = json.loads(file.read(limits.answer_bytes))
    except (subprocess.SubprocessError, OSError, ValueError, RecursionError) as error:
        raise Failed from error
    if not isinstance(facts, dict):
        raise Failed
    return facts


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
