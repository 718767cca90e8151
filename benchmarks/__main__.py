"""All benchmarks on one stage, one after the other; some twenty minutes.

    python -m benchmarks [--small]

`--small` only shows that they run, with figures that mean nothing.
"""

import os
import sys

from benchmarks import (
    audit,
    cards,
    claims,
    composer,
    crash,
    leaks,
    links,
    neighbours,
    pause,
    recall,
    report_month,
    reports,
    rush,
)
from benchmarks.stage import options_of, stage

# The claims come first: they leave nothing, and no worker may be there to claim along.
SMALL = {
    claims: "--n 20",
    audit: "--n 500",
    composer: "--n 10",
    cards: "--n 2",
    reports: "--n 2 --rows 10",
    report_month: "--n 2 --posts 1",
    leaks: "",
    links: "--n 40",
    rush: "--sizes 4x5 --naive-n 20 --latency 20 --idle 1",
    recall: "--n 20",
    pause: "--rounds 1 --rate 20",
    crash: "--n 20 --at -0.8",
    neighbours: "--units 20 --window 2 --rounds 1 --clears 1",
}

if "--small" in sys.argv:
    # Nobody waits half a minute for figures that mean nothing.
    short = {"CLAIM_AHEAD": "1", "LEASE": "10", "CALL": "4", "VERIFY_GRACE": "6"}
    os.environ |= {f"PUBLISH_{name}_SECONDS": seconds for name, seconds in short.items()}
with stage() as running:
    for benchmark, small in SMALL.items():
        options = options_of(benchmark).parse_args(small.split() if "--small" in sys.argv else [])
        print(benchmark.measure(running, options), flush=True)
