"""Noisy neighbours: whether ordinary units wait because of somebody else.

    python -m benchmarks.neighbours [--units 200] [--window 20] [--rounds 3]

Each of the ordinary units publishes one post a window, evenly spread. Every window is followed by
its like with trouble: one more unit that publishes a hundred times as much; or another platform,
with as many posts of its own, on which each call hangs for a minute. The ratio of the 95th
percentiles of lateness is taken pair by pair, and the median told: one machine has its own noise.
Goal 1.10.
"""

import argparse
import statistics
import sys
import time

from benchmarks.simulator import LATENCY_MS
from benchmarks.stage import Stage, at, run, sleep_until

HANGS, CLEARS = 60_000, 45.0


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--units", type=int, default=200)
    parser.add_argument("--window", type=float, default=20, help="seconds")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--clears", type=float, default=CLEARS, help="seconds until hanging calls are given up"
    )


def measure(stage: Stage, options: argparse.Namespace) -> str:
    rounds, window, units = options.rounds, options.window, options.units
    from django.conf import settings

    stage.simulator.latency(facebook=LATENCY_MS, telegram=LATENCY_MS)
    stage.start_portal(("facebook", "telegram"))
    ordinary = stage.rows.fill("facebook", units, posts=4 * rounds)
    loud = stage.rows.fill("facebook", 1, posts=100 * rounds)
    stuck = stage.rows.fill("telegram", units, posts=rounds)
    first = time.time() + settings.PUBLISHING["claim_ahead_seconds"] + 3 + units * rounds / 500
    quiet_noisy = [(first + 2 * n * window, first + (2 * n + 1) * window) for n in range(rounds)]
    after = first + 2 * rounds * window
    quiet_hanging = [(after + n * (2 * window + options.clears),) for n in range(rounds)]
    quiet_hanging = [(start, start + window) for (start,) in quiet_hanging]
    starts = [start for pair in quiet_noisy + quiet_hanging for start in pair]
    for number, start in enumerate(starts):
        stage.rows.deliver(ordinary[number :: 4 * rounds], spread(start, window, units))
    for number, (_quiet, start) in enumerate(quiet_noisy):
        stage.rows.deliver(loud[number::rounds], spread(start, window, 100))
    for number, (_quiet, start) in enumerate(quiet_hanging):
        stage.rows.deliver(stuck[number::rounds], spread(start, window, units, shift=0))
    stage.vacuum_database()
    for _quiet, start in quiet_hanging:
        sleep_until(start - 0.5)
        fault = {
            "platform": "telegram",
            "kind": "slow",
            "operation": "publish",
            "ms": HANGS,
            "times": 0,
        }
        stage.simulator.ask("/_sim/faults", fault)
        sleep_until(start + window + options.clears - 1)
    ours = {row.unit.pk for row in ordinary}
    stage.wait_for_end(unit__in=ours)
    seen = lateness(stage, ours)
    p95 = [at(late_in(seen, start, window), 0.95) for start in starts]
    ratios = [troubled / quiet for quiet, troubled in zip(p95[::2], p95[1::2], strict=True)]
    noisy, hanging = statistics.median(ratios[:rounds]), statistics.median(ratios[rounds:])
    beside_noisy, beside_hanging = (
        statistics.median(p95[1 : 2 * rounds : 2]),
        statistics.median(p95[2 * rounds + 1 :: 2]),
    )
    return (
        f"neighbours units={units} seen={len(seen)}/{units * 4 * rounds} "
        f"p95={statistics.median(p95[::2]):.4f} "
        f"noisy_p95={beside_noisy:.4f} hanging_p95={beside_hanging:.4f} "
        f"noisy_ratio={noisy:.2f} hanging_ratio={hanging:.2f}"
    )


def spread(start: float, window: float, n: int, *, shift: float = 0.5):
    """Return a function that spreads posts, by their numbers, over ``window`` seconds. Another
    ``shift`` keeps two groups apart: the simulator is one process, where calls of one moment wait
    for each other anyway.
    """
    return lambda number: start + (number + shift) * window / n


def lateness(stage: Stage, units: set[int]) -> list[tuple[float, float]]:
    """Return due second and lateness of every post of these units that became visible."""
    from publishing.models import Delivery

    arrived = {
        post["id"]: post["arrived_at"]
        for post in stage.simulator.ask("/_sim/truth?platform=facebook")["posts"]
    }
    rows = Delivery.objects.filter(unit__in=units, state="published").values_list(
        "remote_id", "due_at"
    )
    return [(due.timestamp(), arrived[post] - due.timestamp()) for post, due in rows]


def late_in(seen: list[tuple[float, float]], start: float, window: float) -> list[float]:
    return [late for due, late in seen if start <= due < start + window]


if __name__ == "__main__":
    run(sys.modules[__name__])
