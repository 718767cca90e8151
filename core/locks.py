"""Locks by name, of a connection or a transaction: they are released when it ends."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def try_alone(name: str) -> Iterator[bool]:
    """Try to hold the lock ``name`` for the block, across all processes; yield
    whether it was free.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_hash_name(name)])
        (got,) = cursor.fetchone()
    try:
        yield got
    finally:
        # A broken connection has released it already.
        if got and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_hash_name(name)])


def hold_until_commit(names: Iterable[str]) -> None:
    """Wait for each lock and hold it until the transaction ends."""
    with connection.cursor() as cursor:
        # In one order, which avoids deadlocks.
        for number in sorted({_hash_name(name) for name in names}):
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def _hash_name(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
