"""Pause: how long after its commit a visible call still reaches the platform.

    python -m benchmarks.pause [--rounds 5] [--rate 50]

A stream of deliveries falls due; in its middle the whole country is paused, goes on, and is paused
again. What had begun before the commit may still arrive; nothing may begin after it. `last_s` is
the longest time between a commit and the last arrival after it, as the simulator saw it; the goal
is one second, and `ratio` is the share of it.
"""

import argparse
import sys
import time

from benchmarks.simulator import LATENCY_MS
from benchmarks.stage import Stage, run, sleep_until

GOAL = 1.0


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rate", type=int, default=50, help="deliveries due a second")


def measure(stage: Stage, options: argparse.Namespace) -> str:
    running, paused = 3.0, 2.5
    from django.conf import settings

    from publishing.pauses import pausing

    stage.simulator.latency(facebook=LATENCY_MS)
    stage.start_portal()
    n = int((options.rounds * (running + paused) + running) * options.rate)
    pages = stage.simulator.pages("facebook", n)
    rows = stage.rows.fill("facebook", n, pages=pages)
    first = time.time() + settings.PUBLISHING["claim_ahead_seconds"] + 2 + n / 2000
    stage.rows.deliver(rows, lambda number: first + number / options.rate)
    stage.vacuum_database()
    commits = []
    for number in range(options.rounds):
        sleep_until(first + number * (running + paused) + running)
        pause = pausing.create_prepared(
            stage.rows.top, by=stage.rows.user, reason="Đo thời gian dừng"
        )
        pausing.start(pause, by=stage.rows.user)
        commits.append(time.time())
        time.sleep(paused)
        pausing.end(pause, by=stage.rows.user)
    sleep_until(first + n / options.rate)
    stage.wait_for_end()
    arrived = [
        post["arrived_at"]
        for post in stage.simulator.truth("facebook", pages)
        if post["arrived_at"]
    ]
    # Until shortly before the end: what arrives then was begun when the pause was over.
    late = [
        [moment - commit for moment in arrived if 0 < moment - commit < paused - 0.1]
        for commit in commits
    ]
    last = max(max(delays, default=0.0) for delays in late)
    per_round = (
        sum(commit - 1 <= moment <= commit for moment in arrived for commit in commits)
        / options.rounds
    )
    return (
        f"pause rounds={options.rounds} before_per_s={per_round:.0f} "
        f"after={sum(map(len, late)) / options.rounds:.1f} "
        f"last_s={last:.3f} goal_s={GOAL} ratio={last / GOAL:.2f}"
    )


if __name__ == "__main__":
    run(sys.modules[__name__])
