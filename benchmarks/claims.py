"""Claims: how many due deliveries a second `Run._claim` takes in hand, all of it: chosen, leased, attempts and audit
entries written, texts proved, tokens opened.

    python -m benchmarks.claims [--n 20000]

The floor is one bare UPDATE a batch of the same size, of rows chosen by SELECT … FOR UPDATE SKIP LOCKED, that returns
their ids: no join, no check, no record, no text.
"""

import argparse
import time

from benchmarks.stage import stage

FLOOR = """
    UPDATE publishing_delivery SET state = 'claimed', attempt = attempt + 1, lease_until = now() + interval '90 seconds'
    WHERE id IN (
        SELECT id FROM publishing_delivery WHERE platform = 'telegram' AND state = 'scheduled' AND fire_at <= now()
        ORDER BY fire_at LIMIT %s FOR UPDATE SKIP LOCKED
    ) RETURNING id
"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--n", type=int, default=20_000)
    n = options.parse_args().n
    with stage() as held:
        from django.db import connection

        from core.clock import database_now
        from publishing.engine import Run

        # Telegram prepares nothing on the platform, so a claim sends no call.
        rows = held.fill("telegram", -(-n // 5), each=5)
        held.deliver(rows, time.time() - 1)
        held.settle_down()
        run = Run("telegram", database_now)
        batch = run.options["claim_batch"]
        begun = time.perf_counter()
        # A run holds back when it has more than its pace needs; here it shall claim all.
        while run._claim():
            pass
        ours = run.claimed / (time.perf_counter() - begun)

        _again(connection)
        held.settle_down()
        begun, taken = time.perf_counter(), 0
        with connection.cursor() as cursor:
            while True:
                cursor.execute(FLOOR, [batch])
                if not cursor.rowcount:
                    break
                taken += len(cursor.fetchall())
        floor = taken / (time.perf_counter() - begun)
    print(f"claims n={run.claimed} per_s={ours:.0f} floor_per_s={floor:.0f} ratio={floor / ours:.2f}")


def _again(connection) -> None:
    """Puts all deliveries back to wait, as they were."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM publishing_attempt")
        cursor.execute("UPDATE publishing_delivery SET state = 'scheduled', attempt = 0, lease_until = NULL")
        cursor.execute("VACUUM FULL publishing_delivery")


if __name__ == "__main__":
    main()
