"""Claims: how many due deliveries a second `Claiming.claim` takes in hand, all of it: chosen,
leased, attempts and audit entries written, texts proved, tokens opened.

    python -m benchmarks.claims [--n 20000]

The floor is one bare UPDATE a batch of the same size, of rows chosen by SELECT … FOR UPDATE SKIP
LOCKED, that returns their ids: no join, no check, no record, no text.
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
"""  # noqa: E501


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--n", type=int, default=20_000)


def measure(stage: Stage, options: argparse.Namespace) -> str:
    from django.db import connection

    from core.clock import database_now
    from publishing.engine.worker import DeliveryWorker

    # Telegram prepares nothing on the platform, so a claim sends no call.
    rows = stage.rows.fill("telegram", -(-options.n // 5), per_unit=5)
    stage.rows.deliver(rows, time.time() - 1)
    stage.vacuum_database()
    claiming = DeliveryWorker("telegram", database_now).claiming
    begun = time.perf_counter()
    # Not `claim_when_due`: it holds back while it has more than the platform's pace needs.
    while claiming.claim():
        pass
    ours = claiming.claimed / (time.perf_counter() - begun)

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM publishing_attempt")
        cursor.execute(
            "UPDATE publishing_delivery SET state = 'scheduled', attempt = 0, lease_until = NULL"
        )
        cursor.execute("VACUUM FULL publishing_delivery")
        stage.vacuum_database()
        begun, taken = time.perf_counter(), 0
        while True:
            cursor.execute(FLOOR, [claiming.run.options["claim_batch"]])
            if not cursor.rowcount:
                break
            taken += len(cursor.fetchall())
        floor = taken / (time.perf_counter() - begun)
        cursor.execute("DELETE FROM publishing_delivery")
    return (
        f"claims n={claiming.claimed} per_s={ours:.0f} floor_per_s={floor:.0f} "
        f"ratio={floor / ours:.2f}"
    )


if __name__ == "__main__":
    run(sys.modules[__name__])
