"""No regular expression takes more time than its input is long."""

import re
import subprocess
import sys
from pathlib import Path

from tests.architecture import patterns

ROOT = Path(__file__).resolve().parents[2]


def test_every_pattern_of_the_applications_is_linear_on_long_hostile_strings():
    done = subprocess.run(
        [sys.executable, patterns.__file__], cwd=ROOT, capture_output=True, text=True
    )

    said = done.stdout.splitlines()
    assert done.returncode == 0, (
        f"took more than {patterns.CPU_SECONDS} s of processor time: {said[-1:]} {done.stderr}"
    )
    tried, compiled = map(int, re.findall(r"\d+", said[-1]))
    assert tried >= compiled > 10
