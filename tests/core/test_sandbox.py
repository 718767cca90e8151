"""A program of its own ends where it takes more than it may."""

import pytest

from core import sandbox

MB = 1024 * 1024
LIMITS = sandbox.Limits(
    memory=2048 * MB, cpu_seconds=20, file_bytes=MB, timeout=60, resident=200 * MB
)
BUSY = "sum(range(10**7))"  # for some looks at its memory
# Waits when it is done, so that what it took is seen, however slow this machine is.
ALLOCATES = """
import sys, time, pathlib
held = {what}
pathlib.Path(sys.argv[1], "facts.json").write_text('{{"mb": {mb}}}')
{then}
"""


def run(tmp_path, limits=LIMITS, **parts):
    program = tmp_path / "program.py"
    program.write_text(ALLOCATES.format(**parts))
    return sandbox.run_program(program, str(tmp_path), place=tmp_path, limits=limits)


@pytest.mark.parametrize(
    "what",
    ["b'x' * (300 << 20)", "len(b'x' * (300 << 20))"],
    ids=["held", "given back"],
)
def test_a_program_that_uses_more_memory_than_it_may_is_ended(what, tmp_path):
    with pytest.raises(sandbox.OverLimit, match="memory"):
        run(tmp_path, what=what, mb=300, then="time.sleep(50)")


def test_memory_that_is_reserved_and_not_used_is_no_memory(tmp_path):
    reserved = "__import__('mmap').mmap(-1, 1 << 30)"

    assert run(tmp_path, what=reserved, mb=1024, then=BUSY) == {"mb": 1024}


def test_a_program_that_does_not_end_is_ended(tmp_path):
    with pytest.raises(sandbox.OverLimit, match="time"):
        run(tmp_path, LIMITS._replace(timeout=0.5), what="0", mb=0, then="time.sleep(50)")
