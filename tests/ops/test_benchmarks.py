"""The benchmarks run, and end with their one line. What they measure is for people to read: nothing here looks at time."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from django.conf import settings

SMALL = {
    "rush": ("--sizes 20 4x5 --naive-n 20 --latency 20", r"rush n=20 p99=\S+ floor_p99=\S+ ratio=\S+ cpu_ms=\S+"),
    "claims": ("--n 20", r"claims n=20 per_s=\d+ floor_per_s=\d+ ratio=\S+"),
    "recall": ("--n 20", r"recall n=20 gone=20 act=\S+ p95_gone=\S+ all_gone=\S+ floor=\S+ ratio=\S+"),
    "pause": ("--rounds 1 --rate 20", r"pause rounds=1 before_per_s=\d+ after=\S+ last_s=\S+ goal_s=1.0 ratio=\S+"),
    "neighbours": (
        "--units 20 --window 2 --rounds 1 --clears 1",
        r"neighbours units=20 seen=80/80 p95=\S+ noisy_ratio=\S+ hanging_ratio=\S+",
    ),
}


@pytest.mark.skipif(settings.SQLITE or not shutil.which("redis-server"), reason="starts PostgreSQL and Redis")
@pytest.mark.parametrize("name", SMALL)
def test_benchmark_ends_with_its_line(name):
    options, line = SMALL[name]
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", *options.split()],
        cwd=settings.BASE_DIR,
        env={**os.environ, "PUBLISH_CLAIM_AHEAD_SECONDS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )

    assert done.returncode == 0, done.stderr
    assert re.fullmatch(line, done.stdout.strip().splitlines()[-1])
