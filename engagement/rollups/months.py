"""Counts lie in a partition a month, so that old months can be taken off.

Summaries outlive the counts that they were made of. Of days whose counts are gone, or lack those
before them, they stay as they are: nothing is summed up again, and nothing compared.
"""

from datetime import date, timedelta
from itertools import pairwise

from django.db import connection, transaction

TABLE = "engagement_count"
# Everything before the month after the first migration.
_FIRST = f"{TABLE}_first"
# A delivery is counted for eight weeks after it was published: so long a day's gains are over
# counts of days before.
COUNTED_FOR = timedelta(days=64)


def make_months() -> int:
    """Make the partitions of the next twelve months; return how many were missing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT make_count_months()")  # the owner's function
        return cursor.fetchone()[0]


def find_first_kept_day() -> date:
    """Return the first day whose counts are in the table; earlier months were detached."""
    partitions = _list_partitions()
    if not partitions or _FIRST in partitions:
        return date.min
    return _parse_partition_month(min(partitions))


def find_first_provable_day() -> date:
    """Return the first day whose gains can be made of the counts that are there."""
    kept = find_first_kept_day()
    return kept if kept == date.min else kept + COUNTED_FOR


@transaction.atomic
def detach_months(*, before: date) -> list[str]:
    """Take off the months that end by ``before``; return the tables that hold their counts now.
    They are the operator's to copy and to drop. For the owner of the tables alone.
    """
    partitions = _list_partitions()
    taken = [
        name
        for name, following in pairwise(sorted(partitions, key=_parse_month))
        if _parse_partition_month(following) <= before
    ]
    with connection.cursor() as cursor:
        for name in taken:
            cursor.execute(f"ALTER TABLE {TABLE} DETACH PARTITION {name}")
            # Its posts may go when their time is over.
            cursor.execute(
                "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f'",
                [name],
            )
            for (constraint,) in cursor.fetchall():
                cursor.execute(f"ALTER TABLE {name} DROP CONSTRAINT {constraint}")
    return taken


def _list_partitions() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid "
            "WHERE inhparent = %s::regclass",
            [TABLE],
        )
        return [name for (name,) in cursor.fetchall()]


def _parse_month(name: str) -> date:
    return date.min if name == _FIRST else _parse_partition_month(name)


def _parse_partition_month(name: str) -> date:
    year, month = map(int, name.removeprefix(f"{TABLE}_").split("_"))
    return date(year, month, 1)
