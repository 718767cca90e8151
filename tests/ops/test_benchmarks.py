"""The benchmarks run, each to its last line. What they measure is for people to read: nothing here
looks at time.
"""

import os
import re

import pytest

from tests import ahead

LINES = [
    r"claims n=20 per_s=\d+ floor_per_s=\d+ ratio=\S+",
    (
        r"audit n=\d+ linked_500_ms=\S+ plain_500_ms=\S+ ratio=\S+ linked_1_ms=\S+ "
        r"plain_1_ms=\S+ verified\S+ broken=None"
    ),
    (
        r"leaks n=\d+ recall=none grave=none blocked=0.0% warned=0.0% "
        r"ms_per_1000=\S+ floor=\S+ ratio=\d+"
    ),
    r"rush n=20 p99=\S+ floor_p99=\S+ ratio=\S+ cpu_ms=\S+",
    r"recall n=20 gone=20 act=\S+ p95_gone=\S+ all_gone=\S+ floor=\S+ ratio=\S+",
    r"pause rounds=1 before_per_s=\d+ after=\S+ last_s=\S+ goal_s=1.0 ratio=\S+",
    (
        r"crash n=20 at=-0.8 lost=0 doubled=0 begun=\d+ read_back=\d+ read_back_p99=\S+ "
        r"begun_p99=\S+ rest_p99=\S+ goal_s=15 ratio=\S+"
    ),
    (
        r"reports n=2 cpu_ms_a_report=\S+ floor=\S+ ratio=\S+ rows=10 cpu_ms_with_rows=\d+ "
        r"clock_ms_with_rows=\d+"
    ),
    (
        r"report_month n=2 seconds=\S+ cpu_ms_a_report=\S+ figures=\S+ approving=\S+ files=\S+ "
        r"floor=\S+ ratio=\S+ files_seconds=\S+ nation_seconds=\d+ goal_seconds=600"
    ),
    (
        r"neighbours units=20 seen=\d+/80 p95=\S+ noisy_p95=\S+ hanging_p95=\S+ "
        r"noisy_ratio=\S+ hanging_ratio=\S+"
    ),
]


@ahead.marked("benchmarks", "--small")
def test_benchmarks_end_with_their_lines():
    done = ahead.outcome("benchmarks", "--small")

    assert done.returncode == 0, done.stderr
    assert [
        line for line in LINES if not re.search(f"^{line}$", done.stdout, re.MULTILINE)
    ] == [], done.stdout


MIXED = [
    "--minutes",
    "0",
    "--window",
    "5",
    "--provinces",
    "1",
    "--slow",
    "2",
    "--sign-ins",
    "1",
    "--uploaders",
    "1",
]


@pytest.mark.skipif(
    not os.access("/sys/fs/cgroup/memory/cgroup.procs", os.W_OK), reason="no control groups to set"
)
@ahead.marked("benchmarks.mixed_load", *MIXED)
def test_mixed_load_ends_with_its_line():
    done = ahead.outcome("benchmarks.mixed_load", *MIXED)

    assert done.returncode == 0, done.stderr
    line = (
        r"mixed_load minutes=0 pages=\d+\+\d+ p95_ms=\d+ loaded_p95_ms=\S+ ratio=\S+ "
        r"median_ratio=\S+ worst=\S+ "
        r"refused=0 signed_in=\d+/\d+ sign_in_p95=\S+ killed=0 fullest=\S+"
    )
    assert re.fullmatch(line, done.stdout.splitlines()[-1]), done.stdout
    assert "  slow byte: " in done.stdout
    assert re.search(r"sign-in 302: \d+", done.stdout)


HOSTILE = [
    *("--minutes", "2"),
    *("--provinces", "2"),
    *("--announced-mb", "8"),
    *("--slow", "4"),
    *("--sign-ins", "2"),
    *("--uploaders", "1"),
    *("--weight", "4096"),  # other tests run beside it
]


@ahead.marked("benchmarks.hostile", *HOSTILE)
def test_an_hour_of_attacks_kills_nothing_refuses_nobody_and_delays_no_delivery():
    done = ahead.outcome("benchmarks.hostile", *HOSTILE)

    assert done.returncode == 0, done.stderr
    line = (
        r"hostile minutes=2 pages=[1-9]\d*\+[1-9]\d* calm_p95_ms=\d+ attacked_p95_ms=\d+ "
        r"ratio=\S+ goal_ratio=2 refused=0\+0 killed=0 fullest=[\w-]+:0\.\d\d "
        r"proxy_mb=(\d+) late=0/[1-9]\d* latest_s=\S+"
    )
    last = re.fullmatch(line, done.stdout.splitlines()[-1])
    assert last, done.stdout
    # Six announced bodies alone would be 48 MB, and seven GB where they are sent whole.
    assert int(last[1]) < 40, done.stdout
    for kind in ("250,000 marks", "announced body", "check of 39000", "search", "export", "guess"):
        assert f"  {kind}" in done.stdout
