"""All benchmarks on one stage, one after the other; a quarter of an hour.

    python -m benchmarks [--small]

`--small` only shows that they run, with figures that mean nothing.
"""

import os
import sys

from benchmarks import claims, neighbours, pause, recall, rush
from benchmarks.stage import options_of, stage

# The claims come first: they leave nothing, and no worker may be there to claim along.
SMALL = {
    claims: "--n 20",
    rush: "--sizes 4x5 --naive-n 20 --latency 20 --idle 1",
    recall: "--n 20",
    pause: "--rounds 1 --rate 20",
    neighbours: "--units 20 --window 2 --rounds 1 --clears 1",
}

if "--small" in sys.argv:
    os.environ["PUBLISH_CLAIM_AHEAD_SECONDS"] = "1"  # nobody waits half a minute for figures that mean nothing
with stage() as held:
    for benchmark, small in SMALL.items():
        given = options_of(benchmark).parse_args(small.split() if "--small" in sys.argv else [])
        print(benchmark.measure(held, given), flush=True)
