"""The benchmarks run, each to its last line. What they measure is for people to read: nothing here looks at time."""

import re

from tests import ahead

LINES = [
    r"claims n=20 per_s=\d+ floor_per_s=\d+ ratio=\S+",
    r"rush n=20 p99=\S+ floor_p99=\S+ ratio=\S+ cpu_ms=\S+",
    r"recall n=20 gone=20 act=\S+ p95_gone=\S+ all_gone=\S+ floor=\S+ ratio=\S+",
    r"pause rounds=1 before_per_s=\d+ after=\S+ last_s=\S+ goal_s=1.0 ratio=\S+",
    r"crash n=20 at=-0.8 lost=0 doubled=0 begun=\d+ begun_p99=\S+ rest_p99=\S+ goal_s=15 ratio=\S+",
    r"neighbours units=20 seen=80/80 p95=\S+ noisy_p95=\S+ hanging_p95=\S+ noisy_ratio=\S+ hanging_ratio=\S+",
]


@ahead.marked("benchmarks", "--small")
def test_benchmarks_end_with_their_lines():
    done = ahead.outcome("benchmarks", "--small")

    assert done.returncode == 0, done.stderr
    told = [line for line in done.stdout.splitlines() if re.match("|".join(LINES), line)]
    assert [bool(re.fullmatch(*pair)) for pair in zip(LINES, told, strict=True)] == [True] * len(LINES)
