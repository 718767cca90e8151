"""python -m tests.faults --n 2000 --seed 7 [--keep folder]"""

import argparse
import signal
import sys
from pathlib import Path

from tests.faults import plan
from tests.faults.run import run


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started ends too
    options = argparse.ArgumentParser(
        prog="python -m tests.faults", description="Publishes under faults, and checks."
    )
    options.add_argument("--n", type=int, default=300, help="deliveries")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument(
        "--seconds", type=float, default=0, help="over which they fall due; 0: 12 a second"
    )
    options.add_argument("--keep", type=Path, help="where the logs of all processes stay")
    given = options.parse_args()
    result = run(plan.draw(n=given.n, seed=given.seed, seconds=given.seconds), keep=given.keep)
    sys.stdout.write("\n".join([*result.lines, result.sentence, ""]))
    return 1 if result.counts.total() else 0


if __name__ == "__main__":
    sys.exit(main())
