"""Claims: how many due deliveries a second `Run._claim` takes in hand, all of it: chosen, leased, attempts and audit
entries written, texts proved, tokens opened.

    python -m benchmarks.claims [--n 20000]

The floor is one bare UPDATE a batch of the same size, of rows chosen by SELECT … FOR UPDATE SKIP LOCKED, that returns
their ids: no join, no check, no record, no text.
"""

import argparse
import sys
import time

from benchmarks.stage import Stage, run

FLOOR = """
    UPDATE publishing_delivery SET state = 'claimed', attempt = attempt + 1, lease_until = now() + interval '90 seconds'
    WHERE id IN (
        SELECT id FROM publishing_delivery WHERE platform = 'telegram' AND state = 'scheduled' AND fire_at <= now()
        ORDER BY fire_at LIMIT %s FOR UPDATE SKIP LOCKED
    ) RETURNING id
"""


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--n", type=int, default=20_000)


def measure(held: Stage, given: argparse.Namespace) -> str:
    from django.db import connection

    from core.clock import database_now
    from publishing.engine import Run

    # Telegram prepares nothing on the platform, so a claim sends no call.
    rows = held.fill("telegram", -(-given.n // 5), each=5)
    held.deliver(rows, time.time() - 1)
    held.settle_down()
    claimer = Run("telegram", database_now)
    begun = time.perf_counter()
    # Not `work`: it holds back while it has more than the platform's pace needs.
    while claimer._claim():
        pass
    ours = claimer.claimed / (time.perf_counter() - begun)

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM publishing_attempt")
        cursor.execute("UPDATE publishing_delivery SET state = 'scheduled', attempt = 0, lease_until = NULL")
        cursor.execute("VACUUM FULL publishing_delivery")
        held.settle_down()
        begun, taken = time.perf_counter(), 0
        while True:
            cursor.execute(FLOOR, [claimer.options["claim_batch"]])
            if not cursor.rowcount:
                break
            taken += len(cursor.fetchall())
        floor = taken / (time.perf_counter() - begun)
        cursor.execute("DELETE FROM publishing_delivery")
    return f"claims n={claimer.claimed} per_s={ours:.0f} floor_per_s={floor:.0f} ratio={floor / ours:.2f}"


if __name__ == "__main__":
    run(sys.modules[__name__])
