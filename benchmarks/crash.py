"""Crash: the publishing worker is killed while thousands fall due, and started again, as a
supervisor does.

    python -m benchmarks.crash [--n 3321] [--at -3 0.3]

Once for each moment `--at`, in seconds after the due one, on the simulator answering after 200 ms.
`begun` counts the posts whose visible call may have been made by then: only the platform knows.
`read_back_p99` is how long after the kill those are recorded that residents saw; the goal is 60
seconds. Of the others it is believed that they are absent when the longest call and the grace are
over, so theirs is the longest wait (`begun_p99`). `rest_p99` is the lateness of what was not begun;
the goal is 15 seconds, and `ratio` is the share of it. Lost and doubled are what residents saw.
"""

import argparse
import sys
import time
from collections import Counter

from benchmarks.simulator import LATENCY_MS
from benchmarks.stage import Stage, at, run, sleep_until

GOAL = 15.0


def crash(stage: Stage, n: int, moment: float) -> str:
    from django.conf import settings

    from audit.models import Entry
    from publishing.models import Delivery

    pages = stage.simulator.pages("facebook", n)
    rows = stage.rows.fill("facebook", n, pages=pages)
    due = float(int(time.time() + settings.PUBLISHING["claim_ahead_seconds"] + 4 + n / 2000))
    stage.rows.deliver(rows, due)
    stage.vacuum_database()
    sleep_until(due + moment)
    stage.kill("publish facebook")
    killed = time.time()
    ours = Delivery.objects.filter(revision__in=[row.revision for row in rows])
    begun = set(
        ours.filter(committing_at__isnull=False).values_list("channel__external_id", flat=True)
    )
    stage.wait_for_end(seconds=400)
    seen = [
        post for post in stage.simulator.truth("facebook", pages) if post["arrived_at"] is not None
    ]
    times = Counter(post["page"] for post in seen)
    first = {post["page"]: post["arrived_at"] - due for post in reversed(seen)}
    published = Entry.objects.filter(action="delivery.published", object_type="publishing.delivery")
    recorded = {entry.object_id: entry.at.timestamp() for entry in published}
    lost = [
        recorded[str(public_id)] - killed
        for public_id, page in ours.values_list("public_id", "channel__external_id")
        if page in begun & set(first)
        and due + first[page] < killed + 5
        and killed < recorded[str(public_id)]
    ]
    rest = at([late for page, late in first.items() if page not in begun], 0.99)
    return (
        f"crash n={n} at={moment} lost={n - len(times)} doubled={sum(times.values()) - len(times)} "
        f"begun={len(begun)} read_back={len(lost)} read_back_p99={at(lost, 0.99):.1f} "
        f"begun_p99={at([first[page] for page in begun & set(first)], 0.99):.1f} "
        f"rest_p99={rest:.1f} goal_s={GOAL:.0f} ratio={rest / GOAL:.2f}"
    )


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--n", type=int, default=3321)
    parser.add_argument(
        "--at", type=float, nargs="+", default=[-3.0, 0.3], help="seconds after the due one"
    )


def measure(stage: Stage, options: argparse.Namespace) -> str:
    stage.simulator.latency(facebook=LATENCY_MS)
    stage.start_portal()
    return "\n".join(crash(stage, options.n, moment) for moment in options.at)


if __name__ == "__main__":
    run(sys.modules[__name__])
