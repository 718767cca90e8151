"""Processes of the portal end without work that nobody waits for."""

import subprocess
import sys

from tests.ops import compose


def test_a_process_ends_without_looking_through_all_that_it_loaded():
    # What is registered first runs last.
    script = "import atexit, gc; atexit.register(lambda: print(gc.get_freeze_count())); "
    script += "import outreach_portal"

    said = subprocess.run(
        [sys.executable, "-c", script], cwd=compose.ROOT, capture_output=True, text=True, check=True
    ).stdout

    assert int(said) > 10_000
