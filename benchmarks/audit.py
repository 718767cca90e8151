"""The record: how long it takes to write linked entries, against the same rows inserted without a
link.

    python -m benchmarks.audit [--n 20000]

Batches of 500, as the engine writes them, each in its transaction and by turns; then one by one.
"""

import argparse
import itertools
import statistics
import sys
import time
from collections.abc import Callable

from benchmarks.stage import Stage, run

BATCH = 500


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--n", type=int, default=20_000)


def measure(stage: Stage, options: argparse.Namespace) -> str:
    from audit.verification import verify_record

    middle = {
        name: statistics.median(durations) * 1000 for name, durations in by_turns(options.n).items()
    }
    forget_unlinked()
    begun = time.perf_counter()
    checked = verify_record()
    per_s = checked.entries / (time.perf_counter() - begun)
    return (
        f"audit n={checked.entries} linked_500_ms={middle['linked']:.1f} "
        f"plain_500_ms={middle['plain']:.1f} "
        f"ratio={middle['linked'] / middle['plain']:.2f} linked_1_ms={middle['linked_one']:.2f} "
        f"plain_1_ms={middle['plain_one']:.2f} verified_per_s={per_s:.0f} broken={checked.broken}"
    )


def by_turns(n: int) -> dict[str, list[float]]:
    """Write ``n`` entries with a link and as many without. Return how long each write took."""
    from audit.chain import START
    from audit.models import Entry
    from audit.services import record_many
    from core.bulk import insert_values

    positions = itertools.count(1)

    def unlinked(batch: list[dict]) -> None:
        for row in batch:
            row |= {"stream": -1, "position": next(positions), "previous": START}
        insert_values(Entry, batch)

    times: dict[str, list[float]] = {"linked": [], "plain": [], "linked_one": [], "plain_one": []}
    for _round in range(max(1, n // BATCH)):
        times["plain"].append(taken(unlinked, BATCH))
        times["linked"].append(taken(record_many, BATCH))
        for _single in range(10):
            times["plain_one"].append(taken(unlinked, 1))
            times["linked_one"].append(taken(record_many, 1))
    return times


def taken(write: Callable[[list[dict]], None], count: int) -> float:
    """Return how long it takes to write so many entries in a transaction."""
    from django.db import transaction

    from audit.chain import FIELDS

    batch = entries(count)
    assert set(batch[0]) <= set(FIELDS)
    begun = time.perf_counter()
    with transaction.atomic():
        write(batch)
    return time.perf_counter() - begun


def entries(count: int) -> list[dict]:
    from django.utils import timezone

    facts = {
        "at": timezone.now(),
        "action": "delivery.claimed",
        "object_type": "publishing.delivery",
    }
    facts |= {"unit_path": "vn/48/20242/", "data": {"was": "scheduled", "attempt": 1, "error": ""}}
    facts |= {
        "actor_id": None,
        "actor_name": "",
        "actor_position": "",
        "object_label": "",
        "reason": "",
    }
    return [{**facts, "object_id": f"0199c0de-0000-7000-8000-{n:012}"} for n in range(count)]


def forget_unlinked() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM audit_entry WHERE stream = -1")
        cursor.execute("ALTER TABLE audit_entry ENABLE TRIGGER USER")


if __name__ == "__main__":
    run(sys.modules[__name__])
