"""Run the small programs of `core.sandbox` in forks of one process, with the same limits: a hundred
files take the time of the work, and not of a hundred starts.
"""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core import sandbox

_SERVER = """
import json, os, runpy, signal, sys, time
import PIL.Image, PIL.ImageDraw, PIL.ImageFilter, PIL.ImageFont, PIL.ImageOps
from core.confinement import confine

def child(job):
    os.chdir(job["place"])
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    confine(job["bounds"])
    sys.argv = job["words"]
    runpy.run_path(sys.argv[0], run_name="__main__")

for line in sys.stdin:
    job = json.loads(line)
    pid = os.fork()
    if not pid:
        try:
            child(job)
        except BaseException:
            os._exit(1)
        os._exit(0)
    until, code = time.monotonic() + job["timeout"], None
    while code is None:
        done, status = os.waitpid(pid, os.WNOHANG)
        code = status if done else None
        if code is None and time.monotonic() > until:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.002)
    print(code, flush=True)
"""


@contextlib.contextmanager
def server() -> Iterator[Any]:
    """Yield what may stand in the place of `core.sandbox.run_program`."""
    with subprocess.Popen(
        [sys.executable, "-c", _SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as process:
        assert process.stdin
        assert process.stdout

        def run(
            program: Path, *args: str, place: Path, limits: sandbox.Limits, reads=(), lists=()
        ) -> dict[str, Any]:
            job = {
                "words": [str(program), *args],
                "place": str(place),
                "bounds": sandbox.make_bounds(program, place, limits, reads, lists),
                "timeout": limits.timeout,
            }
            process.stdin.write(json.dumps(job) + "\n")
            process.stdin.flush()
            if process.stdout.readline() != "0\n":
                raise sandbox.ProgramFailed
            try:
                facts = json.loads((place / "facts.json").read_bytes()[: limits.answer_bytes])
            except (OSError, ValueError, RecursionError) as error:
                raise sandbox.ProgramFailed from error
            if not isinstance(facts, dict):
                raise sandbox.ProgramFailed
            return facts

        yield run
        process.stdin.close()
